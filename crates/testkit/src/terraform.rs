//! Terraform: the program, the provider for AWS, and copies of the module to run it in.
//!
//! Terraform writes beside the configuration that it reads (a lock file, its plug-ins, a state), so it never runs in the repository but in
//! a [`WorkingCopy`]. What the environment of a person says to Terraform does not count here: what is checked must not depend on it.
//! Proven by `terraform_runs_beside_the_repository_and_leaves_it_as_it_was`.

mod mirror;
mod program;
mod working_copy;

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::error::{Error, Result, run};
use crate::workspace;

pub use mirror::MIRROR;
pub use working_copy::WorkingCopy;

/// The version of the provider that everything here is checked with: what Terraform finds in such a file it puts over the configuration, which
/// allows more.
const PROVIDER: (&str, &str) = ("provider_override.tf", include_str!("terraform/provider_override.tf"));

/// Terraform, and where it has its provider from.
#[derive(Clone, Debug)]
pub struct Terraform {
    program: PathBuf,
    /// A folder with the provider; without one Terraform asks its registry.
    mirror: Option<PathBuf>,
}

impl Terraform {
    /// Finds Terraform on the PATH, or fetches it into `target/tools`; and finds a mirror of the provider on this machine, if it has one.
    ///
    /// # Errors
    /// When there is no Terraform to be had, or [`MIRROR`] names a folder that is no mirror; the message says what to do.
    pub fn find() -> Result<Self> {
        Ok(Self { program: program::find()?, mirror: mirror::find()? })
    }

    /// A command of Terraform in a folder of a configuration.
    #[must_use]
    pub fn command(&self, folder: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.program);
        command.current_dir(folder).args(arguments);
        for (name, value) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("TF_") && !is_a_configuration_file(&name, &value) {
                command.env_remove(name);
            }
        }
        command.env("TF_IN_AUTOMATION", "1").env("TF_INPUT", "0").env("CHECKPOINT_DISABLE", "1");
        if self.mirror.is_none() {
            command.env("TF_PLUGIN_CACHE_DIR", cache());
        }
        command
    }

    /// Gives the configuration in a folder of a working copy what it needs: its modules, and the provider in one version on every machine.
    ///
    /// # Errors
    /// When the provider is not to be had; the message says what to do.
    pub fn initialise(&self, folder: &Path) -> Result<()> {
        let pin = folder.join(PROVIDER.0);
        std::fs::write(&pin, PROVIDER.1).map_err(Error::at(&pin))?;
        let mut command = self.command(folder, &["init", "-backend=false", "-no-color"]);
        match &self.mirror {
            Some(mirror) => {
                command.arg(format!("-plugin-dir={}", mirror.display()));
            }
            None => std::fs::create_dir_all(cache()).map_err(Error::at(cache()))?,
        }
        run(&mut command).map(|_| ()).map_err(|error| {
            Error::Missing(format!(
                "Terraform could not be given its provider: it needs its registry, or a folder that holds \
                 registry.terraform.io/hashicorp/aws in version 5.100.0, named by {MIRROR}. {error}"
            ))
        })
    }
}

/// Whether a variable names a file with Terraform's settings that is there: one that is not would stop every command.
fn is_a_configuration_file(name: &OsStr, value: &OsStr) -> bool {
    name == "TF_CLI_CONFIG_FILE" && Path::new(value).is_file()
}

/// Where Terraform keeps the providers that it has fetched.
fn cache() -> PathBuf {
    workspace::target().join("terraform/plugins")
}
