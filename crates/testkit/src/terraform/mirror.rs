//! Where a machine keeps the provider, so that nothing is fetched: a folder that holds `registry.terraform.io/hashicorp/aws`.

use std::env;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};

/// The environment variable that names a mirror.
pub const MIRROR: &str = "STARLIFT_TERRAFORM_MIRROR";

const PROVIDER: &str = "registry.terraform.io/hashicorp/aws";

/// The mirror that the environment names; else the first that is where Terraform looks by itself, or below `/opt`.
pub(super) fn find() -> Result<Option<PathBuf>> {
    choose(env::var_os(MIRROR).map(PathBuf::from), usual_places())
}

fn choose(named: Option<PathBuf>, usual: Vec<PathBuf>) -> Result<Option<PathBuf>> {
    let Some(named) = named else {
        return Ok(usual.into_iter().find(|folder| is_mirror(folder)));
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mirror_that_is_named_counts_and_one_that_is_none_is_refused() {
        let [named, usual] = [(); 2].map(|()| tempfile::tempdir().expect("a folder"));
        let places = || vec![PathBuf::from("/nowhere"), usual.path().to_owned()];
        std::fs::create_dir_all(usual.path().join(PROVIDER)).expect("a mirror");
        assert_eq!(choose(None, places()).expect("a choice"), Some(usual.path().to_owned()));
        let refused = choose(Some(named.path().to_owned()), places());
        assert!(refused.is_err_and(|error| error.to_string().contains(MIRROR)));
        std::fs::create_dir_all(named.path().join(PROVIDER)).expect("a mirror");
        assert_eq!(choose(Some(named.path().to_owned()), places()).expect("a choice"), Some(named.path().to_owned()));
        assert_eq!(choose(None, vec![]).expect("a choice"), None);
    }
}
