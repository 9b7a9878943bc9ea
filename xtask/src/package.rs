//! The Lambda zips: `bootstrap`, the pipeline's definition and, where databases are connected to, the roots to trust; with fixed times, so that equal content is an equal zip.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};
use std::process::Command;

use starlift_definition::Definition;
use starlift_testkit::{Error, Result, error, workspace};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

use crate::{fail_points, step};

/// The three Lambdas, by the names of their folders.
pub(crate) const LAMBDAS: [&str; 3] = ["ingest", "transform", "load"];

/// Folders of a definition that no Lambda reads.
const NOT_PACKED: [&str; 2] = ["demo", "dashboards"];

/// The certificate authorities of RDS: where they lie in a checkout, and beside a binary that connects to databases.
const TRUST_ROOTS: (&str, &str) = ("certs/rds-global-bundle.pem", "rds-global-bundle.pem");

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
    Release,
}

impl Profile {
    pub(crate) fn of(release: bool) -> Self {
        if release { Self::Release } else { Self::Dev }
    }

    fn folder(self) -> &'static str {
        match self {
            Self::Dev => "debug",
            Self::Release => "release",
        }
    }

    /// In dev everything is built at once, so that features unify as they do for the tests; in release nothing but what is deployed,
    /// because linking is what takes long.
    fn build(self) -> &'static [&'static str] {
        match self {
            Self::Dev => &["build", "--workspace"],
            Self::Release => {
                &["build", "--release", "-p", "starlift-ingest", "-p", "starlift-transform", "-p", "starlift-load"]
            }
        }
    }

    /// Unoptimised binaries are large and are unpacked on the same machine: packing them tightly only takes time.
    fn compression(self) -> i64 {
        match self {
            Self::Dev => 1,
            Self::Release => 9,
        }
    }
}

/// Builds the Lambdas and zips each with the definition. Returns the zips in the order of [`LAMBDAS`].
///
/// # Errors
/// The definition is not right, the build fails, or a file cannot be written.
pub(crate) fn package(pipeline: &Path, profile: Profile) -> Result<Vec<PathBuf>> {
    let mut build = step::cargo();
    build.args(profile.build());
    step::run("building the Lambdas", &mut build)?;
    zip(pipeline, profile, Contents::Deployable)
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
        let binary = workspace::target().join(profile.folder()).join(format!("starlift-{lambda}"));
        let stripped = zips.join(format!("{lambda}.bootstrap"));
        strip(&binary, &stripped)?;
        fail_points::check(&stripped, contents)?;
        let zip = zips.join(format!("{lambda}.zip"));
        write_zip(&zip, &stripped, &assets(lambda, &definition.root)?, profile)?;
        let size = fs::metadata(&zip).map_err(Error::at(&zip))?.len();
        if profile == Profile::Release && size > largest(lambda) {
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

/// Leaves out the symbols: with them an unoptimised binary is over the 250 MiB that Lambda unpacks.
fn strip(binary: &Path, to: &Path) -> Result<()> {
    let mut strip = Command::new("strip");
    strip.arg("-o").arg(to).arg(binary);
    error::run(&mut strip).map(|_| ()).map_err(|error| match error {
        Error::NotStarted { .. } => Error::Missing(
            "strip is needed and comes with the C compiler. Debian, Ubuntu: apt-get install build-essential".into(),
        ),
        other => other,
    })
}

fn write_zip(path: &Path, binary: &Path, assets: &[(String, PathBuf)], profile: Profile) -> Result<()> {
    // Replaced at once when complete, so that whoever reads it never finds half of it.
    let unfinished = path.with_extension("zip.unfinished");
    let file = File::create(&unfinished).map_err(Error::at(&unfinished))?;
    let mut zip = ZipWriter::new(BufWriter::new(file));
    add(&mut zip, "bootstrap", binary, 0o755, profile)?;
    for (name, source) in assets {
        add(&mut zip, name, source, 0o644, profile)?;
    }
    zip.finish().map_err(|error| Error::Malformed(format!("{}: {error}", path.display())))?;
    fs::rename(&unfinished, path).map_err(Error::at(path))
}

/// What lies beside a Lambda's binary, by its name in the zip, in order.
fn assets(lambda: &str, definition: &Path) -> Result<Vec<(String, PathBuf)>> {
    let files = definition_files(definition)?.into_iter();
    let mut assets: Vec<_> = files.map(|(name, source)| (format!("definition/{name}"), source)).collect();
    if lambda != "transform" {
        assets.push((TRUST_ROOTS.1.to_owned(), workspace::root().join(TRUST_ROOTS.0)));
    }
    Ok(assets)
}

fn add(zip: &mut ZipWriter<BufWriter<File>>, name: &str, file: &Path, mode: u32, profile: Profile) -> Result<()> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(profile.compression()))
        .last_modified_time(DateTime::default())
        .unix_permissions(mode)
        .large_file(false);
    zip.start_file(name, options).map_err(|error| Error::Malformed(format!("{name}: {error}")))?;
    let mut content = File::open(file).map_err(Error::at(file))?;
    io::copy(&mut content, zip).map_err(Error::at(file))?;
    Ok(())
}

/// Every file of a definition that a Lambda reads, by its name in the zip, in order.
fn definition_files(root: &Path) -> Result<Vec<(String, PathBuf)>> {
    let mut found = vec![("pipeline.toml".to_owned(), root.join("pipeline.toml"))];
    for folder in children(root)? {
        let name = file_name(&folder);
        if !folder.is_dir() || NOT_PACKED.contains(&name.as_str()) {
            continue;
        }
        for file in children(&folder)? {
            found.push((format!("{name}/{}", file_name(&file)), file));
        }
    }
    found.sort();
    Ok(found)
}

fn children(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).map_err(Error::at(folder))?;
    entries.map(|entry| entry.map(|entry| entry.path()).map_err(Error::at(folder))).collect()
}

fn file_name(path: &Path) -> String {
    path.file_name().unwrap_or_default().to_string_lossy().into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_content_is_an_equal_zip() {
        let folder = tempfile::tempdir().expect("a folder");
        let binary = folder.path().join("binary");
        fs::write(&binary, "#!/bin/sh\n").expect("a binary");
        let assets = assets("load", &workspace::pipeline("totesys")).expect("files");
        let zips = ["a.zip", "b.zip"].map(|name| folder.path().join(name));
        for zip in &zips {
            write_zip(zip, &binary, &assets, Profile::Dev).expect("a zip");
        }
        let [first, second] = zips.map(|zip| fs::read(zip).expect("a zip"));
        assert_eq!(first, second);
    }

    #[test]
    fn a_zip_has_what_its_lambda_reads_and_the_demo_stays_out() {
        for (lambda, connects) in [("ingest", true), ("transform", false), ("load", true)] {
            let assets = assets(lambda, &workspace::pipeline("totesys")).expect("files");
            assert!(assets.iter().all(|(_, source)| source.is_file()), "{assets:?}");
            let has = |wanted: &str| assets.iter().any(|(name, _)| name == wanted);
            assert!(has("definition/pipeline.toml") && has("definition/models/dim_staff.sql"), "{lambda}");
            assert_eq!(has("rds-global-bundle.pem"), connects, "{lambda}");
            assert!(!assets.iter().any(|(name, _)| name.starts_with("definition/demo")), "{lambda}");
        }
    }
}
