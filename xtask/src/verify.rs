//! `cargo xtask package --release --verify`: builds once more, from a copy of the checkout in another folder, and compares.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use starlift_testkit::{Error, Result, error, workspace};

use crate::package::Profile;
use crate::step;

/// Builds the zips again in a folder of their own, and fails if one of them is not equal to that of the first build.
///
/// # Errors
/// One is not, the checkout cannot be copied, or the build fails.
pub(crate) fn verify(pipeline: &Path, profile: Profile, zips: &[PathBuf]) -> Result<()> {
    let folder = tempfile::tempdir().map_err(Error::at("a temporary folder"))?;
    let checkout = folder.path().join("checkout");
    copy_checkout(&checkout)?;
    let mut again = step::cargo();
    again.current_dir(&checkout).env("CARGO_TARGET_DIR", folder.path().join("built"));
    again.args(["xtask", "package", "--pipeline"]).arg(pipeline);
    if let Profile::Release(architecture) = profile {
        again.args(["--release", "--architecture", architecture.name()]);
    }
    step::run("building once more, in another folder", &mut again)?;
    for first in zips {
        let second = folder.path().join("built/lambda").join(first.file_name().unwrap_or_default());
        let [one, other] = [first, &second].map(|zip| fs::read(zip).map_err(Error::at(zip)));
        if one? != other? {
            let kept = folder.keep();
            return Err(Error::Malformed(format!(
                "{} differs from the second build, which is kept in {}; diffoscope tells in what",
                first.display(),
                kept.display()
            )));
        }
        step::say(&format!("{} is the same from two builds", first.display()));
    }
    Ok(())
}

/// Copies every file that git knows, as it is now.
fn copy_checkout(to: &Path) -> Result<()> {
    let listed = error::run(Command::new("git").current_dir(workspace::root()).args(["ls-files", "-z"]))?;
    for name in listed.split_terminator('\0') {
        let (source, copy) = (workspace::root().join(name), to.join(name));
        let parent = copy.parent().unwrap_or(to);
        fs::create_dir_all(parent).map_err(Error::at(parent))?;
        fs::copy(&source, &copy).map_err(Error::at(&source))?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_of_the_checkout_has_what_git_knows_and_nothing_else() {
        let folder = tempfile::tempdir().expect("a folder");
        copy_checkout(folder.path()).expect("a copy");
        let is_there = |name: &str| folder.path().join(name).exists();
        assert!(is_there("Cargo.lock") && is_there(".cargo/config.toml") && is_there("sql/totesys/pipeline.toml"));
        assert!(!is_there(".git") && !is_there("target") && !is_there(".local"));
    }
}
