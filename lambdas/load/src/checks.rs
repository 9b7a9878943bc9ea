//! The definition's `checks/*.sql`: queries over the warehouse that must return no row, run before a publication commits.

use std::pin::pin;

use futures_util::TryStreamExt;
use starlift_definition::Definition;
use starlift_failure::{Failure, RUN_ANEW};
use starlift_postgres::quote;
use tokio_postgres::Client;
use tokio_postgres::types::ToSql;

use crate::warehouse::failed;

/// Runs every check against what is about to be committed.
///
/// # Errors
/// A check returns rows; the message names it and says how many, never what they hold.
pub(crate) async fn run(client: &Client, definition: &Definition) -> Result<(), Failure> {
    let checks = definition.sql_files("checks")?;
    if checks.is_empty() {
        return Ok(());
    }
    // An author names tables without a schema.
    let statement = format!("set local search_path to {}", quote(&definition.pipeline.warehouse.schema));
    client.batch_execute(&statement).await.map_err(failed("setting the search path"))?;
    for (name, path) in checks {
        let text = tokio::fs::read_to_string(&path).await.map_err(|error| {
            Failure::invalid_definition(format!("checks/{name}.sql: cannot be read ({})", error.kind()))
        })?;
        let rows = count_rows(client, &name, &text).await?;
        if rows > 0 {
            return Err(Failure::invalid_data(format!(
                "checks/{name}.sql found {rows} rows that must not be, so nothing was published; correct them in the source, or the definition, {RUN_ANEW}"
            )));
        }
        tracing::info!(target: "starlift", check = name, "passed");
    }
    client.batch_execute("set local search_path to pg_catalog").await.map_err(failed("setting the search path"))
}

async fn count_rows(client: &Client, name: &str, text: &str) -> Result<u64, Failure> {
    let doing = format!("running checks/{name}.sql");
    let none: [&(dyn ToSql + Sync); 0] = [];
    let mut rows = pin!(client.query_raw(text, none).await.map_err(failed(&doing))?);
    let mut count = 0;
    while rows.try_next().await.map_err(failed(&doing))?.is_some() {
        count += 1;
    }
    Ok(count)
}
