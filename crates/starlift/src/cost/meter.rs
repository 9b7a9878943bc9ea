//! What an execution has used, from its history.
//!
//! An attempt that succeeded says so itself, in the reply of its function. One that failed has no reply: its time is that from its start to
//! its failure, which is what AWS bills or a little more, and its function's memory is that of the attempts that did reply. One that was
//! under way when the execution ended counts up to that end; its function may have gone on for as long as its own time-out.
//!
//! Transitions are counted as AWS counts them: every attempt at a task, retries and redrives among them, and every other state that is
//! entered.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use aws_sdk_sfn::types::{HistoryEvent, HistoryEventType};
use serde::Deserialize;
use serde_json::Value;
use starlift_lake::messages::{Architecture, Usage};

use crate::cost::bill::Quantities;
use crate::event::{elapsed, seconds};
use crate::history::function_of;

/// The error of an attempt that never reached its function.
const THROTTLED: &str = "Lambda.TooManyRequestsException";

/// What is known of an execution's use.
#[derive(Debug, Default)]
struct Meter {
    used: Quantities,
    /// Memory in MiB and processor of each function that has replied.
    functions: BTreeMap<&'static str, (u64, Architecture)>,
    /// State and seconds of each attempt that has failed.
    failed: Vec<(String, f64)>,
    /// The events that began the attempts under way.
    open: BTreeSet<i64>,
}

/// What an output says, as far as it costs.
#[derive(Deserialize)]
struct Reply {
    usage: Usage,
    #[serde(default)]
    bytes: u64,
}

/// What the execution with these events has used.
pub(crate) fn measure(events: &[HistoryEvent]) -> Quantities {
    let by_id: HashMap<i64, &HistoryEvent> = events.iter().map(|event| (event.id, event)).collect();
    let mut meter = Meter::default();
    for event in events {
        meter.take(event, &by_id);
    }
    meter.add_failed();
    meter.used
}

impl Meter {
    fn take(&mut self, event: &HistoryEvent, by_id: &HashMap<i64, &HistoryEvent>) {
        use HistoryEventType as Type;
        match &event.r#type {
            Type::TaskScheduled => {
                self.used.transitions += 1;
                self.open.insert(event.id);
            }
            Type::TaskSucceeded => self.ended(event, by_id),
            Type::TaskStateExited => {
                let details = event.state_exited_event_details();
                let Some((details, output)) = details.and_then(|details| Some((details, details.output()?))) else {
                    return;
                };
                self.replied(&details.name, output);
            }
            Type::TaskFailed | Type::TaskTimedOut => {
                self.ended(event, by_id);
                let error = event.task_failed_event_details().and_then(|details| details.error());
                if error != Some(THROTTLED) {
                    self.failed.extend(attempt(event, seconds(&event.timestamp), by_id));
                }
            }
            Type::ExecutionAborted | Type::ExecutionFailed | Type::ExecutionTimedOut => {
                let end = seconds(&event.timestamp);
                let left = std::mem::take(&mut self.open).into_iter().filter_map(|id| by_id.get(&id));
                self.failed.extend(left.filter_map(|begun| attempt(begun, end, by_id)));
            }
            Type::TaskStateEntered => {}
            other if other.as_str().ends_with("StateEntered") => self.used.transitions += 1,
            _ => {}
        }
    }

    /// An attempt is under way no more: the last open one on the way back.
    fn ended(&mut self, event: &HistoryEvent, by_id: &HashMap<i64, &HistoryEvent>) {
        let begun = way_back(event, by_id).find(|before| self.open.contains(&before.id));
        if let Some(begun) = begun {
            self.open.remove(&begun.id);
        }
    }

    fn replied(&mut self, state: &str, output: &str) {
        let Some(function) = function_of(state) else {
            return;
        };
        let reply = serde_json::from_str::<Value>(output).and_then(Reply::deserialize);
        let Ok(Reply { usage, bytes }) = reply else {
            self.used.invocations += 1;
            self.used.unpriced += 1;
            return;
        };
        if usage.memory_mib > 0 {
            self.functions.insert(function, (usage.memory_mib, usage.architecture));
        }
        self.used.s3_writes += usage.s3_writes;
        self.used.s3_reads += usage.s3_reads;
        if function == "ingest" {
            self.used.raw_bytes += bytes;
        }
        self.invoked(usage.seconds + usage.init_seconds, usage.memory_mib, usage.architecture);
    }

    fn add_failed(&mut self) {
        for (state, seconds) in std::mem::take(&mut self.failed) {
            let known = function_of(&state).and_then(|function| self.functions.get(function)).copied();
            let (memory_mib, architecture) = known.unwrap_or_default();
            self.invoked(seconds, memory_mib, architecture);
        }
    }

    fn invoked(&mut self, seconds: f64, memory_mib: u64, architecture: Architecture) {
        self.used.invocations += 1;
        self.used.seconds += seconds;
        self.used.unpriced += u64::from(memory_mib == 0);
        let gb_seconds = seconds * memory_mib as f64 / 1024.0;
        match architecture {
            Architecture::Arm => self.used.arm64_gb_seconds += gb_seconds,
            Architecture::X86 => self.used.x86_64_gb_seconds += gb_seconds,
        }
    }
}

/// The state of an attempt, and the seconds from its beginning to an end. The event is one of the attempt's own.
fn attempt(event: &HistoryEvent, end: f64, by_id: &HashMap<i64, &HistoryEvent>) -> Option<(String, f64)> {
    use HistoryEventType as Type;
    let mut began = None;
    for before in way_back(event, by_id) {
        match before.r#type {
            Type::TaskStarted | Type::TaskScheduled => {
                began.get_or_insert(seconds(&before.timestamp));
            }
            Type::TaskStateEntered => {
                let name = before.state_entered_event_details()?.name.clone();
                return Some((name, elapsed(began?, end).max(0.0)));
            }
            _ => {}
        }
    }
    None
}

/// An event and those that led to it, last first.
fn way_back<'a>(
    event: &'a HistoryEvent,
    by_id: &'a HashMap<i64, &'a HistoryEvent>,
) -> impl Iterator<Item = &'a HistoryEvent> {
    std::iter::successors(Some(event), |after| {
        // An event comes after the one before it, so the way ends.
        by_id.get(&after.previous_event_id).copied().filter(|before| before.id < after.id)
    })
}

#[cfg(test)]
mod tests;
