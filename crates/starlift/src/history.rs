//! An execution's history, folded into the states that passed.
//!
//! A state is known by its name; the states inside the Map run side by side, so a part is known by its output. A redriven
//! execution goes on in the state that failed, without entering it again: its time begins anew with the redrive.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value;

use crate::event::{Cause, Event, What, elapsed};
use crate::reply::Reply;

/// The state with which a round begins.
const FIRST_OF_ROUND: &str = "Begin";
/// The state inside the Map, whose items run side by side.
pub(crate) const OF_PART: &str = "TransformPart";

/// A state that ended.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Passed {
    /// Its name.
    pub(crate) state: String,
    /// The round that it belongs to, from 1.
    pub(crate) round: u32,
    /// Seconds from entering it to leaving it, its retries among them; for a part, those of the invocation that succeeded.
    pub(crate) seconds: f64,
    /// What it gave.
    pub(crate) output: Value,
}

/// What a person hears about while it happens.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum News {
    /// A round begins.
    Round(u32),
    /// A state ended.
    Passed(Passed),
    /// An attempt of this state failed.
    AttemptFailed(String, Cause),
    /// The execution goes on after it had ended.
    Redriven,
}

/// What is known of an execution so far.
#[derive(Debug, Default)]
pub(crate) struct History {
    /// How many rounds were begun.
    pub(crate) rounds: u32,
    /// The states that ended, in that order.
    pub(crate) passed: Vec<Passed>,
    /// Where and why the execution ended without success.
    pub(crate) failure: Option<(Option<String>, Cause)>,
    /// The states that were entered and not left, with the time of entering.
    open: Vec<(String, f64)>,
}

/// The function that a state invokes; none invokes no function.
pub(crate) fn function_of(state: &str) -> Option<&'static str> {
    match state {
        "Ingest" => Some("ingest"),
        OF_PART => Some("transform"),
        "Begin" | "Load" | "Export" => Some("load"),
        _ => None,
    }
}

impl Passed {
    /// What its output says.
    pub(crate) fn reply(&self) -> Reply {
        Reply::of(&self.state, &self.output)
    }

    /// The name to show: that of the part instead of `TransformPart`.
    pub(crate) fn name(&self) -> &str {
        match self.output.get("part").and_then(Value::as_str) {
            Some(part) if self.is_part() => part,
            _ => &self.state,
        }
    }

    /// Whether it is one part among several of a run.
    pub(crate) fn is_part(&self) -> bool {
        self.state == OF_PART
    }

    /// The most memory that the invocation held resident, in MiB.
    pub(crate) fn peak_memory_mib(&self) -> Option<u64> {
        self.output.get("usage")?.get("peak_memory_mib")?.as_u64()
    }
}

impl History {
    /// Takes one more event; gives what is worth telling.
    pub(crate) fn take(&mut self, event: Event) -> Option<News> {
        match event.what {
            What::Entered(state) => {
                let begins_round = state == FIRST_OF_ROUND;
                self.open.push((state, event.at));
                if !begins_round {
                    return None;
                }
                self.rounds += 1;
                Some(News::Round(self.rounds))
            }
            What::Exited(state, output) => {
                let passed = self.exit(state, output, event.at);
                self.passed.push(passed.clone());
                Some(News::Passed(passed))
            }
            What::AttemptFailed(cause) => Some(News::AttemptFailed(self.current().unwrap_or_default(), cause)),
            What::Redriven => {
                self.failure = None;
                self.open.iter_mut().for_each(|(_, entered)| *entered = event.at);
                Some(News::Redriven)
            }
            What::Ended(cause) => {
                self.failure = Some((self.current(), cause));
                None
            }
            What::Other => None,
        }
    }

    /// The runs of the rounds, in their order.
    pub(crate) fn runs(&self) -> Vec<&str> {
        let begun = self.passed.iter().filter(|passed| passed.state == FIRST_OF_ROUND);
        begun.filter_map(|passed| passed.output.get("run")?.as_str()).collect()
    }

    /// The most memory that an invocation of each function held resident, in MiB, by the function's name.
    pub(crate) fn peak_memory_mib(&self) -> BTreeMap<&'static str, u64> {
        let mut peaks = BTreeMap::new();
        for passed in &self.passed {
            if let Some((function, peak)) = function_of(&passed.state).zip(passed.peak_memory_mib()) {
                let highest = peaks.entry(function).or_insert(peak);
                *highest = peak.max(*highest);
            }
        }
        peaks
    }

    fn exit(&mut self, state: String, output: Value, at: f64) -> Passed {
        let position = self.open.iter().rposition(|(name, _)| *name == state);
        let entered = position.map_or(at, |position| self.open.remove(position).1);
        let of_invocation = output.get("usage").and_then(|usage| usage.get("seconds")).and_then(Value::as_f64);
        let seconds = if state == OF_PART { of_invocation.unwrap_or_default() } else { elapsed(entered, at) };
        Passed { state, round: self.rounds, seconds, output }
    }

    /// The innermost state that was entered and not left.
    fn current(&self) -> Option<String> {
        self.open.last().map(|(state, _)| state.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fixture;
    use crate::report::narrate;

    fn recorded() -> Vec<Event> {
        fixture::redriven_execution().iter().map(Event::from).collect()
    }

    fn fold(events: impl IntoIterator<Item = Event>) -> (History, Vec<News>) {
        let mut history = History::default();
        let news = events.into_iter().filter_map(|event| history.take(event)).collect();
        (history, news)
    }

    #[test]
    fn a_redriven_execution_of_two_rounds_is_told_from_beginning_to_end() {
        let (history, news) = fold(recorded());
        assert_eq!(history.rounds, 2);
        assert_eq!(history.runs(), ["20261120T130736Z-43d56f90-001", "20261120T130736Z-43d56f90-002"]);
        assert_eq!(history.failure, None);
        let states: Vec<String> =
            history.passed.iter().map(|passed| format!("{} {}", passed.round, passed.name())).collect();
        assert_eq!(
            states,
            [
                "1 Begin",
                "1 Ingest",
                "1 sales_order-1",
                "1 dim_staff",
                "1 Transform",
                "1 Load",
                "2 Begin",
                "2 Ingest",
                "2 dim_staff",
                "2 sales_order-1",
                "2 Transform",
                "2 Load",
                "2 Export"
            ]
        );
        let failures: Vec<String> =
            news.iter().filter(|news| matches!(news, News::AttemptFailed(..))).map(narrate).collect();
        assert_eq!(
            failures,
            [
                "    TransformPart          failed: Starlift.Transient: as planned",
                "  Load                     failed: Starlift.InvalidData: as planned"
            ]
        );
        assert!(news.contains(&News::Redriven));
    }

    #[test]
    fn a_failed_execution_names_the_state_the_error_and_the_cause() {
        let until_failed = recorded().into_iter().take_while(|event| event.what != What::Redriven);
        let (history, _) = fold(until_failed);
        let (state, cause) = history.failure.expect("it failed");
        assert_eq!(state.as_deref(), Some("Load"));
        assert_eq!((cause.error.as_str(), cause.cause.as_str()), ("Starlift.InvalidData", "as planned"));
    }

    #[test]
    fn the_time_between_failure_and_redrive_is_not_the_states_time() {
        let at = |at: f64, what: What| Event { at, what };
        let cause = Cause::new(Some("Starlift.Denied"), None);
        let (history, _) = fold([
            at(0.0, What::Entered("Load".to_owned())),
            at(1.0, What::Ended(cause)),
            at(1000.0, What::Redriven),
            at(1002.0, What::Exited("Load".to_owned(), Value::Null)),
        ]);
        assert_eq!(history.passed[0].seconds, 2.0);
    }

    #[test]
    fn the_peak_of_a_function_is_the_highest_of_its_invocations() {
        let usage = |peak: u64| serde_json::json!({"usage": {"seconds": 0.1, "peak_memory_mib": peak}});
        let exited = |state: &str, peak| Event { at: 0.0, what: What::Exited(state.to_owned(), usage(peak)) };
        let (history, _) = fold([exited("Begin", 20), exited("Load", 90), exited("Export", 30), exited("Ingest", 50)]);
        assert_eq!(history.peak_memory_mib(), BTreeMap::from([("ingest", 50), ("load", 90)]));
    }
}
