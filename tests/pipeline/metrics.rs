//! The metrics that a run leaves, as CloudWatch takes them out of the logs.

use std::collections::BTreeMap;

use serde_json::Value;
use starlift_lake::{IngestManifest, keys};
use starlift_testkit::{Blueprint, Stack, local_aws};

use crate::deployment;
use crate::support::{ONE_DELETION, ONE_ROW_HELD, ONE_SALE, Outcome, definition_with, generated, lifted, log_lines};
use crate::watched::Watched;

/// What each step says beside what it took.
const STEPS: [(&str, &str, &[&str]); 5] = [
    ("load", "begin", &["WarehouseAge"]),
    ("ingest", "ingest", &["BytesWritten", "RowsRead"]),
    ("transform", "transform", &["BytesRead", "BytesWritten", "RowsHeld", "RowsRead", "RowsWritten"]),
    (
        "load",
        "load",
        &["ChangeLag", "RowsDeleted", "RowsHeld", "RowsInQuarantine", "RowsRead", "RowsWritten", "WarehouseAge"],
    ),
    ("load", "export", &["BytesWritten", "RowsWritten"]),
];

/// The metrics that a step of a run has written, a line each time.
fn metrics(stack: &Stack, function: &str, step: &str, run: &str) -> Result<Vec<Value>, Box<dyn std::error::Error>> {
    let is_meant = |line: &Value| line["_aws"].is_object() && line["step"] == step && line["run"] == run;
    Ok(log_lines(stack, function)?.into_iter().filter(is_meant).collect())
}

#[tokio::test(flavor = "multi_thread")]
async fn every_step_of_a_run_says_what_it_did_and_what_it_took() -> Outcome {
    let watched = Watched::lifted().await?;
    let stack = &watched.stack;
    stack.source.connect().await?.batch_execute(ONE_SALE).await?;
    let execution = stack.run().await?.succeeded()?;
    let run = execution.output["run"].as_str().ok_or("the output names the run")?;
    for (function, step, names) in STEPS {
        let written = metrics(stack, function, step, run)?;
        let times = if step == "transform" { execution.outputs("TransformPart").count() } else { 1 };
        assert_eq!(written.len(), times, "{step}");
        for line in written {
            let directive = &line["_aws"]["CloudWatchMetrics"][0];
            let units: BTreeMap<&str, &str> = directive["Metrics"]
                .as_array()
                .into_iter()
                .flatten()
                .filter_map(|metric| Some((metric["Name"].as_str()?, metric["Unit"].as_str()?)))
                .collect();
            let mut expected: Vec<&str> = [names, &["Duration", "PeakMemory"]].concat();
            expected.sort_unstable();
            assert_eq!(units.keys().copied().collect::<Vec<_>>(), expected, "{step}");
            assert_eq!((units["Duration"], units["PeakMemory"]), ("Seconds", "Megabytes"));
            assert!(line["PeakMemory"].as_f64() > Some(1.0) && line["Duration"].as_f64() > Some(0.0), "{line}");
            assert_eq!((&line["pipeline"], &directive["Namespace"]), (&"totesys".into(), &"Starlift".into()));
        }
    }
    let only = |function, step| Ok::<_, Box<dyn std::error::Error>>(metrics(stack, function, step, run)?.remove(0));
    let (ingest, load) = (only("ingest", "ingest")?, only("load", "load")?);
    assert_eq!(ingest["RowsRead"].as_f64(), Some(3.0), "a sale, its transaction and its payment");
    assert_eq!(load["RowsWritten"].as_f64(), Some(3.0), "two versions of facts and a row of a dimension");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn what_steps_count_is_what_became_of_rows_and_objects() -> Outcome {
    let stack = lifted(50).await?;
    let source = stack.source.connect().await?;
    for change in [ONE_SALE, ONE_ROW_HELD, ONE_DELETION] {
        source.batch_execute(change).await?;
    }
    let execution = stack.run().await?.succeeded()?;
    let run = execution.output["run"].as_str().ok_or("the output names the run")?;
    let sum = |function, step, metric: &str| -> Result<f64, Box<dyn std::error::Error>> {
        Ok(metrics(&stack, function, step, run)?.iter().filter_map(|line| line[metric].as_f64()).sum())
    };
    assert_eq!(execution.sum("TransformPart", "held"), 1, "the currency");
    assert_eq!(sum("transform", "transform", "RowsHeld")?, 1.0);
    assert_eq!(sum("load", "load", "RowsHeld")?, 2.0, "the currency and the sales order");
    assert_eq!(sum("load", "load", "RowsDeleted")?, 1.0);

    let of_this_run = |key: &str| key.contains(run) && !key.ends_with("-keys.csv") && !key.starts_with("quarantine/");
    assert_eq!(sum("ingest", "ingest", "BytesWritten")?, bytes(&stack, "ingest", of_this_run).await?);
    assert_eq!(sum("transform", "transform", "BytesWritten")?, bytes(&stack, "processed", of_this_run).await?);
    let manifest = stack.object("control", &keys::ingest_manifest(run)).await?;
    let manifest: IngestManifest = serde_json::from_slice(&manifest)?;
    let mut read = 0.0;
    for object in manifest.parts.iter().flat_map(|part| part.inputs.values().flatten()) {
        read += bytes(&stack, "ingest", |key| key == object.key).await?;
    }
    assert_eq!(sum("transform", "transform", "BytesRead")?, read);
    let extracts = u32::try_from(execution.sum("Export", "bytes"))?;
    assert!(extracts > 0, "tables have changed");
    assert_eq!(sum("load", "export", "BytesWritten")?, f64::from(extracts));
    Ok(())
}

/// How many bytes the objects of a zone have together, those that are meant; there are some.
async fn bytes(stack: &Stack, zone: &str, is_meant: impl Fn(&str) -> bool) -> Result<f64, Box<dyn std::error::Error>> {
    let mut sum = 0;
    for key in stack.objects(zone).await?.into_keys().filter(|key| is_meant(key)) {
        sum += stack.object(zone, &key).await?.len();
    }
    assert!(sum > 0, "no such object in {zone}");
    Ok(f64::from(u32::try_from(sum)?))
}

/// A chart or an alarm on a metric that nobody writes is empty, and nobody notices.
#[test]
fn what_is_charted_and_watched_is_what_steps_write() -> Outcome {
    let is_written = |metric: &str, step: &str| {
        let mut of_step = STEPS.iter().filter(|(_, name, _)| *name == step).flat_map(|(.., names)| *names);
        STEPS.iter().any(|(_, name, _)| *name == step)
            && (["Duration", "PeakMemory"].contains(&metric) || of_step.any(|name| *name == metric))
    };
    let dashboard = deployment::file("dashboard.tf")?;
    let list = dashboard.split_once("for measure in [").and_then(|(_, rest)| rest.split_once("] :"));
    // Every second text in quotation marks is a metric, and the one after it its step.
    let quoted: Vec<&str> = list.ok_or("dashboard.tf lists what it charts")?.0.split('"').skip(1).step_by(2).collect();
    for pair in quoted.chunks(2) {
        assert!(pair.len() == 2 && is_written(pair[0], pair[1]), "the dashboard charts {pair:?}");
    }
    for name in ["freshness", "quarantine"] {
        let alarm = deployment::alarm(name, "")?;
        let dimensions = alarm["Dimensions"].as_array().into_iter().flatten();
        let step = dimensions.filter(|dimension| dimension["Name"] == "step").find_map(|found| found["Value"].as_str());
        assert!(is_written(alarm["MetricName"].as_str().unwrap_or_default(), step.unwrap_or_default()), "{alarm}");
    }
    Ok(())
}

/// What a slice leaves over was committed before any snapshot that is known of.
#[tokio::test(flavor = "multi_thread")]
async fn how_long_a_change_was_on_its_way_is_known_from_the_first_run_after_one_that_left_nothing_over() -> Outcome {
    let definition = definition_with("pipeline.toml", |text| text.replace("slice_rows = 1000000", "slice_rows = 20"))?;
    let blueprint = Blueprint { definition: Some(definition.path().to_owned()), ..Blueprint::default() };
    let stack = Stack::build(local_aws(), generated(50).await?, &blueprint).await?;
    let mut known = Vec::new();
    for _ in 0..2 {
        let execution = stack.run().await?.succeeded()?;
        let runs = execution.outputs("Load").filter_map(|output| output["run"].as_str());
        let lags = runs.map(|run| Ok(metrics(&stack, "load", "load", run)?.remove(0)["ChangeLag"].is_number()));
        known.push(lags.collect::<Result<Vec<bool>, Box<dyn std::error::Error>>>()?);
    }
    assert!(known[0].len() > 2 && known[0].iter().all(|is_known| !is_known), "{known:?}");
    assert_eq!(known[1], [true]);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_age_of_the_warehouse_goes_by_the_clocks_of_the_databases() -> Outcome {
    let watched = Watched::lifted().await?;
    let stack = &watched.stack;
    let (from, to) = (stack.source.connect().await?, stack.warehouse.connect().await?);
    // A function whose clock is wrong does not make the warehouse old.
    watched.minutes_later(120)?;
    from.batch_execute(ONE_SALE).await?;
    let execution = stack.run().await?.succeeded()?;
    let run = execution.output["run"].as_str().ok_or("the output names the run")?;
    let line = metrics(stack, "load", "load", run)?.remove(0);
    // Of the last snapshot and the one before it: now they are older than when the run became visible, and then than when it was published.
    let ages = |now| {
        format!(
            "select extract(epoch from {now} - (source ->> 'taken_at')::timestamptz)::float8 from etl.run order by number desc"
        )
    };
    let age = async |now| {
        let rows = to.query(&ages(now), &[]).await?;
        Ok::<(f64, f64), tokio_postgres::Error>((rows[0].get(0), rows[1].get(0)))
    };
    let last = "(select max(published_at) from etl.run)";
    let (least, most) = (age(last).await?, age("clock_timestamp()").await?);
    let (found, lag) = (line["WarehouseAge"].as_f64(), line["ChangeLag"].as_f64());
    assert!(found > Some(least.0) && found < Some(most.0), "{found:?} is not between {} and {}", least.0, most.0);
    assert!(lag > Some(least.1) && lag < Some(most.1), "{lag:?} is not between {} and {}", least.1, most.1);
    Ok(())
}
