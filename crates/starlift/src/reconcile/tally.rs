//! Which of the rows that are not the same on both sides differ, and which have to.

use std::collections::BTreeMap;

use serde::Serialize;

use super::passes::Difference;
use super::plan::Plan;
use super::snapshots::LastRead;

/// Why a row is not the same on both sides, though nothing is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Explanation {
    /// It is in the quarantine.
    HeldBack,
    /// It points to an unknown member until its dimension row arrives.
    UnknownMember,
    /// It was written since the horizon of the last published run, and is not below its fence, so the next run reads it.
    NextRun,
    /// It is gone from the source, and the warehouse keeps it.
    KeptThoughGone,
    /// The last published run has not looked at what is gone, and a later one does.
    LaterRun,
    /// The model may leave it out.
    LeftOut,
}

/// Rows of one kind, and the keys of the first of them.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Found {
    pub(crate) rows: u64,
    pub(crate) keys: Vec<Finding>,
}

/// One row that differs.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    /// The values of its key, by the names of the source's columns.
    pub(crate) key: BTreeMap<String, String>,
    /// The columns that differ; none when the row is missing on one side.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) columns: Vec<String>,
}

/// The rows that are not the same on both sides, sorted.
#[derive(Debug, Serialize)]
pub(crate) struct Tally {
    pub(crate) only_in_source: Found,
    pub(crate) only_in_warehouse: Found,
    pub(crate) different: Found,
    pub(crate) explained: BTreeMap<Explanation, u64>,
    /// How many keys of each kind are kept.
    #[serde(skip)]
    most: usize,
}

impl Tally {
    /// An empty one that keeps at most so many keys of each kind.
    pub(crate) fn new(most: usize) -> Self {
        let found = Found::default;
        let explained = BTreeMap::new();
        Self { only_in_source: found(), only_in_warehouse: found(), different: found(), explained, most }
    }

    /// How many rows differ.
    pub(crate) fn rows(&self) -> u64 {
        self.only_in_source.rows + self.only_in_warehouse.rows + self.different.rows
    }

    /// Adds a row. `waiting` are the records of the keys in the quarantine, and whether each is published with an unknown member.
    pub(crate) fn add(
        &mut self,
        (plan, last): (&Plan<'_>, &LastRead),
        waiting: &BTreeMap<String, bool>,
        difference: &Difference,
    ) {
        if let Some(explanation) = explain((plan, last), waiting, difference) {
            *self.explained.entry(explanation).or_default() += 1;
            return;
        }
        let (found, entry, differing) = match difference {
            Difference::OnlyInSource(entry) => (&mut self.only_in_source, entry, [].as_slice()),
            Difference::OnlyInWarehouse(entry) => (&mut self.only_in_warehouse, entry, [].as_slice()),
            Difference::Columns(entry, columns) => (&mut self.different, entry, columns.as_slice()),
        };
        found.rows += 1;
        if found.keys.len() < self.most {
            let names = plan.key.iter().map(|pair| pair.source.name.clone());
            let columns = differing.iter().map(|column| plan.columns[column.place].target.name.clone()).collect();
            found.keys.push(Finding { key: names.zip(entry.key.iter().cloned()).collect(), columns });
        }
    }
}

fn explain(
    (plan, last): (&Plan<'_>, &LastRead),
    waiting: &BTreeMap<String, bool>,
    difference: &Difference,
) -> Option<Explanation> {
    let (Difference::OnlyInSource(entry) | Difference::OnlyInWarehouse(entry) | Difference::Columns(entry, _)) =
        difference;
    match (waiting.get(&entry.record), difference) {
        (Some(false), _) => return Some(Explanation::HeldBack),
        // All but its references is published as it is.
        (Some(true), Difference::Columns(_, columns)) if columns.iter().all(|column| column.is_unknown) => {
            return Some(Explanation::UnknownMember);
        }
        _ => {}
    }
    if entry.is_new {
        return Some(Explanation::NextRun);
    }
    match difference {
        Difference::OnlyInSource(_) if plan.leaves_out => Some(Explanation::LeftOut),
        Difference::OnlyInWarehouse(_) if plan.is_unknown_member(&entry.key) => Some(Explanation::UnknownMember),
        Difference::OnlyInWarehouse(_) if plan.keeps_gone => Some(Explanation::KeptThoughGone),
        Difference::OnlyInWarehouse(_) if plan.looks_at_times && !last.has_keys => Some(Explanation::LaterRun),
        _ => None,
    }
}
