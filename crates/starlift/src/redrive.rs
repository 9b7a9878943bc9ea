//! `starlift redrive`: lets an execution that failed go on where it failed.

use crate::error::CliError;
use crate::run::finish;
use crate::target::{Target, TargetArgs};

/// Lets an execution that failed go on where it failed.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    target: TargetArgs,
    /// The execution's name or ARN; `starlift runs` lists them
    execution: String,
    /// Show the states as they pass, and end when the execution ends
    #[arg(long)]
    wait: bool,
    /// Print one JSON document on standard output at the end
    #[arg(long)]
    json: bool,
}

/// Redrives an execution; gives whether it succeeded, as far as that was waited for.
///
/// # Errors
/// There is no target, or it does not answer, or the execution cannot be redriven.
pub(crate) async fn run(arguments: Arguments) -> Result<bool, CliError> {
    let (target, client) = Target::connect(arguments.target).await?;
    let execution = target.state_machine().execution(&arguments.execution).map_err(CliError::Unusable)?;
    let redriven = client.redrive_execution().execution_arn(&execution).send().await;
    redriven.map_err(|error| target.error("redriving the execution", &error))?;
    finish(&target, &client, &execution, arguments.wait, arguments.json).await
}
