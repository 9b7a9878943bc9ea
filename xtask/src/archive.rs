//! A Lambda's zip: `bootstrap`, the pipeline's definition and, where databases are connected to, the roots to trust; in order and with
//! fixed times, so that equal content is an equal zip.

use std::fs::{self, File};
use std::io::{self, BufWriter};
use std::path::{Path, PathBuf};

use starlift_testkit::{Error, Result, workspace};
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, DateTime, ZipWriter};

/// Folders of a definition that no Lambda reads.
const NOT_PACKED: [&str; 2] = ["demo", "dashboards"];

/// The certificate authorities of RDS: where they lie in a checkout, and beside a binary that connects to databases.
const TRUST_ROOTS: (&str, &str) = ("certs/rds-global-bundle.pem", "rds-global-bundle.pem");

/// Writes the zip of a Lambda with this binary and the definition in this folder, compressed as tightly as a level from 1 to 9 says.
///
/// # Errors
/// A file cannot be read or written.
pub(crate) fn write(path: &Path, lambda: &str, binary: &Path, definition: &Path, level: i64) -> Result<()> {
    // Replaced at once when complete, so that whoever reads it never finds half of it.
    let unfinished = path.with_extension("zip.unfinished");
    let file = File::create(&unfinished).map_err(Error::at(&unfinished))?;
    let mut zip = ZipWriter::new(BufWriter::new(file));
    add(&mut zip, "bootstrap", binary, 0o755, level)?;
    for (name, source) in assets(lambda, definition)? {
        add(&mut zip, &name, &source, 0o644, level)?;
    }
    zip.finish().map_err(|error| Error::Malformed(format!("{}: {error}", path.display())))?;
    fs::rename(&unfinished, path).map_err(Error::at(path))
}

fn add(zip: &mut ZipWriter<BufWriter<File>>, name: &str, file: &Path, mode: u32, level: i64) -> Result<()> {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(level))
        .last_modified_time(DateTime::default())
        .unix_permissions(mode)
        .large_file(false);
    zip.start_file(name, options).map_err(|error| Error::Malformed(format!("{name}: {error}")))?;
    let mut content = File::open(file).map_err(Error::at(file))?;
    io::copy(&mut content, zip).map_err(Error::at(file))?;
    Ok(())
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
    use std::time::SystemTime;

    use super::*;

    /// A definition of three files, written in this order, as old as the clock says.
    fn definition(folder: &Path, order: [&str; 3], time: SystemTime) -> PathBuf {
        let root = folder.join("definition");
        fs::create_dir_all(root.join("models")).expect("a folder");
        for name in order {
            let path = root.join(name);
            fs::write(&path, format!("-- {name}\n")).expect("a file");
            File::options().write(true).open(&path).and_then(|file| file.set_modified(time)).expect("a time");
        }
        root
    }

    #[test]
    fn equal_content_is_an_equal_zip_whatever_the_folder_the_order_and_the_time() {
        let files = ["pipeline.toml", "models/a.sql", "models/b.sql"];
        let turned = ["models/b.sql", "models/a.sql", "pipeline.toml"];
        let zips = [(files, SystemTime::now()), (turned, SystemTime::UNIX_EPOCH)].map(|(order, time)| {
            let folder = tempfile::tempdir().expect("a folder");
            let binary = folder.path().join("binary");
            fs::write(&binary, "#!/bin/sh\n").expect("a binary");
            let zip = folder.path().join("load.zip");
            write(&zip, "load", &binary, &definition(folder.path(), order, time), 9).expect("a zip");
            fs::read(zip).expect("a zip")
        });
        assert!(zips[0] == zips[1], "the zips differ");
    }

    /// In what order a folder lists its files is the file system's business.
    #[test]
    fn the_files_of_a_definition_are_packed_by_their_names() {
        let files = definition_files(&workspace::pipeline("totesys")).expect("files");
        assert!(files.len() > 10 && files.is_sorted(), "{files:?}");
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
