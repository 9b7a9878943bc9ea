//! Whether every row that a staged row refers to is in the warehouse. A row for which one is missing waits in the quarantine, alone.
//!
//! Only the warehouse decides: when a dimension row is held back and the warehouse has an older one, no fact has to wait.

use std::time::SystemTime;

use starlift_definition::Definition;
use starlift_failure::{Failure, RUN_ANEW};
use starlift_lake::IngestManifest;
use tokio_postgres::Client;

use crate::source_key::source_key;
use crate::target::Target;
use crate::warehouse::{count, failed};

/// Moves the staged rows of a target that refer to a row that is not there into the quarantine; gives how many.
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
    let holding = format!("holding rows of {} back", target.name);
    let statement = target.hold_missing(&references, &values);
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
        [&target.name, &manifest.run, &published_at, &reasons, &names];
    let held = client.execute(&statement, &parameters).await.map_err(failed(holding))?;
    let run = &manifest.run;
    tracing::warn!(target: "starlift", run, table = target.name, rows = held, "rows wait for rows that they refer to");
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
