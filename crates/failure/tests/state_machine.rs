//! Holds [`FailureKind`] and the state machine's `Retry` lists together.

use std::collections::BTreeSet;
use std::path::Path;

use serde_json::Value;
use starlift_failure::FailureKind;

fn state_machine() -> Value {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../statemachine/pipeline.asl.json");
    serde_json::from_str(&std::fs::read_to_string(file).expect("the state machine is there")).expect("it is JSON")
}

/// Every state, those inside a Map among them, with its name.
fn states(machine: &Value) -> Vec<(String, &Value)> {
    let mut found = Vec::new();
    for (name, state) in machine["States"].as_object().expect("States is an object") {
        found.push((name.clone(), state));
        if state.get("ItemProcessor").is_some() {
            found.extend(states(&state["ItemProcessor"]));
        }
    }
    found
}

fn retried_names(state: &Value) -> BTreeSet<&str> {
    let retriers = state["Retry"].as_array().into_iter().flatten();
    let names = retriers.flat_map(|retrier| retrier["ErrorEquals"].as_array().into_iter().flatten());
    names.filter_map(Value::as_str).collect()
}

#[test]
fn the_state_machine_retries_exactly_the_kinds_that_may_pass() {
    let machine = state_machine();
    let tasks: Vec<_> = states(&machine).into_iter().filter(|(_, state)| state["Type"] == "Task").collect();
    assert!(tasks.len() >= 5, "Begin, Ingest, Transform, Load and Export are tasks");
    for (name, task) in tasks {
        let ours: BTreeSet<&str> =
            retried_names(task).into_iter().filter(|error| error.starts_with("Starlift.")).collect();
        let expected = FailureKind::ALL.into_iter().filter(|kind| kind.is_retried()).map(FailureKind::error_type);
        assert_eq!(ours, expected.collect(), "state {name}");
    }
}

#[test]
fn no_state_ends_the_run_where_a_redrive_could_not_go_on() {
    let machine = state_machine();
    for (name, state) in states(&machine) {
        assert!(state.get("Catch").is_none(), "state {name} has a Catch");
        assert_ne!(state["Type"], "Fail", "state {name}");
        let names = retried_names(state);
        assert!(!names.contains("States.ALL") && !names.contains("States.TaskFailed"), "state {name}");
    }
}
