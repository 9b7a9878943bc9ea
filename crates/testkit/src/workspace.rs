//! Where things are: the repository, what is built and what runs.

use std::env;
use std::path::{Path, PathBuf};

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
