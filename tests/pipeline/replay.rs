//! A warehouse that is lost is rebuilt from the raw zone alone, history included; then the pipeline goes on as if nothing had happened.

use serde_json::json;
use starlift_testkit::postgres::connect;
use starlift_testkit::{Blueprint, Stack, cluster, local_aws};

use crate::support::{ONE_SALE, Outcome, definition_with, generated, texts};

/// Everything that a reader of the warehouse can see, and what the ledger says of it.
const TABLES: [&str; 20] = [
    "dim_staff",
    "dim_location",
    "dim_design",
    "dim_date",
    "dim_currency",
    "dim_counterparty",
    "dim_transaction",
    "dim_payment_type",
    "fact_sales_order",
    "fact_purchase_order",
    "fact_payment",
    "history_sales_order",
    "history_purchase_order",
    "history_payment",
    "etl.closed_fact_sales_order",
    "etl.closed_fact_payment",
    "etl.run",
    "etl.run_table",
    "etl.table_state",
    "etl.quarantine",
];

/// What happens in the source, with a run after each step.
const CHANGES: [&str; 6] = [
    "update sales_order set units_sold = units_sold + 1 where sales_order_id in (1, 2)",
    "update sales_order set units_sold = units_sold - 1 where sales_order_id = 1;
     delete from payment where payment_id = 1;
     update design set design_name = 'Replayed' where design_id = 1",
    // A currency without a name is held back, and what refers to it with it.
    "insert into currency (currency_code, created_at, last_updated) values ('XXQ', now(), now());
     update sales_order set currency_id = (select max(currency_id) from currency) where sales_order_id = 3",
    "update currency set currency_code = 'EUR' where currency_code = 'XXQ'",
    "",
    "update address set city = 'Elsewhere' where address_id = 1",
];

async fn contents(stack: &Stack) -> Result<Vec<(&'static str, Vec<String>)>, Box<dyn std::error::Error>> {
    let client = stack.warehouse.connect().await?;
    let mut contents = Vec::new();
    for table in TABLES {
        contents.push((table, texts(&client, &format!("select t::text from {table} as t order by 1")).await?));
    }
    Ok(contents)
}

/// Statement 35.
#[tokio::test(flavor = "multi_thread")]
async fn a_lost_warehouse_is_rebuilt_from_the_raw_zone_alone_history_included() -> Outcome {
    let definition = definition_with("pipeline.toml", |toml| toml.replace("slice_rows = 1000000", "slice_rows = 60"))?;
    let blueprint = Blueprint { definition: Some(definition.path().to_owned()), ..Blueprint::default() };
    let stack = Stack::build(local_aws(), generated(100).await?, &blueprint).await?;
    let first = stack.run().await?.succeeded()?;
    assert!(first.outputs("Load").count() > 2, "a first load in slices");
    let source = stack.source.connect().await?;
    for change in CHANGES {
        source.batch_execute(change).await?;
        stack.run().await?.succeeded()?;
    }
    let full = stack.run_with(&json!({"full": true})).await?.succeeded()?;
    stack.agree().await?;
    let before = contents(&stack).await?;
    for (table, rows) in &before {
        assert!(!rows.is_empty(), "{table} is empty and would prove nothing");
    }

    stack.lose_warehouse().await?;
    // What transform had made is gone too, and some of its manifests; the source cannot be reached.
    stack.remove_objects("processed", |_| true).await?;
    stack.remove_objects("control", |key| key.contains("/transform-sales_order")).await?;
    stack.remove_objects("control", |key| key == "update_tracking.json").await?;
    let administrator = connect(&cluster().url("postgres")).await?;
    let refuse = format!("alter database {} with allow_connections = false", stack.source.name());
    administrator.batch_execute(&refuse).await?;
    // Two at the same time, as when somebody asks twice.
    let asked = json!({"replay": true});
    let (one, other) = (stack.start_with(&asked).await?, stack.start_with(&asked).await?);
    for execution in [one, other] {
        let replay = stack.wait(&execution).await?.succeeded()?;
        assert_eq!(replay.outputs("Load").last().map(|reply| &reply["more"]), Some(&json!(false)));
    }
    for ((table, was), (_, is)) in before.iter().zip(contents(&stack).await?) {
        assert_eq!(*was, is, "{table}");
    }
    administrator.batch_execute(&refuse.replace("= false", "= true")).await?;
    goes_on(&stack).await?;

    // Later, when the raw zone would have dropped what is older than the last full read.
    let run = full.outputs("Begin").next().ok_or("no Begin")?["run"].clone();
    stack.lose_warehouse().await?;
    let replay = stack.run_with(&json!({"replay": {"from": run}})).await?.succeeded()?;
    assert_eq!(replay.outputs("Begin").next().map(|reply| &reply["run"]), Some(&run));
    goes_on(&stack).await
}

/// Fails unless the next run goes on where the last one had ended, and the warehouse is equal to the source.
async fn goes_on(stack: &Stack) -> Outcome {
    stack.agree().await?;
    stack.source.connect().await?.batch_execute(ONE_SALE).await?;
    let next = stack.run().await?.succeeded()?;
    assert_eq!(next.sum("Load", "versions"), 2);
    stack.agree().await?;
    Ok(())
}
