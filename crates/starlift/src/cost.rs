//! `starlift cost`: what the last executions cost, from their own figures.
//!
//! Nothing is estimated but what is said to be: the functions' replies, which stand in the history of an execution, say how long they took, with
//! how much memory, and what they asked of S3; the history says the rest.

mod bill;
mod meter;
mod prices;
mod statement;

use std::path::PathBuf;

use aws_sdk_sfn::Client;
use aws_sdk_sfn::types::{ExecutionListItem, ExecutionStatus};

use crate::cost::prices::Prices;
use crate::cost::statement::{Line, Statement};
use crate::error::CliError;
use crate::follow::events;
use crate::target::{Target, TargetArgs};
use crate::text::print;

/// Adds up what the last executions cost.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    target: TargetArgs,
    /// How many executions to look at at most, the newest first
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(i32).range(1..=1000))]
    limit: i32,
    /// A TOML file with other prices, of the form of crates/starlift/src/cost/prices.toml
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    /// Print a JSON document on standard output
    #[arg(long)]
    json: bool,
}

/// Prints what the last executions that ended cost, the newest first, their sum, and what a month costs at the rate at which they were started.
///
/// # Errors
/// The prices cannot be read, there is no target, or it does not answer or refuses.
pub(crate) async fn run(arguments: Arguments) -> Result<bool, CliError> {
    let prices = Prices::read(arguments.prices.as_deref())?;
    let (target, client) = Target::connect(arguments.target).await?;
    let mut lines = Vec::new();
    for execution in ended(&target, &client, arguments.limit).await? {
        let used = meter::measure(&events(&target, &client, &execution.execution_arn).await?);
        lines.push(Line::new(&execution, used, &prices));
    }
    let statement = Statement::new(lines, prices);
    let text = if arguments.json {
        serde_json::to_string_pretty(&statement).map_err(|error| CliError::Unusable(error.to_string()))? + "\n"
    } else {
        statement.to_string()
    };
    print(&text)?;
    Ok(true)
}

/// The last executions without those that still run: what they will have cost is not known.
async fn ended(target: &Target, client: &Client, limit: i32) -> Result<Vec<ExecutionListItem>, CliError> {
    let machine = target.state_machine().arn();
    let listed = client.list_executions().state_machine_arn(machine).max_results(limit).send().await;
    let mut executions = listed.map_err(|error| target.error("listing executions", &error))?.executions;
    executions.retain(|execution| execution.status != ExecutionStatus::Running);
    Ok(executions)
}
