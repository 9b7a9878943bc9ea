//! What the warehouse shows adds up to what the source has; whatever has changed it otherwise is noticed by the next run.

use serde_json::json;

use crate::support::{Outcome, lifted, number};

#[tokio::test(flavor = "multi_thread")]
async fn a_warehouse_that_somebody_has_changed_fails_the_next_run_and_heals_by_reading_in_full() -> Outcome {
    let stack = lifted(50).await?;
    let warehouse = stack.warehouse.connect().await?;
    let changes = [
        (
            "update fact_payment set payment_amount = payment_amount + 0.01 where payment_id = 5",
            "the sum of payment_amount",
        ),
        ("delete from fact_payment where payment_id = 7", "the number of rows"),
    ];
    for (change, measure) in changes {
        assert_eq!(warehouse.execute(change, &[]).await?, 1);
        let published = number(&warehouse, "select count(*) from etl.run").await?;
        let failed = stack.run().await?;
        assert_eq!(failed.error.as_deref(), Some("Starlift.InvalidData"), "{}", failed.message());
        for named in [measure, "fact_payment", "source table payment", "starlift run --full payment"] {
            assert!(failed.message().contains(named), "{} does not name {named}", failed.message());
        }
        assert_eq!(number(&warehouse, "select count(*) from etl.run").await?, published);

        let healed = stack.run_with(&json!({"full": ["payment"]})).await?.succeeded()?;
        assert_eq!(healed.sum("Load", "versions"), 1);
        stack.agree().await?;
    }
    Ok(())
}
