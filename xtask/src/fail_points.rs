//! Lambdas with fail points, for the tests that make a step fail at each of them; and no other zip has any.
//!
//! Only the host and the three Lambdas are compiled again: Cargo chooses the features of all other packages as in every other build.

use std::fs;
use std::path::Path;

use memchr::memmem;
use starlift_testkit::{Error, Result};

use crate::package::{self, Contents, LAMBDAS, Profile};
use crate::step;

/// What lets cargo compile them in.
pub(crate) const FEATURES: [&str; 3] = [
    "--features=starlift-ingest/fail-points",
    "--features=starlift-transform/fail-points",
    "--features=starlift-load/fail-points",
];

/// A binary with fail points reads it.
const VARIABLE: &[u8] = b"STARLIFT_FAIL_POINT";

/// Builds the Lambdas with fail points and zips them into `target/lambda-fail/`. The binaries that this leaves in `target/debug/` are not
/// for deployment: build the workspace afterwards.
///
/// # Errors
/// The build fails or a file cannot be written.
pub(crate) fn package() -> Result<()> {
    let mut build = step::cargo();
    build.args(["build", "--workspace"]).args(FEATURES);
    build.args(LAMBDAS.map(|lambda| format!("--bin=starlift-{lambda}")));
    step::run("building the Lambdas with fail points", &mut build)?;
    package::zip("sql/totesys".as_ref(), Profile::Dev, Contents::WithFailPoints).map(|_| ())
}

/// Fails if a binary has fail points and should not, or the other way round.
///
/// # Errors
/// It is not as it should be, or cannot be read.
pub(crate) fn check(binary: &Path, contents: Contents) -> Result<()> {
    let code = fs::read(binary).map_err(Error::at(binary))?;
    let has_fail_points = memmem::find(&code, VARIABLE).is_some();
    if has_fail_points == (contents == Contents::WithFailPoints) {
        return Ok(());
    }
    let has = if has_fail_points { "has fail points and must not" } else { "has no fail points" };
    Err(Error::Malformed(format!("{} {has}: look at the features that it was built with", binary.display())))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_binary_with_fail_points_is_not_packed_for_deployment() {
        let folder = tempfile::tempdir().expect("a folder");
        let binary = folder.path().join("bootstrap");
        for (code, contents) in
            [(&b"\x7fELF.STARLIFT_FAIL_POINT."[..], Contents::WithFailPoints), (b"\x7fELF", Contents::Deployable)]
        {
            fs::write(&binary, code).expect("a binary");
            for asked in [Contents::WithFailPoints, Contents::Deployable] {
                assert_eq!(check(&binary, asked).is_ok(), asked == contents);
            }
        }
    }
}
