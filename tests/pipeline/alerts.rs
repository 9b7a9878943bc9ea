//! An execution that ends without success tells somebody, once, with what a person needs to act.

use std::time::Duration;

use serde_json::{Value, json};
use starlift_testkit::{Inbox, Stack, local_aws, workspace};
use tokio_postgres::Client;

use crate::fragile::Fragile;
use crate::support::{Outcome, number};

/// What every publication does first.
const LOCK: &str = include_str!("../../sql/engine/load/lock_transaction.sql");

/// Statement 31.
#[tokio::test(flavor = "multi_thread")]
async fn a_failure_in_any_step_ends_as_failed_and_tells_once_which_run_which_step_and_why() -> Outcome {
    let fragile = Fragile::lifted().await?;
    let stack = &fragile.stack;
    let inbox = Inbox::of(stack)?;
    let points = ["begin.reply", "ingest.reply", "transform.reply", "load.reply", "export.extract_written"];
    for point in points {
        fragile.change().await?;
        fragile.fail_at(point, "internal always")?;
        let failed = stack.run().await?;
        fragile.mend();
        assert_eq!(failed.error.as_deref(), Some("Starlift.Internal"), "{point}");
        let alerts = inbox.take()?;
        let [alert] = alerts.as_slice() else {
            return Err(format!("{} alerts of a failure at {point}: {alerts:?}", alerts.len()).into());
        };
        let step = point.split('.').next().unwrap_or_default();
        let cause = alert["cause"].as_str().unwrap_or_default();
        // The runs of an execution begin with the time of its start.
        assert!(cause.contains(&format!("{step} of run 2")) && cause.contains(point), "{alert}");
        assert_eq!((&alert["execution"], &alert["error"]), (&json!(failed.arn), &json!("Starlift.Internal")));
        let link = alert["open"].as_str().unwrap_or_default();
        assert!(
            link.starts_with("https://eu-west-2.console.aws.amazon.com/states/") && link.ends_with(&failed.arn),
            "{link}"
        );
        let advice = alert["do"].as_str().unwrap_or_default();
        assert!(advice.contains("starlift redrive") && advice.contains(&failed.arn), "{advice}");

        // What is mended says nothing, and takes nothing back.
        stack.redrive(&failed.arn).await?.succeeded()?;
        stack.agree().await?;
        assert_eq!(inbox.take()?, Vec::<Value>::new(), "{point}");
    }
    Ok(())
}

/// AWS itself says why, and not in which run.
#[tokio::test(flavor = "multi_thread")]
async fn of_a_function_that_is_killed_the_alert_says_where_step_and_run_stand() -> Outcome {
    let fragile = Fragile::lifted().await?;
    let stack = &fragile.stack;
    let inbox = Inbox::of(stack)?;
    fragile.fail_at("load.reply", "kill always")?;
    let failed = stack.run().await?;
    fragile.mend();
    let alert = only(&inbox)?;
    assert_eq!((&alert["execution"], &alert["error"]), (&json!(failed.arn), &json!("Runtime.ExitError")));
    let advice = alert["do"].as_str().unwrap_or_default();
    assert!(advice.contains("starlift redrive") && advice.contains("the page under open shows the step"), "{advice}");
    let states = definition(stack)?["States"].take();
    for state in ["Begin", "Ingest", "Load", "Export"] {
        assert_eq!(states[state]["Arguments"]["Payload"]["run"], "{% $run %}", "the payload of {state} names the run");
    }
    Ok(())
}

/// An execution that a person stops, or that runs out of time, has published nothing since, and a later success must not hide it. Its event
/// has no cause.
#[tokio::test(flavor = "multi_thread")]
async fn an_execution_that_is_stopped_or_runs_out_of_time_tells_too_and_where_step_and_run_stand() -> Outcome {
    let fragile = Fragile::lifted().await?;
    let stack = &fragile.stack;
    let inbox = Inbox::of(stack)?;
    let whole = definition(stack)?;
    let mut short = whole.clone();
    short["TimeoutSeconds"] = json!(2);
    for (status, definition) in [("ABORTED", &whole), ("TIMED_OUT", &short)] {
        redefine(stack, definition)?;
        // While another publication is under way, Load waits for it.
        let mut other = stack.warehouse.connect().await?;
        let publication = other.transaction().await?;
        publication.query_one(LOCK, &[&"totesys"]).await?;
        let execution = stack.start().await?;
        if status == "ABORTED" {
            await_load(publication.client()).await?;
            stack.aws.call("stepfunctions", "stop_execution", &json!({"executionArn": execution}))?;
        }
        let ended = stack.wait(&execution).await?;
        publication.rollback().await?;
        redefine(stack, &whole)?;
        assert_eq!(ended.status.as_str(), status);
        stack.run().await?.succeeded()?;
        let alert = only(&inbox)?;
        assert_eq!((&alert["execution"], &alert["error"]), (&json!(execution), &json!(status)));
        assert!(alert["what"].as_str().is_some_and(|what| what.contains(status)), "{alert}");
        let cause = alert["cause"].as_str().unwrap_or_default();
        assert!(cause.contains(status) && cause.contains("The page under open shows the step"), "{alert}");
        assert!(alert["do"].as_str().is_some_and(|advice| advice.contains("starlift redrive")), "{alert}");
    }
    Ok(())
}

/// A cause may be missing in any of them: AWS names none when a task takes too long, and who stops an execution may give one.
#[test]
fn every_end_without_success_belongs_to_exactly_one_rule_and_to_the_one_that_needs_no_cause_when_there_is_none()
-> Outcome {
    let aws = local_aws().account();
    let alerts = std::fs::read_to_string(workspace::root().join("statemachine/alert.json"))?;
    let alerts: Value = serde_json::from_str(&alerts.replace("${state_machine_arn}", "arn:machine"))?;
    let is_told = |rule: &str, detail: &Value| -> Result<bool, Box<dyn std::error::Error>> {
        let event = json!({
            "id": "1", "account": "1", "time": "2026-01-01T00:00:00Z", "region": "eu-west-2", "resources": [],
            "source": "aws.states", "detail-type": "Step Functions Execution Status Change", "detail": detail,
        });
        let asked = json!({"EventPattern": alerts[rule]["pattern"].to_string(), "Event": event.to_string()});
        Ok(aws.call("events", "test_event_pattern", &asked)?["Result"] == true)
    };
    for status in ["FAILED", "TIMED_OUT", "ABORTED", "SUCCEEDED"] {
        let end = json!({"stateMachineArn": "arn:machine", "status": status});
        let said = [None, Some(Value::Null), Some(json!("it is said"))];
        for (error, cause) in said.iter().flat_map(|error| said.iter().map(move |cause| (error, cause))) {
            let mut detail = end.clone();
            for (field, value) in [("error", error), ("cause", cause)] {
                if let Some(value) = value {
                    detail[field] = value.clone();
                }
            }
            let says_all = detail["error"].is_string() && detail["cause"].is_string();
            let expected = if status == "SUCCEEDED" { (false, false) } else { (says_all, !says_all) };
            assert_eq!((is_told("failed", &detail)?, is_told("unexplained", &detail)?), expected, "{detail}");
        }
    }
    Ok(())
}

/// The one alert that has come since the last look.
fn only(inbox: &Inbox) -> Result<Value, Box<dyn std::error::Error>> {
    let mut alerts = inbox.take()?;
    assert_eq!(alerts.len(), 1, "{alerts:?}");
    Ok(alerts.remove(0))
}

/// The definition of the state machine.
fn definition(stack: &Stack) -> Result<Value, Box<dyn std::error::Error>> {
    let machine = json!({"stateMachineArn": stack.resources.state_machine});
    let described = stack.aws.call("stepfunctions", "describe_state_machine", &machine)?;
    Ok(serde_json::from_str(described["definition"].as_str().ok_or("a definition")?)?)
}

/// Gives the state machine another definition, for executions that start from now on.
fn redefine(stack: &Stack, definition: &Value) -> Outcome {
    let update = json!({"stateMachineArn": stack.resources.state_machine, "definition": definition.to_string()});
    stack.aws.call("stepfunctions", "update_state_machine", &update)?;
    Ok(())
}

/// Waits until Load waits for another publication.
async fn await_load(warehouse: &Client) -> Outcome {
    let waiting = "select count(*) from pg_locks where locktype = 'advisory' and not granted
                      and database = (select oid from pg_database where datname = current_database())";
    let mut looks = 0;
    while number(warehouse, waiting).await? == 0 {
        looks += 1;
        assert!(looks < 1000, "Load does not wait");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Ok(())
}
