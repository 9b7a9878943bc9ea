//! One snapshot of all tables, read by several connections.
//!
//! Invariant: every table is locked against TRUNCATE and ALTER before the snapshot is taken, on every connection, so that no table can
//! look empty and no reader can come to wait behind an ALTER that waits for the run. Proven by
//! `a_table_truncated_and_filled_while_the_run_waits_for_its_lock_is_read_as_it_is_then`.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::{join_all, try_join_all};
use starlift_failure::Failure;
use starlift_host::Context;
use starlift_lake::{SourcePosition, Tracking};
use starlift_postgres::{
    CatalogTable, PostgresError, Session, SessionOptions, connect_by_secret, quote_table, read_tables,
};
use tokio_postgres::{Client, Row};

use crate::drift::since;
use crate::fence::Moment;
use crate::refusal::{import_refusal, refusal};

const BEGIN: &str = include_str!("../../../sql/engine/ingest/begin.sql");
const POSITION: &str = include_str!("../../../sql/engine/ingest/position.sql");
const EXPORT_SNAPSHOT: &str = include_str!("../../../sql/engine/ingest/export_snapshot.sql");
const OTHER_TABLES: &str = include_str!("../../../sql/engine/ingest/other_tables.sql");
const TABLE_NAME: &str = include_str!("../../../sql/engine/ingest/table_name.sql");
const END: &str = include_str!("../../../sql/engine/ingest/end.sql");

/// How long a lock is waited for before the run is tried again later.
const LOCK_TIMEOUT: Duration = Duration::from_secs(10);

/// The open transactions of a run, and what the source looks like in them.
pub(crate) struct Snapshot {
    exporter: Session,
    /// The connections that read tables.
    pub(crate) readers: Vec<Session>,
    /// Where the source stood before the snapshot was taken: the snapshot holds at least this.
    pub(crate) before: SourcePosition,
    /// What it said of open transactions then, if a table has a cursor column.
    pub(crate) moment: Option<Moment>,
    /// Where the source stood when the snapshot had been taken: the snapshot holds at most this.
    pub(crate) position: SourcePosition,
    /// The tables of the definition that the source has.
    pub(crate) tables: BTreeMap<String, CatalogTable>,
}

impl Snapshot {
    /// Locks the tables of the definition, takes the snapshot and shares it.
    pub(crate) async fn open(context: &Context, tracking: &Tracking, run: &str) -> Result<Self, Failure> {
        let source = &context.definition.pipeline.source;
        let names: Vec<&str> = context.definition.pipeline.tables.keys().map(String::as_str).collect();
        let exporter = connect(context, run).await?;
        let found = read_tables(&exporter.client, &source.schema, &names).await?;
        if let Some(missing) = names.iter().find(|name| !found.contains_key(**name)) {
            return Err(missing_table(context, tracking, &exporter.client, missing).await?);
        }
        let before = position(&exporter.client).await?;
        let has_cursor = context.definition.pipeline.tables.values().any(|table| table.cursor.is_some());
        let moment = if has_cursor { Some(Moment::read(&exporter.client).await?) } else { None };
        let lockable = found.iter().filter(|(_, table)| matches!(table.kind, 'r' | 'p' | 'v'));
        let locks = Locks {
            tables: lockable.map(|(name, _)| quote_table(&source.schema, name)).collect(),
            secret: &source.secret,
        };
        locks.begin(&exporter.client).await?;

        let count = context.definition.pipeline.settings.connections.min(names.len());
        let readers = try_join_all((0..count).map(|_| connect(context, run))).await?;
        // One after the other, so that a lock request of another session comes between at most one of them.
        for reader in &readers {
            locks.begin(&reader.client).await?;
        }
        let taken = position(&exporter.client).await?;
        let name = export(&exporter.client).await?;
        try_join_all(readers.iter().map(|reader| import(&reader.client, &name))).await?;
        let tables = read_tables(&exporter.client, &source.schema, &names).await?;
        let other_tables = other_tables(&exporter.client, &source.schema, &names).await?;
        let position = SourcePosition { other_tables: Some(other_tables), ..taken };
        Ok(Self { exporter, readers, before, moment, position, tables })
    }

    /// Ends the transactions; gives the position of the snapshot.
    pub(crate) async fn close(self) -> SourcePosition {
        // Everything has been read by now, so a connection that breaks only here has done its work.
        let _ = join_all(self.readers.iter().chain([&self.exporter]).map(|session| session.client.batch_execute(END)))
            .await;
        self.position
    }
}

async fn connect(context: &Context, run: &str) -> Result<Session, Failure> {
    let pipeline = &context.definition.pipeline;
    let left = context.time_left()?;
    let options = SessionOptions {
        application_name: format!("starlift/{}/{run}", pipeline.name),
        read_only: true,
        statement_timeout: left,
        idle_in_transaction_timeout: left,
        lock_timeout: LOCK_TIMEOUT,
    };
    let secret = pipeline.source.secret.as_str();
    let connected = connect_by_secret(secret, || context.secrets.get(secret), &options).await;
    connected.map_err(|failure| failure.context("the source"))
}

/// What every connection of a run locks.
struct Locks<'a> {
    tables: Vec<String>,
    secret: &'a str,
}

impl Locks<'_> {
    /// Opens the transaction and locks the tables, which takes no snapshot.
    async fn begin(&self, client: &Client) -> Result<(), Failure> {
        client.batch_execute(BEGIN).await.map_err(|error| PostgresError::new("opening the transaction", &error))?;
        if self.tables.is_empty() {
            return Ok(());
        }
        let statement = format!("lock table {} in access share mode", self.tables.join(", "));
        let locked = client.batch_execute(&statement).await;
        locked.map_err(|error| {
            refusal(PostgresError::new("locking the source's tables", &error), "that table", self.secret)
        })
    }
}

/// The failure that names a missing table, and its new name where it has one.
async fn missing_table(
    context: &Context,
    tracking: &Tracking,
    client: &Client,
    name: &str,
) -> Result<Failure, PostgresError> {
    let oid = tracking.tables.get(name).map(|state| state.oid);
    let found = client.query_opt(TABLE_NAME, &[&oid]).await;
    let found = found.map_err(|error| PostgresError::new("looking for a table by its oid", &error))?;
    let renamed: String = found.map(|row| format!(" (renamed to {})", row.get::<_, &str>("name"))).unwrap_or_default();
    let schema = &context.definition.pipeline.source.schema;
    let models: Vec<String> =
        context.definition.models_over(name).map(|model| format!("models/{}.sql", model.name)).collect();
    let used =
        if models.is_empty() { "pipeline.toml names it".to_owned() } else { format!("{} reads it", models.join(", ")) };
    Ok(Failure::source_changed(format!(
        "table {schema}.{name} is missing in the source{}{renamed}, and {used}; give it back its name, or change the definition",
        since(tracking)
    )))
}

async fn other_tables(client: &Client, schema: &str, names: &[&str]) -> Result<Vec<String>, PostgresError> {
    let row = client.query_one(OTHER_TABLES, &[&schema, &names]).await;
    Ok(row.map_err(|error| PostgresError::new("reading which other tables there are", &error))?.get("names"))
}

async fn position(client: &Client) -> Result<SourcePosition, Failure> {
    let row = client.query_one(POSITION, &[]).await;
    let row = row.map_err(|error| PostgresError::new("reading where the source stands", &error))?;
    let number = |name: &str| unsigned(&row, name);
    Ok(SourcePosition {
        system_identifier: row.get("system_identifier"),
        database: row.get("database"),
        timeline: number("timeline")?,
        in_recovery: row.get("in_recovery"),
        started_at: row.get("started_at"),
        wal_position: number("wal_position")?,
        next_transaction: number("next_transaction")?,
        horizon: number("horizon")?,
        taken_at: row.get("taken_at"),
        other_tables: None,
    })
}

fn unsigned(row: &Row, name: &str) -> Result<u64, Failure> {
    u64::try_from(row.get::<_, i64>(name)).map_err(|_| Failure::internal(format!("the source's {name} is negative")))
}

async fn export(client: &Client) -> Result<String, Failure> {
    let row = client.query_one(EXPORT_SNAPSHOT, &[]).await;
    let row = row.map_err(|error| PostgresError::new("exporting the snapshot", &error))?;
    let name: String = row.get("name");
    // The statement that takes the name has no parameters.
    if !name.chars().all(|c| c.is_ascii_hexdigit() || c == '-') {
        return Err(Failure::internal("the exported snapshot has a name of an unknown form"));
    }
    Ok(name)
}

async fn import(client: &Client, name: &str) -> Result<(), Failure> {
    let imported = client.batch_execute(&format!("set transaction snapshot '{name}'")).await;
    imported.map_err(|error| import_refusal(PostgresError::new("sharing the snapshot", &error)))
}

#[cfg(test)]
mod tests {
    use starlift_failure::FailureKind;
    use starlift_testkit::postgres::connect;
    use starlift_testkit::{Cluster, Options, Version};

    use super::*;

    #[tokio::test]
    async fn a_snapshot_whose_exporter_is_gone_passes_by_itself() -> Result<(), Box<dyn std::error::Error>> {
        for version in [Version::V16, Version::V18] {
            let cluster = Cluster::start(Options { version, ..Options::default() })?;
            let exporter = connect(&cluster.url("postgres")).await?;
            exporter.batch_execute(BEGIN).await?;
            let name = export(&exporter).await?;
            exporter.batch_execute(END).await?;
            let importer = connect(&cluster.url("postgres")).await?;
            importer.batch_execute(BEGIN).await?;
            let failure = import(&importer, &name).await.expect_err("the snapshot is gone");
            assert_eq!(failure.kind, FailureKind::Transient, "{failure}");
        }
        Ok(())
    }
}
