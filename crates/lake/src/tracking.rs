//! How far the source has been read: the state of each table, and `update_tracking.json`, which carries it to ingest.
//!
//! The warehouse's ledger is the truth; the JSON is its copy, because ingest has no access to the warehouse.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use starlift_definition::Column;

use crate::StoredObject;

/// `update_tracking.json`: what the run published last had read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tracking {
    /// The version of this shape.
    pub format: u32,
    /// The pipeline's name.
    pub pipeline: String,
    /// The run published last; none before the first publication.
    pub run: Option<String>,
    /// Its number in the ledger.
    pub number: Option<i64>,
    /// When it was published, in RFC 3339.
    pub published_at: Option<String>,
    /// Where the source stood when that run read it.
    pub source: Option<SourcePosition>,
    /// How far each source table has been read.
    pub tables: BTreeMap<String, TableState>,
    /// The fingerprint of each model whose rows are published.
    pub models: BTreeMap<String, String>,
    /// The keys of the rows of each model that are in the quarantine, as JSON objects; at most [`Tracking::HELD_LIMIT`], those first that
    /// were tried longest ago.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", default)]
    pub held: BTreeMap<String, Vec<Value>>,
}

impl Tracking {
    /// The only value of `format` that this version understands.
    pub const FORMAT: u32 = 1;

    /// How many held rows every run tries again: they travel in one object, and are compared with every row that is read.
    pub const HELD_LIMIT: i64 = 10_000;

    /// The tracking of a pipeline that has published nothing.
    #[must_use]
    pub fn empty(pipeline: &str) -> Self {
        Self {
            format: Self::FORMAT,
            pipeline: pipeline.to_owned(),
            run: None,
            number: None,
            published_at: None,
            source: None,
            tables: BTreeMap::new(),
            models: BTreeMap::new(),
            held: BTreeMap::new(),
        }
    }
}

/// Which server this is and how far it had got, when a snapshot was taken.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SourcePosition {
    /// `system_identifier` of the cluster, in decimal.
    pub system_identifier: String,
    /// The oid of the database.
    pub database: u32,
    /// The timeline of its WAL: another one after a promotion, and after a rewind to a server that was promoted.
    pub timeline: u64,
    /// Whether it was a standby.
    pub in_recovery: bool,
    /// When its postmaster started, as PostgreSQL writes it.
    pub started_at: String,
    /// The WAL position, in bytes.
    pub wal_position: u64,
    /// The next transaction id (`xid8`).
    pub next_transaction: u64,
    /// The horizon (`pg_snapshot_xmin`, `xid8`): every row version older than it is in the snapshot or never will be.
    pub horizon: u64,
    /// The source's clock when the snapshot was taken, in RFC 3339.
    pub taken_at: String,
    /// The tables of the source's schema that the pipeline does not read.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub other_tables: Option<Vec<String>>,
}

/// How far one source table has been read, and what it looked like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableState {
    /// The table's oid.
    pub oid: u32,
    /// The oids of its leaf partitions, ascending; empty when it is not partitioned.
    pub leaves: Vec<u32>,
    /// The columns that are read, in the order of the raw objects.
    pub columns: Vec<Column>,
    /// What tells each of these columns from another of its name and type, by name: its `attnum` and its collation.
    pub column_ids: BTreeMap<String, String>,
    /// The primary key.
    pub primary_key: Vec<String>,
    /// The keys that it had when they were read last, where deletions are detected.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub keys: Option<KeyList>,
    /// How far.
    #[serde(flatten)]
    pub read: ReadState,
}

/// Every key of a table in one snapshot: what is not among them is gone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct KeyList {
    /// The raw object that holds them, a column per primary key column, in order of the key.
    pub object: StoredObject,
    /// How many runs have passed since they were read.
    pub age: u32,
}

/// How far a table has been read, by the way it is read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "read", rename_all = "lowercase")]
pub enum ReadState {
    /// The whole table is in this object.
    Full {
        /// The raw object that holds the table's content.
        object: StoredObject,
    },
    /// The table has been read up to this position.
    Incremental {
        /// The position.
        position: Position,
    },
}

/// How far an incremental table has been read.
///
/// Rows with a key up to `cursor` have been read as of the horizon `low`, rows with a key above it as of the horizon `high`;
/// no `high` means that nothing above has been read. Without a cursor every key is above: the start is "no
/// cursor, no `high`", and a table that is caught up has "no cursor" and its last horizon as `high`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Position {
    /// The last key of the slice read last, a value per primary key column as CSV text.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub cursor: Option<Vec<String>>,
    /// The horizon (`xid8`) for keys up to the cursor.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub low: Option<u64>,
    /// The horizon (`xid8`) for keys above the cursor.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub high: Option<u64>,
    /// The fences beside the horizons, where the table has a cursor column.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fences: Option<Fences>,
}

/// Times beside the horizons of a position: a row that the reading as of the horizon did not see has no earlier one in the cursor column.
///
/// They are written in RFC 3339, in UTC and with six decimals, so that they compare as text. Without one nothing is known of the column,
/// and reading goes by the horizon alone.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Fences {
    /// The cursor column, by its [`identity`](Self::identity).
    pub column: String,
    /// The fence for keys up to the cursor.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub low: Option<String>,
    /// The fence for keys above the cursor.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub high: Option<String>,
    /// By how many milliseconds the reader's clock was ahead of the source's, at least, when the newest fence was read: when that grows, the
    /// source's clock was set back.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub lag: Option<i64>,
}

impl Fences {
    /// What tells a cursor column, with its number and collation, from another one of its name, and from itself with another overlap: a longer one
    /// speaks of transactions that a fence read under a shorter one does not cover.
    #[must_use]
    pub fn identity(column: &Column, id: &str, overlap_minutes: Option<u32>) -> String {
        format!("{} {id} {} {}", column.name, column.column_type, overlap_minutes.unwrap_or_default())
    }
}

impl Position {
    /// Whether every row was read as of one horizon: no slice is left.
    #[must_use]
    pub fn is_caught_up(&self) -> bool {
        self.cursor.is_none() && self.high.is_some()
    }

    /// The fence read last, if the newest one is known.
    #[must_use]
    pub fn newest_fence(&self) -> Option<&String> {
        let fences = self.fences.as_ref()?;
        if self.cursor.is_some() { fences.low.as_ref() } else { fences.high.as_ref() }
    }
}
