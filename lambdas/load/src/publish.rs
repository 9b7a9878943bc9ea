//! `load`: publishes a run in one transaction of the warehouse, all or nothing, exactly once in effect.
//!
//! `READ COMMITTED`, because under a stricter level the snapshot would be older than the lock. Publications form one line: a run is
//! published only if its base is the run published last.

use starlift_failure::Failure;
use starlift_host::{Context, Metric, Metrics, Stopwatch, fail_point};
use starlift_lake::Published;
use starlift_lake::messages::{LoadReply, Outcome, Usage};
use tokio_postgres::{Client, IsolationLevel};

use crate::condition::Condition;
use crate::ledger::{Change, LastRun};
use crate::manifests::Manifests;
use crate::publication::Publication;
use crate::warehouse::failed;
use crate::{checks, ledger, published, replay, tracking, warehouse};

/// What is asked beyond the run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wish {
    /// To let through what `max_deleted_share` would hold up.
    pub(crate) accept_deletes: bool,
    /// To publish the run again, as the next one of a replay.
    pub(crate) replaying: bool,
}

/// How a run is published.
enum Due {
    /// For the first time, now.
    Anew,
    /// As it was then.
    Again(Published),
}

/// Publishes a run, or says what became of it.
pub(crate) async fn publish(context: &Context, run: &str, wish: Wish) -> Result<LoadReply, Failure> {
    let stopwatch = Stopwatch::start();
    let pipeline = &context.definition.pipeline;
    let mut session = warehouse::connect(context, &pipeline.warehouse.secret, run).await?;
    let reply = match ledger::find(&session.client, run).await? {
        Some(reply) => reply,
        None => {
            // Before the transaction: a run has as many manifests as parts, and a silent transaction is ended by the server.
            let manifests = Manifests::read(&context.lake, &pipeline.name, run).await?;
            publish_in_transaction(context, &mut session.client, &manifests, wish).await?
        }
    };
    // A fault from here on leaves the run published: a second attempt finds it in the ledger and comes here again.
    tracking::align(&mut session.client, &context.lake, &pipeline.name).await?;
    // After the last run of a replay the source is not read on its behalf, whatever was left over then.
    let more = match wish.replaying {
        true => replay::next(&session.client).await?.is_some(),
        false => reply.more,
    };
    let condition = Condition::now(&session.client).await?;
    let reply = LoadReply { more, usage: stopwatch.usage(), ..reply };
    report(&pipeline.name, &reply, condition.as_ref(), !wish.replaying);
    fail_point!("load.reply");
    Ok(reply)
}

async fn publish_in_transaction(
    context: &Context,
    client: &mut Client,
    manifests: &Manifests,
    wish: Wish,
) -> Result<LoadReply, Failure> {
    let transaction = client.build_transaction().isolation_level(IsolationLevel::ReadCommitted);
    let transaction = transaction.start().await.map_err(failed("beginning the publication"))?;
    let open = transaction.client();
    warehouse::lock_transaction(open, &context.definition.pipeline.name).await?;
    if let Some(reply) = ledger::find(open, &manifests.ingest.run).await? {
        return Ok(reply);
    }
    let last = ledger::last(open).await?;
    let Some(due) = due(context, open, manifests, last.as_ref(), wish).await? else {
        return superseded(open, manifests, last.as_ref()).await;
    };
    let published_at = match &due {
        Due::Anew => None,
        Due::Again(then) => Some(then.published_at.as_str()),
    };
    // What was published once passed the limits and the checks of its time.
    let is_new = matches!(due, Due::Anew);
    let publication = Publication::begin(context, open, manifests, published_at).await?;
    let staged = publication.stage().await?;
    fail_point!("load.staged");
    let merged = publication.merge(&staged, wish.accept_deletes).await?;
    if is_new {
        checks::run(open, &context.definition).await?;
    }
    fail_point!("load.before_ledger");
    let reply = publication.note(&staged, &merged, last.as_ref().map(|last| last.run.as_str())).await?;
    fail_point!("load.before_commit");
    transaction.commit().await.map_err(failed("committing the publication"))?;
    merged.iter().for_each(|change| report_table(&reply.run, change));
    fail_point!("load.committed");
    Ok(reply)
}

/// Whether and how the run is the next one of the line.
async fn due(
    context: &Context,
    client: &Client,
    manifests: &Manifests,
    last: Option<&LastRun>,
    wish: Wish,
) -> Result<Option<Due>, Failure> {
    let (run, base) = (&manifests.ingest.run, manifests.ingest.base.as_deref());
    match (replay::next(client).await?, wish.replaying) {
        (None, false) => Ok((base == last.map(|last| last.run.as_str())).then_some(Due::Anew)),
        (Some(next), true) if next == *run => {
            let then = published::find(&context.lake, base, run).await?;
            let gone =
                || Failure::invalid_data(format!("the record of {run}'s publication is gone; begin the replay later"));
            then.map(Due::Again).map(Some).ok_or_else(gone)
        }
        _ => Ok(None),
    }
}

/// The run that got ahead was read from the same base or a later one, so it contains everything that this one has.
async fn superseded(client: &Client, manifests: &Manifests, last: Option<&LastRun>) -> Result<LoadReply, Failure> {
    let (run, base) = (&manifests.ingest.run, manifests.ingest.base.as_deref());
    let published_last = last.map(|last| last.run.as_str());
    let is_known = match base {
        Some(base) => ledger::find(client, base).await?.is_some(),
        None => true,
    };
    if is_known {
        tracing::warn!(target: "starlift", run, base, published_last, "superseded: nothing is published");
    } else {
        tracing::error!(
            target: "starlift", run, base, published_last,
            "the ledger does not know the base of this run: the warehouse was restored to an earlier state; nothing is published"
        );
    }
    Ok(LoadReply {
        run: run.clone(),
        outcome: Outcome::Superseded,
        number: None,
        rows: 0,
        versions: 0,
        dimension_rows: 0,
        deleted: 0,
        held: 0,
        quarantined: 0,
        more: false,
        usage: Usage::default(),
    })
}

/// Said only of what is committed: the log of a publication that was rolled back has no such lines.
fn report_table(run: &str, change: &Change) {
    let Change { table, inserted, updated, closed, deleted, held, took, .. } = change;
    let (rows, seconds) = (inserted + updated, took.as_secs_f64());
    tracing::info!(
        target: "starlift", run, phase = "published", table, rows, inserted, updated, closed, deleted, held, seconds, "published"
    );
}

/// What became of the run, and how the warehouse is now, whatever became of it. What a replay publishes again has been visible before.
fn report(pipeline: &str, reply: &LoadReply, condition: Option<&Condition>, is_new: bool) {
    let age = condition.map(|condition| condition.age);
    let change_lag = condition.filter(|_| is_new).and_then(|condition| condition.change_lag_of(&reply.run));
    let in_quarantine = condition.map_or(0, |condition| condition.quarantined);
    Metrics::of(&reply.usage)
        .count(Metric::RowsRead, reply.rows)
        .count(Metric::RowsWritten, reply.versions + reply.dimension_rows)
        .count(Metric::RowsDeleted, reply.deleted)
        .count(Metric::RowsHeld, reply.held)
        .count(Metric::RowsInQuarantine, in_quarantine)
        .seconds(Metric::WarehouseAge, age)
        .seconds(Metric::ChangeLag, change_lag)
        .emit(pipeline, "load", Some(&reply.run));
    let LoadReply { run, outcome, number, rows, versions, dimension_rows, deleted, held, more, usage, .. } = reply;
    tracing::info!(
        target: "starlift", run, ?outcome, number, rows, versions, dimension_rows, deleted, held, in_quarantine, more, age,
        change_lag, seconds = usage.seconds, "load ended"
    );
}
