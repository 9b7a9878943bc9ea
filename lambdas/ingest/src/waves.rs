//! The order of the tables: an incremental table that feeds a fact waits while one that feeds a dimension of that fact is in mid-slice.
//!
//! Otherwise the fact's rows would arrive before the rows that they refer to.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, PoisonError};

use futures_util::future::try_join_all;
use starlift_definition::{Catalog, Definition};
use starlift_failure::Failure;
use starlift_lake::{ManifestTable, ReadState};

use crate::basis::Basis;
use crate::plan::TablePlan;
use crate::read::Reading;
use crate::snapshot::Snapshot;

/// Reads all tables, each after those that it waits for.
pub(crate) async fn read_all(
    reading: &Reading<'_>,
    snapshot: &Snapshot,
    plans: &[TablePlan<'_>],
    basis: &Basis,
) -> Result<BTreeMap<String, ManifestTable>, Failure> {
    let waits = Waits::of(&reading.context.definition, &basis.catalog);
    let mut done: BTreeMap<String, ManifestTable> = BTreeMap::new();
    let mut left: Vec<&TablePlan<'_>> = plans.iter().collect();
    while !left.is_empty() {
        let is_ready = |plan: &&TablePlan<'_>| waits.of_table(plan.name).all(|table| done.contains_key(table));
        let (mut ready, later): (Vec<_>, Vec<_>) = left.into_iter().partition(is_ready);
        left = later;
        if ready.is_empty() {
            // Tables that wait for each other: none can be first, so they are read together.
            ready = std::mem::take(&mut left);
        }
        let is_behind = |table: &str| done.get(table).is_some_and(|read| !is_caught_up(read));
        let (waiting, ready): (Vec<_>, Vec<_>) =
            ready.into_iter().partition(|plan| waits.of_table(plan.name).any(is_behind));
        done.extend(waiting.into_iter().map(|plan| (plan.name.to_owned(), wait(plan))));
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

/// A table that is not read in this run. A reset is kept in its state: the next run does not see its reason any more.
fn wait(plan: &TablePlan<'_>) -> ManifestTable {
    tracing::info!(table = plan.name, reset = plan.reset, "table waits for a dimension in mid-slice");
    let state = plan.state(ReadState::Incremental { position: plan.position() });
    ManifestTable { state, objects: Vec::new(), reset: plan.reset.clone() }
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

/// For which other incremental tables each incremental table waits.
struct Waits(BTreeMap<String, BTreeSet<String>>);

impl Waits {
    fn of(definition: &Definition, catalog: &Catalog) -> Self {
        let mut waits: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let table_of = |name: &str| definition.models.get(name).and_then(|model| definition.incremental_table(model));
        for fact in definition.pipeline.facts.keys() {
            let (Some(table), Some(target)) = (table_of(fact), catalog.tables.get(fact)) else {
                continue;
            };
            let dimensions =
                target.foreign_keys.iter().filter(|key| definition.pipeline.dimensions.contains_key(&key.table));
            let awaited = dimensions.filter_map(|key| table_of(&key.table)).filter(|other| *other != table);
            waits.entry(table.to_owned()).or_default().extend(awaited.map(str::to_owned));
        }
        Self(waits)
    }

    fn of_table(&self, table: &str) -> impl Iterator<Item = &str> {
        self.0.get(table).into_iter().flatten().map(String::as_str)
    }
}
