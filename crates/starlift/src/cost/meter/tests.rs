//! What the history of an execution says of its cost: two rounds, a part that failed once, and a `Load` that failed and was redriven.

use aws_sdk_sfn::primitives::DateTime;

use super::*;
use crate::fixture;

/// The recorded execution, as functions with this usage would have left it.
fn with_usage(usage: &Value) -> Vec<HistoryEvent> {
    let mut events = fixture::redriven_execution();
    for event in &mut events {
        let Some(details) = &mut event.state_exited_event_details else {
            continue;
        };
        let mut output: Value = details.output().and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
        if let Some(place) = output.get_mut("usage") {
            *place = usage.clone();
            details.output = Some(output.to_string());
        }
    }
    events
}

fn usage(architecture: &str) -> Value {
    serde_json::json!({
        "seconds": 1.5, "init_seconds": 0.5, "peak_memory_mib": 10, "memory_mib": 2048, "architecture": architecture,
        "s3_writes": 3, "s3_reads": 2
    })
}

#[test]
fn every_attempt_and_every_other_state_is_a_transition() {
    let used = measure(&with_usage(&usage("arm64")));
    // Two rounds of Begin, Ingest, two parts and Load, one Export; one part and one Load twice.
    assert_eq!(used.invocations, 2 * 5 + 1 + 2);
    // Start and Done; NameRun, Transform and More in each round.
    assert_eq!(used.transitions, used.invocations + 2 + 2 * 3);
    assert_eq!(used.unpriced, 0);
}

#[test]
fn seconds_cost_by_the_memory_of_their_function_on_its_processor() {
    let used = measure(&with_usage(&usage("arm64")));
    // Eleven attempts replied, with two seconds each; the two that failed took 0.125 and 0.007.
    assert!((used.seconds - 22.132).abs() < 1e-6, "{used:?}");
    assert!((used.arm64_gb_seconds - 2.0 * used.seconds).abs() < 1e-6, "{used:?}");
    assert_eq!((used.x86_64_gb_seconds, used.s3_writes, used.s3_reads), (0.0, 33, 22));
    // Ingest's bytes and nobody else's.
    assert_eq!(used.raw_bytes, 200);
    assert!(measure(&with_usage(&usage("x86_64"))).x86_64_gb_seconds > 0.0);
}

#[test]
fn what_an_older_version_does_not_say_has_no_price() {
    let used = measure(&with_usage(&serde_json::json!({"seconds": 1.5, "peak_memory_mib": 10})));
    assert_eq!((used.unpriced, used.gb_seconds()), (used.invocations, 0.0));
    assert!(used.seconds > 16.5);
}

#[test]
fn an_attempt_that_was_throttled_is_a_transition_and_no_call() {
    let mut events = with_usage(&usage("arm64"));
    let before = measure(&events);
    for event in &mut events {
        if let Some(details) = &mut event.task_failed_event_details {
            details.error = Some(THROTTLED.to_owned());
        }
    }
    let after = measure(&events);
    assert_eq!((after.invocations, after.transitions), (before.invocations - 2, before.transitions));
}

#[test]
fn attempts_under_way_when_an_execution_is_aborted_count_up_to_then() {
    // Both parts of the first round are under way.
    let mut events = with_usage(&usage("arm64"));
    events.truncate(18);
    let begun: Vec<f64> = [15, 17].map(|at: usize| seconds(&events[at].timestamp)).to_vec();
    let end = DateTime::from_secs_f64(begun[1] + 3.0);
    let aborted = HistoryEvent::builder().timestamp(end).r#type(HistoryEventType::ExecutionAborted);
    events.push(aborted.id(19).previous_event_id(18).build().expect("builds"));
    let used = measure(&events);
    // `Begin` and `Ingest` replied; the memory of the parts' function is not known.
    assert_eq!((used.invocations, used.unpriced), (4, 2));
    let expected = 2.0 * 2.0 + (begun[1] + 3.0 - begun[0]) + 3.0;
    assert!((used.seconds - expected).abs() < 1e-3, "{used:?}");
}
