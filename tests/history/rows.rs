//! What the source and the warehouse hold, as the oracle takes it.

use starlift_testkit::{Error, Result};
use tokio_postgres::Client;

use crate::oracle::{End, History, Snapshot, State, Version};

/// The rows of the source that are committed now.
pub(crate) async fn snapshot(source: &Client) -> Result<Snapshot> {
    let rows = source.query(include_str!("sql/source_rows.sql"), &[]).await.map_err(Error::sql("read the source"))?;
    let state = |row: &tokio_postgres::Row| State { value: row.get("value"), needs: row.get("needs") };
    Ok(rows.iter().map(|row| (row.get("key"), state(row))).collect())
}

/// What the ledger says of publications, of how far tables are read, and of rows that were held back.
pub(crate) async fn ledger(warehouse: &Client) -> Result<Vec<String>> {
    let statement = include_str!("sql/ledger_rows.sql");
    let rows = warehouse.query(statement, &[]).await.map_err(Error::sql("read the ledger"))?;
    Ok(rows.iter().map(|row| row.get("line")).collect())
}

/// Everything that the warehouse has ever been told.
pub(crate) async fn history(warehouse: &Client) -> Result<History> {
    let statement = include_str!("sql/warehouse_rows.sql");
    let rows = warehouse.query(statement, &[]).await.map_err(Error::sql("read the warehouse"))?;
    let mut found = History::new();
    for row in &rows {
        let end = row.get::<_, Option<String>>("run").map(|run| End { run, reason: row.get("reason") });
        found.entry(row.get("key")).or_default().push(Version { value: row.get("value"), end });
    }
    Ok(found)
}
