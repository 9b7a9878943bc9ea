//! What every handler works with.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use starlift_definition::Definition;
use starlift_failure::Failure;
use starlift_lake::Lake;

use crate::Secrets;

/// The world of one invocation.
#[derive(Clone, Debug)]
pub struct Context {
    /// The three zones.
    pub lake: Lake,
    /// The pipeline's definition.
    pub definition: Arc<Definition>,
    /// The secrets with the connections.
    pub secrets: Secrets,
    /// A name of this invocation that no other has: it keeps a retry's raw objects apart.
    pub attempt: String,
    /// When the invocation has to have answered.
    pub deadline: Instant,
    /// A folder for work files. The handler makes a folder of its own in it and removes it.
    pub work_folder: PathBuf,
}

/// What stays free at the end of an invocation for the answer to go out.
const RESERVE: Duration = Duration::from_secs(5);

/// What is true of a step that ended early, wherever it was: its commit may have come before.
pub(crate) const AGAIN: &str = "it can be run again at any time, and finds what it has committed";

impl Context {
    /// The time that is left for work.
    ///
    /// # Errors
    /// Nothing is left: the step is tried again by the state machine.
    pub fn time_left(&self) -> Result<Duration, Failure> {
        let left = self.deadline.saturating_duration_since(Instant::now()).saturating_sub(RESERVE);
        if left.is_zero() {
            return Err(Failure::transient(format!("the time of this invocation is used up; {AGAIN}")));
        }
        Ok(left)
    }
}
