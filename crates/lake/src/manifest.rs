//! Manifests: what a step of a run wrote. A manifest is written last and only if absent; it alone makes objects part of a run.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{ReadState, SourcePosition, TableState};

/// An object and what it holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StoredObject {
    /// Its key.
    pub key: String,
    /// How many rows it holds, the header not counted.
    pub rows: u64,
    /// Its size in bytes.
    pub bytes: u64,
    /// The sha256 of its bytes, in hexadecimal.
    pub sha256: String,
}

/// `runs/{run}/ingest.json`: what ingest read in one snapshot.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct IngestManifest {
    /// The version of this shape.
    pub format: u32,
    /// The pipeline's name.
    pub pipeline: String,
    /// The run.
    pub run: String,
    /// The run that was published last when this one read the source.
    pub base: Option<String>,
    /// The sha256 of the definition.
    pub definition: String,
    /// Where the source stood.
    pub source: SourcePosition,
    /// Every source table of the pipeline.
    pub tables: BTreeMap<String, ManifestTable>,
    /// The fingerprint of each model, but of those that wait: their rows are left for the next run.
    pub models: BTreeMap<String, String>,
    /// The parts of transform's work.
    pub parts: Vec<Part>,
    /// Whether anything is left to read after this run.
    pub more: bool,
}

impl IngestManifest {
    /// The only value of `format` that this version understands.
    pub const FORMAT: u32 = 1;

    /// Whether the run read every table, or began to, from its start: then no run before it is needed to show what the source had.
    #[must_use]
    pub fn reads_everything(&self) -> bool {
        let is_whole = |table: &ManifestTable| match table.state.read {
            // A whole table is stored again, though its content is the same, when a person asks for it.
            ReadState::Full { .. } => !table.objects.is_empty(),
            ReadState::Incremental { .. } => table.reset.is_some(),
        };
        self.base.is_none() || self.tables.values().all(is_whole)
    }
}

/// What a run did with one source table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ManifestTable {
    /// The state after this run; it becomes the table's state when the run is published.
    pub state: TableState,
    /// The objects written in this run; none when nothing was new.
    pub objects: Vec<StoredObject>,
    /// The keys of the table, when they were read in this run and are others than in the run before.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub keys: Option<StoredObject>,
    /// What the table adds up to, when that was looked at.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub totals: Option<Totals>,
    /// The rows in the quarantine that were looked for in this run.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub retried: Option<Retried>,
    /// Why the table is read from the start, if it is.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub reset: Option<String>,
}

/// Rows that were in the quarantine when a run began, by their keys as JSON objects.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Retried {
    /// The source has them: they are in the run's objects, whenever they were written.
    pub found: Vec<Value>,
    /// The source has them no more.
    pub gone: Vec<Value>,
}

/// What a table adds up to in the snapshot of a run, the rows left out that were in the quarantine when it began.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// How many rows.
    pub rows: u64,
    /// The exact sums of its numeric columns, in decimal; none where every value is null.
    pub sums: BTreeMap<String, Option<String>>,
}

/// One part of transform's work: some models over some raw objects.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Part {
    /// The part's name, unique in the run: a model's name, or `{table}-{n}`.
    pub name: String,
    /// The models to run, in alphabetical order.
    pub models: Vec<String>,
    /// The raw objects of each source table that they read.
    pub inputs: BTreeMap<String, Vec<StoredObject>>,
}

/// `runs/{run}/transform-{part}.json`: what transform made of one part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TransformManifest {
    /// The version of this shape.
    pub format: u32,
    /// The run.
    pub run: String,
    /// The part.
    pub part: String,
    /// What each model of the part gave.
    pub models: Vec<ModelOutput>,
}

impl TransformManifest {
    /// The only value of `format` that this version understands.
    pub const FORMAT: u32 = 1;
}

/// What one model gave for one part.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelOutput {
    /// The model.
    pub model: String,
    /// Its rows as Parquet, sorted by key; none when there are no rows.
    pub object: Option<StoredObject>,
    /// The rows held back.
    pub held: Option<HeldRows>,
}

/// Rows that were held back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HeldRows {
    /// The rows as CSV: `key` (the row's key as JSON), `reason`, `table`, then the columns of the source table.
    pub object: StoredObject,
    /// How many rows were held back for each reason.
    pub reasons: BTreeMap<String, u64>,
}
