//! How a position moves on: the one rule behind a first load, a full re-read, a new table, an increment and a mass update.
//!
//! Invariant: of every key, the row version that the snapshot shows has been read, or the next position still asks for it. Proven by
//! `no_row_is_missed_whatever_is_written_between_slices`, over generated histories.

use starlift_lake::{Fences, Position};

use crate::fence::Fence;

/// Where a slice ended because it was full, with the key of its last row. What lies behind is left for the next run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Stop {
    /// Among the keys up to the cursor.
    Below(Vec<String>),
    /// Among the keys above it.
    Above(Vec<String>),
}

/// As of when a slice was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct AsOf {
    /// The horizon of its snapshot.
    pub(crate) horizon: u64,
    /// The fence that was read before the snapshot, where the table has a cursor column.
    pub(crate) fence: Option<Fence>,
}

/// Whether the horizon is where the last slice left it: then the keys up to the cursor are read last, and only to the end.
pub(crate) fn stands_still(position: &Position, horizon: u64) -> bool {
    position.cursor.is_some() && position.low == Some(horizon)
}

/// The position after a slice, or after all that was left when nothing stopped it.
pub(crate) fn advance(position: &Position, now: AsOf, stop: Option<Stop>) -> Position {
    // Keys up to the cursor that were not read keep their fence; their horizon is the same anyhow.
    let is_below_left = stop.is_some() && stands_still(position, now.horizon);
    let fences = now.fence.map(|fence| move_fences(position, fence, is_below_left, stop.as_ref()));
    let (low, high) = moved(stop.as_ref(), Some(now.horizon), position.low, position.high);
    let cursor = stop.map(|(Stop::Below(key) | Stop::Above(key))| key);
    Position { cursor, low, high, fences }
}

/// The fences move with the horizons beside them.
fn move_fences(position: &Position, now: Fence, is_below_left: bool, stop: Option<&Stop>) -> Fences {
    let before = position.fences.clone();
    let (low, high) = before.map(|fences| (fences.low, fences.high)).unwrap_or_default();
    let at = if is_below_left { now.at.min(low.clone()) } else { now.at };
    let (next_low, next_high) = moved(stop, at, low, high);
    Fences { column: now.column, low: next_low, high: next_high, lag: now.lag }
}

/// What holds for the keys up to the next cursor and for those above it, when the slice was read as of `now`. None is the oldest of all, also
/// in the order of `Option`.
fn moved<T: Ord>(stop: Option<&Stop>, now: Option<T>, low: Option<T>, high: Option<T>) -> (Option<T>, Option<T>) {
    match stop {
        // Keys between the stop and the old cursor have been read as of `low`, keys above as of `high`: the older one holds for both.
        Some(Stop::Below(_)) => (now, low.min(high)),
        Some(Stop::Above(_)) => (now, high),
        None => (None, now),
    }
}

#[cfg(test)]
mod tests;
