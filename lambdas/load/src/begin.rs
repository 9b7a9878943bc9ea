//! `begin`: which run is to be made, and which was published last.

use starlift_failure::Failure;
use starlift_host::{Context, Metric, Metrics, Stopwatch, fail_point};
use starlift_lake::messages::{BeginReply, ReplayRequest};

use crate::condition::Condition;
use crate::{replay, tracking, warehouse};

/// Brings `update_tracking.json` in line with the ledger, which is all that ingest knows of the past, and gives the base of the run. While a
/// replay is under way, the run is the next one of it, whatever was asked for.
pub(crate) async fn begin(context: &Context, run: &str, asked: &ReplayRequest) -> Result<BeginReply, Failure> {
    let stopwatch = Stopwatch::start();
    let pipeline = &context.definition.pipeline;
    let mut session = warehouse::connect(context, &pipeline.warehouse.secret, run).await?;
    let replayed = replay::next_run(&mut session.client, &context.lake, &pipeline.name, asked).await?;
    let tracking = tracking::align(&mut session.client, &context.lake, &pipeline.name).await?;
    let age = Condition::now(&session.client).await?.map(|condition| condition.age);
    let reply = BeginReply {
        replaying: replayed.is_some(),
        run: replayed.unwrap_or_else(|| run.to_owned()),
        base: tracking.run,
        number: tracking.number,
        usage: stopwatch.usage(),
    };
    Metrics::of(&reply.usage).seconds(Metric::WarehouseAge, age).emit(&pipeline.name, "begin", Some(&reply.run));
    fail_point!("begin.reply");
    Ok(reply)
}
