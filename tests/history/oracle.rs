//! The oracle: what the warehouse holds after a publication follows from what it held before and from the run's snapshot of the source.
//!
//! A run that leaves nothing over brings every key to its state in the snapshot. A key whose state is that of its open version stays as it
//! is; otherwise the open version ends, as updated or, when the key is gone, as deleted, and the new state is the next version. So the history
//! of a key is its states over the published runs with equal neighbours collapsed, plus one mark where it vanished.
//!
//! A run in mid-slice brings each key to its state in the snapshot or leaves it exactly as it was: no version is ever of another snapshot, and
//! what has been left out is there at the latest after the next run that leaves nothing over.

use std::collections::{BTreeMap, BTreeSet};

/// The rows of the source in one snapshot, by table and key.
pub(crate) type Snapshot = BTreeMap<String, String>;

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
            let expected = self.next(key, &was);
            if is != expected && !(self.more && is == was) {
                let run = self.run;
                return Err(format!("{run}, {key}: was {was:#?}, is {is:#?}, and has to be {expected:#?}"));
            }
        }
        Ok(())
    }

    fn next(&self, key: &str, before: &[Version]) -> Vec<Version> {
        let now = self.snapshot.get(key);
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

fn is_dimension(key: &str) -> bool {
    key.starts_with("product ") || key.starts_with("customer ")
}
