//! `update_tracking.json` from the ledger.

use starlift_failure::Failure;
use starlift_host::fail_point;
use starlift_lake::{Lake, Put, Tracking, Zone, keys};
use tokio_postgres::{Client, IsolationLevel};

use crate::ledger::LastRun;
use crate::warehouse::failed;
use crate::{ledger, published};

/// How often another writer may come first. Each of them wrote what the ledger said a moment before.
const ATTEMPTS: usize = 5;

/// Brings `update_tracking.json` in line with the ledger and gives what it now says. An object that is missing, unreadable or different is
/// written, after the record of the publication that it tells of; one that is right is left alone.
///
/// The object is read before the ledger: what is put over that version is never older than it.
///
/// # Errors
/// The ledger or the object cannot be read or written, or other writers always came first.
pub(crate) async fn align(client: &mut Client, lake: &Lake, pipeline: &str) -> Result<Tracking, Failure> {
    for _ in 0..ATTEMPTS {
        let found = lake.get(Zone::Control, keys::TRACKING).await?;
        let (last, tracking) = from_ledger(client, pipeline).await?;
        if found
            .as_ref()
            .is_some_and(|found| serde_json::from_slice(&found.bytes).is_ok_and(|said: Tracking| said == tracking))
        {
            return Ok(tracking);
        }
        if let Some(last) = &last {
            published::record(lake, pipeline, &last.run, &last.published_at).await?;
            fail_point!("load.publication_recorded");
        }
        let etag = found.as_ref().map(|found| found.etag.as_str());
        if lake.replace_json(Zone::Control, keys::TRACKING, etag, &tracking).await? == Put::Written {
            tracing::info!(target: "starlift", run = tracking.run, number = tracking.number, "wrote {}", keys::TRACKING);
            fail_point!("load.tracking_written");
            return Ok(tracking);
        }
    }
    Err(Failure::contended(format!("{} is being written by others", keys::TRACKING)))
}

/// Run and states are read in one snapshot: a publication that commits between the two statements would mix two runs
/// (`a_publication_that_commits_while_the_ledger_is_read_mixes_no_runs`).
async fn from_ledger(client: &mut Client, pipeline: &str) -> Result<(Option<LastRun>, Tracking), Failure> {
    let transaction = client.build_transaction().isolation_level(IsolationLevel::RepeatableRead).read_only(true);
    let transaction = transaction.start().await.map_err(failed("beginning to read the ledger"))?;
    let Some(last) = ledger::last(transaction.client()).await? else {
        return Ok((None, Tracking::empty(pipeline)));
    };
    let tables = ledger::table_states(transaction.client(), &last.run).await?;
    let held = ledger::held_keys(transaction.client()).await?;
    transaction.commit().await.map_err(failed("reading the ledger"))?;
    let tracking = Tracking {
        tables,
        held,
        run: Some(last.run.clone()),
        number: Some(last.number),
        published_at: Some(last.published_at.clone()),
        source: Some(last.source.clone()),
        models: last.models.clone(),
        ..Tracking::empty(pipeline)
    };
    Ok((Some(last), tracking))
}
