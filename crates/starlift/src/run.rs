//! `starlift run`: starts an execution.

use crate::error::CliError;
use crate::follow::{describe, follow};
use crate::history::History;
use crate::report::Report;
use crate::target::{Target, TargetArgs};
use crate::text::print;

/// Starts an execution.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    target: TargetArgs,
    /// Show the states as they pass, and end when the execution ends
    #[arg(long)]
    wait: bool,
    /// Print one JSON document on standard output at the end
    #[arg(long)]
    json: bool,
}

/// Starts an execution; gives whether it succeeded, as far as that was waited for.
///
/// # Errors
/// There is no target, or it does not answer or refuses.
pub(crate) async fn run(arguments: Arguments) -> Result<bool, CliError> {
    let (target, client) = Target::connect(arguments.target).await?;
    let machine = target.state_machine().arn();
    let started = client.start_execution().state_machine_arn(machine).input("{}").send().await;
    let execution = started.map_err(|error| target.error("starting an execution", &error))?.execution_arn;
    finish(&target, &client, &execution, arguments.wait, arguments.json).await
}

/// Prints which execution goes on, and with `wait` what becomes of it.
///
/// # Errors
/// Step Functions does not answer or refuses.
pub(crate) async fn finish(
    target: &Target,
    client: &aws_sdk_sfn::Client,
    execution: &str,
    wait: bool,
    json: bool,
) -> Result<bool, CliError> {
    if json {
        eprintln!("{execution}");
    } else {
        print(&format!("{execution}\n"))?;
    }
    let report = if wait {
        let report = follow(target, client, execution).await?;
        eprintln!("{}", report.summary(target));
        report
    } else {
        Report::new(&describe(target, client, execution).await?, History::default())
    };
    if json {
        let document = serde_json::to_string_pretty(&report).map_err(|error| CliError::Unusable(error.to_string()))?;
        print(&format!("{document}\n"))?;
    }
    Ok(!wait || report.is_success())
}
