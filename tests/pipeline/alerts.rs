//! An execution that ends without success tells somebody, once, with what a person needs to act.

use serde_json::{Value, json};
use starlift_testkit::Inbox;

use crate::fragile::Fragile;
use crate::support::{Outcome, number};

/// What every publication does first.
const LOCK: &str = include_str!("../../sql/engine/load/lock_transaction.sql");

/// Statement 31.
#[tokio::test(flavor = "multi_thread")]
async fn a_failure_in_any_step_ends_as_failed_and_tells_once_which_run_which_step_and_why() -> Outcome {
    let fragile = Fragile::lifted().await?;
    let stack = &fragile.stack;
    let inbox = Inbox::of(stack)?;
    let points = ["begin.reply", "ingest.reply", "transform.reply", "load.reply", "export.extract_written"];
    for point in points {
        fragile.change().await?;
        fragile.fail_at(point, "internal always")?;
        let failed = stack.run().await?;
        fragile.mend();
        assert_eq!(failed.error.as_deref(), Some("Starlift.Internal"), "{point}");
        let alerts = inbox.take()?;
        let [alert] = alerts.as_slice() else {
            return Err(format!("{} alerts of a failure at {point}: {alerts:?}", alerts.len()).into());
        };
        let step = point.split('.').next().unwrap_or_default();
        let cause = alert["cause"].as_str().unwrap_or_default();
        // The runs of an execution begin with the time of its start.
        assert!(cause.contains(&format!("{step} of run 2")) && cause.contains(point), "{alert}");
        assert_eq!((&alert["execution"], &alert["error"]), (&json!(failed.arn), &json!("Starlift.Internal")));
        let link = alert["open"].as_str().unwrap_or_default();
        assert!(
            link.starts_with("https://eu-west-2.console.aws.amazon.com/states/") && link.ends_with(&failed.arn),
            "{link}"
        );
        let advice = alert["do"].as_str().unwrap_or_default();
        assert!(advice.contains("starlift redrive") && advice.contains(&failed.arn), "{advice}");

        // What is mended says nothing, and takes nothing back.
        stack.redrive(&failed.arn).await?.succeeded()?;
        stack.agree().await?;
        assert_eq!(inbox.take()?, Vec::<Value>::new(), "{point}");
    }
    Ok(())
}

/// An execution that a person stops has published nothing since, and a later success must not hide it.
#[tokio::test(flavor = "multi_thread")]
async fn an_execution_that_is_stopped_tells_too() -> Outcome {
    let fragile = Fragile::lifted().await?;
    let stack = &fragile.stack;
    let inbox = Inbox::of(stack)?;
    // While another publication is under way, Load waits for it.
    let mut other = stack.warehouse.connect().await?;
    let publication = other.transaction().await?;
    publication.query_one(LOCK, &[&"totesys"]).await?;
    let execution = stack.start().await?;
    let waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted
                      and database = (select oid from pg_database where datname = current_database())";
    let mut looks = 0;
    while number(publication.client(), waiting).await? == 0 {
        looks += 1;
        assert!(looks < 1000, "Load does not wait");
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    stack.aws.call("stepfunctions", "stop_execution", &json!({"executionArn": execution}))?;
    publication.rollback().await?;
    stack.wait(&execution).await?;
    stack.run().await?.succeeded()?;
    let alerts = inbox.take()?;
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    assert!(alerts[0]["what"].as_str().is_some_and(|what| what.contains("ABORTED")), "{alerts:?}");
    assert_eq!(alerts[0]["execution"], json!(execution));
    Ok(())
}
