//! A replay: an empty warehouse is rebuilt from the runs that were read and published before, in their order and with their times.
//!
//! What is to be published stands in the warehouse itself, in `etl.replay`: every execution that begins, a scheduled one too, goes on with it, and
//! nothing else is published until it is over. So it can be stopped and redriven at any time
//! (`while_a_replay_is_under_way_every_execution_goes_on_with_it`, `an_ordinary_run_is_superseded_by_a_replay_and_a_replay_by_what_came_first`).

use starlift_failure::Failure;
use starlift_lake::messages::ReplayRequest;
use starlift_lake::{IngestManifest, Lake, Zone, keys};
use tokio_postgres::Client;

use crate::warehouse::failed;
use crate::{ledger, published, warehouse};

const NEXT: &str = include_str!("../../../sql/engine/load/next_of_replay.sql");
const FIRST: &str = include_str!("../../../sql/engine/load/first_of_replay.sql");
const LAST: &str = include_str!("../../../sql/engine/load/last_of_replay.sql");
const CLEAR: &str = include_str!("../../../sql/engine/load/clear_replay.sql");
const BEGIN: &str = include_str!("../../../sql/engine/load/begin_replay.sql");

/// How many runs before one that cannot be the first are looked at for one that can.
const LOOK_BACK: usize = 1000;

/// The run that the replay publishes next: none when no replay is under way.
pub(crate) async fn next(client: &Client) -> Result<Option<String>, Failure> {
    let row = client.query_opt(NEXT, &[]).await.map_err(ledger::unreadable)?;
    Ok(row.map(|row| row.get("run")))
}

/// Begins a replay where one is asked for, and gives the run to publish next while one is under way. Asked for again when it is over, it gives
/// its last run, which changes nothing.
///
/// # Errors
/// One is asked for, and the warehouse is not empty or no line of publications is as it is asked for; the message says what to do.
pub(crate) async fn next_run(
    client: &mut Client,
    lake: &Lake,
    pipeline: &str,
    asked: &ReplayRequest,
) -> Result<Option<String>, Failure> {
    let Some((from, to)) = asked.span() else {
        return next(client).await;
    };
    // Under the lock of publications: nothing is published between the look at the ledger and the note.
    let transaction = client.transaction().await.map_err(failed("beginning to look for a replay"))?;
    let open = transaction.client();
    warehouse::lock_transaction(open, pipeline).await?;
    let run = match ledger::last(open).await? {
        None => begin(open, lake, from, to).await?,
        Some(last) => go_on(open, &last.run, last.number, from).await?,
    };
    transaction.commit().await.map_err(failed("noting the replay"))?;
    Ok(Some(run))
}

/// Notes the runs of a replay; gives the first one. A line that was noted before, and of which nothing is published, is forgotten.
async fn begin(client: &Client, lake: &Lake, from: Option<&str>, to: Option<&str>) -> Result<String, Failure> {
    let refused = |reason: String| Failure::invalid_data(format!("no replay: {reason}"));
    let line = published::line(lake).await?;
    let runs = line.between(from, to).map_err(|error| refused(error.to_string()))?;
    let first = runs.first().cloned().unwrap_or_default();
    if !reads_everything(lake, &first).await? {
        let before = line.between(None, Some(&first)).unwrap_or_default();
        let mut choice = None;
        for run in before.iter().rev().skip(1).take(LOOK_BACK) {
            if reads_everything(lake, run).await? {
                choice = Some(run.as_str());
                break;
            }
        }
        let choice = choice.unwrap_or("the first one of all, or the first one of a `starlift run --full`");
        return Err(refused(format!(
            "run {first} read only what was new since the run before it; begin with {choice}"
        )));
    }
    client.execute(CLEAR, &[]).await.map_err(failed("forgetting an earlier replay"))?;
    client.execute(BEGIN, &[&runs]).await.map_err(failed("noting the replay"))?;
    tracing::warn!(target: "starlift", runs = runs.len(), first, "a replay begins: until it is over, nothing else is published");
    Ok(first)
}

/// The next run of the replay in a warehouse that is not empty, or the last one when it is over.
async fn go_on(client: &Client, last_run: &str, number: i64, from: Option<&str>) -> Result<String, Failure> {
    let one = async |statement, doing| {
        let row = client.query_opt(statement, &[]).await.map_err(failed(doing))?;
        Ok::<Option<String>, Failure>(row.map(|row| row.get("run")))
    };
    let (first, last) = (one(FIRST, "reading the replay").await?, one(LAST, "reading the replay").await?);
    if let (Some(run), Some(first)) = (next(client).await?, &first) {
        return match from {
            Some(from) if from != first => Err(Failure::invalid_data(format!(
                "a replay from {first} is under way in this warehouse; let it go on, or begin with an empty, migrated one"
            ))),
            _ => Ok(run),
        };
    }
    match last {
        Some(last) if last == last_run => Ok(last),
        _ => Err(Failure::invalid_data(format!(
            "a replay rebuilds an empty warehouse, and this one has publication {number}; make a new database with the schedule off, invoke the \
             load function with {{\"action\":\"migrate\"}}, and start the replay again"
        ))),
    }
}

/// Whether the run began to read every table from its start.
async fn reads_everything(lake: &Lake, run: &str) -> Result<bool, Failure> {
    let manifest: Option<IngestManifest> = lake.get_json(Zone::Control, &keys::ingest_manifest(run)).await?;
    Ok(manifest.is_some_and(|manifest| manifest.reads_everything()))
}
