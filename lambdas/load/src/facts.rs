//! Facts keep every version: a staged row that differs from the open version of its key becomes the next one.

use std::time::SystemTime;

use starlift_failure::Failure;
use tokio_postgres::Client;

use crate::ledger::Change;
use crate::target::Target;
use crate::warehouse::{count, failed};

/// Inserts new versions from the staged rows and notes those that they replace.
pub(crate) async fn insert(
    client: &Client,
    target: &Target,
    record_id: &str,
    run: &str,
    published_at: SystemTime,
) -> Result<Change, Failure> {
    let doing = format!("inserting versions into {}", target.name);
    let statement = target.insert_versions(record_id);
    let row = client.query_one(&statement, &[&run, &published_at]).await.map_err(failed(doing))?;
    Ok(Change {
        inserted: count(row.get("inserted")),
        closed: count(row.get("closed")),
        first_record_id: row.get("first_record_id"),
        last_record_id: row.get("last_record_id"),
        ..Change::none(&target.name)
    })
}
