//! How long a change of the source is on its way at worst: what is measured here, and the waits that are nought here and stand in the
//! files of a deployment.

use std::time::{Duration, Instant};

use serde_json::Value;
use starlift_failure::FailureKind;
use starlift_testkit::workspace;

use crate::deployment::default_of;
use crate::fragile::Fragile;
use crate::support::{Outcome, number};

/// What every publication does first.
const LOCK: &str = include_str!("../../sql/engine/load/lock_transaction.sql");

const PROMISED_MINUTES: f64 = 30.0;

const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// How often Retry tries a step again after a transient fault, and the longest that it waits in all, in seconds.
fn retries(definition: &Value, step: &str) -> Result<(u32, f64), Box<dyn std::error::Error>> {
    let retriers = definition["States"][step]["Retry"].as_array().into_iter().flatten();
    let transient = FailureKind::Transient.error_type();
    let is_meant =
        |retrier: &&Value| retrier["ErrorEquals"].as_array().is_some_and(|names| names.contains(&transient.into()));
    let retrier = retriers.clone().find(is_meant).ok_or_else(|| format!("{step} retries no {transient}"))?;
    let value = |name: &str| retrier[name].as_f64().ok_or_else(|| format!("the Retry of {step} has no {name}"));
    let (first, rate, most) = (value("IntervalSeconds")?, value("BackoffRate")?, value("MaxDelaySeconds")?);
    let attempts = u32::try_from(retrier["MaxAttempts"].as_u64().ok_or("a Retry has an end")?)?;
    // Jitter only makes them shorter.
    Ok((attempts, (0..attempts).map(|attempt| (first * rate.powf(attempt.into())).min(most)).sum()))
}

/// The minutes of `rate(15 minutes)`.
fn period() -> Result<f64, Box<dyn std::error::Error>> {
    let schedule = default_of("schedule")?;
    let minutes = schedule.strip_prefix("rate(").and_then(|rest| rest.strip_suffix(" minutes)"));
    Ok(minutes.ok_or_else(|| format!("the default schedule {schedule} is not one of minutes"))?.parse()?)
}

/// Statement 39. The change just misses a snapshot; the next run starts as late as it may, and a step of it fails as often as it may.
#[tokio::test(flavor = "multi_thread")]
async fn a_change_is_visible_within_thirty_minutes_though_a_step_of_the_next_run_fails_and_is_retried() -> Outcome {
    let text = std::fs::read_to_string(workspace::root().join("statemachine/pipeline.asl.json"))?;
    let definition: Value = serde_json::from_str(&text)?;
    let (attempts, retry_seconds) = retries(&definition, "Load")?;
    let fragile = Fragile::lifted().await?;
    let stack = &fragile.stack;

    // A run has taken its snapshot as soon as its Load waits.
    let mut other = stack.warehouse.connect().await?;
    let publication = other.transaction().await?;
    publication.query_one(LOCK, &[&"totesys"]).await?;
    let missing = stack.start().await?;
    let waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted
                      and database = (select oid from pg_database where datname = current_database())";
    let mut looks = 0;
    while number(publication.client(), waiting).await? == 0 {
        looks += 1;
        assert!(looks < 1000, "Load does not wait");
        tokio::time::sleep(LOOK_AGAIN).await;
    }
    let committed = Instant::now();
    fragile.source.batch_execute("update sales_order set units_sold = 4711 where sales_order_id = 1").await?;
    publication.rollback().await?;
    stack.wait(&missing).await?.succeeded()?;
    let to = stack.warehouse.connect().await?;
    let visible = "select count(*) from current_sales_order where sales_order_id = 1 and units_sold = 4711";
    assert_eq!(number(&to, visible).await?, 0, "the change has missed the snapshot");

    // All attempts but the last one do the whole work in vain.
    fragile.fail_at("load.before_commit", &format!("transient {attempts}"))?;
    let execution = stack.start().await?;
    let is_visible = async {
        while number(&to, visible).await? == 0 {
            tokio::time::sleep(LOOK_AGAIN).await;
        }
        Ok::<_, Box<dyn std::error::Error>>(())
    };
    tokio::select! {
        seen = is_visible => seen?,
        ended = stack.wait(&execution) => { ended?; }
    }
    let worked = committed.elapsed().as_secs_f64() / 60.0;
    stack.wait(&execution).await?.succeeded()?;
    assert_eq!(number(&to, visible).await?, 1, "the next run brings the change");
    assert!(!fragile.mend(), "the step has not failed as often as it may");

    let (period, window) = (period()?, default_of("schedule_window_minutes")?.parse::<f64>()?);
    let retrying = retry_seconds / 60.0;
    let sum = period + window + retrying + worked;
    println!(
        "commit to visible at worst: {sum:.2} min = {period:.2} until the next start + {window:.2} of its window + {retrying:.2} of delays before \
         {attempts} retries + {worked:.2} at work, all attempts and the run before included (measured)"
    );
    assert!(sum < PROMISED_MINUTES, "{sum:.2} minutes");
    Ok(())
}
