//! That a run was published, and when: what a replay goes by. The ledger is lost with its warehouse, these objects are not.

use serde::{Deserialize, Serialize};

/// `publications/{base}/{run}.json`: written when the run is in the ledger, and never again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// The version of this shape.
    pub format: u32,
    /// The pipeline's name.
    pub pipeline: String,
    /// The run.
    pub run: String,
    /// The run that was published before it, if one was.
    pub base: Option<String>,
    /// When it was published, by the clock of the warehouse, in RFC 3339 with microseconds.
    pub published_at: String,
}

impl Published {
    /// The only value of `format` that this version understands.
    pub const FORMAT: u32 = 1;
}
