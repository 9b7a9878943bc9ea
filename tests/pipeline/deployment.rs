//! What Terraform's files say, for tests that hold what runs here against what a deployment has.

use serde_json::{Value, json};
use starlift_testkit::workspace;

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// A file of the deployment's module.
pub(crate) fn file(name: &str) -> Fallible<String> {
    Ok(std::fs::read_to_string(workspace::root().join("terraform").join(name))?)
}

/// The default of a variable, as it is written there, without quotation marks.
pub(crate) fn default_of(variable: &str) -> Fallible<String> {
    let (text, head) = (file("variables.tf")?, format!("variable \"{variable}\" {{\n"));
    let block = text.split_once(&head).and_then(|(_, rest)| rest.split_once("\n}")).map(|(block, _)| block);
    let lines = || block.into_iter().flat_map(str::lines).filter_map(|line| line.split_once('='));
    let default = lines().find(|(name, _)| name.trim() == "default").map(|(_, value)| value.trim().trim_matches('"'));
    Ok(default.ok_or_else(|| format!("variables.tf has no default of {variable}"))?.to_owned())
}

/// An alarm of the deployment with the default thresholds, as the parameters of `PutMetricAlarm`; it tells a topic.
pub(crate) fn alarm(alarm: &str, topic: &str) -> Fallible<Value> {
    let settings: Value = serde_json::from_str(&file("alarms.json")?.replace("${pipeline}", "totesys"))?;
    let (namespace, watched) = (&settings["namespace"], &settings[alarm]);
    let period = watched["period"].as_u64().ok_or("an alarm has a period")?;
    // As alerts.tf computes them.
    let (periods, threshold) = match alarm {
        "freshness" => {
            let seconds = default_of("freshness_minutes")?.parse::<u64>()? * 60;
            (seconds.div_ceil(period), seconds)
        }
        _ => (1, default_of("quarantine_rows")?.parse()?),
    };
    let dimensions = watched["dimensions"].as_object().into_iter().flatten();
    let dimensions: Vec<Value> = dimensions.map(|(name, value)| json!({"Name": name, "Value": value})).collect();
    Ok(json!({
        "AlarmName": alarm, "Namespace": namespace, "MetricName": watched["metric_name"], "Dimensions": dimensions,
        "Statistic": watched["statistic"], "Period": period, "EvaluationPeriods": periods, "Threshold": threshold,
        "ComparisonOperator": watched["comparison_operator"], "TreatMissingData": watched["treat_missing_data"],
        "AlarmActions": [topic], "OKActions": [topic],
    }))
}
