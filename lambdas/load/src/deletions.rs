//! Rows that are gone from the source: the open versions of their keys end, with the reason `deleted`.
//!
//! Ingest reads the keys of a table in the snapshot of the run, so a key that is not among them was gone then, whatever has happened since. A
//! source that lost its rows by mistake must not empty the warehouse: more than a share of the open versions needs a person's word.

use std::time::SystemTime;

use starlift_definition::Definition;
use starlift_failure::Failure;
use starlift_lake::{IngestManifest, Lake, StoredObject, Zone};
use starlift_postgres::TextCopyIn;
use tokio_postgres::Client;

use crate::source_key::{KeyColumn, source_key};
use crate::target::{Kind, Target};
use crate::warehouse::{count, failed, refused};

/// The keys of the source table that a fact is made of, as they were in the snapshot of a run.
pub(crate) struct SourceKeys<'a> {
    table: &'a str,
    object: &'a StoredObject,
    target: &'a Target,
    record_id: &'a str,
    /// In the order of the object's columns.
    key: Vec<KeyColumn<'a>>,
}

impl<'a> SourceKeys<'a> {
    /// The new keys in a run's manifest, for each fact made of their tables.
    ///
    /// # Errors
    /// The definition is another one than the keys were read for.
    pub(crate) fn of_run(
        definition: &'a Definition,
        manifest: &'a IngestManifest,
        targets: &'a [Target],
    ) -> Result<Vec<Self>, Failure> {
        let mut found = Vec::new();
        for (table, read) in &manifest.tables {
            let Some(object) = &read.keys else {
                continue;
            };
            // Not only where deletions are detected now: they were when the keys were read.
            for (model, _) in definition.facts_over(table) {
                let Some(target) = targets.iter().find(|target| target.name == model.name) else {
                    continue;
                };
                let Kind::Fact { record_id, .. } = &target.kind else {
                    continue;
                };
                let mut key = source_key(definition, manifest, target).map_err(|reason| {
                    Failure::invalid_definition(format!(
                        "the keys of table {table} are not those of {}: its key {reason}; start a new execution",
                        target.name
                    ))
                })?;
                let place = |column: &KeyColumn<'_>| {
                    read.state.primary_key.iter().position(|name| *name == column.of_source.name)
                };
                key.sort_by_key(place);
                found.push(Self { table, object, target, record_id, key });
            }
        }
        Ok(found)
    }

    /// Whether they are those of this target.
    pub(crate) fn are_of(&self, target: &Target) -> bool {
        self.target.place == target.place
    }

    /// Stages them, unless the fact has no version yet that could end; gives whether it did.
    ///
    /// # Errors
    /// The object is not what its manifest says.
    pub(crate) async fn stage(&self, client: &Client, lake: &Lake) -> Result<bool, Failure> {
        let doing = format!("staging the keys of table {} for {}", self.table, self.target.name);
        let is_empty = client.query_one(&self.target.is_empty(), &[]).await.map_err(failed(&doing))?;
        if is_empty.get(0) {
            return Ok(false);
        }
        client.batch_execute(&self.target.create_keys(&self.key)).await.map_err(failed(&doing))?;
        let mut copy =
            TextCopyIn::start(client, &self.target.copy_into_keys(&self.key), &doing).await.map_err(refused)?;
        let mut pieces = lake.open(Zone::Ingest, self.object).await?;
        while let Some(piece) = pieces.next().await? {
            copy.write(piece).await.map_err(refused)?;
        }
        let rows = copy.finish().await.map_err(refused)?;
        if rows != self.object.rows {
            return Err(Failure::invalid_data(format!(
                "{} holds {rows} keys and its manifest says {}; start a new execution",
                self.object.key, self.object.rows
            )));
        }
        client.batch_execute(&self.target.analyze_keys()).await.map_err(failed(doing))?;
        Ok(true)
    }

    /// Ends the open versions whose key is gone; gives how many.
    ///
    /// # Errors
    /// They are more than the definition allows, and `accepted` does not say that this is meant.
    pub(crate) async fn close_gone(
        &self,
        client: &Client,
        run: &str,
        published_at: SystemTime,
        (allowed_share, accepted): (f64, bool),
    ) -> Result<u64, Failure> {
        let doing = format!("looking for versions of {} whose rows are gone", self.target.name);
        let statement = self.target.count_gone(self.record_id, &self.key);
        let row = client.query_one(&statement, &[]).await.map_err(failed(&doing))?;
        let (open, gone) = (count(row.get("open")), count(row.get("gone")));
        if gone == 0 {
            return Ok(0);
        }
        if is_suspicious(open, gone, allowed_share) && !accepted {
            return Err(Failure::invalid_data(format!(
                "{gone} of the {open} open versions of {} have no row in source table {} any more, and max_deleted_share allows {}; nothing \
                 was published: give the rows back and start a new execution with `starlift run`, or, when they are meant to be gone, \
                 with `starlift run --accept-deletes`",
                self.target.name,
                self.table,
                percent(allowed_share)
            )));
        }
        let close = self.target.close_gone(self.record_id, &self.key);
        client.execute(&close, &[&run, &published_at]).await.map_err(failed(doing))
    }
}

/// Whether so many rows are gone that it may be a mistake: more than the share, or all of them.
fn is_suspicious(open: u64, gone: u64, allowed_share: f64) -> bool {
    // Counts of rows are far below 2^53, where a float is exact.
    #[expect(clippy::cast_precision_loss, reason = "a count of rows is far below 2^53")]
    let is_more = gone as f64 > allowed_share * open as f64;
    is_more || gone == open
}

fn percent(share: f64) -> String {
    format!("{} %", share * 100.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_the_share_or_all_of_them_is_suspicious() {
        assert!(!is_suspicious(100, 10, 0.1));
        assert!(is_suspicious(100, 11, 0.1));
        assert!(is_suspicious(3, 3, 1.0));
        assert!(!is_suspicious(3, 2, 1.0));
    }
}
