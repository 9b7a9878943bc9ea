//! `run`, `runs` and `redrive` over the real state machine and functions that only answer.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::{Value, json};
use starlift_testkit::{Blueprint, Stack, cluster, local_aws, python, workspace};

use crate::{Outcome, said, starlift, warehouse_with_ledger};

const ZIP: &str = "
import sys, zipfile
for name in ('ingest', 'transform', 'load'):
    with zipfile.ZipFile(f'{sys.argv[2]}/{name}.zip', 'w') as archive:
        entry = zipfile.ZipInfo('bootstrap')
        entry.external_attr = 0o755 << 16
        archive.writestr(entry, open(sys.argv[1]).read())
";

/// Makes the fake functions fail as told: see `local/tests/fake_function.py`.
fn behave(folder: &Path, failures: &Value) -> std::io::Result<()> {
    let behaviour = json!({"rounds": 2, "parts": ["dim_staff", "payment-1"], "failures": failures, "filler": 0});
    fs::write(folder.join("behaviour.json"), behaviour.to_string())?;
    fs::write(folder.join("events.jsonl"), "")
}

async fn stack(folder: &Path, failures: &Value) -> Result<Stack, Box<dyn std::error::Error>> {
    let fake = workspace::root().join("local/tests/fake_function.py");
    let mut zip = Command::new(python::environment()?.program("python"));
    starlift_testkit::error::run(zip.args(["-c", ZIP]).arg(fake).arg(folder))?;
    behave(folder, failures)?;
    let source = cluster().create_database("source").await?;
    let environment = [("FAKE_FOLDER".to_owned(), folder.display().to_string())].into();
    let blueprint = Blueprint { zips: PathBuf::from(folder), environment, migrated: false, ..Blueprint::default() };
    Ok(Stack::build(local_aws(), source, &blueprint).await?)
}

/// The program with a stack as its AWS.
fn against(stack: &Stack, arguments: &[&str]) -> Command {
    let mut command = starlift(arguments);
    command.envs(stack.aws.environment()).env("STARLIFT_STATE_MACHINE", &stack.resources.state_machine);
    command
}

#[tokio::test]
async fn a_run_is_told_state_by_state_and_reported_as_one_document() -> Outcome {
    let folder = tempfile::tempdir()?;
    let stack = stack(folder.path(), &json!({})).await?;
    let told = said(&mut against(&stack, &["run", "--wait", "--json"]))?;
    assert_eq!(told.code, Some(0), "{}", told.err);
    assert!(told.err.starts_with("AWS, state machine arn:aws:states:"), "the target comes first: {}", told.err);
    assert!(told.err.contains("round 1") && told.err.contains("round 2"), "{}", told.err);
    let report: Value = serde_json::from_str(&told.out)?;
    assert_eq!(report["status"], "SUCCEEDED");
    assert_eq!(report["runs"].as_array().map(Vec::len), Some(2));
    assert_eq!(report["peak_memory_mib"]["transform"], 10);
    let states = report["states"].as_array().ok_or("no states")?;
    assert_eq!(states.iter().filter(|state| state["state"] == "TransformPart").count(), 4);
    assert_eq!(states[1]["output"]["rows"], 10);
    Ok(())
}

#[tokio::test]
async fn a_failed_run_ends_with_the_command_that_goes_on_and_it_does() -> Outcome {
    let folder = tempfile::tempdir()?;
    let stack = stack(folder.path(), &json!({"payment-1": {"error": "Starlift.Denied", "times": 1}})).await?;
    let failed = said(&mut against(&stack, &["run", "--wait"]))?;
    assert_eq!(failed.code, Some(1), "{}", failed.err);
    assert!(failed.err.contains("error: Starlift.Denied\ncause: as planned\n"), "{}", failed.err);
    let command = failed.err.lines().find_map(|line| line.strip_prefix("go on from there with: starlift "));
    let arguments: Vec<&str> = command.ok_or("no command")?.split(' ').chain(["--wait"]).collect();

    let redriven = said(&mut against(&stack, &arguments))?;
    assert_eq!(redriven.code, Some(0), "{}", redriven.err);
    assert!(redriven.err.contains("\nredriven\n") && redriven.err.contains("SUCCEEDED in"), "{}", redriven.err);

    let listed = said(&mut against(&stack, &["runs", "--json"]))?;
    let runs: Value = serde_json::from_str(&listed.out)?;
    assert_eq!((&runs[0]["status"], &runs[0]["redrives"]), (&json!("SUCCEEDED"), &json!(1)));
    Ok(())
}

#[tokio::test]
async fn a_run_that_failed_on_its_rows_ends_with_the_command_that_starts_another() -> Outcome {
    let folder = tempfile::tempdir()?;
    let stack = stack(folder.path(), &json!({"payment-1": {"error": "Starlift.InvalidData", "times": 1}})).await?;
    let failed = said(&mut against(&stack, &["run", "--wait"]))?;
    let command =
        failed.err.lines().find_map(|line| line.strip_prefix("when that is mended, start anew with: starlift "));
    let arguments: Vec<&str> = command.ok_or("no command")?.split(' ').collect();
    let anew = said(&mut against(&stack, &arguments))?;
    assert_eq!(anew.code, Some(0), "{}", anew.err);
    Ok(())
}

#[tokio::test]
async fn runs_say_what_each_execution_has_published_and_which_failed_one_still_matters() -> Outcome {
    let folder = tempfile::tempdir()?;
    let stack = stack(folder.path(), &json!({})).await?;
    assert_eq!(said(&mut against(&stack, &["run", "--wait"]))?.code, Some(0));
    let events = fs::read_to_string(folder.path().join("events.jsonl"))?;
    let first: Value = serde_json::from_str(events.lines().next().unwrap_or_default())?;
    let run = first["run"].as_str().ok_or("no run")?;
    behave(folder.path(), &json!({"load": {"error": "Starlift.InvalidData", "times": 9}}))?;
    assert_eq!(said(&mut against(&stack, &["run", "--wait"]))?.code, Some(1));

    let warehouse = warehouse_with_ledger().await?;
    let publish = "insert into etl.run (run, published_at, more, source, models, result)
                   values ($1, now(), false, '{\"horizon\": 4711, \"taken_at\": \"2026-11-20T12:00:00Z\"}', '{}', '{}')";
    warehouse.connect().await?.execute(publish, &[&run]).await?;
    let listed = said(&mut against(&stack, &["runs", "--warehouse", &warehouse.url()]))?.out;
    let lines: Vec<&str> = listed.lines().collect();
    assert!(lines[1].contains("FAILED") && lines[1].contains("still matters"), "{listed}");
    assert!(lines[2].contains("SUCCEEDED") && lines[2].ends_with("4711     publication 1"), "{listed}");
    Ok(())
}

/// Two rounds of two parts: eleven calls, each of a second and a half with 2 GB, two writes and three reads.
#[tokio::test]
async fn the_cost_of_an_execution_is_the_formula_over_what_its_functions_said() -> Outcome {
    let folder = tempfile::tempdir()?;
    let stack = stack(folder.path(), &json!({})).await?;
    assert_eq!(said(&mut against(&stack, &["run", "--wait"]))?.code, Some(0));
    let priced = said(&mut against(&stack, &["cost", "--json"]))?;
    assert_eq!(priced.code, Some(0), "{}", priced.err);
    let statement: Value = serde_json::from_str(&priced.out)?;
    let execution = &statement["executions"][0];
    assert_eq!((&execution["invocations"], &execution["transitions"]), (&json!(11), &json!(19)));
    assert_eq!(execution["arm64_gb_seconds"], 33.0);
    let usd = 33.0 * 0.000_013_333_4 + 11.0 * 0.000_000_2 + 19.0 * 0.000_025 + 22.0 * 0.000_005 + 33.0 * 0.000_000_4;
    assert!((execution["usd"]["total"].as_f64().unwrap_or_default() - usd).abs() < 1e-12, "{execution}");
    assert_eq!(statement["usd_per_month"], Value::Null, "one execution has no rate");

    let prices = folder.path().join("free.toml");
    let ours = fs::read_to_string(workspace::root().join("crates/starlift/src/cost/prices.toml"))?;
    let free = |line: &str| match line.split_once(" = 0.") {
        Some((name, _)) => format!("{name} = 0.0"),
        None => line.to_owned(),
    };
    fs::write(&prices, ours.lines().map(free).collect::<Vec<_>>().join("\n"))?;
    let told = said(against(&stack, &["cost", "--prices"]).arg(&prices))?.out;
    let sum = told.lines().find(|line| line.starts_with("1 execution ")).ok_or("no sum")?;
    assert!(sum.ends_with("0.000000"), "{told}");
    assert!(told.contains("not in it: what is paid by the month"), "{told}");
    Ok(())
}

#[test]
fn without_a_stack_the_command_that_starts_one_is_named() -> Outcome {
    let folder = tempfile::tempdir()?;
    for arguments in [&["run"][..], &["runs"], &["cost"], &["redrive", "nightly"]] {
        let refused = said(starlift(arguments).current_dir(folder.path()))?;
        assert_eq!(refused.code, Some(1));
        assert!(refused.err.contains("cargo xtask local up"), "{}", refused.err);
    }
    Ok(())
}

#[test]
fn a_stack_that_is_down_is_named_with_what_to_do() -> Outcome {
    let folder = tempfile::tempdir()?;
    fs::create_dir(folder.path().join(".local"))?;
    let down = json!({
        "endpoint": "http://127.0.0.1:9",
        "region": "eu-west-2",
        "state_machine": "arn:aws:states:eu-west-2:000000000000:stateMachine:starlift-totesys"
    });
    fs::write(folder.path().join(".local/stack.json"), down.to_string())?;
    let refused = said(starlift(&["runs"]).current_dir(folder.path()))?;
    assert_eq!(refused.code, Some(1));
    assert!(refused.err.starts_with("local stack at http://127.0.0.1:9, state machine starlift-totesys"));
    assert!(refused.err.contains("does not answer\nstart it with `cargo xtask local up`"), "{}", refused.err);
    Ok(())
}

#[tokio::test]
async fn a_replay_takes_as_many_executions_as_its_runs_need() -> Outcome {
    let folder = tempfile::tempdir()?;
    let stack = stack(folder.path(), &json!({})).await?;
    let runs: Vec<String> = (1..=101).map(|n| format!("20240101T000000Z-00000000-{n:03}")).collect();
    let behaviour = json!({"rounds": 1, "parts": [], "failures": {}, "filler": 0, "replayed": runs});
    fs::write(folder.path().join("behaviour.json"), behaviour.to_string())?;

    let told = said(&mut against(&stack, &["replay", "--from", &runs[0], "--wait"]))?;
    assert_eq!(told.code, Some(0), "{}", told.err);
    assert_eq!(told.out.lines().count(), 2, "a hundred rounds and one: {}", told.out);
    let events = fs::read_to_string(folder.path().join("events.jsonl"))?;
    let events: Vec<Value> = events.lines().map(serde_json::from_str).collect::<Result<_, _>>()?;
    let asked: Vec<&Value> = events.iter().filter(|event| event["action"] == "begin").collect();
    assert!(asked.iter().all(|event| event["replay"] == json!({"from": runs[0]})), "{asked:?}");
    for action in [None, Some("load")] {
        let of_action = events.iter().filter(|event| event["action"].as_str() == action);
        let ran: Vec<(&str, &Value)> =
            of_action.filter_map(|event| Some((event["run"].as_str()?, &event["replaying"]))).collect();
        let expected: Vec<(&str, &Value)> = runs.iter().map(|run| (run.as_str(), &Value::Bool(true))).collect();
        assert_eq!(ran, expected, "{action:?}");
    }
    Ok(())
}
