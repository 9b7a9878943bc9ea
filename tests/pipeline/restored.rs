//! A warehouse that is restored from a backup, and an `update_tracking.json` that says something else than the ledger: the ledger is the truth, and
//! the next run brings everything.

use serde_json::{Value, json};
use starlift_testkit::{Stack, cluster};

use crate::support::{ONE_SALE, Outcome, lifted, number};

const TRACKING: &str = "update_tracking.json";

/// One more sale, which every next run has to bring.
async fn sell(stack: &Stack) -> Outcome {
    Ok(stack.source.connect().await?.batch_execute(ONE_SALE).await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn after_a_restore_from_a_backup_the_next_run_brings_what_the_backup_lacks_and_an_old_run_nothing() -> Outcome {
    let stack = lifted(50).await?;
    let backup = cluster().create_from("backup", &stack.warehouse).await?;
    sell(&stack).await?;
    stack.run().await?.succeeded()?;
    // Read on top of a run that the backup does not have, and not yet published.
    let orphan = "20990101T000000Z-00000000-001";
    stack.invoke("load", &json!({"action": "begin", "run": orphan}))?;
    sell(&stack).await?;
    let read = stack.invoke("ingest", &json!({"run": orphan}))?;
    for part in read["parts"].as_array().ok_or("parts is a list")? {
        stack.invoke("transform", &json!({"run": orphan, "part": part}))?;
    }

    stack.warehouse.restore(&backup).await?;
    let late = stack.invoke("load", &json!({"action": "load", "run": orphan}))?;
    assert_eq!(late["outcome"], "superseded");
    let alarmed =
        stack.logs("load")?.iter().any(|line| line.contains("the warehouse was restored to an earlier state"));
    assert!(alarmed, "an operator has to be told");
    let tracking: Value = serde_json::from_slice(&stack.object("control", TRACKING).await?)?;
    assert_eq!(tracking["number"], 1, "a tracking that was ahead is in line with the ledger again");
    let next = stack.run().await?.succeeded()?;
    assert_eq!(next.sum("Load", "versions"), 4, "two sales with their payments");
    stack.agree().await?;
    let client = stack.warehouse.connect().await?;
    assert_eq!(number(&client, "select count(*) from fact_sales_order").await?, 52);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_tracking_that_is_gone_torn_behind_or_ahead_is_written_again_and_no_row_is_missed_or_doubled() -> Outcome {
    let stack = lifted(50).await?;
    let behind = stack.object("control", TRACKING).await?;
    let ahead = String::from_utf8(behind.clone())?.replace("\"number\": 1", "\"number\": 99");
    let torn = behind[..behind.len() / 2].to_vec();
    for (n, content) in [None, Some(torn), Some(behind), Some(ahead.into_bytes())].into_iter().enumerate() {
        sell(&stack).await?;
        stack.remove_objects("control", |key| key == TRACKING).await?;
        if let Some(bytes) = content {
            stack.put_object("control", TRACKING, bytes).await?;
        }
        let run = stack.run().await?.succeeded()?;
        assert_eq!(run.sum("Load", "versions"), 2, "case {n}");
        stack.agree().await?;
    }
    Ok(())
}
