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

/// Statement 13: an unknown currency code, a department without a place and a date that does not exist are held back with those that refer to
/// them, are tried again by every run, and appear after the repair.
#[tokio::test(flavor = "multi_thread")]
async fn what_does_not_fit_waits_with_all_that_refers_to_it_until_the_source_is_repaired() -> Outcome {
    let stack = lifted(50).await?;
    let (from, to) = (stack.source.connect().await?, stack.warehouse.connect().await?);
    from.batch_execute(
        "insert into currency (currency_id, currency_code) values (99, 'ZZZ');
         insert into department (department_id, department_name, location) values (99, 'Moon base', null);
         insert into staff (staff_id, first_name, last_name, department_id, email_address) values (99, 'Yuri', 'G', 99, 'y@g.io');
         update sales_order set currency_id = 99 where sales_order_id = 1;
         update sales_order set staff_id = 99 where sales_order_id = 2;
         update sales_order set units_sold = units_sold + 1 where sales_order_id = 3;",
    )
    .await?;
    add_order(&stack, 9001, "2.67", "2024-02-30").await?;

    for held_before in [false, true] {
        let run = stack.run().await?.succeeded()?;
        assert_eq!((run.sum("Load", "held"), run.sum("Load", "quarantined")), (5, 5), "held before: {held_before}");
        assert_eq!(run.sum("Load", "versions"), i64::from(!held_before));
    }
    let held = texts(&to, "select model || ' ' || key::text || ' ' || reason from etl.quarantine order by 1").await?;
    for (row, parts) in held.iter().zip([
        ["dim_currency", "\"currency_id\": 99", "currency_name"],
        ["dim_staff", "\"staff_id\": 99", "location"],
        ["fact_sales_order", "\"sales_order_id\": 1", "dim_currency does not have"],
        ["fact_sales_order", "\"sales_order_id\": 2", "dim_staff does not have"],
        ["fact_sales_order", "\"sales_order_id\": 9001", "agreed_delivery_date"],
    ]) {
        assert!(parts.iter().all(|part| row.contains(part)), "{row} does not name {parts:?}");
    }
    let shown = "select count(*) from current_sales_order where sales_order_id in (1, 2) and currency_id <> 99";
    assert_eq!(number(&to, shown).await?, 2, "the versions before stay");

    // The facts were not written since: they arrive because they are tried again.
    from.batch_execute(
        "update currency set currency_code = 'JPY' where currency_id = 99;
         update department set location = 'Tranquility' where department_id = 99;
         delete from sales_order where sales_order_id = 9001;",
    )
    .await?;
    let healed = stack.run().await?.succeeded()?;
    assert_eq!((healed.sum("Load", "versions"), healed.sum("Load", "quarantined")), (2, 0));
    assert_eq!(texts(&to, "select currency_name from dim_currency where currency_id = 99").await?, ["Yen"]);
    let outcomes = "select model || ' ' || outcome from etl.quarantine order by 1, key ->> 'sales_order_id'";
    let expected = [
        "dim_currency settled",
        "dim_staff settled",
        "fact_sales_order gone",
        "fact_sales_order published",
        "fact_sales_order published",
    ];
    assert_eq!(texts(&to, outcomes).await?, expected);

    let quiet = stack.run().await?.succeeded()?;
    assert_eq!((quiet.sum("Ingest", "rows"), quiet.sum("Load", "versions")), (0, 0));

    // The oracle knows three currencies.
    from.batch_execute("update currency set currency_code = 'EUR' where currency_id = 99").await?;
    stack.run().await?.succeeded()?;
    stack.agree().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_dimension_that_is_missing_for_many_fails_the_run_naming_both_tables() -> Outcome {
    let stack = lifted(2000).await?;
    let from = stack.source.connect().await?;
    from.batch_execute("insert into currency (currency_id, currency_code) values (99, 'ZZZ')").await?;
    from.batch_execute("update sales_order set currency_id = 99 where sales_order_id <= 1200").await?;
    let failed = stack.run().await?;
    assert_eq!(failed.error.as_deref(), Some("Starlift.InvalidData"), "{}", failed.message());
    for named in ["fact_sales_order", "dim_currency", "max_held_rows", "starlift run"] {
        assert!(failed.message().contains(named), "{}", failed.message());
    }
    let to = stack.warehouse.connect().await?;
    assert_eq!(number(&to, "select count(*) from etl.run").await?, 1, "nothing of it is published");
    from.batch_execute("update currency set currency_code = 'EUR' where currency_id = 99").await?;
    stack.run().await?.succeeded()?;
    stack.agree().await?;
    Ok(())
}
