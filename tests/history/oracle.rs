//! The oracle: what the warehouse holds after a publication follows from what it held before and from the run's snapshot of the source.
//!
//! A run that leaves nothing over brings every key to its state in the snapshot. A key whose state is that of its open version stays as it
//! is; otherwise the open version ends, as updated or, when the key is gone, as deleted, and the new state is the next version. So the history
//! of a key is its states over the published runs with equal neighbours collapsed, plus one mark where it vanished.
//!
//! A row that does not fit, or needs a row that the warehouse does not have, changes nothing as long as that is so: it is held back. Where
//! deletions are looked at in every second run, a version may stay open for one run longer.
//!
//! A run in mid-slice brings each key to its state in the snapshot or leaves it exactly as it was: no version is ever of another snapshot, and
//! what has been left out is there at the latest after the next run that leaves nothing over.

use std::collections::{BTreeMap, BTreeSet};

/// The rows of the source in one snapshot, by table and key.
pub(crate) type Snapshot = BTreeMap<String, State>;

/// A row of the source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct State {
    /// What the warehouse has to say of it; none when it does not fit.
    pub(crate) value: Option<String>,
    /// The rows that have to be in the warehouse.
    pub(crate) needs: Vec<String>,
}

impl State {
    /// What the warehouse has to say, when it can.
    fn shown(&self, warehouse: &History) -> Option<&String> {
        let is_there = |key: &String| warehouse.contains_key(key);
        self.value.as_ref().filter(|_| self.needs.iter().all(is_there))
    }
}

/// The warehouse: the versions of each table and key, in the order of record ids. A row of a dimension is one version that never ends.
pub(crate) type History = BTreeMap<String, Vec<Version>>;

/// One version of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Version {
    pub(crate) value: String,
    pub(crate) end: Option<End>,
}

/// How a version ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct End {
    pub(crate) run: String,
    pub(crate) reason: String,
}

/// What was published, by which run.
#[derive(Debug)]
pub(crate) struct Publication<'a> {
    pub(crate) run: &'a str,
    pub(crate) snapshot: &'a Snapshot,
    /// Whether the run is in mid-slice.
    pub(crate) more: bool,
}

impl Publication<'_> {
    /// Holds the warehouse against the oracle.
    ///
    /// # Errors
    /// The history of a key is another one.
    pub(crate) fn check(&self, before: &History, after: &History) -> Result<(), String> {
        let keys: BTreeSet<&String> = before.keys().chain(after.keys()).chain(self.snapshot.keys()).collect();
        for key in keys {
            let versions = |history: &History| history.get(key).cloned().unwrap_or_default();
            let (was, is) = (versions(before), versions(after));
            let expected = match self.snapshot.get(key) {
                Some(state) if state.shown(after).is_none() => was.clone(),
                now => self.next(key, &was, now.and_then(|state| state.value.as_ref())),
            };
            let may_wait = self.more || (!self.snapshot.contains_key(key) && is_looked_at_later(key));
            if is != expected && !(may_wait && is == was) {
                let run = self.run;
                return Err(format!("{run}, {key}: was {was:#?}, is {is:#?}, and has to be {expected:#?}"));
            }
        }
        Ok(())
    }

    fn next(&self, key: &str, before: &[Version], now: Option<&String>) -> Vec<Version> {
        let is_open = |version: &Version| version.end.is_none();
        let mut versions = before.to_vec();
        let open = versions.last_mut().filter(|version| is_open(version));
        if open.as_ref().map(|version| &version.value) == now {
            return versions;
        }
        if is_dimension(key) {
            versions.clear();
        } else if let Some(version) = open {
            let reason = if now.is_some() { "updated" } else { "deleted" };
            version.end = Some(End { run: self.run.to_owned(), reason: reason.to_owned() });
        }
        versions.extend(now.map(|value| Version { value: value.clone(), end: None }));
        versions
    }
}

/// Holds the open versions against a snapshot that the warehouse has caught up with; gives how many rows are held back.
///
/// # Errors
/// A row is lost, or shown though it is gone.
pub(crate) fn check_open(snapshot: &Snapshot, warehouse: &History) -> Result<u64, String> {
    let open = |key: &String| warehouse.get(key)?.last().filter(|version| version.end.is_none());
    let mut held = 0;
    for (key, state) in snapshot {
        match state.shown(warehouse) {
            None => held += 1,
            Some(value) if open(key).map(|version| &version.value) == Some(value) => {}
            Some(value) => return Err(format!("{key} is {:?} in the end, and has to be {value}", open(key))),
        }
    }
    match warehouse.keys().find(|key| !is_dimension(key) && !snapshot.contains_key(*key) && open(key).is_some()) {
        Some(key) => Err(format!("{key} is shown in the end, and is gone")),
        None => Ok(held),
    }
}

/// As `deletes_every` of the pipeline says.
fn is_looked_at_later(key: &str) -> bool {
    key.starts_with("line ")
}

fn is_dimension(key: &str) -> bool {
    key.starts_with("product ") || key.starts_with("customer ")
}
