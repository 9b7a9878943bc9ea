//! Watches an execution until it ends.

use aws_sdk_sfn::Client;
use aws_sdk_sfn::operation::describe_execution::DescribeExecutionOutput;
use aws_sdk_sfn::types::{ExecutionStatus, HistoryEvent};

use crate::error::CliError;
use crate::event::Event;
use crate::history::History;
use crate::report::{Report, narrate};
use crate::target::Target;

/// Events of one page. The newest come first, so that a page is mostly what is new.
const PAGE: i32 = 100;

/// Tells on standard error what an execution does until it ends; gives the whole of it.
///
/// # Errors
/// Step Functions does not answer or refuses.
pub(crate) async fn follow(target: &Target, client: &Client, execution: &str) -> Result<Report, CliError> {
    let mut history = History::default();
    let mut last_seen = 0;
    loop {
        // Asked before the history: what ended by then is in the history in full.
        let described = describe(target, client, execution).await?;
        for event in events_after(target, client, execution, last_seen).await? {
            last_seen = event.id;
            if let Some(news) = history.take(Event::from(&event)) {
                eprintln!("{}", narrate(&news));
            }
        }
        if described.status != ExecutionStatus::Running {
            return Ok(Report::new(&described, history));
        }
        tokio::time::sleep(target.poll_interval()).await;
    }
}

/// An execution as Step Functions describes it.
///
/// # Errors
/// Step Functions does not answer, or knows no such execution.
pub(crate) async fn describe(
    target: &Target,
    client: &Client,
    execution: &str,
) -> Result<DescribeExecutionOutput, CliError> {
    let answer = client.describe_execution().execution_arn(execution).send().await;
    answer.map_err(|error| target.error("describing the execution", &error))
}

/// All events of an execution, oldest first.
///
/// # Errors
/// Step Functions does not answer, or knows no such execution.
pub(crate) async fn events(target: &Target, client: &Client, execution: &str) -> Result<Vec<HistoryEvent>, CliError> {
    events_after(target, client, execution, 0).await
}

/// The events younger than the one with the id `seen`, oldest first.
async fn events_after(
    target: &Target,
    client: &Client,
    execution: &str,
    seen: i64,
) -> Result<Vec<HistoryEvent>, CliError> {
    let mut fresh = Vec::new();
    let mut page_token = None;
    loop {
        let page = client
            .get_execution_history()
            .execution_arn(execution)
            .reverse_order(true)
            .max_results(PAGE)
            .set_next_token(page_token)
            .send()
            .await
            .map_err(|error| target.error("reading the execution's history", &error))?;
        let reached_seen = page.events.iter().any(|event| event.id <= seen);
        fresh.extend(page.events.into_iter().filter(|event| event.id > seen));
        page_token = page.next_token;
        if reached_seen || page_token.is_none() {
            fresh.reverse();
            return Ok(fresh);
        }
    }
}
