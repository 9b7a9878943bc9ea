//! How a position moves on: the one rule behind a first load, a full re-read, a new table, an increment and a mass update.
//!
//! Invariant: of every key, the row version that the snapshot shows has been read, or the next position still asks for it. Proven by
//! `no_row_is_missed_whatever_is_written_between_slices`, over generated histories.

use starlift_lake::Position;

/// Where a slice ended because it was full, with the key of its last row. What lies behind is left for the next run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Among the keys up to the cursor.
    Below(Vec<String>),
    /// Among the keys above it.
    Above(Vec<String>),
}

/// The position after a slice read as of `horizon`, or after all that was left when nothing stopped it.
pub(crate) fn advance(position: &Position, horizon: u64, stop: Option<Stop>) -> Position {
    match stop {
        // Keys between the stop and the old cursor have been read as of `low`, keys above as of `high`: the older one holds for both.
        // None is the oldest of all, also in the order of `Option`.
        Some(Stop::Below(key)) => {
            Position { cursor: Some(key), low: Some(horizon), high: position.low.min(position.high) }
        }
        Some(Stop::Above(key)) => Position { cursor: Some(key), low: Some(horizon), high: position.high },
        None => Position { cursor: None, low: None, high: Some(horizon) },
    }
}

#[cfg(test)]
mod tests;
