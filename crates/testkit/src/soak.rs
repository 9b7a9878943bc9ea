//! What a lap of `cargo xtask soak` has done. The tests count and report; the command adds up.

use std::env;
use std::path::Path;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The variable that names the file for the report. Without it nobody asks.
pub const REPORT: &str = "STARLIFT_SOAK_REPORT";
/// The variable with the seed of a lap. Without it a test that has a list of cases goes through the list.
pub const SEED: &str = "STARLIFT_SOAK_SEED";

/// What was done, and compared with the oracle after each run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Lap {
    /// Runs that load answered to for the first time.
    pub runs: u64,
    /// Steps that failed, stopped or were killed, and calls that were repeated.
    pub faults: u64,
    /// Rows that writers inserted, updated or deleted in the source, rolled back ones among them.
    pub rows_written: u64,
}

impl Lap {
    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            runs: self.runs + other.runs,
            faults: self.faults + other.faults,
            rows_written: self.rows_written + other.rows_written,
        }
    }

    /// Writes it where a soak wants it, if one does.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn report(self) -> Result<()> {
        let Some(path) = env::var_os(REPORT) else {
            return Ok(());
        };
        let text = serde_json::to_string(&self).map_err(|error| Error::Malformed(error.to_string()))?;
        std::fs::write(&path, text).map_err(Error::at(Path::new(&path)))
    }

    /// Reads what a test has reported.
    ///
    /// # Errors
    /// It has reported nothing.
    pub fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(Error::at(path))?;
        serde_json::from_str(&text).map_err(|error| Error::Malformed(format!("{}: {error}", path.display())))
    }
}

/// The seed of the lap, if this is one.
#[must_use]
pub fn seed() -> Option<u64> {
    env::var(SEED).ok()?.parse().ok()
}
