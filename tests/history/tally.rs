//! How often the cases have shown what they are there for: a generator that shows nothing any more proves nothing.

use starlift_lake::messages::{LoadReply, Outcome};
use starlift_testkit::soak::Lap;

use crate::execution::Execution;

/// Counts over all cases.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Tally {
    published: u64,
    in_mid_slice: u64,
    superseded: u64,
    repeated: u64,
    versions: u64,
    deleted: u64,
    held: u64,
    replayed: u64,
    stopped: u64,
    written: u64,
}

impl Tally {
    /// Counts the first answer of load to a run.
    pub(crate) fn count(&mut self, reply: &LoadReply) {
        match reply.outcome {
            Outcome::Published => self.published += 1,
            Outcome::Superseded => self.superseded += 1,
        }
        self.in_mid_slice += u64::from(reply.more);
        self.versions += reply.versions;
        self.deleted += reply.deleted;
        self.held += reply.held;
    }

    /// Counts an answer that was given before.
    pub(crate) fn count_repeated(&mut self) {
        self.repeated += 1;
    }

    /// Counts a run that was published again by a replay.
    pub(crate) fn count_replayed(&mut self) {
        self.replayed += 1;
    }

    /// Counts an execution that stops before its end.
    pub(crate) fn count_stopped(&mut self, execution: &Execution) {
        self.stopped += u64::from(!execution.has_ended());
    }

    /// Counts rows that were written to the source.
    pub(crate) fn count_written(&mut self, rows: u64) {
        self.written += rows;
    }

    /// What a soak wants to know of it.
    pub(crate) fn lap(self) -> Lap {
        Lap {
            runs: self.published + self.superseded,
            faults: self.stopped + self.repeated + self.superseded,
            rows_written: self.written,
        }
    }

    /// Both together.
    pub(crate) fn plus(self, other: Self) -> Self {
        Self {
            published: self.published + other.published,
            in_mid_slice: self.in_mid_slice + other.in_mid_slice,
            superseded: self.superseded + other.superseded,
            repeated: self.repeated + other.repeated,
            versions: self.versions + other.versions,
            deleted: self.deleted + other.deleted,
            held: self.held + other.held,
            replayed: self.replayed + other.replayed,
            stopped: self.stopped + other.stopped,
            written: self.written + other.written,
        }
    }

    /// Whether everything has been shown at all.
    pub(crate) fn is_varied(self) -> bool {
        let kinds = [self.published, self.in_mid_slice, self.superseded, self.repeated, self.stopped, self.replayed];
        let rows = [self.versions, self.deleted, self.held, self.written];
        kinds.iter().chain(&rows).all(|count| *count > 0)
    }
}
