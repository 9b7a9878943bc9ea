//! How one source table is read, as `pipeline.toml` says it.

use serde::Deserialize;

/// Deletions are looked at in every run.
pub(crate) const EVERY_RUN: u32 = 1;

/// The longest overlap, in minutes.
const A_WEEK: u32 = 7 * 24 * 60;

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
    /// The column that the source's application sets to the time of each write, for a table too big to scan: an index on it finds what is new.
    pub cursor: Option<String>,
    /// By how many minutes a row may come to be seen later than its cursor column says: longer than any transaction of the source. The fence
    /// lies that much further back. Needed where the start of open transactions is not to be had.
    pub overlap_minutes: Option<u32>,
}

impl SourceTable {
    /// A table that is read in this way, whole and without a look at deletions.
    #[must_use]
    pub fn new(read: Read) -> Self {
        Self {
            read,
            exclude: Vec::new(),
            deletes: Deletes::default(),
            deletes_every: EVERY_RUN,
            reconcile: false,
            cursor: None,
            overlap_minutes: None,
        }
    }

    /// Why `cursor` and `overlap_minutes` do not go with the other keys, if so.
    pub(crate) fn misplaced_cursor(&self) -> Option<String> {
        let Some(cursor) = &self.cursor else {
            return self.overlap_minutes.map(|_| "overlap_minutes has no meaning without cursor".to_owned());
        };
        if self.read == Read::Full {
            return Some("cursor is for tables with read = \"incremental\"".to_owned());
        }
        if self.exclude.contains(cursor) {
            return Some(format!("exclude names {cursor}, the cursor column, which the table is read by"));
        }
        let is_outside = |minutes: u32| !(1..=A_WEEK).contains(&minutes);
        self.overlap_minutes.is_some_and(is_outside).then(|| format!("overlap_minutes is from 1 to {A_WEEK}, a week"))
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
