//! A source that is written to and a warehouse that is read from without a pause, while runs pass between them.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use starlift_testkit::Database;

use crate::support::{ONE_SALE, Outcome, lifted, number};

/// What a reader must never see, each in one statement and so in one snapshot: half of a run, a table that is empty or not there, a fact
/// without its dimension row.
const NEVER: [(&str, &str); 4] = [
    (
        "a sale without its transaction and payment",
        "select count(*) from current_sales_order as sale
          where sales_order_id > $1::int
            and not exists (
              select from dim_transaction join current_payment using (transaction_id)
               where dim_transaction.sales_order_id = sale.sales_order_id
            )",
    ),
    (
        "a payment without its sale",
        "select count(*) from current_payment join dim_transaction using (transaction_id)
          where dim_transaction.sales_order_id > $1::int
            and not exists (
              select from current_sales_order as sale where sale.sales_order_id = dim_transaction.sales_order_id
            )",
    ),
    (
        "an empty table",
        "select count(*)
           from (values ((select count(*) from fact_sales_order)), ((select count(*) from dim_staff)),
                        ((select count(*) from dim_date))) as of (rows)
          where rows = 0 and $1::int is not null",
    ),
    (
        "a fact without its dimension row",
        "select count(*) from fact_payment as fact
           left join dim_transaction using (transaction_id)
           left join dim_date on date_id = payment_date
          where (dim_transaction.transaction_id is null or date_id is null) and $1::int is not null",
    ),
];

/// Sells until told to stop; gives how many sales there were.
async fn sell(source: &Database, is_over: &AtomicBool) -> Result<u32, tokio_postgres::Error> {
    let client = source.connect().await.expect("the source is there");
    let mut sales = 0;
    while !is_over.load(Ordering::Relaxed) {
        client.batch_execute(ONE_SALE).await?;
        sales += 1;
    }
    Ok(sales)
}

/// Reads until told to stop; gives how often it has looked.
async fn watch(warehouse: &Database, last_order: i32, is_over: &AtomicBool) -> Result<u32, tokio_postgres::Error> {
    let client = warehouse.connect().await.expect("the warehouse is there");
    let mut looks = 0;
    while !is_over.load(Ordering::Relaxed) {
        for (what, query) in NEVER {
            let seen: i64 = client.query_one(query, &[&last_order]).await?.get(0);
            assert_eq!(seen, 0, "{what} was seen");
        }
        looks += 1;
    }
    Ok(looks)
}

/// Statements 23 and 30.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn each_run_takes_all_of_a_sale_or_nothing_and_no_reader_ever_sees_half_of_one() -> Outcome {
    let stack = Arc::new(lifted(50).await?);
    let last_order = i32::try_from(
        number(&stack.source.connect().await?, "select max(sales_order_id)::bigint from sales_order").await?,
    )?;
    let is_over = Arc::new(AtomicBool::new(false));
    let (selling, watching) = ((Arc::clone(&stack), Arc::clone(&is_over)), (Arc::clone(&stack), Arc::clone(&is_over)));
    let seller = tokio::spawn(async move { sell(&selling.0.source, &selling.1).await });
    let watcher = tokio::spawn(async move { watch(&watching.0.warehouse, last_order, &watching.1).await });
    let mut versions = 0;
    for _ in 0..6 {
        let run = stack.run().await?.succeeded()?;
        assert_eq!(run.sum("Load", "held"), 0, "a fact came without its dimension row");
        versions += run.sum("Load", "versions");
    }
    is_over.store(true, Ordering::Relaxed);
    let (sales, looks) = (seller.await??, watcher.await??);
    assert!(versions > 0 && sales > 0 && looks > 0, "{versions} versions of {sales} sales, looked at {looks} times");
    stack.run().await?.succeeded()?;
    stack.agree().await?;
    Ok(())
}
