//! Executions of a state machine, as a test looks at them.

use std::time::{Duration, Instant};

use aws_sdk_sfn::Client;
use aws_sdk_sfn::types::ExecutionStatus;
use serde_json::Value;

use crate::aws::refusal;
use crate::error::{Error, Result};

/// No test runs longer; an execution that does hangs.
const LIMIT: Duration = Duration::from_secs(3600);

const INTERVAL: Duration = Duration::from_millis(20);

/// An execution that has ended.
#[derive(Clone, Debug)]
pub struct Execution {
    /// Its ARN.
    pub arn: String,
    /// `SUCCEEDED`, `FAILED`, `TIMED_OUT` or `ABORTED`.
    pub status: ExecutionStatus,
    /// The name of the error that ended it, such as `Starlift.InvalidData`.
    pub error: Option<String>,
    /// What the error says.
    pub cause: Option<String>,
    /// The output; null when it did not succeed.
    pub output: Value,
    /// The states in the order in which they were left.
    pub states: Vec<StateExit>,
}

/// A state that was left, and what it handed on.
#[derive(Clone, Debug)]
pub struct StateExit {
    /// The state's name.
    pub name: String,
    /// Its output.
    pub output: Value,
}

impl Execution {
    /// The execution, if it succeeded.
    ///
    /// # Errors
    /// When it did not; the message holds its error and cause.
    pub fn succeeded(self) -> Result<Self> {
        if self.status == ExecutionStatus::Succeeded {
            return Ok(self);
        }
        let (error, cause) = (self.error.unwrap_or_default(), self.cause.unwrap_or_default());
        Err(Error::Malformed(format!("the execution ended as {}: {error}: {cause}", self.status)))
    }

    /// The outputs of a state, one for each time it was left.
    pub fn outputs<'a>(&'a self, state: &'a str) -> impl Iterator<Item = &'a Value> {
        self.states.iter().filter(move |exit| exit.name == state).map(|exit| &exit.output)
    }

    /// The sum of a number in the outputs of a state.
    #[must_use]
    pub fn sum(&self, state: &str, field: &str) -> i64 {
        self.outputs(state).filter_map(|output| output[field].as_i64()).sum()
    }

    /// The `errorMessage` of the function that failed, or the cause as it is.
    #[must_use]
    pub fn message(&self) -> String {
        let cause = self.cause.clone().unwrap_or_default();
        let parsed: Option<Value> = serde_json::from_str(&cause).ok();
        parsed.and_then(|value| Some(value["errorMessage"].as_str()?.to_owned())).unwrap_or(cause)
    }
}

/// Starts an execution with this input, without waiting for it. Returns its ARN.
///
/// # Errors
/// When local AWS refuses.
pub async fn start(states: &Client, machine: &str, input: &Value) -> Result<String> {
    let started = states.start_execution().state_machine_arn(machine).input(input.to_string()).send().await;
    Ok(started.map_err(refusal("StartExecution"))?.execution_arn)
}

/// The ARN of the execution that started last.
///
/// # Errors
/// When there is none, or local AWS refuses.
pub async fn latest(states: &Client, machine: &str) -> Result<String> {
    let listed = states.list_executions().state_machine_arn(machine).max_results(1).send().await;
    let newest = listed.map_err(refusal("ListExecutions"))?.executions.into_iter().next();
    Ok(newest.ok_or_else(|| Error::Malformed(format!("{machine} has no executions")))?.execution_arn)
}

/// Lets a failed execution go on from where it failed.
///
/// # Errors
/// When local AWS refuses, for one because it did not fail.
pub async fn redrive(states: &Client, execution: &str) -> Result<()> {
    states.redrive_execution().execution_arn(execution).send().await.map_err(refusal("RedriveExecution"))?;
    Ok(())
}

/// Waits for the end of an execution.
///
/// # Errors
/// When local AWS refuses, or the execution does not end within an hour.
pub async fn wait(states: &Client, execution: &str) -> Result<Execution> {
    let started = Instant::now();
    loop {
        let seen = states.describe_execution().execution_arn(execution).send().await;
        let seen = seen.map_err(refusal("DescribeExecution"))?;
        if seen.status != ExecutionStatus::Running {
            return Ok(Execution {
                arn: execution.to_owned(),
                status: seen.status,
                error: seen.error,
                cause: seen.cause,
                output: parse(seen.output.as_deref()),
                states: exits(states, execution).await?,
            });
        }
        if started.elapsed() > LIMIT {
            return Err(Error::Aws { call: "DescribeExecution", message: format!("{execution} does not end") });
        }
        tokio::time::sleep(INTERVAL).await;
    }
}

async fn exits(states: &Client, execution: &str) -> Result<Vec<StateExit>> {
    let mut pages = states.get_execution_history().execution_arn(execution).into_paginator().items().send();
    let mut found = Vec::new();
    while let Some(event) = pages.next().await {
        let event = event.map_err(refusal("GetExecutionHistory"))?;
        if let Some(exit) = event.state_exited_event_details {
            found.push(StateExit { name: exit.name, output: parse(exit.output.as_deref()) });
        }
    }
    Ok(found)
}

fn parse(text: Option<&str>) -> Value {
    text.and_then(|json| serde_json::from_str(json).ok()).unwrap_or(Value::Null)
}
