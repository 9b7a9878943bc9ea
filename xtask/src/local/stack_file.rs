//! `.local/stack.json`: what the command line and people need to know of the stack that is up.

use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};
use starlift_testkit::provision::Resources;
use starlift_testkit::{Error, Result, workspace};

/// A stack that is up.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct StackFile {
    #[serde(flatten)]
    pub(crate) resources: Resources,
    /// The source, as whoever gave or made it connects.
    pub(crate) source_url: String,
    /// The warehouse, likewise.
    pub(crate) warehouse_url: String,
    /// The pipeline's folder, from the root of the repository.
    pub(crate) pipeline: PathBuf,
}

impl StackFile {
    pub(crate) fn new(resources: Resources, source_url: String, warehouse_url: String, pipeline: PathBuf) -> Self {
        Self { resources, source_url, warehouse_url, pipeline }
    }

    pub(crate) fn path() -> PathBuf {
        workspace::local().join("stack.json")
    }

    /// The stack that is up, or was when this machine went down.
    pub(crate) fn read() -> Option<Self> {
        serde_json::from_str(&fs::read_to_string(Self::path()).ok()?).ok()
    }

    /// Writes the file for this user only: the URLs may hold passwords.
    pub(crate) fn write(&self) -> Result<()> {
        let path = Self::path();
        let unfinished = path.with_extension("json.unfinished");
        let text = serde_json::to_string_pretty(self).map_err(|error| Error::Malformed(error.to_string()))?;
        let mut options = fs::OpenOptions::new();
        let opened = options.write(true).create(true).truncate(true).mode(0o600).open(&unfinished);
        opened.and_then(|mut file| writeln!(file, "{text}")).map_err(Error::at(&unfinished))?;
        fs::rename(&unfinished, &path).map_err(Error::at(&path))
    }

    pub(crate) fn remove() -> Result<()> {
        match fs::remove_file(Self::path()) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(Error::at(Self::path())(error)),
            _ => Ok(()),
        }
    }
}

impl fmt::Display for StackFile {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "state machine  {}", self.resources.state_machine)?;
        writeln!(out, "source         {}", without_password(&self.source_url))?;
        writeln!(out, "warehouse      {}", without_password(&self.warehouse_url))?;
        write!(out, "run it with    cargo starlift run --wait")
    }
}

/// A connection URL as it may be shown.
fn without_password(url: &str) -> String {
    let Some((scheme, rest)) = url.split_once("://") else { return url.to_owned() };
    let Some((login, address)) = rest.rsplit_once('@') else { return url.to_owned() };
    let user = login.split(':').next().unwrap_or_default();
    format!("{scheme}://{user}@{address}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_not_shown() {
        assert_eq!(without_password("postgres://me:s3cr@t@host:1/db"), "postgres://me@host:1/db");
        assert_eq!(without_password("postgres://host/db"), "postgres://host/db");
    }
}
