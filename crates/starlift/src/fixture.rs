//! A recorded execution, for tests.

use aws_sdk_sfn::primitives::DateTime;
use aws_sdk_sfn::types::{
    ExecutionFailedEventDetails, HistoryEvent, HistoryEventType, StateEnteredEventDetails, StateExitedEventDetails,
    TaskFailedEventDetails,
};
use serde_json::Value;

/// Two rounds; a part was retried, and `Load` of the first round failed and was redriven. As `get-execution-history` gives it.
const REDRIVEN: &str = include_str!("../fixtures/redriven_execution.json");

/// The events of that execution, oldest first.
pub(crate) fn redriven_execution() -> Vec<HistoryEvent> {
    let document: Value = serde_json::from_str(REDRIVEN).expect("is JSON");
    let events = document["events"].as_array().expect("an array");
    events.iter().map(history_event).collect()
}

fn history_event(json: &Value) -> HistoryEvent {
    let text = |of: &str, key: &str| json[of][key].as_str().map(str::to_owned);
    let has = |of: &str| json.get(of).is_some();
    let id = json["id"].as_i64().expect("an id");
    let entered = StateEnteredEventDetails::builder().set_name(text("stateEnteredEventDetails", "name"));
    let exited = StateExitedEventDetails::builder()
        .set_name(text("stateExitedEventDetails", "name"))
        .set_output(text("stateExitedEventDetails", "output"));
    let failed = TaskFailedEventDetails::builder()
        .set_resource_type(Some("lambda".to_owned()))
        .set_resource(text("taskFailedEventDetails", "resource"))
        .set_error(text("taskFailedEventDetails", "error"))
        .set_cause(text("taskFailedEventDetails", "cause"));
    let ended = ExecutionFailedEventDetails::builder()
        .set_error(text("executionFailedEventDetails", "error"))
        .set_cause(text("executionFailedEventDetails", "cause"));
    HistoryEvent::builder()
        .timestamp(DateTime::from_secs_f64(json["timestamp"].as_f64().expect("a time")))
        .r#type(HistoryEventType::from(json["type"].as_str().expect("a type")))
        .id(id)
        .previous_event_id(id - 1)
        .set_state_entered_event_details(has("stateEnteredEventDetails").then(|| entered.build().expect("builds")))
        .set_state_exited_event_details(has("stateExitedEventDetails").then(|| exited.build().expect("builds")))
        .set_task_failed_event_details(has("taskFailedEventDetails").then(|| failed.build().expect("builds")))
        .set_execution_failed_event_details(has("executionFailedEventDetails").then(|| ended.build()))
        .build()
        .expect("builds")
}
