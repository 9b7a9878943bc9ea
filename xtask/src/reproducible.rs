//! A build for deployment is the same, byte by byte, wherever it was made: no folder of the machine stands in it.
//!
//! Rust writes the place of each panic into a binary. The checkout, Cargo's packages and the target folder are given names that are the same
//! everywhere ([`flags`]), and a binary in which a folder stands all the same is not packed ([`check`]). What else has to be equal is the
//! compiler; the linker and C's compiler are those of [`crate::cross`]. `cargo xtask package --release --verify` builds twice on one machine, and
//! the workflow on two.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};

use memchr::memmem;
use starlift_testkit::{Error, Result, workspace};

use crate::package::Profile;

/// Between flags in `CARGO_ENCODED_RUSTFLAGS`.
const SEPARATOR: &str = "\u{1f}";

/// What names the folders of this machine in binaries for deployment. It goes with that profile only: other flags would build all
/// dependencies of the tests once more.
pub(crate) fn flags() -> OsString {
    // Of several that fit, rustc takes the last.
    let mut named = vec![(cargo_home(), "/cargo".to_owned())];
    // The name of a registry's folder differs between versions of Cargo.
    named.extend(registries().into_iter().map(|folder| (folder, "/cargo/registry".to_owned())));
    named.push((workspace::root().to_owned(), "/starlift".to_owned()));
    named.push((workspace::target(), "/target".to_owned()));
    let flags = named.into_iter().map(|(from, to)| format!("--remap-path-prefix={}={to}", from.display()));
    flags.collect::<Vec<_>>().join(SEPARATOR).into()
}

/// Fails if a folder of this machine stands in a binary.
///
/// Tests and the demo take their dependencies as `cargo test` builds them, with the places of Cargo's packages in them; the checkout and the
/// target folder stand in neither.
///
/// # Errors
/// One does, or the binary cannot be read.
pub(crate) fn check(binary: &Path, profile: Profile) -> Result<()> {
    let mut folders = vec![workspace::root().to_owned(), workspace::target()];
    if profile.is_release() {
        folders.push(cargo_home());
        folders.extend(std::env::home_dir());
    }
    let code = fs::read(binary).map_err(Error::at(binary))?;
    match folders.iter().find(|folder| holds(&code, folder)) {
        None => Ok(()),
        Some(folder) => Err(Error::Malformed(format!(
            "{} holds the path {}, so that no other machine builds the same; find out by `strings` which package writes it",
            binary.display(),
            folder.display()
        ))),
    }
}

/// Whether a path below the folder stands in the code. A folder at the root, such as `/root`, is too short a word without what follows.
fn holds(code: &[u8], folder: &Path) -> bool {
    memmem::find(code, format!("{}/", folder.display()).as_bytes()).is_some()
}

/// Where Cargo keeps the sources of packages.
fn cargo_home() -> PathBuf {
    let home = || std::env::home_dir().unwrap_or_default().join(".cargo");
    std::env::var_os("CARGO_HOME").map_or_else(home, PathBuf::from)
}

/// The folders of the registries' packages.
fn registries() -> Vec<PathBuf> {
    let folders = fs::read_dir(cargo_home().join("registry/src"));
    let mut found: Vec<PathBuf> = folders.into_iter().flatten().flatten().map(|entry| entry.path()).collect();
    found.sort();
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binary_that_names_a_folder_of_this_machine_is_not_packed() {
        let folder = tempfile::tempdir().expect("a folder");
        let binary = folder.path().join("bootstrap");
        let source = |place: PathBuf| format!("\x7fELF\0{}/registry/src/lib.rs\0", place.display());
        for (code, dev, release) in [
            ("\x7fELF\0/starlift/lambdas/load/src/lib.rs\0".to_owned(), true, true),
            (source(workspace::root().to_owned()), false, false),
            (source(workspace::target()), false, false),
            (source(cargo_home()), true, false),
        ] {
            fs::write(&binary, &code).expect("a binary");
            assert_eq!(check(&binary, Profile::Dev).is_ok(), dev, "{code}");
            assert_eq!(check(&binary, Profile::of(true)).is_ok(), release, "{code}");
        }
    }

    #[test]
    fn every_folder_of_this_machine_has_a_name_that_is_the_same_everywhere() {
        let flags = flags().into_string().expect("text");
        let flags: Vec<&str> = flags.split(SEPARATOR).collect();
        for folder in [workspace::root().to_owned(), workspace::target(), cargo_home()] {
            let flag = format!("--remap-path-prefix={}=/", folder.display());
            assert!(flags.iter().any(|found| found.starts_with(&flag)), "{flags:?}");
        }
    }
}
