//! A reader of the warehouse that never stops: whatever becomes of the runs meanwhile, it sees whole ones.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use starlift_testkit::Stack;
use starlift_testkit::postgres::connect;
use tokio::task::JoinHandle;
use tokio_postgres::Client;

use crate::support::{Outcome, lifted};

/// What it must never see, each in one statement and so in one snapshot. A table that is not there is an error of the statement.
const NEVER: [(&str, &str); 4] = [
    (
        "a version that the ledger does not know, or half of a run",
        "select abs((select count(*) from fact_sales_order) + (select count(*) from fact_payment)
                  + (select count(*) from fact_purchase_order) - sum(inserted))
              + abs((select count(*) from etl.closed_fact_sales_order) + (select count(*) from etl.closed_fact_payment)
                  + (select count(*) from etl.closed_fact_purchase_order) - sum(closed))
           from etl.run_table where table_name like 'fact%'",
    ),
    (
        "a payment without its sale or purchase",
        "select count(*)::numeric from current_payment join dim_transaction using (transaction_id)
           left join current_sales_order as sale using (sales_order_id)
           left join current_purchase_order as purchase using (purchase_order_id)
          where sale.sales_order_id is null and purchase.purchase_order_id is null",
    ),
    (
        "an empty table",
        "select count(*)::numeric
           from (values ((select count(*) from current_sales_order)), ((select count(*) from current_payment)),
                        ((select count(*) from dim_staff)), ((select count(*) from dim_date))) as of (rows)
          where rows = 0",
    ),
    (
        "a sale without one of its dimension rows",
        "select count(*)::numeric from fact_sales_order as fact
           left join dim_staff on staff_id = sales_staff_id
           left join dim_counterparty using (counterparty_id)
           left join dim_design using (design_id)
           left join dim_currency using (currency_id)
           left join dim_location on location_id = agreed_delivery_location_id
           left join dim_date on date_id = agreed_delivery_date
          where dim_staff.staff_id is null or dim_counterparty.counterparty_id is null or dim_design.design_id is null
             or dim_currency.currency_id is null or location_id is null or date_id is null",
    ),
];

/// Between two looks. It only leaves the processor to the runs.
const PAUSE: Duration = Duration::from_millis(40);

/// A session that looks again and again, and connects anew when the server has gone.
pub(crate) struct Reader {
    stop: Arc<AtomicBool>,
    reading: JoinHandle<Result<u32, String>>,
}

impl Reader {
    /// Begins to look at a stack's warehouse.
    pub(crate) fn start(stack: &Stack) -> Self {
        let stop = Arc::new(AtomicBool::new(false));
        let (stopped, url) = (Arc::clone(&stop), stack.warehouse.url());
        let reading = tokio::spawn(async move {
            let mut looks = 0;
            while !stopped.load(Ordering::Relaxed) {
                // The server may be down: that is a fault which other tests want, and no answer is no wrong answer.
                if let Ok(client) = connect(&url).await {
                    looks += look(&client, &stopped).await?;
                }
                tokio::time::sleep(PAUSE).await;
            }
            Ok(looks)
        });
        Self { stop, reading }
    }

    /// Ends it. Fails when it has seen at any look what must never be seen.
    pub(crate) async fn end(self) -> Outcome {
        self.stop.store(true, Ordering::Relaxed);
        let looks = self.reading.await??;
        assert!(looks > 10, "the reader looked {looks} times");
        Ok(())
    }
}

/// Looks until told to stop or until the connection is gone; gives how often.
async fn look(client: &Client, stopped: &AtomicBool) -> Result<u32, String> {
    let mut looks = 0;
    while !stopped.load(Ordering::Relaxed) {
        for (what, query) in NEVER {
            let seen = match client.query_one(&format!("select ({query})::bigint"), &[]).await {
                Ok(row) => row.get::<_, i64>(0),
                Err(_) if client.is_closed() => return Ok(looks),
                Err(error) if is_outage(&error) => return Ok(looks),
                Err(error) => return Err(format!("{what}: {error:?}")),
            };
            if seen != 0 {
                return Err(format!("{what} was seen: {seen}"));
            }
        }
        looks += 1;
        tokio::time::sleep(PAUSE).await;
    }
    Ok(looks)
}

/// Whether the server is going down or the connection broke, which says nothing of what is in the tables.
fn is_outage(error: &tokio_postgres::Error) -> bool {
    error.as_db_error().is_none_or(|server| matches!(server.code().code().get(..2), Some("57" | "08")))
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_sees_what_no_run_has_published_and_a_table_that_is_missing() -> Outcome {
    let harm = [
        ("delete from fact_payment where payment_record_id = 1", "half of a run"),
        ("alter table dim_staff rename to dim_gone", "42P01"),
    ];
    for (statement, named) in harm {
        let stack = lifted(50).await?;
        let reader = Reader::start(&stack);
        stack.warehouse.connect().await?.batch_execute(statement).await?;
        let seen = reader.reading.await?.expect_err("it reads on");
        assert!(seen.contains(named), "{seen}");
    }
    Ok(())
}
