//! The first run, and a run that finds nothing new.

use starlift_testkit::{Cluster, Database, Options, Stack, cluster, source};

use crate::support::{Outcome, generated, lifted, number};

const FACTS: [(&str, &str); 3] =
    [("fact_sales_order", "sales_order"), ("fact_purchase_order", "purchase_order"), ("fact_payment", "payment")];

/// What the process behind a state may hold resident, whatever the size of the source.
const PEAK_MEMORY_MIB: [(&str, u64); 4] = [("Ingest", 256), ("TransformPart", 768), ("Load", 256), ("Export", 256)];

async fn first_run_of(source: Database) -> Outcome {
    let stack = Stack::over(source).await?;
    let execution = stack.run().await?.succeeded()?;
    stack.agree().await?;
    for (state, limit) in PEAK_MEMORY_MIB {
        let peak = execution.outputs(state).filter_map(|output| output["usage"]["peak_memory_mib"].as_u64()).max();
        assert!(peak.is_some_and(|peak| peak > 0 && peak < limit), "{state} took {peak:?} MiB");
    }
    let (from, to) = (stack.source.connect().await?, stack.warehouse.connect().await?);
    let mut versions = 0;
    for (fact, table) in FACTS {
        let rows = number(&from, &format!("select count(*) from {table}")).await?;
        assert_eq!(number(&to, &format!("select count(*) from {fact}")).await?, rows, "{fact}");
        versions += rows;
    }
    assert_eq!(execution.sum("Load", "versions"), versions);
    assert_eq!(number(&to, "select count(*) from etl.quarantine").await?, 0);
    Ok(())
}

/// Statement 1. Over the captured tables where `STARLIFT_CAPTURE` names a folder of them, otherwise over as many generated rows.
#[tokio::test(flavor = "multi_thread")]
async fn a_first_run_over_captured_or_as_many_generated_tables_equals_the_oracle() -> Outcome {
    let Some(folder) = source::capture_dir() else {
        println!("STARLIFT_CAPTURE names no folder: over generated tables of the same size");
        return first_run_of(generated(9_800).await?).await;
    };
    let database = cluster().create_database("capture").await?;
    source::capture_source(&database.connect().await?, &folder).await?;
    first_run_of(database).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_first_run_over_100_000_orders_equals_the_oracle() -> Outcome {
    first_run_of(generated(100_000).await?).await
}

/// Statement 19. The source has a server of its own: a transaction of another test would hold back the horizon, and rows that
/// are not older than the horizon are read again (and found equal).
#[tokio::test(flavor = "multi_thread")]
async fn a_second_run_without_changes_writes_no_object_no_version_and_no_dimension_row() -> Outcome {
    let quiet = Cluster::start(Options::default())?;
    let database = quiet.create_database("source").await?;
    source::demo_source(&database.connect().await?, 200).await?;
    let stack = Stack::over(database).await?;
    stack.run().await?.succeeded()?;
    let client = stack.warehouse.connect().await?;
    let touched = "select coalesce(sum(xmin::text::bigint), 0)::bigint from ";
    let tables = [
        "dim_staff",
        "dim_location",
        "dim_currency",
        "dim_design",
        "dim_counterparty",
        "dim_payment_type",
        "dim_transaction",
        "dim_date",
        "fact_sales_order",
        "fact_purchase_order",
        "fact_payment",
    ];
    let mut before = Vec::new();
    for table in tables {
        before.push(number(&client, &format!("{touched}{table}")).await?);
    }
    let (raw, processed) = (stack.objects("ingest").await?, stack.objects("processed").await?);
    let second = stack.run().await?.succeeded()?;
    assert_eq!(second.sum("Load", "versions") + second.sum("Load", "dimension_rows"), 0);
    assert_eq!(stack.objects("ingest").await?, raw);
    assert_eq!(stack.objects("processed").await?, processed);
    for (table, xmin) in tables.iter().zip(before) {
        assert_eq!(number(&client, &format!("{touched}{table}")).await?, xmin, "{table} was touched");
    }
    Ok(())
}

/// Statement 5.
#[tokio::test(flavor = "multi_thread")]
async fn a_dimension_shows_the_newest_of_several_changes_and_keeps_what_the_source_deletes() -> Outcome {
    let stack = lifted(50).await?;
    let from = stack.source.connect().await?;
    from.batch_execute("update design set design_name = 'One' where design_id = 1").await?;
    from.batch_execute("update design set design_name = 'Two' where design_id = 1").await?;
    from.batch_execute("update design set design_name = 'Three' where design_id = 1").await?;
    stack.run().await?.succeeded()?;
    stack.agree().await?;
    from.batch_execute("insert into currency (currency_id, currency_code) values (77, 'JPY')").await?;
    stack.run().await?.succeeded()?;
    from.batch_execute("delete from currency where currency_id = 77").await?;
    stack.run().await?.succeeded()?;
    let to = stack.warehouse.connect().await?;
    assert_eq!(number(&to, "select count(*) from dim_design where design_name = 'Three' and design_id = 1").await?, 1);
    let kept = "select count(*) from dim_currency where currency_id = 77 and currency_name = 'Yen'";
    assert_eq!(number(&to, kept).await?, 1);
    Ok(())
}
