//! The program: the one on the PATH, or a pinned release.

use std::path::PathBuf;
use std::process::{Command, Stdio};

use crate::error::{Error, Result, run};
use crate::{python, workspace};

/// The release that is fetched where there is no Terraform.
const VERSION: &str = "1.11.4";

pub(super) fn find() -> Result<PathBuf> {
    let on_path = PathBuf::from("terraform");
    if answers(&on_path) {
        return Ok(on_path);
    }
    let folder = workspace::target().join("tools").join(format!("terraform-{VERSION}"));
    let fetched = folder.join("terraform");
    if answers(&fetched) {
        return Ok(fetched);
    }
    eprintln!("fetching Terraform {VERSION} into {}", folder.display());
    let mut fetch = Command::new(python::environment()?.program("python"));
    fetch.arg(workspace::root().join("local/fetch_terraform.py")).arg(VERSION).arg(&folder);
    run(&mut fetch).map_err(|error| {
        Error::Missing(format!("there is no terraform on the PATH; put version 1.9 or newer there. {error}"))
    })?;
    Ok(fetched)
}

fn answers(program: &PathBuf) -> bool {
    let asked = Command::new(program).arg("version").env_remove("TF_CLI_CONFIG_FILE").stdout(Stdio::null()).status();
    asked.is_ok_and(|status| status.success())
}
