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
/// When it is not there, or older than one of its sources.
pub fn program(name: &str) -> Result<PathBuf> {
    let program = target().join("debug").join(name);
    let rebuild = |what| Error::Missing(format!("{} {what}; make it with: cargo build --workspace", program.display()));
    let Ok(built) = modified(&program) else {
        return Err(rebuild("is missing"));
    };
    if sources(&program)?.iter().any(|source| modified(source).is_ok_and(|changed| changed > built)) {
        return Err(rebuild("is older than its sources"));
    }
    Ok(program)
}

/// What a program was made of, by the list that cargo leaves beside it: its unit tests are not among it, and change nothing in it.
fn sources(program: &Path) -> Result<Vec<PathBuf>> {
    let list = program.with_extension("d");
    let text = std::fs::read_to_string(&list).map_err(Error::at(&list))?;
    let (_, files) = text.split_once(": ").unwrap_or_default();
    Ok(files.split_whitespace().map(PathBuf::from).collect())
}

fn modified(path: &Path) -> Result<SystemTime> {
    std::fs::metadata(path).and_then(|found| found.modified()).map_err(Error::at(path))
}
