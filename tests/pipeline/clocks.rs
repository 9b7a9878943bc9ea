//! Clocks of functions that are two hours off, each in its own way, and move while runs are on their way. The databases' clocks and that of the
//! state machine are right.

use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::Value;
use starlift_testkit::shim::Clocks;
use starlift_testkit::{Blueprint, Gateway, Stack, local_aws};

use crate::fragile::Fragile;
use crate::support::{Outcome, failures};

/// Two hours, in seconds.
const OFF: i64 = 7200;

/// By how much the clocks of ingest, transform and load are off in a run.
const CLOCKS: [[i64; 3]; 4] = [[OFF, OFF, OFF], [-OFF, -OFF, -OFF], [OFF, 0, -OFF], [-OFF, OFF, OFF]];

const FUNCTIONS: [&str; 3] = ["ingest", "transform", "load"];

/// From now on the clocks of the functions are so many seconds ahead, also those of processes that run.
fn set(clocks: &Clocks, seconds: [i64; 3]) -> Outcome {
    for (function, ahead) in FUNCTIONS.iter().zip(seconds) {
        clocks.set(&format!("starlift-totesys-{function}"), ahead)?;
    }
    Ok(())
}

/// By how many seconds the clock of a function was ahead when it reported last.
fn ahead(stack: &Stack, function: &str) -> Result<i64, Box<dyn std::error::Error>> {
    let reported = stack.logs(function)?.iter().rev().find_map(|line| {
        let line: Value = serde_json::from_str(line).ok()?;
        line["_aws"]["Timestamp"].as_i64()
    });
    let now = i64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs())?;
    Ok(reported.ok_or("the function reports")? / 1000 - now)
}

/// Statement 22.
#[tokio::test(flavor = "multi_thread")]
async fn with_clocks_two_hours_off_nothing_is_lost_or_doubled() -> Outcome {
    let clocks = Clocks::new()?;
    let s3 = Gateway::to(local_aws().port()).await?;
    let mut environment = clocks.environment();
    environment.insert("AWS_ENDPOINT_URL_S3".to_owned(), s3.endpoint());
    let fragile = Fragile::lifted_on(local_aws(), Blueprint { environment, ..Blueprint::default() }).await?;
    let stack = &fragile.stack;

    for seconds in CLOCKS {
        let before = fragile.history().await?;
        set(&clocks, seconds)?;
        fragile.change().await?;
        let run = stack.run().await?.succeeded()?;
        assert_eq!(failures(stack, &run)?.0, 0, "attempts that failed");
        fragile.is_whole(before, 3, 2).await?;
        for (function, expected) in FUNCTIONS.iter().zip(seconds) {
            let seen = ahead(stack, function)?;
            assert!((expected - 900..=expected + 900).contains(&seen), "{function} is {seen} s ahead, not {expected}");
        }
    }

    moves_between_steps(&fragile, &clocks, &s3).await?;

    // Between a failure and its redrive.
    for point in ["ingest.manifest_written", "load.committed"] {
        let before = fragile.history().await?;
        set(&clocks, [-OFF, 0, OFF])?;
        fragile.change().await?;
        fragile.fail_at(point, "internal always")?;
        let failed = stack.run().await?;
        assert!(failed.message().contains(point), "{}", failed.message());
        fragile.mend();
        set(&clocks, [OFF, 0, -OFF])?;
        stack.redrive(&failed.arn).await?.succeeded()?;
        fragile.is_whole(before, 3, 2).await?;
    }
    fragile.is_quiet().await?;
    fragile.is_written_once()
}

/// The clock that Begin has seen ahead, Load sees behind.
async fn moves_between_steps(fragile: &Fragile, clocks: &Clocks, s3: &Gateway) -> Outcome {
    let before = fragile.history().await?;
    set(clocks, [OFF, OFF, OFF])?;
    fragile.change().await?;
    let mut held = s3.hold("PUT", "/transform-");
    let execution = fragile.stack.start().await?;
    held.reached().await?;
    set(clocks, [-OFF, -OFF, -OFF])?;
    drop(held);
    let run = fragile.stack.wait(&execution).await?.succeeded()?;
    assert_eq!(failures(&fragile.stack, &run)?.0, 0, "attempts that failed");
    fragile.is_whole(before, 3, 2).await
}
