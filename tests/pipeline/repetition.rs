//! A run started twice and a run repeated from each of its states leave the warehouse as one run would.

use serde_json::json;
use starlift_testkit::Stack;

use crate::support::{ONE_SALE, Outcome, generated, lifted, number};

const VERSIONS: &str = "select (select count(*) from fact_sales_order) + (select count(*) from fact_payment)
    + (select count(*) from fact_purchase_order) + (select count(*) from etl.closed_fact_sales_order)";

/// Statement 29.
#[tokio::test(flavor = "multi_thread")]
async fn two_executions_started_together_publish_what_one_would() -> Outcome {
    let stack = Stack::over(generated(100).await?).await?;
    let (first, second) = (stack.start().await?, stack.start().await?);
    let ended = [stack.wait(&first).await?.succeeded()?, stack.wait(&second).await?.succeeded()?];
    stack.agree().await?;
    let published: i64 = ended.iter().map(|execution| execution.sum("Load", "versions")).sum();
    let client = stack.warehouse.connect().await?;
    assert_eq!(number(&client, "select count(*) from fact_sales_order").await?, 100);
    assert_eq!(published, 100 + 42 + 142, "each version once, whoever published it");
    Ok(())
}

/// Statement 29.
#[tokio::test(flavor = "multi_thread")]
async fn a_run_repeated_from_each_of_its_states_changes_nothing() -> Outcome {
    let stack = lifted(50).await?;
    stack.source.connect().await?.batch_execute(ONE_SALE).await?;
    let execution = stack.run().await?.succeeded()?;
    let reply = execution.outputs("Ingest").last().ok_or("Ingest answered")?.clone();
    let published = execution.outputs("Load").last().ok_or("Load answered")?.clone();
    let client = stack.warehouse.connect().await?;
    let versions = number(&client, VERSIONS).await?;
    let (raw, processed) = (stack.objects("ingest").await?, stack.objects("processed").await?);
    let run = &reply["run"];

    stack.invoke("load", &json!({"action": "begin", "run": run}))?;
    let again = stack.invoke("ingest", &json!({"run": run}))?;
    assert_eq!((&again["parts"], &again["rows"], &again["base"]), (&reply["parts"], &reply["rows"], &reply["base"]));
    for part in reply["parts"].as_array().ok_or("parts is a list")? {
        stack.invoke("transform", &json!({"run": run, "part": part}))?;
    }
    let loaded = stack.invoke("load", &json!({"action": "load", "run": run}))?;
    assert_eq!((&loaded["outcome"], &loaded["number"]), (&json!("published"), &published["number"]));
    stack.invoke("load", &json!({"action": "export", "run": run}))?;

    assert_eq!(stack.objects("ingest").await?, raw);
    assert_eq!(stack.objects("processed").await?, processed);
    assert_eq!(number(&client, VERSIONS).await?, versions);
    stack.agree().await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn an_old_run_loaded_after_newer_ones_puts_no_old_value_back() -> Outcome {
    let stack = lifted(50).await?;
    let from = stack.source.connect().await?;
    from.batch_execute("update design set design_name = 'Old' where design_id = 1").await?;
    let old = "20200101T000000Z-00000000-001";
    stack.invoke("load", &json!({"action": "begin", "run": old}))?;
    let read = stack.invoke("ingest", &json!({"run": old}))?;
    for part in read["parts"].as_array().ok_or("parts is a list")? {
        stack.invoke("transform", &json!({"run": old, "part": part}))?;
    }
    from.batch_execute("update design set design_name = 'New' where design_id = 1").await?;
    stack.run().await?.succeeded()?;
    let late = stack.invoke("load", &json!({"action": "load", "run": old}))?;
    assert_eq!(late["outcome"], "superseded");
    stack.agree().await?;
    Ok(())
}
