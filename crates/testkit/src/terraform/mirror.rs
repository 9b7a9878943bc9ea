//! Where a machine keeps the provider, so that nothing is fetched: a folder that holds `registry.terraform.io/hashicorp/aws`.

use std::env;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// The environment variable that names a mirror.
pub const MIRROR: &str = "STARLIFT_TERRAFORM_MIRROR";

const PROVIDER: &str = "registry.terraform.io/hashicorp/aws";

/// The mirror that the environment names; else the first that is where Terraform looks by itself, or below `/opt`.
pub(super) fn find() -> Result<Option<PathBuf>> {
    let Some(named) = env::var_os(MIRROR).map(PathBuf::from) else {
        return Ok(usual_places().into_iter().find(|folder| is_mirror(folder)));
    };
    if is_mirror(&named) {
        return Ok(Some(named));
    }
    Err(Error::Missing(format!("{MIRROR} names {}, which holds no {PROVIDER}", named.display())))
}

fn is_mirror(folder: &Path) -> bool {
    folder.join(PROVIDER).is_dir()
}

fn usual_places() -> Vec<PathBuf> {
    let home = env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let mut places = vec![
        home.join(".terraform.d/plugins"),
        home.join(".local/share/terraform/plugins"),
        PathBuf::from("/usr/local/share/terraform/plugins"),
        PathBuf::from("/usr/share/terraform/plugins"),
    ];
    let mut below_opt: Vec<_> =
        Path::new("/opt").read_dir().into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    below_opt.sort();
    places.append(&mut below_opt);
    places
}
