//! Metrics in CloudWatch's embedded metric format: a line on stdout, no endpoint, no permission.
//!
//! One list of names for all steps, each with one unit: what is charted and what alarms stand on it. A metric has two dimensions, `pipeline` and
//! `step`; a table is none, because each would be a paid metric of its own, and the lines of the log have it
//! (`every_table_has_one_line_for_each_phase_of_a_run`).

use serde_json::{Map, Value, json};
use starlift_lake::messages::Usage;

/// The namespace of all metrics.
const NAMESPACE: &str = "Starlift";

/// What is measured.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Metric {
    /// Rows that the step has read: of the source, of the raw zone, or of the processed zone.
    RowsRead,
    /// Rows that the step has written: to the processed zone, to the star schema (versions of facts, and rows of dimensions that are new or
    /// changed), or into extracts.
    RowsWritten,
    /// Versions of facts that ended because their rows are gone from the source.
    RowsDeleted,
    /// Rows that the step has held back.
    RowsHeld,
    /// Rows that are in the quarantine after the step.
    RowsInQuarantine,
    /// Bytes of the objects that the step has read.
    BytesRead,
    /// Bytes of the objects that the step has written.
    BytesWritten,
    /// From the start of the handler to its answer.
    Duration,
    /// The most memory that the function's process has held resident since it began, in MiB.
    PeakMemory,
    /// How long ago the newest snapshot was taken that the warehouse shows.
    WarehouseAge,
    /// The longest that a change of this run can have been on its way from its commit to being visible.
    ChangeLag,
}

impl Metric {
    fn unit(self) -> &'static str {
        match self {
            Self::RowsRead | Self::RowsWritten | Self::RowsDeleted | Self::RowsHeld | Self::RowsInQuarantine => "Count",
            Self::BytesRead | Self::BytesWritten => "Bytes",
            Self::Duration | Self::WarehouseAge | Self::ChangeLag => "Seconds",
            Self::PeakMemory => "Megabytes",
        }
    }
}

/// The metrics of one step, to be written when it has ended well.
#[derive(Clone, Debug, PartialEq)]
pub struct Metrics(Vec<(Metric, f64)>);

impl Metrics {
    /// What the step took; every step says that.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "memory in MiB is far below 2^53")]
    pub fn of(usage: &Usage) -> Self {
        Self(vec![(Metric::Duration, usage.seconds), (Metric::PeakMemory, usage.peak_memory_mib as f64)])
    }

    /// And how many.
    #[must_use]
    #[expect(clippy::cast_precision_loss, reason = "a count of rows or bytes is far below 2^53")]
    pub fn count(mut self, metric: Metric, value: u64) -> Self {
        self.0.push((metric, value as f64));
        self
    }

    /// And how long, where that is known.
    #[must_use]
    pub fn seconds(mut self, metric: Metric, seconds: Option<f64>) -> Self {
        self.0.extend(seconds.map(|seconds| (metric, seconds)));
        self
    }

    /// Writes them. The run stands beside them as a property and not as a dimension; a step that belongs to no run has none.
    pub fn emit(&self, pipeline: &str, step: &str, run: Option<&str>) {
        println!("{}", line(pipeline, step, run, now_in_milliseconds(), &self.0));
    }
}

fn line(pipeline: &str, step: &str, run: Option<&str>, timestamp: u64, measured: &[(Metric, f64)]) -> Value {
    let name = |metric: &Metric| format!("{metric:?}");
    let definitions: Vec<Value> =
        measured.iter().map(|(metric, _)| json!({ "Name": name(metric), "Unit": metric.unit() })).collect();
    let directive = json!({ "Namespace": NAMESPACE, "Dimensions": [["pipeline", "step"]], "Metrics": definitions });
    let mut line = Map::new();
    line.insert("_aws".to_owned(), json!({ "Timestamp": timestamp, "CloudWatchMetrics": [directive] }));
    for (property, value) in [("pipeline", Some(pipeline)), ("step", Some(step)), ("run", run)] {
        line.extend(value.map(|value| (property.to_owned(), Value::from(value))));
    }
    line.extend(measured.iter().map(|(metric, value)| (name(metric), Value::from(*value))));
    Value::Object(line)
}

fn now_in_milliseconds() -> u64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_metric_is_named_in_the_directive_and_valued_beside_it() {
        let line = line("totesys", "ingest", Some("r1"), 7, &[(Metric::RowsRead, 3.0)]);
        assert_eq!(line["_aws"]["Timestamp"], 7);
        let directive = &line["_aws"]["CloudWatchMetrics"][0];
        assert_eq!(directive["Metrics"][0], json!({ "Name": "RowsRead", "Unit": "Count" }));
        assert_eq!(line["RowsRead"], 3.0);
        for dimension in directive["Dimensions"][0].as_array().into_iter().flatten() {
            assert!(line[dimension.as_str().unwrap_or_default()].is_string(), "{dimension} has no value in {line}");
        }
        assert_eq!((&line["pipeline"], &line["run"]), (&json!("totesys"), &json!("r1")));
    }

    #[test]
    fn every_step_says_what_it_took_and_of_what_is_not_known_nothing() {
        let usage = Usage { seconds: 1.5, peak_memory_mib: 40, ..Usage::default() };
        let Metrics(measured) = Metrics::of(&usage).seconds(Metric::WarehouseAge, None);
        let line = line("totesys", "begin", None, 7, &measured);
        assert_eq!((&line["Duration"], &line["PeakMemory"]), (&json!(1.5), &json!(40.0)));
        assert_eq!((line.get("run"), line.get("WarehouseAge")), (None, None));
    }
}
