//! Ingest: reads the source in one snapshot into the raw zone. Nothing is ever missed.
//!
//! Invariants: all tables of a run are read in one snapshot, taken after all of them are locked; what is new is told by row versions,
//! never by a clock alone; whatever is wrong with the source is found before anything is written; only the manifest, written last
//! and only if absent, makes objects part of the run, so that a second attempt is a no-op.

mod advance;
mod basis;
mod columns;
mod drift;
mod fence;
mod freshness;
mod held;
mod manifest;
mod parts;
mod plan;
mod raw;
mod read;
mod refusal;
mod reset;
mod snapshot;
mod statement;
mod survey;
mod waits;
mod waves;

use starlift_failure::Failure;
use starlift_host::{Context, Metric, Metrics, Stopwatch, fail_point};
use starlift_lake::messages::{IngestReply, IngestRequest};
use starlift_lake::{Zone, keys};

use crate::basis::Basis;
use crate::read::Reading;
use crate::snapshot::Snapshot;
use crate::waits::Waits;

/// Reads what is new in the source into the raw zone and writes the run's manifest. A run that has a manifest is not read again.
///
/// # Errors
/// The source, its schema, the definition or a bucket is not as it has to be; no manifest is written then.
pub async fn ingest(context: Context, request: IngestRequest) -> Result<IngestReply, Failure> {
    let stopwatch = Stopwatch::start();
    let run = &request.run;
    if let Some(done) = manifest::find(&context, run).await? {
        tracing::info!(run, "this run has been read before");
        fail_point!("ingest.reply");
        return Ok(manifest::reply(&done, stopwatch.usage()));
    }
    if request.replaying {
        return Err(Failure::invalid_data(format!(
            "s3://{}/{} is gone, and a replay does not read the source; begin with a later run, in an empty, migrated warehouse",
            context.lake.bucket(Zone::Control),
            keys::ingest_manifest(run)
        )));
    }
    let basis = Basis::read(&context).await?;
    let snapshot = Snapshot::open(&context, &basis.tracking, run).await?;
    let plans = survey::survey(&context.definition, &basis, &snapshot, &request.full)?;
    let reading = Reading { context: &context, run, horizon: snapshot.position.horizon };
    let waits = Waits::of(&context.definition, &basis.catalog);
    let tables = waves::read_all(&reading, &snapshot, &plans, &waits).await?;
    let position = snapshot.close().await;
    let assembled = manifest::assemble(&context, run, basis, position, tables, &waits);
    fail_point!("ingest.before_manifest");
    let written = manifest::publish(&context, assembled).await?;
    fail_point!("ingest.manifest_written");
    let reply = manifest::reply(&written, stopwatch.usage());
    report(&written.pipeline, &reply);
    fail_point!("ingest.reply");
    Ok(reply)
}

fn report(pipeline: &str, reply: &IngestReply) {
    let metrics = Metrics::of(&reply.usage).count(Metric::RowsRead, reply.rows);
    metrics.count(Metric::BytesWritten, reply.bytes).emit(pipeline, "ingest", Some(&reply.run));
    tracing::info!(
        run = reply.run,
        tables = reply.tables,
        rows = reply.rows,
        bytes = reply.bytes,
        seconds = reply.usage.seconds,
        more = reply.more,
        "ingest ended"
    );
}
