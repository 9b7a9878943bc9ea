//! A replay: an empty warehouse is rebuilt from the runs that were read and published before, in their order and with their times.
//!
//! What is under way stands in the warehouse itself, in `etl.replay`: every execution, a scheduled one too, goes on with it, and none reads the
//! source until it is over. So it can be stopped and redriven at any time, and nothing else is published in between
//! (`while_a_replay_is_under_way_every_execution_goes_on_with_it`, `an_ordinary_run_is_superseded_by_a_replay`).

use starlift_failure::Failure;
use starlift_lake::messages::ReplayFrom;
use starlift_lake::{IngestManifest, Lake, Published, Zone, keys};
use tokio_postgres::Client;

use crate::warehouse::failed;
use crate::{ledger, published, warehouse};

const FIND_REPLAY: &str = include_str!("../../../sql/engine/load/find_replay.sql");
const BEGIN_REPLAY: &str = include_str!("../../../sql/engine/load/begin_replay.sql");
const END_REPLAY: &str = include_str!("../../../sql/engine/load/end_replay.sql");

/// A replay that is under way.
#[derive(Debug)]
pub(crate) struct Replay {
    first_run: String,
}

impl Replay {
    /// The one that is under way, if one is.
    pub(crate) async fn under_way(client: &Client) -> Result<Option<Self>, Failure> {
        let row = client.query_opt(FIND_REPLAY, &[]).await.map_err(ledger::unreadable)?;
        Ok(row.map(|row| Self { first_run: row.get("first_run") }))
    }

    /// The run to publish next: none when the last one that followed is published.
    pub(crate) async fn next(&self, client: &Client, lake: &Lake) -> Result<Option<String>, Failure> {
        let Some(last) = ledger::last(client).await? else {
            return Ok(Some(self.first_run.clone()));
        };
        let following = published::following(lake, Some(&last.run)).await?;
        Ok(following.map(|publication| publication.run))
    }

    /// The publication to make again, when this run is the next one after `last`.
    pub(crate) async fn publication(
        &self,
        lake: &Lake,
        manifest: &IngestManifest,
        last: Option<&str>,
    ) -> Result<Option<Published>, Failure> {
        let is_next = match last {
            None => manifest.run == self.first_run,
            Some(last) => manifest.base.as_deref() == Some(last),
        };
        if !is_next {
            return Ok(None);
        }
        published::find(lake, manifest.base.as_deref(), &manifest.run).await
    }
}

/// Begins a replay where one is asked for, and gives the run to publish next while one is under way.
///
/// # Errors
/// One is asked for, and the warehouse is not empty or there is nothing to begin with; the message says what to do.
pub(crate) async fn next_run(
    client: &mut Client,
    lake: &Lake,
    pipeline: &str,
    asked: &ReplayFrom,
) -> Result<Option<String>, Failure> {
    if *asked == ReplayFrom::default() && Replay::under_way(client).await?.is_none() {
        return Ok(None);
    }
    // Under the lock of publications: nothing is published between the look at the ledger and the note.
    let transaction = client.transaction().await.map_err(failed("beginning to look for a replay"))?;
    let open = transaction.client();
    warehouse::lock_transaction(open, pipeline).await?;
    let replay = match (Replay::under_way(open).await?, asked) {
        // It ended a moment ago.
        (None, ReplayFrom::First(false)) => return Ok(None),
        (Some(replay), ReplayFrom::Run(run)) if replay.first_run != *run => {
            return Err(Failure::invalid_data(format!(
                "a replay from {} is under way in this warehouse; let it go on, or begin with an empty, migrated one",
                replay.first_run
            )));
        }
        (Some(replay), _) => replay,
        (None, _) => begin(open, lake, asked).await?,
    };
    let next = replay.next(open, lake).await?;
    if next.is_none() {
        end(open).await?;
    }
    transaction.commit().await.map_err(failed("noting the replay"))?;
    Ok(next)
}

/// Notes that the replay is over.
pub(crate) async fn end(client: &Client) -> Result<(), Failure> {
    client.execute(END_REPLAY, &[]).await.map_err(failed("ending the replay"))?;
    Ok(())
}

async fn begin(client: &Client, lake: &Lake, asked: &ReplayFrom) -> Result<Replay, Failure> {
    if let Some(last) = ledger::last(client).await? {
        return Err(Failure::invalid_data(format!(
            "a replay rebuilds an empty warehouse, and this one has publication {}; make a new database, invoke the load function with \
             {{\"action\":\"migrate\"}}, and start the replay again",
            last.number
        )));
    }
    let first_run = match asked {
        ReplayFrom::Run(run) => startable(lake, run).await?,
        ReplayFrom::First(_) => {
            let first = published::following(lake, None).await?;
            first.map(|publication| publication.run).ok_or_else(|| {
                let bucket = lake.bucket(Zone::Control);
                let prefix = keys::publications(None);
                Failure::invalid_data(format!("nothing to replay: s3://{bucket}/{prefix} has no publication"))
            })?
        }
    };
    client.execute(BEGIN_REPLAY, &[&first_run]).await.map_err(failed("noting the replay"))?;
    tracing::warn!(target: "starlift", first_run, "a replay begins: until it is over, no execution reads the source");
    Ok(Replay { first_run })
}

/// The run, when everything that the warehouse showed with it can be made from it alone.
async fn startable(lake: &Lake, run: &str) -> Result<String, Failure> {
    let key = keys::ingest_manifest(run);
    let manifest: Option<IngestManifest> = lake.get_json(Zone::Control, &key).await?;
    let bucket = lake.bucket(Zone::Control);
    let manifest = manifest.ok_or_else(|| {
        Failure::invalid_data(format!(
            "no replay from {run}: s3://{bucket}/{key} is not there; `starlift runs` lists runs"
        ))
    })?;
    if published::find(lake, manifest.base.as_deref(), run).await?.is_none() {
        return Err(Failure::invalid_data(format!("no replay from {run}: it was never published")));
    }
    if !manifest.reads_everything() {
        return Err(Failure::invalid_data(format!(
            "no replay from {run}: it read only what was new since {}; begin with the first run, or with the first one of a \
             `starlift run --full`",
            manifest.base.as_deref().unwrap_or(keys::NO_BASE)
        )));
    }
    Ok(run.to_owned())
}
