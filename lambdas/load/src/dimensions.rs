//! Dimensions hold the latest values: a row that changed takes them, an equal row is not touched, rows gone from the source stay.

use starlift_failure::Failure;
use tokio_postgres::Client;

use crate::ledger::Change;
use crate::target::Target;
use crate::warehouse::{count, failed};

/// Writes the staged rows of a dimension that are new or differ.
pub(crate) async fn merge(client: &Client, target: &Target) -> Result<Change, Failure> {
    let doing = format!("merging rows into {}", target.name);
    let is_empty = client.query_one(&target.is_empty(), &[]).await.map_err(failed(&doing))?;
    if is_empty.get(0) {
        // In half the time: nothing to compare with, and no conflict to look for.
        let inserted = client.execute(&target.insert_all(), &[]).await.map_err(failed(doing))?;
        return Ok(Change { inserted, ..Change::none(&target.name) });
    }
    let row = client.query_one(&target.merge_dimension(), &[]).await.map_err(failed(doing))?;
    let (inserted, updated) = (count(row.get("inserted")), count(row.get("updated")));
    Ok(Change { inserted, updated, ..Change::none(&target.name) })
}
