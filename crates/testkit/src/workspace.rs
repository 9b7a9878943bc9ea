//! Where things are: the repository, what is built and what runs.

use std::env;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::error::{Error, Result};

/// The root of the repository this package was built in.
#[must_use]
pub fn root() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.ancestors().nth(2).unwrap_or(package)
}

/// The folder of everything that runs locally: the Python environment, logs, PostgreSQL's data, `stack.json`.
#[must_use]
pub fn local() -> PathBuf {
    root().join(".local")
}

/// Cargo's target folder.
#[must_use]
pub fn target() -> PathBuf {
    env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), |folder| root().join(folder))
}

/// The folder of a pipeline's definition, such as `sql/totesys`.
#[must_use]
pub fn pipeline(name: &str) -> PathBuf {
    root().join("sql").join(name)
}

/// The program that a package of `crates/` makes, as it was built last.
///
/// # Errors
/// When it is not there, or older than a source of its package.
pub fn program(name: &str) -> Result<PathBuf> {
    let program = target().join("debug").join(name);
    let rebuild = |what| Error::Missing(format!("{} {what}; make it with: cargo build --workspace", program.display()));
    let Ok(built) = modified(&program) else {
        return Err(rebuild("is missing"));
    };
    if newest(&root().join("crates").join(name).join("src"))? > built {
        return Err(rebuild("is older than its sources"));
    }
    Ok(program)
}

/// When the file of a folder was changed that was changed last.
fn newest(folder: &Path) -> Result<SystemTime> {
    let mut last = SystemTime::UNIX_EPOCH;
    for entry in std::fs::read_dir(folder).map_err(Error::at(folder))? {
        let path = entry.map_err(Error::at(folder))?.path();
        last = last.max(if path.is_dir() { newest(&path)? } else { modified(&path)? });
    }
    Ok(last)
}

fn modified(path: &Path) -> Result<SystemTime> {
    std::fs::metadata(path).and_then(|found| found.modified()).map_err(Error::at(path))
}
