//! What a run logs: each table in each phase once, and no value of a row.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use starlift_definition::Definition;
use starlift_testkit::{Blueprint, Inbox, Stack, local_aws, workspace};

use crate::support::{ONE_SALE, Outcome, definition_with, generated, log_lines};

/// The lines about tables that a run has logged, by phase, table and part.
type Phases = BTreeMap<(String, String, String), Vec<Value>>;

fn phases(stack: &Stack, run: &str) -> Result<Phases, Box<dyn std::error::Error>> {
    let mut found = Phases::new();
    for function in ["ingest", "transform", "load"] {
        for line in log_lines(stack, function)?.into_iter().filter(|line| line["run"] == run) {
            let text = |name: &str| line[name].as_str().unwrap_or_default().to_owned();
            if line["phase"].is_string() {
                found.entry((text("phase"), text("table"), text("part"))).or_default().push(line.clone());
            }
        }
    }
    Ok(found)
}

#[tokio::test(flavor = "multi_thread")]
async fn every_table_has_one_line_for_each_phase_of_a_run() -> Outcome {
    let stack = Stack::over(generated(50).await?).await?;
    let pipeline = Definition::load(&workspace::pipeline("totesys"))?.pipeline;
    let targets = || pipeline.dimensions.keys().chain(pipeline.facts.keys());
    for round in ["everything is new", "a sale is new", "nothing is new"] {
        if round == "a sale is new" {
            stack.source.connect().await?.batch_execute(ONE_SALE).await?;
        }
        let execution = stack.run().await?.succeeded()?;
        let run = execution.output["run"].as_str().ok_or("the output names the run")?;
        let manifest: Value =
            serde_json::from_slice(&stack.object("control", &format!("runs/{run}/ingest.json")).await?)?;
        let place = |phase: &str, table: &str| (phase.to_owned(), table.to_owned(), String::new());
        let mut expected: Vec<_> = pipeline.tables.keys().map(|table| place("read", table)).collect();
        expected.extend(targets().flat_map(|table| ["staged", "published"].map(|phase| place(phase, table))));
        for part in manifest["parts"].as_array().into_iter().flatten() {
            let named = |value: &Value| value.as_str().unwrap_or_default().to_owned();
            let models = part["models"].as_array().into_iter().flatten();
            expected.extend(models.map(|model| ("transformed".to_owned(), named(model), named(&part["name"]))));
        }
        let found = phases(&stack, run)?;
        let sum = |phase: &str, field: &str| -> i64 {
            let lines = found.iter().filter(|((of, ..), _)| of == phase).flat_map(|(_, lines)| lines);
            lines.filter_map(|line| line[field].as_i64()).sum()
        };
        // Extracts are written of the tables that the run has changed.
        let is_changed = |table: &&String| {
            let published = found.get(&place("published", table)).into_iter().flatten();
            published.flat_map(|line| [&line["rows"], &line["closed"]]).any(|rows| rows.as_i64() > Some(0))
        };
        expected.extend(targets().filter(is_changed).map(|table| place("exported", table)));
        expected.sort();
        assert_eq!(found.keys().cloned().collect::<Vec<_>>(), expected, "{round}");
        let repeated: Vec<_> = found.iter().filter(|(_, lines)| lines.len() > 1).collect();
        assert!(repeated.is_empty(), "{round}: {repeated:?}");
        for line in found.values().flatten() {
            assert!(line["rows"].is_u64() && line["seconds"].is_f64(), "{round}: {line}");
        }
        assert_eq!(sum("read", "rows"), execution.sum("Ingest", "rows"), "{round}");
        assert_eq!(sum("read", "bytes"), execution.sum("Ingest", "bytes"), "{round}");
        assert_eq!(sum("transformed", "rows"), execution.sum("TransformPart", "rows"), "{round}");
        let written = execution.sum("Load", "versions") + execution.sum("Load", "dimension_rows");
        assert_eq!(sum("published", "rows"), written, "{round}");
        assert_eq!(sum("exported", "bytes"), execution.sum("Export", "bytes"), "{round}");
    }
    Ok(())
}

/// Stands in every column of text that the pipeline reads.
const MARKER: &str = "Zyxwvutsr";

/// Puts the marker into the first row of each table, in all columns of text: dates become unreadable, so these rows are held back.
const MARK: &str = "
    select format('update %I set %s where ctid = (select min(ctid) from %1$I)', table_name, string_agg(format('%I = %L', column_name, $1::text), ', '))
      from information_schema.columns
     where table_schema = 'public' and data_type = 'character varying' and character_maximum_length is null
     group by table_name";

#[tokio::test(flavor = "multi_thread")]
async fn no_value_of_a_row_is_in_a_log_a_history_or_an_alert() -> Outcome {
    let definition =
        definition_with("pipeline.toml", |text| text.replace("[settings]", "[settings]\nmax_held_rows = 1"))?;
    let blueprint = Blueprint { definition: Some(definition.path().to_owned()), ..Blueprint::default() };
    let stack = Stack::build(local_aws(), generated(50).await?, &blueprint).await?;
    let inbox = Inbox::of(&stack)?;
    let (from, to) = (stack.source.connect().await?, stack.warehouse.connect().await?);
    let mark = async || -> Outcome {
        for row in from.query(MARK, &[&MARKER]).await? {
            from.batch_execute(row.get(0)).await?;
        }
        Ok(())
    };
    mark().await?;
    let mut executions = vec![stack.run().await?.succeeded()?];
    assert!(executions[0].sum("TransformPart", "held") >= 3, "unreadable dates of three facts");

    // A warehouse that refuses a value quotes the row; a model that fails quotes a cell; a flood of rows is told by its commonest reason.
    let refusing = format!("alter table dim_design add constraint refused check (file_name <> 'x{MARKER}') not valid");
    to.batch_execute(&refusing).await?;
    from.batch_execute(&format!("update design set file_name = 'x{MARKER}' where design_id = 2")).await?;
    executions.push(stack.run().await?);
    to.batch_execute("alter table dim_design drop constraint refused").await?;
    from.batch_execute(&format!("update sales_order set agreed_payment_date = '{MARKER}' where sales_order_id < 9"))
        .await?;
    executions.push(stack.run().await?);
    for failed in &executions[1..] {
        assert_eq!(failed.error.as_deref(), Some("Starlift.InvalidData"), "{}", failed.message());
    }

    let mut written: Vec<(String, String)> = Vec::new();
    for group in ["ingest", "transform", "load", "state_machine"] {
        written.extend(stack.logs(group)?.into_iter().map(|line| (format!("log of {group}"), line)));
    }
    for execution in &executions {
        let named = json!({"executionArn": execution.arn});
        for asked in ["describe_execution", "get_execution_history"] {
            written.push((asked.to_owned(), stack.aws.call("stepfunctions", asked, &named)?.to_string()));
        }
    }
    let alerts = inbox.take()?;
    assert_eq!(alerts.len(), 2, "{alerts:?}");
    written.extend(alerts.iter().map(|alert| ("alert".to_owned(), alert.to_string())));
    let (previews, others): (Vec<_>, Vec<_>) =
        written.into_iter().partition(|(_, line)| line.contains("\"target\":\"starlift::preview\""));
    let shows = |(_, line): &&(String, String)| line.contains(MARKER);
    assert!(previews.iter().any(|line| shows(&line)), "the marker is in no row that is shown on purpose");
    let told: Vec<_> = others.iter().filter(shows).collect();
    assert!(told.is_empty(), "a value is told: {told:?}");
    Ok(())
}

/// A table that waits for one in mid-slice has its line too: it was looked at.
#[tokio::test(flavor = "multi_thread")]
async fn a_table_that_waits_says_so() -> Outcome {
    let definition = definition_with("pipeline.toml", |text| text.replace("slice_rows = 1000000", "slice_rows = 20"))?;
    let blueprint = Blueprint { definition: Some(definition.path().to_owned()), ..Blueprint::default() };
    let stack = Stack::build(local_aws(), generated(50).await?, &blueprint).await?;
    let execution = stack.run().await?.succeeded()?;
    let first = execution.outputs("Begin").next().and_then(|output| output["run"].as_str()).ok_or("a run")?;
    let found = phases(&stack, first)?;
    let payment = &found[&("read".to_owned(), "payment".to_owned(), String::new())];
    assert!(
        payment.len() == 1 && payment[0]["message"].as_str().is_some_and(|text| text.contains("waits")),
        "{payment:?}"
    );
    Ok(())
}
