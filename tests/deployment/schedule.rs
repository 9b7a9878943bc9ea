//! The executions that a schedule starts, as somebody sees them who only looks on.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use aws_sdk_sfn::Client;
use aws_sdk_sfn::types::ExecutionStatus;
use serde_json::Value;
use starlift_testkit::Inbox;
use starlift_testkit::aws::Aws;
use starlift_testkit::execution::{self, Execution};

/// A schedule that starts nothing for so long is broken: it is asked to do so every minute.
const LIMIT: Duration = Duration::from_secs(240);

const INTERVAL: Duration = Duration::from_millis(200);

/// What an inbox has been told of an execution and not been asked for yet. Alarms come by the same topic, and name none.
pub(crate) fn alerts_of(inbox: &Inbox, arn: &str) -> Result<Vec<Value>, Box<dyn std::error::Error>> {
    Ok(inbox.take()?.into_iter().filter(|told| told["execution"] == arn).collect())
}

/// The executions of one state machine.
pub(crate) struct Executions {
    states: Client,
    machine: String,
    seen: BTreeSet<String>,
}

impl Executions {
    pub(crate) async fn of(aws: &Aws, machine: &str) -> Self {
        Self { states: aws.states().await, machine: machine.to_owned(), seen: BTreeSet::new() }
    }

    /// Waits until an execution that was not seen before has succeeded; one that fails meanwhile is an error.
    pub(crate) async fn next_success(&mut self) -> Result<Execution, Box<dyn std::error::Error>> {
        Ok(self.next_end().await?.succeeded()?)
    }

    /// Waits until an execution that was not seen before has failed; others may have succeeded meanwhile.
    pub(crate) async fn next_failure(&mut self) -> Result<Execution, Box<dyn std::error::Error>> {
        loop {
            let ended = self.next_end().await?;
            if ended.status == ExecutionStatus::Failed {
                return Ok(ended);
            }
        }
    }

    /// The one alert of an execution.
    pub(crate) async fn told_of(&self, inbox: &Inbox, arn: &str) -> Result<Value, Box<dyn std::error::Error>> {
        let asked = Instant::now();
        loop {
            let mut alerts = alerts_of(inbox, arn)?;
            match alerts.len() {
                0 if asked.elapsed() < LIMIT => tokio::time::sleep(INTERVAL).await,
                1 => return Ok(alerts.remove(0)),
                number => return Err(format!("{number} alerts of one failure: {alerts:?}").into()),
            }
        }
    }

    /// Waits until every execution has ended.
    pub(crate) async fn none_is_under_way(&self) -> Result<(), Box<dyn std::error::Error>> {
        for arn in self.list().await? {
            execution::wait(&self.states, &arn).await?;
        }
        Ok(())
    }

    async fn next_end(&mut self) -> Result<Execution, Box<dyn std::error::Error>> {
        let asked = Instant::now();
        while asked.elapsed() < LIMIT {
            if let Some(arn) = self.first_unseen().await? {
                return Ok(execution::wait(&self.states, &arn).await?);
            }
            tokio::time::sleep(INTERVAL).await;
        }
        Err(format!("the schedule has started nothing for {} s", LIMIT.as_secs()).into())
    }

    async fn first_unseen(&mut self) -> Result<Option<String>, Box<dyn std::error::Error>> {
        let listed = self.list().await?;
        // The newest stands first.
        Ok(listed.into_iter().rev().find(|arn| self.seen.insert(arn.clone())))
    }

    async fn list(&self) -> Result<Vec<String>, Box<dyn std::error::Error>> {
        let listed = self.states.list_executions().state_machine_arn(&self.machine).send().await?;
        Ok(listed.executions.into_iter().map(|execution| execution.execution_arn).collect())
    }
}
