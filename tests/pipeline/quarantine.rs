//! Rows that cannot be typed or break their target are held back with a reason; the others go on.

use starlift_testkit::Stack;

use crate::support::{Outcome, lifted, number, texts};

async fn add_order(stack: &Stack, id: i32, price: &str, delivery: &str) -> Outcome {
    let insert = format!(
        "insert into sales_order (sales_order_id, created_at, last_updated, design_id, staff_id, counterparty_id,
             units_sold, unit_price, currency_id, agreed_delivery_date, agreed_payment_date, agreed_delivery_location_id)
         values ({id}, '2023-01-02 09:00', '2023-01-02 09:00', 1, 1, 1, 1000, {price}, 1, '{delivery}', '2023-01-05', 1)"
    );
    stack.source.connect().await?.batch_execute(&insert).await?;
    Ok(())
}

/// Statement 6, second half, and the source's repair.
#[tokio::test(flavor = "multi_thread")]
async fn a_value_that_its_target_would_change_is_held_back_and_arrives_when_it_is_repaired() -> Outcome {
    let stack = lifted(50).await?;
    add_order(&stack, 9001, "2.675", "2023-01-05").await?;
    add_order(&stack, 9002, "2.67", "2024-02-30").await?;
    add_order(&stack, 9003, "2.67", "2023-01-05").await?;
    let run = stack.run().await?.succeeded()?;
    assert_eq!(run.sum("Load", "held"), 2);
    let to = stack.warehouse.connect().await?;
    assert_eq!(
        texts(&to, "select sales_order_id::text from fact_sales_order where sales_order_id > 9000").await?,
        ["9003"]
    );
    let reasons =
        texts(&to, "select (key ->> 'sales_order_id') || ' ' || reason from etl.quarantine order by 1").await?;
    assert!(reasons[0].starts_with("9001 ") && reasons[0].contains("unit_price"), "{reasons:?}");
    assert!(reasons[1].starts_with("9002 ") && reasons[1].contains("agreed_delivery_date"), "{reasons:?}");
    let objects: Vec<String> =
        stack.objects("processed").await?.into_keys().filter(|key| key.starts_with("quarantine/")).collect();
    assert_eq!(objects.len(), 1, "{objects:?}");

    let repair =
        "update sales_order set unit_price = 2.67, agreed_delivery_date = '2024-02-29' where sales_order_id > 9000";
    stack.source.connect().await?.batch_execute(repair).await?;
    stack.run().await?.succeeded()?;
    stack.agree().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_fact_whose_dimension_row_is_held_back_fails_the_run_naming_both_tables() -> Outcome {
    let stack = lifted(50).await?;
    let from = stack.source.connect().await?;
    from.batch_execute("insert into currency (currency_id, currency_code) values (99, 'ZZZ')").await?;
    from.batch_execute("update sales_order set currency_id = 99 where sales_order_id = 1").await?;
    let failed = stack.run().await?;
    assert_eq!(failed.error.as_deref(), Some("Starlift.InvalidData"), "{}", failed.message());
    assert!(
        failed.message().contains("fact_sales_order") && failed.message().contains("dim_currency"),
        "{}",
        failed.message()
    );
    let to = stack.warehouse.connect().await?;
    assert_eq!(number(&to, "select count(*) from etl.run").await?, 1, "nothing of it is published");
    from.batch_execute("update currency set currency_code = 'JPY' where currency_id = 99").await?;
    stack.run().await?.succeeded()?;
    assert_eq!(texts(&to, "select currency_name from dim_currency where currency_id = 99").await?, ["Yen"]);
    Ok(())
}
