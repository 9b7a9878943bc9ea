//! Metrics in CloudWatch's embedded metric format: a line on stdout, no endpoint, no permission.

use serde_json::{Map, Value, json};

/// The namespace of all metrics.
const NAMESPACE: &str = "Starlift";

/// The unit of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// A number of things.
    Count,
    /// A size.
    Bytes,
    /// A duration.
    Seconds,
    /// A size.
    Megabytes,
}

/// One measured value.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Metric {
    /// The metric's name.
    pub name: &'static str,
    /// Its unit.
    pub unit: Unit,
    /// Its value.
    pub value: f64,
}

/// Writes metrics of one step of a pipeline. The run stands beside them as a property, not as a dimension: it would be a metric of its own.
pub fn emit(pipeline: &str, step: &str, run: &str, metrics: &[Metric]) {
    println!("{}", line(pipeline, step, run, now_in_milliseconds(), metrics));
}

fn line(pipeline: &str, step: &str, run: &str, timestamp: u64, metrics: &[Metric]) -> Value {
    let definitions: Vec<Value> =
        metrics.iter().map(|metric| json!({ "Name": metric.name, "Unit": format!("{:?}", metric.unit) })).collect();
    let directive = json!({ "Namespace": NAMESPACE, "Dimensions": [["pipeline", "step"]], "Metrics": definitions });
    let mut line = Map::new();
    line.insert("_aws".to_owned(), json!({ "Timestamp": timestamp, "CloudWatchMetrics": [directive] }));
    for (name, value) in [("pipeline", pipeline), ("step", step), ("run", run)] {
        line.insert(name.to_owned(), Value::from(value));
    }
    for metric in metrics {
        line.insert(metric.name.to_owned(), Value::from(metric.value));
    }
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
        let metric = Metric { name: "RowsRead", unit: Unit::Count, value: 3.0 };
        let line = line("totesys", "ingest", "r1", 7, &[metric]);
        assert_eq!(line["_aws"]["Timestamp"], 7);
        assert_eq!(line["_aws"]["CloudWatchMetrics"][0]["Metrics"][0]["Name"], "RowsRead");
        assert_eq!(line["RowsRead"], 3.0);
        assert_eq!((&line["pipeline"], &line["run"]), (&json!("totesys"), &json!("r1")));
    }
}
