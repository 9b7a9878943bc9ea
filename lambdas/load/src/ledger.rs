//! The ledger in schema `etl`: which runs are published, in which order, and what each of them brought.

use std::collections::BTreeMap;
use std::time::{Duration, SystemTime};

use serde_json::Value;
use starlift_failure::Failure;
use starlift_lake::messages::{LoadReply, Usage};
use starlift_lake::{IngestManifest, SourcePosition, TableState, Tracking};
use starlift_postgres::PostgresError;
use tokio_postgres::Client;
use tokio_postgres::error::SqlState;
use tokio_postgres::types::Json;

use crate::warehouse::failed;

const LAST_RUN: &str = include_str!("../../../sql/engine/load/last_run.sql");
const TABLE_STATES: &str = include_str!("../../../sql/engine/load/table_states.sql");
const HELD_KEYS: &str = include_str!("../../../sql/engine/load/held_keys.sql");
const FIND_RUN: &str = include_str!("../../../sql/engine/load/find_run.sql");
const INSERT_RUN: &str = include_str!("../../../sql/engine/load/insert_run.sql");
const PUT_TABLE_STATES: &str = include_str!("../../../sql/engine/load/put_table_states.sql");
const INSERT_RUN_TABLE: &str = include_str!("../../../sql/engine/load/insert_run_table.sql");

/// The run published last.
pub(crate) struct LastRun {
    pub(crate) number: i64,
    pub(crate) run: String,
    /// When it was published, in RFC 3339.
    pub(crate) published_at: String,
    pub(crate) source: SourcePosition,
    pub(crate) models: BTreeMap<String, String>,
}

/// What a publication did to one table.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Change {
    pub(crate) table: String,
    pub(crate) inserted: u64,
    pub(crate) updated: u64,
    pub(crate) closed: u64,
    /// How many of the closed versions are of rows that are gone from the source.
    pub(crate) deleted: u64,
    /// How many rows wait for rows that they refer to.
    pub(crate) held: u64,
    pub(crate) first_record_id: Option<i64>,
    pub(crate) last_record_id: Option<i64>,
    /// How long it took.
    pub(crate) took: Duration,
}

impl Change {
    pub(crate) fn none(table: &str) -> Self {
        Self { table: table.to_owned(), ..Self::default() }
    }

    pub(crate) fn is_none(&self) -> bool {
        self.inserted == 0 && self.updated == 0 && self.closed == 0
    }
}

/// The run published last, or none before the first publication.
///
/// # Errors
/// The warehouse has no ledger: it was never migrated.
pub(crate) async fn last(client: &Client) -> Result<Option<LastRun>, Failure> {
    let Some(row) = client.query_opt(LAST_RUN, &[]).await.map_err(unreadable)? else {
        return Ok(None);
    };
    let (Json(source), Json(models)) = (
        row.try_get("source").map_err(failed("reading etl.run.source"))?,
        row.try_get("models").map_err(failed("reading etl.run.models"))?,
    );
    Ok(Some(LastRun {
        number: row.get("number"),
        run: row.get("run"),
        published_at: row.get("published_at"),
        source,
        models,
    }))
}

/// How far each source table was read by a run. Tables that the pipeline has no more were read by an earlier one.
pub(crate) async fn table_states(client: &Client, run: &str) -> Result<BTreeMap<String, TableState>, Failure> {
    let rows = client.query(TABLE_STATES, &[&run]).await.map_err(unreadable)?;
    let state = |row: &tokio_postgres::Row| {
        let Json(state) = row.try_get("state").map_err(failed("reading etl.table_state"))?;
        Ok((row.get("table_name"), state))
    };
    rows.iter().map(state).collect()
}

/// The keys of rows in the quarantine, by model.
pub(crate) async fn held_keys(client: &Client) -> Result<BTreeMap<String, Vec<Value>>, Failure> {
    let rows = client.query(HELD_KEYS, &[&Tracking::HELD_LIMIT]).await.map_err(unreadable)?;
    let mut held: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for row in rows {
        let Json(key) = row.try_get("key").map_err(failed("reading etl.quarantine.key"))?;
        held.entry(row.get("model")).or_default().push(key);
    }
    Ok(held)
}

/// What load answered when it published this run, or none when it has not.
pub(crate) async fn find(client: &Client, run: &str) -> Result<Option<LoadReply>, Failure> {
    let Some(row) = client.query_opt(FIND_RUN, &[&run]).await.map_err(unreadable)? else {
        return Ok(None);
    };
    let Json(reply): Json<LoadReply> = row.try_get("result").map_err(failed("reading etl.run.result"))?;
    Ok(Some(LoadReply { number: Some(row.get("number")), ..reply }))
}

/// Notes a publication on top of `base`, the run published last: the run, how far it read each source table, and what it did to each target. Gives its number.
pub(crate) async fn publish(
    client: &Client,
    manifest: &IngestManifest,
    base: Option<&str>,
    published_at: SystemTime,
    reply: &LoadReply,
    changes: &[Change],
) -> Result<i64, Failure> {
    // The number is the row's own, and usage is each invocation's.
    let result = Json(LoadReply { number: None, usage: Usage::default(), ..reply.clone() });
    let (source, models) = (Json(&manifest.source), Json(&manifest.models));
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 7] =
        [&manifest.run, &base, &published_at, &manifest.more, &source, &models, &result];
    let row = client.query_one(INSERT_RUN, &parameters).await.map_err(failed("writing etl.run"))?;
    let states: BTreeMap<&String, &TableState> =
        manifest.tables.iter().map(|(name, table)| (name, &table.state)).collect();
    client
        .execute(PUT_TABLE_STATES, &[&manifest.run, &Json(states)])
        .await
        .map_err(failed("writing etl.table_state"))?;
    for change in changes.iter().filter(|change| !change.is_none()) {
        note(client, &manifest.run, change).await?;
    }
    Ok(row.get("number"))
}

async fn note(client: &Client, run: &str, change: &Change) -> Result<(), Failure> {
    let number = |count: u64| i64::try_from(count).unwrap_or(i64::MAX);
    let (inserted, updated, closed) = (number(change.inserted), number(change.updated), number(change.closed));
    let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 7] =
        [&run, &change.table, &inserted, &updated, &closed, &change.first_record_id, &change.last_record_id];
    client.execute(INSERT_RUN_TABLE, &parameters).await.map_err(failed("writing etl.run_table"))?;
    Ok(())
}

/// A ledger that is not there means that nobody has migrated, whatever the statement was.
#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
pub(crate) fn unreadable(error: tokio_postgres::Error) -> Failure {
    let missing = [&SqlState::UNDEFINED_TABLE, &SqlState::UNDEFINED_COLUMN, &SqlState::INVALID_SCHEMA_NAME];
    if error.code().is_some_and(|code| missing.contains(&code)) {
        return Failure::invalid_definition(
            "the warehouse is not migrated: invoke the load function with {\"action\":\"migrate\"}, and then start a new execution",
        );
    }
    PostgresError::new("reading the ledger", &error).into()
}
