//! The two databases, each in one snapshot, and what the ledger says of how the one was read into the other.

use std::collections::BTreeMap;

use starlift_lake::{Fences, ReadState, SourcePosition, TableState};
use starlift_postgres::PostgresError;
use tokio_postgres::Row;

use super::plan::Cursor;
use crate::database::Database;
use crate::error::CliError;

const BEGIN: &str = include_str!("../../../../sql/engine/ingest/begin.sql");
const POSITION: &str = include_str!("../../../../sql/engine/ingest/position.sql");
const LAST_READ: &str = include_str!("../../../../sql/engine/cli/last_read.sql");
const ENCODING: &str = include_str!("../../../../sql/engine/cli/encoding.sql");

/// A source and its warehouse.
pub(crate) struct Snapshots {
    pub(crate) source: Database,
    pub(crate) warehouse: Database,
    /// The run published last.
    pub(crate) run: String,
    /// Where the source stood when that run read it.
    position: SourcePosition,
    states: BTreeMap<String, TableState>,
}

/// How a table was read by the run published last.
#[derive(Debug)]
pub(crate) struct LastRead {
    /// The horizon since which rows may have been written that it has not read.
    pub(crate) horizon: u64,
    /// The fences beside the horizon, where the table had a cursor column.
    fences: Option<Fences>,
    /// Whether it has read all keys, so that what was gone is gone from the warehouse.
    pub(crate) has_keys: bool,
}

impl LastRead {
    /// The fence below which the next run reads nothing, if that run still has the cursor column that the fence is of.
    pub(crate) fn fence(&self, cursor: Option<&Cursor<'_>>) -> Option<&str> {
        let fences =
            self.fences.as_ref().filter(|fences| cursor.is_some_and(|cursor| cursor.identity == fences.column));
        fences?.high.as_deref()
    }
}

impl Snapshots {
    /// Opens a snapshot of the warehouse, then one of the source: what was written between the two is newer than the last run, and told as that.
    ///
    /// # Errors
    /// Nothing was published yet, or the source is not the one that was read; a server does not answer or refuses.
    pub(crate) async fn open(source: Database, warehouse: Database) -> Result<Self, CliError> {
        let client = &warehouse.session.client;
        client.batch_execute(BEGIN).await.map_err(failed("beginning to read the warehouse"))?;
        let last = client.query_opt(LAST_READ, &[]).await.map_err(failed("reading the ledger"))?;
        let last = last.ok_or_else(|| CliError::Unusable("the warehouse has no publication yet".to_owned()))?;
        let unreadable =
            |error: serde_json::Error| CliError::Unusable(format!("the ledger is of another version: {error}"));
        let position: SourcePosition = serde_json::from_str(last.get("source")).map_err(unreadable)?;
        let states = serde_json::from_str(last.get("states")).map_err(unreadable)?;

        source.session.client.batch_execute(BEGIN).await.map_err(failed("beginning to read the source"))?;
        let now =
            source.session.client.query_one(POSITION, &[]).await.map_err(failed("reading the source's position"))?;
        let found = Self { source, warehouse, run: last.get("run"), position, states };
        found.check_identity(&now)?;
        found.check_encodings().await?;
        Ok(found)
    }

    /// Row versions mean something only in the database that they were read in.
    fn check_identity(&self, now: &Row) -> Result<(), CliError> {
        let Self { position, run, source, .. } = self;
        let is_same = now.get::<_, String>("system_identifier") == position.system_identifier
            && now.get::<_, u32>("database") == position.database;
        if !is_same {
            let address = &source.address;
            let message = format!(
                "the database at {address} is not the one that run {run} read; name that one, or run the pipeline over this one first"
            );
            return Err(CliError::Unusable(message));
        }
        if now.get::<_, i64>("next_transaction") < position.horizon.cast_signed() {
            let message = format!(
                "the source is behind what run {run} has read: it was restored, or is a standby that lags; compare later"
            );
            return Err(CliError::Unusable(message));
        }
        Ok(())
    }

    /// The hashes of texts are those of their bytes.
    async fn check_encodings(&self) -> Result<(), CliError> {
        let mut encodings = Vec::new();
        for database in [&self.source, &self.warehouse] {
            let row = database.session.client.query_one(ENCODING, &[]).await;
            encodings.push(row.map_err(failed("reading the encoding"))?.get::<_, String>("encoding"));
        }
        let [source, warehouse] = encodings.as_slice() else {
            return Ok(());
        };
        if source == warehouse {
            return Ok(());
        }
        let message = format!(
            "the source is in {source} and the warehouse in {warehouse}; only texts of one encoding can be compared"
        );
        Err(CliError::Unusable(message))
    }

    /// How a table was read by the run published last.
    ///
    /// # Errors
    /// The table was not read completely; the text says so.
    pub(crate) fn last_read(&self, table: &str) -> Result<LastRead, String> {
        let state = self.states.get(table).ok_or_else(|| format!("no published run has read {table}"))?;
        let (horizon, fences) = match &state.read {
            ReadState::Full { .. } => (self.position.horizon, None),
            ReadState::Incremental { position } => {
                let high = position.high.filter(|_| position.is_caught_up());
                let high =
                    high.ok_or_else(|| format!("{table} is not read to its end yet; go on with `starlift run`"))?;
                (high, position.fences.clone())
            }
        };
        let has_keys = state.keys.as_ref().is_some_and(|keys| keys.age == 0);
        Ok(LastRead { horizon, fences, has_keys })
    }
}

/// What a failed statement means.
pub(crate) fn failed(doing: &'static str) -> impl Fn(tokio_postgres::Error) -> CliError {
    move |error| PostgresError::new(doing, &error).into()
}
