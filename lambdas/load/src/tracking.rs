//! `update_tracking.json` from the ledger.

use starlift_failure::Failure;
use starlift_lake::{Lake, Put, Tracking, Zone, keys};
use tokio_postgres::Client;

use crate::ledger;

/// How often another writer may come first. Each of them wrote what the ledger said a moment before.
const ATTEMPTS: usize = 5;

/// Brings `update_tracking.json` in line with the ledger and gives what it now says. An object that is missing, unreadable or different is
/// written; one that is right is left alone.
///
/// The object is read before the ledger: what is put over that version is never older than it.
///
/// # Errors
/// The ledger or the object cannot be read or written, or other writers always came first.
pub(crate) async fn align(client: &Client, lake: &Lake, pipeline: &str) -> Result<Tracking, Failure> {
    for _ in 0..ATTEMPTS {
        let found = lake.get(Zone::Control, keys::TRACKING).await?;
        let tracking = from_ledger(client, pipeline).await?;
        if found
            .as_ref()
            .is_some_and(|found| serde_json::from_slice(&found.bytes).is_ok_and(|said: Tracking| said == tracking))
        {
            return Ok(tracking);
        }
        let etag = found.as_ref().map(|found| found.etag.as_str());
        if lake.replace_json(Zone::Control, keys::TRACKING, etag, &tracking).await? == Put::Written {
            tracing::info!(target: "starlift", run = tracking.run, number = tracking.number, "wrote {}", keys::TRACKING);
            return Ok(tracking);
        }
    }
    Err(Failure::contended(format!("{} is being written by others", keys::TRACKING)))
}

async fn from_ledger(client: &Client, pipeline: &str) -> Result<Tracking, Failure> {
    let Some(last) = ledger::last(client).await? else {
        return Ok(Tracking::empty(pipeline));
    };
    Ok(Tracking {
        tables: ledger::table_states(client, &last.run).await?,
        run: Some(last.run),
        number: Some(last.number),
        published_at: Some(last.published_at),
        source: Some(last.source),
        models: last.models,
        ..Tracking::empty(pipeline)
    })
}
