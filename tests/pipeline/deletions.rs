//! Rows that are gone from the source, and tables that are read again: what a person asks an execution for.

use serde_json::json;
use starlift_testkit::execution::Execution;

use crate::support::{Outcome, lifted, number, texts};

const DELETE_A_THIRD: &str = "delete from payment where payment_id % 3 = 0";
const PAYMENTS: &str = "select count(*) from current_payment";

fn refused(execution: &Execution) {
    assert_eq!(execution.error.as_deref(), Some("Starlift.InvalidData"), "{}", execution.message());
    let said = execution.message();
    for named in ["fact_payment", "source table payment", "max_deleted_share allows 10 %", "--accept-deletes"] {
        assert!(said.contains(named), "{said} does not name {named}");
    }
}

/// Statement 18, and its fuse.
#[tokio::test(flavor = "multi_thread")]
async fn a_flood_of_deletions_changes_nothing_until_a_person_accepts_it() -> Outcome {
    let stack = lifted(60).await?;
    let (source, warehouse) = (stack.source.connect().await?, stack.warehouse.connect().await?);
    let before = number(&warehouse, PAYMENTS).await?;
    let gone = i64::try_from(source.execute(DELETE_A_THIRD, &[]).await?)?;
    source.batch_execute("update sales_order set units_sold = units_sold + 1 where sales_order_id = 1").await?;

    let failed = stack.run().await?;
    refused(&failed);
    refused(&stack.redrive(&failed.arn).await?);
    refused(&stack.run().await?);
    assert_eq!(number(&warehouse, PAYMENTS).await?, before);
    assert_eq!(number(&warehouse, "select count(*) from etl.run").await?, 1, "a failed run published something");

    let accepted = stack.run_with(&json!({"accept_deletes": true})).await?.succeeded()?;
    assert_eq!((accepted.sum("Load", "deleted"), accepted.sum("Load", "versions")), (gone, 1));
    assert_eq!(number(&warehouse, PAYMENTS).await?, before - gone);
    stack.agree().await?;

    // The word is given for one run.
    source.batch_execute("delete from payment").await?;
    refused(&stack.run().await?);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn tables_read_in_full_again_make_no_version_and_no_dimension_row() -> Outcome {
    let stack = lifted(60).await?;
    let source = stack.source.connect().await?;
    let orders = number(&source, "select count(*) from sales_order").await?;

    let one = stack.run_with(&json!({"full": ["sales_order"]})).await?.succeeded()?;
    assert_eq!((one.sum("Ingest", "rows"), one.sum("Ingest", "tables")), (orders, 1));
    let all = stack.run_with(&json!({"full": true})).await?.succeeded()?;
    assert_eq!(all.sum("Ingest", "tables"), 11);
    for execution in [&one, &all] {
        assert_eq!((execution.sum("Load", "versions"), execution.sum("Load", "dimension_rows")), (0, 0));
        assert_eq!(execution.outputs("Begin").count(), 1, "a table was read from its start again and again");
    }
    let none = stack.run_with(&json!({"full": false})).await?.succeeded()?;
    assert_eq!(none.sum("Ingest", "rows"), 0);

    let unknown = stack.run_with(&json!({"full": ["sales_orders"]})).await?;
    assert_eq!(unknown.error.as_deref(), Some("Starlift.InvalidDefinition"));
    assert!(
        unknown.message().contains("sales_orders") && unknown.message().contains("sales_order, "),
        "{}",
        unknown.message()
    );
    let warehouse = stack.warehouse.connect().await?;
    let reasons = texts(&warehouse, "select distinct coalesce(state ->> 'reset', '') from etl.table_state").await?;
    assert_eq!(reasons, [""], "a reset is kept as if it were to come");
    Ok(())
}
