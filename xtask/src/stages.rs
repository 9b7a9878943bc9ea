//! What each stage of an execution took, from what the Lambdas reported.

use std::fmt;

use starlift_testkit::execution::Execution;

/// The states that are invocations of a Lambda.
const STATES: [&str; 5] = ["Begin", "Ingest", "TransformPart", "Load", "Export"];

/// The stages of one execution.
#[derive(Debug)]
pub(crate) struct Stages(Vec<Stage>);

/// All invocations of one state in one execution.
#[derive(Debug, PartialEq)]
pub(crate) struct Stage {
    /// The state.
    pub(crate) name: &'static str,
    /// How many invocations there were.
    pub(crate) invocations: usize,
    /// Seconds in all of them together; parts of a transform run at the same time.
    pub(crate) seconds: f64,
    /// Rows: read, made, staged for publication, exported.
    pub(crate) rows: i64,
    /// The most memory any of the processes held, in MiB.
    pub(crate) peak_memory_mib: i64,
}

impl Stages {
    pub(crate) fn of(execution: &Execution) -> Self {
        let stage = |name: &'static str| Stage {
            name,
            invocations: execution.outputs(name).count(),
            seconds: execution.outputs(name).filter_map(|output| output["usage"]["seconds"].as_f64()).sum(),
            rows: execution.sum(name, "rows"),
            peak_memory_mib: execution
                .outputs(name)
                .filter_map(|output| output["usage"]["peak_memory_mib"].as_i64())
                .max()
                .unwrap_or(0),
        };
        Self(STATES.map(stage).into())
    }

    /// The most memory that the processes behind these states held, in MiB.
    pub(crate) fn peak_memory_mib(&self, states: &[&str]) -> i64 {
        let stages = self.0.iter().filter(|stage| states.contains(&stage.name));
        stages.map(|stage| stage.peak_memory_mib).max().unwrap_or_default()
    }

    /// The stages, in the order of the chain.
    pub(crate) fn iter(&self) -> impl Iterator<Item = &Stage> {
        self.0.iter()
    }
}

impl fmt::Display for Stages {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "  {:<14}{:>8}{:>11}{:>9}{:>13}", "stage", "calls", "rows", "seconds", "peak memory")?;
        for Stage { name, invocations, seconds, rows, peak_memory_mib } in self.iter() {
            writeln!(out, "  {name:<14}{invocations:>8}{rows:>11}{seconds:>9.2}{peak_memory_mib:>9} MiB")?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use aws_sdk_sfn::types::ExecutionStatus;
    use serde_json::{Value, json};
    use starlift_testkit::execution::{Execution, StateExit};

    use super::*;

    #[test]
    fn invocations_of_a_state_are_added_up_and_the_highest_memory_counts() {
        let exit = |rows: i64, seconds: f64, peak: i64| StateExit {
            name: "TransformPart".into(),
            output: json!({"rows": rows, "usage": {"seconds": seconds, "peak_memory_mib": peak}}),
        };
        let execution = Execution {
            arn: String::new(),
            status: ExecutionStatus::Succeeded,
            error: None,
            cause: None,
            output: Value::Null,
            states: vec![exit(10, 0.5, 90), exit(5, 0.25, 120)],
        };
        let stages = Stages::of(&execution);
        let transform = stages.iter().find(|stage| stage.name == "TransformPart").expect("there is one");
        let expected = Stage { name: "TransformPart", invocations: 2, seconds: 0.75, rows: 15, peak_memory_mib: 120 };
        assert_eq!(*transform, expected);
        assert_eq!(stages.peak_memory_mib(&["Load", "TransformPart"]), 120);
    }
}
