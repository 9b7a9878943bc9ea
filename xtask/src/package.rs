//! Builds the Lambdas and packs each into a zip, with the bill of its materials beside it.
//!
//! What would fail only on AWS fails here: a zip that is too large, fail points in what is deployed, a folder of this machine in a binary, a
//! glibc that Lambda does not have.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use starlift_definition::Definition;
use starlift_testkit::{Error, Result, error, workspace};

use crate::cross::{self, Architecture};
use crate::{archive, fail_points, glibc, reproducible, sbom, step};

/// The three Lambdas, by the names of their folders.
pub(crate) const LAMBDAS: [&str; 3] = ["ingest", "transform", "load"];

/// What the binaries of a set of zips may hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Contents {
    /// What is deployed: no fail points.
    Deployable,
    /// For the tests of failure.
    WithFailPoints,
}

impl Contents {
    fn folder(self) -> &'static str {
        match self {
            Self::Deployable => "lambda",
            Self::WithFailPoints => "lambda-fail",
        }
    }
}

/// How the Lambdas are built.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Profile {
    /// Minutes to build; fast enough for tests and the demo.
    Dev,
    /// Half an hour to build on two cores; for deployment and measurements.
    Release(Architecture),
}

impl Profile {
    /// A release is one for this machine.
    pub(crate) fn of(release: bool) -> Self {
        if release { Self::Release(Architecture::of_this_machine()) } else { Self::Dev }
    }

    pub(crate) fn is_release(self) -> bool {
        self != Self::Dev
    }

    /// Where Cargo puts the binaries.
    fn folder(self) -> PathBuf {
        match self {
            Self::Dev => workspace::target().join("debug"),
            Self::Release(architecture) => workspace::target().join(architecture.target()).join("release"),
        }
    }

    /// In dev everything is built at once, so that features unify as they do for the tests; in release nothing but what is deployed,
    /// because linking is what takes long.
    fn build(self) -> Result<Command> {
        match self {
            Self::Dev => {
                let mut build = step::cargo();
                build.args(["build", "--workspace"]);
                Ok(build)
            }
            Self::Release(architecture) => {
                let mut build = cross::build(architecture)?;
                build.args(LAMBDAS.map(|lambda| format!("--package=starlift-{lambda}")));
                build.env("CARGO_ENCODED_RUSTFLAGS", reproducible::flags());
                Ok(build)
            }
        }
    }

    /// Unoptimised binaries are large and are unpacked on the same machine: packing them tightly only takes time.
    fn compression(self) -> i64 {
        match self {
            Self::Dev => 1,
            Self::Release(_) => 9,
        }
    }
}

/// Builds the Lambdas, zips each with the definition, and writes what it is made of beside it. Returns the zips in the order of [`LAMBDAS`].
///
/// # Errors
/// The definition is not right, the build fails, or a file cannot be written.
pub(crate) fn package(pipeline: &Path, profile: Profile) -> Result<Vec<PathBuf>> {
    step::run("building the Lambdas", &mut profile.build()?)?;
    let zips = zip(pipeline, profile, Contents::Deployable)?;
    for (lambda, zip) in LAMBDAS.iter().zip(&zips) {
        sbom::write(lambda, zip)?;
    }
    Ok(zips)
}

/// Zips each of the Lambdas that were built last with the definition, into the folder of these contents.
///
/// # Errors
/// The definition is not right, a binary does not hold what it should, or a file cannot be written.
pub(crate) fn zip(pipeline: &Path, profile: Profile, contents: Contents) -> Result<Vec<PathBuf>> {
    let folder = workspace::root().join(pipeline);
    let definition = Definition::load(&folder).map_err(|error| Error::Malformed(error.to_string()))?;
    let zips = workspace::target().join(contents.folder());
    fs::create_dir_all(&zips).map_err(Error::at(&zips))?;
    let mut written = Vec::new();
    for lambda in LAMBDAS {
        let binary = profile.folder().join(format!("starlift-{lambda}"));
        let stripped = zips.join(format!("{lambda}.bootstrap"));
        strip(&binary, &stripped, profile)?;
        fail_points::check(&stripped, contents)?;
        reproducible::check(&stripped, profile)?;
        if profile.is_release() {
            glibc::check(&stripped)?;
        }
        let zip = zips.join(format!("{lambda}.zip"));
        archive::write(&zip, lambda, &stripped, &definition.root, profile.compression())?;
        let size = fs::metadata(&zip).map_err(Error::at(&zip))?.len();
        if profile.is_release() && size > largest(lambda) {
            let limit = megabytes(largest(lambda));
            return Err(Error::Malformed(format!(
                "{} is larger than {limit:.0} MB: cold starts suffer",
                zip.display()
            )));
        }
        step::say(&format!("zipped {} ({:.1} MB)", zip.display(), megabytes(size)));
        written.push(zip);
    }
    Ok(written)
}

/// How many bytes a zip for deployment may have: the size is what a cold start waits for.
fn largest(lambda: &str) -> u64 {
    if lambda == "transform" { 40_000_000 } else { 10_000_000 }
}

#[expect(clippy::cast_precision_loss, reason = "a size in megabytes with one decimal")]
fn megabytes(bytes: u64) -> f64 {
    bytes as f64 / 1_000_000.0
}

/// Leaves out the symbols: with them an unoptimised binary is over the 250 MiB that Lambda unpacks. A release is linked without, and may be
/// of another processor, which `strip` does not know.
fn strip(binary: &Path, to: &Path, profile: Profile) -> Result<()> {
    if profile.is_release() {
        return fs::copy(binary, to).map(|_| ()).map_err(Error::at(binary));
    }
    let mut strip = Command::new("strip");
    strip.arg("-o").arg(to).arg(binary);
    error::run(&mut strip).map(|_| ()).map_err(|error| match error {
        Error::NotStarted { .. } => Error::Missing(
            "strip is needed and comes with the C compiler. Debian, Ubuntu: apt-get install build-essential".into(),
        ),
        other => other,
    })
}
