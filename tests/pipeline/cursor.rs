//! A cursor column does not see a row that changes without it; where deletions are detected, the reconciliation does.

use serde_json::json;
use starlift_testkit::{Blueprint, Stack, local_aws};

use crate::support::{Outcome, definition_with, generated, number};

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_a_cursor_misses_fails_the_run_and_is_mended_by_reading_in_full() -> Outcome {
    let folder = definition_with("pipeline.toml", |text| {
        text.replace(
            "payment = { read = \"incremental\",",
            "payment = { read = \"incremental\", cursor = \"last_updated\",",
        )
    })?;
    let blueprint = Blueprint { definition: Some(folder.path().to_owned()), ..Blueprint::default() };
    let stack = Stack::build(local_aws(), generated(50).await?, &blueprint).await?;
    let denied = stack.run().await?;
    assert_eq!(denied.error.as_deref(), Some("Starlift.Denied"), "{}", denied.message());
    let source = stack.source.connect().await?;
    source.batch_execute(&format!("grant pg_read_all_stats to {}_reader", stack.warehouse.name())).await?;
    stack.run().await?.succeeded()?;

    source.batch_execute("update payment set payment_amount = 7.00, last_updated = now() where payment_id = 5").await?;
    let moved = stack.run().await?.succeeded()?;
    assert_eq!(moved.sum("Load", "versions"), 1);
    stack.agree().await?;

    let warehouse = stack.warehouse.connect().await?;
    let published = number(&warehouse, "select count(*) from etl.run").await?;
    source.batch_execute("update payment set payment_amount = payment_amount + 0.01 where payment_id = 7").await?;
    let failed = stack.run().await?;
    assert_eq!(failed.error.as_deref(), Some("Starlift.InvalidData"), "{}", failed.message());
    assert!(failed.message().contains("starlift run --full payment"), "{}", failed.message());
    assert_eq!(number(&warehouse, "select count(*) from etl.run").await?, published);

    let healed = stack.run_with(&json!({"full": ["payment"]})).await?.succeeded()?;
    assert_eq!(healed.sum("Load", "versions"), 1);
    stack.agree().await?;
    Ok(())
}
