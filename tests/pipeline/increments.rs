//! What is new is found by row version: nothing in flight, nothing silent, nothing below a cursor is missed.

use starlift_testkit::{Blueprint, Stack, local_aws};

use crate::support::{ONE_SALE, Outcome, definition_with, generated, lifted, number};

/// Statement 21.
#[tokio::test(flavor = "multi_thread")]
async fn a_transaction_open_during_a_run_arrives_with_the_next_one() -> Outcome {
    let stack = lifted(50).await?;
    let slow = stack.source.connect().await?;
    slow.batch_execute("begin").await?;
    slow.batch_execute(ONE_SALE).await?;
    slow.batch_execute("savepoint later").await?;
    slow.batch_execute("update sales_order set units_sold = 4321 where sales_order_id = 1").await?;
    slow.batch_execute("release savepoint later").await?;
    let quick = stack.source.connect().await?;
    quick.batch_execute(ONE_SALE).await?;
    stack.run().await?.succeeded()?;
    stack.agree().await?;
    slow.batch_execute("commit").await?;
    stack.run().await?.succeeded()?;
    stack.agree().await?;
    let to = stack.warehouse.connect().await?;
    assert_eq!(number(&to, "select count(*) from fact_sales_order").await?, 53, "50 orders, two sales, one update");
    Ok(())
}

/// A copy of the definition with other settings.
fn settings(settings: &str) -> Result<tempfile::TempDir, Box<dyn std::error::Error>> {
    definition_with("pipeline.toml", |text| text.replace("slice_rows = 1000000", settings))
}

#[tokio::test(flavor = "multi_thread")]
async fn rows_changed_below_and_above_the_cursor_in_mid_slice_all_arrive() -> Outcome {
    let definition = settings("slice_rows = 40\npart_rows = 15")?;
    let blueprint = Blueprint {
        pipeline: definition.path().to_owned(),
        definition: Some(definition.path().to_owned()),
        ..Blueprint::default()
    };
    let stack = Stack::build(local_aws(), generated(200).await?, &blueprint).await?;
    let from = stack.source.connect().await?;
    let execution = stack.start().await?;
    // Writes until the execution ends: some fall into every slice, below and above its cursor.
    let mut changes = 0;
    loop {
        let order = 1 + changes * 37 % 200;
        from.batch_execute(&format!(
            "update sales_order set units_sold = {} where sales_order_id = {order}",
            5000 + changes
        ))
        .await?;
        from.batch_execute(&format!(
            "update payment set paid = not paid where payment_id = {}",
            1 + changes * 53 % 284
        ))
        .await?;
        changes += 1;
        let ended =
            stack.aws.call("stepfunctions", "describe_execution", &serde_json::json!({"executionArn": execution}))?;
        if ended["status"] != "RUNNING" {
            break;
        }
        tokio::time::sleep(std::time::Duration::from_millis(20)).await;
    }
    let first = stack.wait(&execution).await?.succeeded()?;
    assert!(first.outputs("Load").count() > 3, "a first load of this size takes several slices");
    stack.run().await?.succeeded()?;
    stack.agree().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_mass_update_is_read_in_slices_and_makes_one_version_each() -> Outcome {
    let definition = settings("slice_rows = 40\npart_rows = 40")?;
    let blueprint = Blueprint {
        pipeline: definition.path().to_owned(),
        definition: Some(definition.path().to_owned()),
        ..Blueprint::default()
    };
    let stack = Stack::build(local_aws(), generated(100).await?, &blueprint).await?;
    stack.run().await?.succeeded()?;
    stack.source.connect().await?.batch_execute("update sales_order set units_sold = units_sold + 1").await?;
    let second = stack.run().await?.succeeded()?;
    assert_eq!(second.sum("Load", "versions"), 100);
    assert!(second.outputs("Load").count() >= 3);
    stack.agree().await?;
    Ok(())
}
