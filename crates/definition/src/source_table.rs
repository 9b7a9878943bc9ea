//! How one source table is read, as `pipeline.toml` says it.

use serde::Deserialize;

/// Deletions are looked at in every run.
pub(crate) const EVERY_RUN: u32 = 1;

/// How one source table is read.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SourceTable {
    /// Whole, or only what was written since the last published run.
    pub read: Read,
    /// Columns that never leave the source.
    #[serde(default)]
    pub exclude: Vec<String>,
    /// Whether rows that are gone end the open versions of the facts made of them.
    #[serde(default)]
    pub deletes: Deletes,
    /// Every how many runs that is looked at.
    #[serde(default = "every_run")]
    pub deletes_every: u32,
    /// Whether the facts made of the table are compared with it though it has more rows than `reconcile_rows`.
    #[serde(default)]
    pub reconcile: bool,
}

impl SourceTable {
    /// A table that is read in this way, whole and without a look at deletions.
    #[must_use]
    pub fn new(read: Read) -> Self {
        Self { read, exclude: Vec::new(), deletes: Deletes::default(), deletes_every: EVERY_RUN, reconcile: false }
    }
}

/// What becomes of a fact whose source row is gone.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Deletes {
    /// It stays as it was.
    #[default]
    Ignore,
    /// Its open version ends: ingest reads the keys of the table, and what is not among them is gone.
    Detect,
}

/// How a source table is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Read {
    /// The whole table, every run; stored only when its content changed.
    Full,
    /// The rows written since the last published run, by row version.
    Incremental,
}

fn every_run() -> u32 {
    EVERY_RUN
}
