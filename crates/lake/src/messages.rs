//! What the states of the machine say to each other: pointers and counts, never rows.

use serde::{Deserialize, Serialize};

/// What an invocation took, in every answer. What an older version did not say is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Usage {
    /// Seconds from the start of the handler to its answer.
    pub seconds: f64,
    /// Seconds that the process took to start, in the first answer of a process; they are paid for too.
    #[serde(default)]
    pub init_seconds: f64,
    /// The most memory the process has held resident, in MiB.
    pub peak_memory_mib: u64,
    /// The memory that the function is configured with, in MiB: what a second of it costs goes by that.
    #[serde(default)]
    pub memory_mib: u64,
    /// The processor, whose seconds have a price of their own.
    #[serde(default)]
    pub architecture: Architecture,
    /// Requests to S3 that write or list, retries among them.
    #[serde(default)]
    pub s3_writes: u64,
    /// Requests to S3 that read, retries among them.
    #[serde(default)]
    pub s3_reads: u64,
}

/// A processor that Lambda offers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Architecture {
    /// AMD and Intel.
    #[default]
    #[serde(rename = "x86_64")]
    X86,
    /// Graviton.
    #[serde(rename = "arm64")]
    Arm,
}

/// What ingest is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IngestRequest {
    /// The run.
    pub run: String,
    /// The tables to read from the start, whatever is known of them.
    #[serde(default)]
    pub full: FullRead,
    /// Whether the run was read before and is only to be published again: then the source is left alone.
    #[serde(default)]
    pub replaying: bool,
}

/// Which tables are to be read from the start because somebody asks for it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum FullRead {
    /// All of them, or none.
    All(bool),
    /// Those with these names.
    Tables(Vec<String>),
}

impl FullRead {
    /// Whether it names this table.
    #[must_use]
    pub fn includes(&self, table: &str) -> bool {
        match self {
            Self::All(all) => *all,
            Self::Tables(names) => names.iter().any(|name| name == table),
        }
    }
}

impl Default for FullRead {
    fn default() -> Self {
        Self::All(false)
    }
}

/// Whether an empty warehouse is to be rebuilt from what was published before, and from which run to which.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum ReplayRequest {
    /// All that was published, or nothing.
    All(bool),
    /// A part of it.
    Span {
        /// The first run; none is the first of all.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        from: Option<String>,
        /// The last run; none is the one published last.
        #[serde(skip_serializing_if = "Option::is_none", default)]
        to: Option<String>,
    },
}

impl ReplayRequest {
    /// The first and the last run, where a replay is asked for.
    #[must_use]
    pub fn span(&self) -> Option<(Option<&str>, Option<&str>)> {
        match self {
            Self::All(asked) => asked.then_some((None, None)),
            Self::Span { from, to } => Some((from.as_deref(), to.as_deref())),
        }
    }
}

impl Default for ReplayRequest {
    fn default() -> Self {
        Self::All(false)
    }
}

/// What ingest answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct IngestReply {
    /// The run.
    pub run: String,
    /// The run that was published last when this one read the source.
    pub base: Option<String>,
    /// The names of the parts of transform's work.
    pub parts: Vec<String>,
    /// How many source tables had something new.
    pub tables: u64,
    /// How many source tables have other keys than in the run before.
    #[serde(default)]
    pub key_lists: u64,
    /// How many rows were written.
    pub rows: u64,
    /// How many bytes were written.
    pub bytes: u64,
    /// Whether anything is left to read.
    pub more: bool,
    /// What it took.
    pub usage: Usage,
}

/// What transform is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransformRequest {
    /// The run.
    pub run: String,
    /// The part.
    pub part: String,
}

/// What transform answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TransformReply {
    /// The run.
    pub run: String,
    /// The part.
    pub part: String,
    /// How many rows the models gave.
    pub rows: u64,
    /// How many rows were held back.
    pub held: u64,
    /// How many objects they fill.
    pub objects: u64,
    /// What it took.
    pub usage: Usage,
}

/// What load is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "lowercase")]
pub enum LoadRequest {
    /// Read the ledger and bring `update_tracking.json` in line with it.
    Begin {
        /// The run that begins.
        run: String,
        /// Whether, and of what, the warehouse is to be rebuilt.
        #[serde(default)]
        replay: ReplayRequest,
    },
    /// Publish a run.
    Load {
        /// The run.
        run: String,
        /// Whether more rows may be gone from the source than `max_deleted_share` allows.
        #[serde(default)]
        accept_deletes: bool,
        /// Whether Begin has named this run as the next one of a replay.
        #[serde(default)]
        replaying: bool,
    },
    /// Write the extracts of the tables that changed.
    Export {
        /// The run.
        run: String,
    },
    /// Bring the warehouse's schema up to date and write `catalog.json`.
    Migrate {
        /// The secret of an administrator of the warehouse's server, by name or ARN, with `username` and `password`: the logins are then made too.
        #[serde(default)]
        administrator: Option<String>,
    },
}

/// What load answers to `begin`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BeginReply {
    /// The run: that of the request, or the next one of a replay that is under way.
    pub run: String,
    /// Whether it is one of a replay.
    #[serde(default)]
    pub replaying: bool,
    /// The run published last.
    pub base: Option<String>,
    /// Its number in the ledger.
    pub number: Option<i64>,
    /// What it took.
    pub usage: Usage,
}

/// What load answers to `load`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct LoadReply {
    /// The run.
    pub run: String,
    /// What became of it.
    pub outcome: Outcome,
    /// Its number in the ledger.
    pub number: Option<i64>,
    /// How many rows were staged.
    pub rows: u64,
    /// How many versions of facts are new.
    pub versions: u64,
    /// How many versions of facts ended because their rows are gone from the source.
    #[serde(default)]
    pub deleted: u64,
    /// How many rows of dimensions are new or changed.
    pub dimension_rows: u64,
    /// How many rows were held back.
    pub held: u64,
    /// How many rows are in the quarantine after this run.
    #[serde(default)]
    pub quarantined: u64,
    /// Whether anything is left to read.
    pub more: bool,
    /// What it took.
    pub usage: Usage,
}

/// What became of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It is in the warehouse.
    Published,
    /// Another run was published from the same base; this one changed nothing.
    Superseded,
}

/// What load answers to `export`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ExportReply {
    /// The run.
    pub run: String,
    /// How many extracts were written.
    pub tables: u64,
    /// How many rows they hold.
    pub rows: u64,
    /// Their size in bytes.
    pub bytes: u64,
    /// What it took.
    pub usage: Usage,
}

/// What load answers to `migrate`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MigrateReply {
    /// The logins made now.
    #[serde(default)]
    pub logins: Vec<String>,
    /// The migrations applied now.
    pub applied: Vec<String>,
    /// How many target tables the catalog has.
    pub tables: u64,
    /// What it took.
    pub usage: Usage,
}
