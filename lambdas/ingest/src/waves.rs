//! The order of the tables: one that waits for others is read after them, and not at all while one of them is in mid-slice.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use futures_util::future::try_join_all;
use starlift_failure::Failure;
use starlift_lake::{ManifestTable, ReadState};

use crate::plan::TablePlan;
use crate::read::Reading;
use crate::snapshot::Snapshot;
use crate::waits::Waits;

/// Reads all tables, each after those that it waits for.
pub(crate) async fn read_all(
    reading: &Reading<'_>,
    snapshot: &Snapshot,
    plans: &[TablePlan<'_>],
    waits: &Waits,
) -> Result<BTreeMap<String, ManifestTable>, Failure> {
    let mut done: BTreeMap<String, ManifestTable> = BTreeMap::new();
    let mut left: Vec<&TablePlan<'_>> = plans.iter().collect();
    while !left.is_empty() {
        // Of tables that wait for each other none can be first, so they are read together. So one is always ready: waiting is transitive.
        let is_mutual = |table: &str, other: &str| waits.of_table(other).any(|awaited| awaited == table);
        let is_ready = |plan: &&TablePlan<'_>| {
            waits.of_table(plan.name).all(|other| done.contains_key(other) || is_mutual(plan.name, other))
        };
        let (ready, later): (Vec<_>, Vec<_>) = left.into_iter().partition(is_ready);
        left = later;
        let (waiting, ready): (Vec<_>, Vec<_>) =
            ready.into_iter().partition(|plan| waits.of_table(plan.name).any(|other| is_behind(&done, other)));
        done.extend(waiting.into_iter().map(|plan| (plan.name.to_owned(), wait(reading.run, plan))));
        done.extend(read_wave(reading, snapshot, ready).await?);
    }
    Ok(done)
}

/// Whether nothing of a table is left to read after this run.
pub(crate) fn is_caught_up(table: &ManifestTable) -> bool {
    match &table.state.read {
        ReadState::Full { .. } => true,
        ReadState::Incremental { position } => position.is_caught_up(),
    }
}

/// Whether a table has been looked at in this run and is in mid-slice, or waits for one that is.
pub(crate) fn is_behind(done: &BTreeMap<String, ManifestTable>, table: &str) -> bool {
    done.get(table).is_some_and(|read| !is_caught_up(read))
}

/// A table that is not read in this run. A reset is kept in its state: the next run does not see its reason any more.
fn wait(run: &str, plan: &TablePlan<'_>) -> ManifestTable {
    tracing::info!(
        run,
        phase = "read",
        table = plan.name,
        read = ?plan.read,
        rows = 0,
        bytes = 0,
        seconds = 0.0,
        reset = plan.reset,
        "table waits for a dimension in mid-slice"
    );
    let state = plan.state(ReadState::Incremental { position: plan.position() }, plan.keys());
    ManifestTable { state, objects: Vec::new(), keys: None, totals: None, retried: None, reset: plan.reset.clone() }
}

/// Reads tables side by side, one per connection at a time.
async fn read_wave(
    reading: &Reading<'_>,
    snapshot: &Snapshot,
    plans: Vec<&TablePlan<'_>>,
) -> Result<Vec<(String, ManifestTable)>, Failure> {
    let queue = Mutex::new(plans.into_iter());
    let next = || queue.lock().unwrap_or_else(PoisonError::into_inner).next();
    let lanes = snapshot.readers.iter().map(async |session| {
        let mut read = Vec::new();
        while let Some(plan) = next() {
            read.push((plan.name.to_owned(), reading.read(session, plan).await?));
        }
        Ok::<_, Failure>(read)
    });
    Ok(try_join_all(lanes).await?.into_iter().flatten().collect())
}
