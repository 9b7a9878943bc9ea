//! Whether every row that a staged row refers to is in the warehouse. A row for which one is missing waits in the quarantine, alone.
//!
//! Only the warehouse decides: when a dimension row is held back and the warehouse has an older one, no fact has to wait.

use std::time::SystemTime;

use starlift_definition::{Column, Definition, TypeKind};
use starlift_failure::{Failure, RUN_ANEW};
use starlift_lake::IngestManifest;
use tokio_postgres::Client;

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
    let Some((names, columns)) = source_key(definition, manifest, target) else {
        let first = missing.iter().position(|rows| *rows > 0).unwrap_or_default();
        return Err(Failure::invalid_data(format!(
            "{} rows of {}, each of which {}, cannot wait for it, because the key of {} is not the primary key of its source table; correct them \
             in the source, or the model of {} if it leaves rows out, {RUN_ANEW}",
            missing[first],
            target.name,
            reason(first),
            target.name,
            references[first].table
        )));
    };
    let reasons: Vec<String> = (0..references.len()).map(reason).collect();
    let holding = format!("holding rows of {} back", target.name);
    let statement = target.hold_missing(&references, &columns);
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 5] =
        [&target.name, &manifest.run, &published_at, &reasons, &names];
    let held = client.execute(&statement, &parameters).await.map_err(failed(holding))?;
    let run = &manifest.run;
    tracing::warn!(target: "starlift", run, table = target.name, rows = held, "rows wait for rows that they refer to");
    Ok(held)
}

/// The columns of a source row's key, and those of the target that hold them. An increment's row is looked for by the primary key of its
/// table; a model over whole tables is computed again as a whole.
fn source_key<'a>(
    definition: &'a Definition,
    manifest: &IngestManifest,
    target: &'a Target,
) -> Option<(Vec<&'a str>, Vec<&'a Column>)> {
    let model = definition.models.get(&target.name)?;
    let origin = model.origin(target.key())?;
    if let Some(table) = definition.incremental_table(model) {
        let primary_key = &manifest.tables.get(table)?.state.primary_key;
        let is_primary =
            primary_key.len() == origin.len() && primary_key.iter().all(|of| origin.contains(&of.as_str()));
        if !is_primary {
            return None;
        }
    }
    let columns: Option<Vec<&Column>> = target.key().iter().map(|name| target.table.column(name)).collect();
    // The types whose text is the same here as in the source.
    let is_plain = |column: &&Column| {
        let kind = column.column_type.kind();
        matches!(
            kind,
            TypeKind::Int2 | TypeKind::Int4 | TypeKind::Int8 | TypeKind::Text(_) | TypeKind::Date | TypeKind::Other
        )
    };
    Some((origin, columns.filter(|columns| columns.iter().all(is_plain))?))
}
