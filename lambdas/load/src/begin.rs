//! `begin`: which run was published last.

use starlift_failure::Failure;
use starlift_host::{Context, Stopwatch, fail_point};
use starlift_lake::messages::BeginReply;

use crate::{tracking, warehouse};

/// Brings `update_tracking.json` in line with the ledger, which is all that ingest knows of the past, and gives the base of the run.
pub(crate) async fn begin(context: &Context, run: &str) -> Result<BeginReply, Failure> {
    let stopwatch = Stopwatch::start();
    let pipeline = &context.definition.pipeline;
    let mut session = warehouse::connect(context, &pipeline.warehouse.secret, run).await?;
    let tracking = tracking::align(&mut session.client, &context.lake, &pipeline.name).await?;
    fail_point!("begin.reply");
    Ok(BeginReply { run: run.to_owned(), base: tracking.run, number: tracking.number, usage: stopwatch.usage() })
}
