//! `starlift replay`: rebuilds an empty warehouse from what was read before, without the source.
//!
//! One execution goes a hundred rounds at most, and any other goes on where it ended, because the warehouse itself knows how far the replay is.

use serde_json::{Value, json};
use starlift_lake::messages::ReplayFrom;

use crate::error::CliError;
use crate::follow::follow;
use crate::reply::Reply;
use crate::report::Report;
use crate::run::{finish, start};
use crate::target::{Target, TargetArgs};
use crate::text::print;

/// Rebuilds an empty, migrated warehouse from what was read before, history included.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    target: TargetArgs,
    /// The run to begin with: the first one of all, or the first one of a `starlift run --full`; without it the first one of all
    #[arg(long, value_name = "RUN")]
    from: Option<String>,
    /// Start one execution after the other until the last run is published again, and show their states as they pass
    #[arg(long)]
    wait: bool,
}

/// Starts a replay, or goes on with the one that is under way; gives whether it succeeded, as far as that was waited for.
///
/// # Errors
/// There is no target, or it does not answer or refuses.
pub(crate) async fn run(arguments: Arguments) -> Result<bool, CliError> {
    let (target, client) = Target::connect(arguments.target).await?;
    let input = input(arguments.from);
    loop {
        let execution = start(&target, &client, &input).await?;
        if !arguments.wait {
            eprintln!("until the replay is over, every execution goes on with it and none reads the source");
            return finish(&target, &client, &execution, false, false).await;
        }
        print(&format!("{execution}\n"))?;
        let report = follow(&target, &client, &execution).await?;
        eprintln!("{}", report.summary(&target));
        if !report.is_success() {
            return Ok(false);
        }
        if !is_left(&report) {
            return Ok(true);
        }
    }
}

fn input(from: Option<String>) -> Value {
    json!({"replay": from.map_or(ReplayFrom::First(true), ReplayFrom::Run)})
}

/// Whether the last round left anything over.
fn is_left(report: &Report) -> bool {
    let last = report.states.iter().rev().find_map(|passed| match passed.reply() {
        Reply::Load(reply) => Some(reply.more),
        _ => None,
    });
    last.unwrap_or(false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_input_says_with_which_run_to_begin() {
        assert_eq!(input(None), json!({"replay": true}));
        assert_eq!(input(Some("20261120T123456Z-1a2b3c4d-001".to_owned()))["replay"], "20261120T123456Z-1a2b3c4d-001");
    }
}
