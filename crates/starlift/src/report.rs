//! An execution in words, and as one JSON document.

use std::collections::BTreeMap;

use aws_sdk_sfn::operation::describe_execution::DescribeExecutionOutput;
use aws_sdk_sfn::primitives::{DateTime, DateTimeFormat};
use serde::Serialize;

use crate::event::{Cause, elapsed, seconds};
use crate::history::{History, News, OF_PART, Passed};
use crate::reply::{Reply, deleted};
use crate::target::Target;
use crate::text::{bytes, count, duration, number};

/// An execution that ended, or only began: what `--json` prints.
#[derive(Debug, Serialize)]
pub(crate) struct Report {
    /// Its ARN.
    pub(crate) execution: String,
    /// `RUNNING`, `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`.
    pub(crate) status: String,
    /// When it was started, as RFC 3339.
    pub(crate) started: String,
    /// Seconds from its start to its end, when it ended.
    pub(crate) seconds: Option<f64>,
    /// How often it was redriven.
    pub(crate) redrives: i32,
    /// The runs, one for each round.
    pub(crate) runs: Vec<String>,
    /// The states that ended, in that order.
    pub(crate) states: Vec<Passed>,
    /// The most memory that each function held resident, in MiB.
    pub(crate) peak_memory_mib: BTreeMap<&'static str, u64>,
    /// Why it did not succeed.
    pub(crate) failure: Option<Failed>,
}

/// Why an execution did not succeed.
#[derive(Debug, Serialize)]
pub(crate) struct Failed {
    /// The state in which it ended.
    pub(crate) state: Option<String>,
    /// The error and what it says.
    #[serde(flatten)]
    pub(crate) cause: Cause,
}

/// Rows that an execution moved.
#[derive(Default)]
struct Totals {
    read: u64,
    read_bytes: u64,
    versions: u64,
    deleted: u64,
    dimension_rows: u64,
    /// After the last round.
    quarantined: u64,
}

impl Report {
    /// The report of an execution with this history.
    pub(crate) fn new(described: &DescribeExecutionOutput, history: History) -> Self {
        let status = described.status.as_str().to_owned();
        let stated = || (None, Cause::new(described.error(), described.cause()));
        let failure = match status.as_str() {
            "SUCCEEDED" | "RUNNING" => None,
            _ => Some(history.failure.clone().unwrap_or_else(stated)),
        };
        Self {
            execution: described.execution_arn.clone(),
            status,
            started: instant(&described.start_date),
            seconds: described.stop_date.as_ref().map(|stop| elapsed(seconds(&described.start_date), seconds(stop))),
            redrives: described.redrive_count.unwrap_or_default(),
            runs: history.runs().into_iter().map(str::to_owned).collect(),
            peak_memory_mib: history.peak_memory_mib(),
            failure: failure.map(|(state, cause)| Failed { state, cause }),
            states: history.passed,
        }
    }

    /// Whether it ended well.
    pub(crate) fn is_success(&self) -> bool {
        self.status == "SUCCEEDED"
    }

    /// How it ended, in a few lines; after a failure the last one says how to go on.
    pub(crate) fn summary(&self, target: &Target) -> String {
        let took = duration(self.seconds.unwrap_or_default());
        if let Some(Failed { state, cause }) = &self.failure {
            let place = state.as_ref().map(|state| format!(" in {state}")).unwrap_or_default();
            let status = &self.status;
            let Cause { error, cause } = cause;
            let cause = if cause.is_empty() { "none given" } else { cause };
            let way_on = target.way_on(&self.execution, error);
            return format!("{status}{place} after {took}\nerror: {error}\ncause: {cause}\n{way_on}");
        }
        let totals = self.totals();
        let mut summary = format!(
            "{} in {took}: {}, {} read ({}), {} of facts{}, {} rows of dimensions new or changed",
            self.status,
            count(self.runs.len() as u64, "round"),
            count(totals.read, "row"),
            bytes(totals.read_bytes),
            count(totals.versions, "new version"),
            deleted(totals.deleted),
            number(totals.dimension_rows),
        );
        if totals.quarantined > 0 {
            summary
                .push_str(&format!(", {} in the quarantine: `starlift quarantine`", count(totals.quarantined, "row")));
        }
        let peaks: Vec<String> =
            self.peak_memory_mib.iter().map(|(function, peak)| format!("{function} {peak} MiB")).collect();
        format!("{summary}\npeak memory: {}", peaks.join(", "))
    }

    fn totals(&self) -> Totals {
        let mut totals = Totals::default();
        for passed in &self.states {
            match passed.reply() {
                Reply::Ingest(reply) => {
                    totals.read += reply.rows;
                    totals.read_bytes += reply.bytes;
                }
                Reply::Load(reply) => {
                    totals.versions += reply.versions;
                    totals.deleted += reply.deleted;
                    totals.dimension_rows += reply.dimension_rows;
                    totals.quarantined = reply.quarantined;
                }
                _ => {}
            }
        }
        totals
    }
}

/// What happened, in one line.
pub(crate) fn narrate(news: &News) -> String {
    match news {
        News::Round(round) => format!("round {round}"),
        News::Passed(passed) => {
            let name = indented(passed.name(), passed.is_part());
            let memory = passed.peak_memory_mib().map(|peak| format!("{peak} MiB")).unwrap_or_default();
            let (took, line) = (duration(passed.seconds), passed.reply().line());
            format!("  {name:<24} {took:>10} {memory:>9}  {line}").trim_end().to_owned()
        }
        News::AttemptFailed(state, cause) => {
            format!("  {:<24} failed: {}: {}", indented(state, state == OF_PART), cause.error, cause.cause)
        }
        News::Redriven => "redriven".to_owned(),
    }
}

fn indented(name: &str, is_part: bool) -> String {
    if is_part { format!("  {name}") } else { name.to_owned() }
}

/// `2026-11-20T12:34:56Z`
pub(crate) fn instant(at: &DateTime) -> String {
    let seconds = DateTime::from_secs(at.secs());
    seconds.fmt(DateTimeFormat::DateTime).unwrap_or_default()
}
