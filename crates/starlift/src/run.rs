//! `starlift run`: starts an execution.

use serde_json::{Value, json};
use starlift_lake::messages::FullRead;

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
    /// Let rows be gone from the source in any number: this run may end more versions than max_deleted_share allows
    #[arg(long)]
    accept_deletes: bool,
    /// Read these tables from the start, or all of them when none is named; rows that are equal make no version
    #[arg(long, value_name = "TABLE", num_args = 0..)]
    full: Option<Vec<String>>,
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
    let execution = start(&target, &client, &input(arguments.accept_deletes, arguments.full)).await?;
    finish(&target, &client, &execution, arguments.wait, arguments.json).await
}

/// Starts an execution with this input; gives its ARN.
///
/// # Errors
/// Step Functions does not answer or refuses.
pub(crate) async fn start(target: &Target, client: &aws_sdk_sfn::Client, input: &Value) -> Result<String, CliError> {
    let machine = target.state_machine().arn();
    let started = client.start_execution().state_machine_arn(machine).input(input.to_string()).send().await;
    Ok(started.map_err(|error| target.error("starting an execution", &error))?.execution_arn)
}

/// What the execution is asked beyond what every execution does: nothing is `{}`.
fn input(accept_deletes: bool, full: Option<Vec<String>>) -> Value {
    let mut input = serde_json::Map::new();
    if accept_deletes {
        input.insert("accept_deletes".to_owned(), Value::Bool(true));
    }
    if let Some(tables) = full {
        let asked = if tables.is_empty() { FullRead::All(true) } else { FullRead::Tables(tables) };
        input.insert("full".to_owned(), json!(asked));
    }
    Value::Object(input)
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_input_says_only_what_is_asked() {
        assert_eq!(input(false, None), json!({}));
        assert_eq!(input(true, Some(Vec::new())), json!({"accept_deletes": true, "full": true}));
        assert_eq!(input(false, Some(vec!["sales_order".to_owned()])), json!({"full": ["sales_order"]}));
    }
}
