//! Whether every row that a staged row refers to is in the warehouse. A row for which one is missing waits in the quarantine, alone; or, where
//! the definition says so, it is published with the unknown member in its place, and waits there to be corrected.
//!
//! Only the warehouse decides: when a dimension row is held back and the warehouse has an older one, no fact has to wait. A row that is tried
//! again without success points to the same unknown member as its open version, so that it makes no version
//! (`a_row_with_an_unknown_member_makes_no_version_until_its_dimension_row_arrives_and_then_one`).

use std::time::SystemTime;

use starlift_definition::{Definition, ForeignKey};
use starlift_failure::{Failure, RUN_ANEW};
use starlift_lake::IngestManifest;
use tokio_postgres::Client;

use crate::source_key::source_key;
use crate::target::Target;
use crate::warehouse::{count, failed};

/// Moves the staged rows of a target that refer to a row that is not there into the quarantine, but for those that may point to an unknown
/// member: they are noted there and stay staged. Gives how many have moved.
///
/// # Errors
/// There are such rows, and the key of their source row is not known: then they could never be tried again.
pub(crate) async fn hold(
    client: &Client,
    definition: &Definition,
    manifest: &IngestManifest,
    target: &Target,
    published_at: SystemTime,
) -> Result<u64, Failure> {
    let references: Vec<_> = target.references().collect();
    if references.is_empty() {
        return Ok(0);
    }
    let doing = format!("checking what {} refers to", target.name);
    let row = client.query_one(&target.missing_references(&references), &[]).await.map_err(failed(doing))?;
    let missing: Vec<u64> = (0..references.len()).map(|n| count(row.get(n))).collect();
    if missing.iter().all(|rows| *rows == 0) {
        return Ok(0);
    }
    let reason = |n: usize| {
        let (to, columns) = (&references[n].table, references[n].columns.join(", "));
        format!("refers by {columns} to a row that {to} does not have")
    };
    let held_key = held_key(definition, manifest, target);
    let (names, values) = held_key.map_err(|why| {
        let first = missing.iter().position(|rows| *rows > 0).unwrap_or_default();
        Failure::invalid_data(format!(
            "{} rows of {}, each of which {}, cannot wait for it, because its key {why}; correct them in the source, or the model of {} if it \
             leaves rows out, {RUN_ANEW}",
            missing[first],
            target.name,
            reason(first),
            references[first].table
        ))
    })?;
    let reasons: Vec<String> = (0..references.len()).map(reason).collect();
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
        [&target.name, &manifest.run, &published_at, &reasons, &names];
    let (run, table) = (&manifest.run, &target.name);
    let found = references.iter().zip(&missing).filter(|(_, rows)| **rows > 0).map(|(reference, _)| *reference);
    let (unknown, waiting): (Vec<&ForeignKey>, Vec<_>) =
        found.partition(|reference| target.unknown_references.contains(reference));
    let mut held = 0;
    if !waiting.is_empty() {
        let holding = format!("holding rows of {table} back");
        let statement = target.hold_missing(&references, &values);
        held = client.execute(&statement, &parameters).await.map_err(failed(holding))?;
        tracing::warn!(target: "starlift", run, table, rows = held, "rows wait for rows that they refer to");
    }
    if !unknown.is_empty() {
        let pointing = format!("pointing rows of {table} to unknown members");
        let statement = target.point_to_unknown(&references, &values);
        let pointed = client.execute(&statement, &parameters).await.map_err(failed(pointing))?;
        tracing::warn!(target: "starlift", run, table, rows = pointed, "rows point to unknown members");
    }
    Ok(held)
}

/// The names of a source row's key columns, and their values in a staged row.
fn held_key<'a>(
    definition: &'a Definition,
    manifest: &'a IngestManifest,
    target: &'a Target,
) -> Result<(Vec<&'a str>, Vec<String>), &'static str> {
    let key = source_key(definition, manifest, target)?;
    let values: Option<Vec<String>> = key.iter().map(|column| column.json("staged")).collect();
    let values = values.ok_or("has a type whose text is another one in the warehouse")?;
    Ok((key.iter().map(|column| column.of_source.name.as_str()).collect(), values))
}
