//! One event of an execution's history, as far as this command line looks.

use aws_sdk_sfn::primitives::DateTime;
use aws_sdk_sfn::types::{HistoryEvent, HistoryEventType};
use serde::Serialize;
use serde_json::Value;

/// What happened, and when.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Event {
    /// Seconds since 1970.
    pub(crate) at: f64,
    /// What happened.
    pub(crate) what: What,
}

/// What an event says.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum What {
    /// A state that works, a Task or a Map, was entered.
    Entered(String),
    /// It ended with this output.
    Exited(String, Value),
    /// An attempt of a Task failed; another may follow.
    AttemptFailed(Cause),
    /// The execution goes on after it had ended.
    Redriven,
    /// The execution ended without success.
    Ended(Cause),
    /// Anything else.
    Other,
}

/// Why something failed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub(crate) struct Cause {
    /// The error's name, for example `Starlift.InvalidData`.
    pub(crate) error: String,
    /// What it says.
    pub(crate) cause: String,
}

impl Cause {
    /// A failure as Step Functions notes it. The cause that a Lambda gives is JSON: its message is what matters.
    pub(crate) fn new(error: Option<&str>, cause: Option<&str>) -> Self {
        let cause = cause.unwrap_or_default();
        let message = serde_json::from_str::<Value>(cause)
            .ok()
            .and_then(|json| json.get("errorMessage").and_then(Value::as_str).map(str::to_owned));
        Self { error: error.unwrap_or_default().to_owned(), cause: message.unwrap_or_else(|| cause.to_owned()) }
    }
}

impl From<&HistoryEvent> for Event {
    fn from(event: &HistoryEvent) -> Self {
        Self { at: seconds(&event.timestamp), what: what(event) }
    }
}

/// Seconds since 1970.
pub(crate) fn seconds(at: &DateTime) -> f64 {
    at.as_secs_f64()
}

/// Seconds between two moments, to the millisecond that histories are kept in.
pub(crate) fn elapsed(from: f64, to: f64) -> f64 {
    ((to - from) * 1000.0).round() / 1000.0
}

fn what(event: &HistoryEvent) -> What {
    use HistoryEventType as Type;
    match &event.r#type {
        Type::TaskStateEntered | Type::MapStateEntered => {
            event.state_entered_event_details().map_or(What::Other, |details| What::Entered(details.name.clone()))
        }
        Type::TaskStateExited | Type::MapStateExited => {
            let output = |text: Option<&str>| text.and_then(|text| serde_json::from_str(text).ok()).unwrap_or_default();
            event
                .state_exited_event_details()
                .map_or(What::Other, |details| What::Exited(details.name.clone(), output(details.output())))
        }
        Type::ExecutionRedriven => What::Redriven,
        _ => failure(event).unwrap_or(What::Other),
    }
}

fn failure(event: &HistoryEvent) -> Option<What> {
    let of_attempt = |error, cause| Some(What::AttemptFailed(Cause::new(error, cause)));
    let of_execution = |error, cause| Some(What::Ended(Cause::new(error, cause)));
    if let Some(details) = event.task_failed_event_details() {
        return of_attempt(details.error(), details.cause());
    }
    if let Some(details) = event.task_timed_out_event_details() {
        return of_attempt(details.error(), details.cause());
    }
    if let Some(details) = event.task_start_failed_event_details() {
        return of_attempt(details.error(), details.cause());
    }
    if let Some(details) = event.task_submit_failed_event_details() {
        return of_attempt(details.error(), details.cause());
    }
    if let Some(details) = event.execution_failed_event_details() {
        return of_execution(details.error(), details.cause());
    }
    match event.r#type {
        HistoryEventType::ExecutionTimedOut => {
            let details = event.execution_timed_out_event_details();
            let error = details.and_then(|details| details.error()).unwrap_or("States.Timeout");
            of_execution(Some(error), details.and_then(|details| details.cause()))
        }
        HistoryEventType::ExecutionAborted => {
            let details = event.execution_aborted_event_details();
            let error = details.and_then(|details| details.error()).unwrap_or("aborted");
            of_execution(Some(error), details.and_then(|details| details.cause()))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_message_of_a_lambda_is_taken_out_of_its_json() {
        let json = r#"{"errorType":"Starlift.Denied","errorMessage":"no such secret"}"#;
        assert_eq!(Cause::new(Some("Starlift.Denied"), Some(json)).cause, "no such secret");
        assert_eq!(Cause::new(Some("States.Runtime"), Some("plain text")).cause, "plain text");
    }
}
