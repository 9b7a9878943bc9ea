//! `load`: publishes a run in one transaction of the warehouse, all or nothing, exactly once in effect.
//!
//! `READ COMMITTED`, because under a stricter level the snapshot would be older than the lock. Publications form one line: a run is
//! published only if its base is the run published last.

use starlift_failure::Failure;
use starlift_host::{Context, Metric, Stopwatch, Unit, emit, fail_point};
use starlift_lake::Published;
use starlift_lake::messages::{LoadReply, Outcome, Usage};
use tokio_postgres::{Client, IsolationLevel};

use crate::ledger::LastRun;
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
    let reply = LoadReply { more, usage: stopwatch.usage(), ..reply };
    report(&pipeline.name, &reply);
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

fn report(pipeline: &str, reply: &LoadReply) {
    // Metrics are doubles; a count has no more than 53 bits.
    #[expect(clippy::cast_precision_loss, reason = "a count of rows is far below 2^53")]
    let count = |name, value: u64| Metric { name, unit: Unit::Count, value: value as f64 };
    let metrics = [
        count("RowsStaged", reply.rows),
        count("VersionsInserted", reply.versions),
        count("VersionsDeleted", reply.deleted),
        count("DimensionRowsWritten", reply.dimension_rows),
        count("RowsHeld", reply.held),
        count("RowsInQuarantine", reply.quarantined),
        Metric { name: "Seconds", unit: Unit::Seconds, value: reply.usage.seconds },
    ];
    emit(pipeline, "load", &reply.run, &metrics);
    tracing::info!(
        target: "starlift", run = reply.run, outcome = ?reply.outcome, number = reply.number, rows = reply.rows,
        versions = reply.versions, deleted = reply.deleted, dimension_rows = reply.dimension_rows, held = reply.held, quarantined = reply.quarantined, more = reply.more, "load ended"
    );
}
