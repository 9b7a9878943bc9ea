//! Facts keep every version: a staged row that differs from the open version of its key becomes the next one.
//!
//! First the versions that are replaced are closed, then every staged row whose key has no open version is inserted: it is new, or what it
//! replaces has just been closed. Nobody else writes to a fact, so the record ids above the highest before are those of this publication.

use std::time::SystemTime;

use starlift_failure::Failure;
use tokio_postgres::Client;

use crate::ledger::Change;
use crate::target::Target;
use crate::warehouse::failed;

/// Inserts new versions from the staged rows and notes those that they replace.
pub(crate) async fn insert(
    client: &Client,
    target: &Target,
    record_id: &str,
    run: &str,
    published_at: SystemTime,
) -> Result<Change, Failure> {
    let doing = format!("inserting versions into {}", target.name);
    let Some(last_before) = last(client, target, record_id).await? else {
        let inserted = client.execute(&target.insert_all(), &[]).await.map_err(failed(doing))?;
        return change(client, target, record_id, (inserted, 0), None).await;
    };
    let closing = format!("closing versions of {}", target.name);
    let close = target.close_versions(record_id);
    let closed = client.execute(&close, &[&run, &published_at]).await.map_err(failed(closing))?;
    let inserted = client.execute(&target.insert_versions(record_id), &[]).await.map_err(failed(doing))?;
    change(client, target, record_id, (inserted, closed), Some(last_before)).await
}

async fn change(
    client: &Client,
    target: &Target,
    record_id: &str,
    (inserted, closed): (u64, u64),
    last_before: Option<i64>,
) -> Result<Change, Failure> {
    let unchanged = Change { closed, ..Change::none(&target.name) };
    if inserted == 0 {
        return Ok(unchanged);
    }
    let doing = format!("reading record ids of {}", target.name);
    let after = last_before.unwrap_or(i64::MIN);
    let first = client.query_one(&target.next_record_id(record_id), &[&after]).await.map_err(failed(doing))?;
    let last_record_id = last(client, target, record_id).await?;
    Ok(Change { inserted, first_record_id: first.get("record_id"), last_record_id, ..unchanged })
}

/// The highest record id, or none when there is no version.
async fn last(client: &Client, target: &Target, record_id: &str) -> Result<Option<i64>, Failure> {
    let doing = format!("reading record ids of {}", target.name);
    Ok(client.query_one(&target.last_record_id(record_id), &[]).await.map_err(failed(doing))?.get("record_id"))
}
