//! `starlift replay`: rebuilds an empty warehouse from what was read before, without the source.
//!
//! One execution goes a hundred rounds at most, and any other goes on where it ended, because the warehouse itself knows how far the replay is.

use serde_json::{Value, json};
use starlift_lake::messages::ReplayRequest;

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
    /// The run to end with, where the publications went several ways; without it the one published last
    #[arg(long, value_name = "RUN")]
    to: Option<String>,
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
    let input = input(arguments.from, arguments.to);
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

fn input(from: Option<String>, to: Option<String>) -> Value {
    let all = from.is_none() && to.is_none();
    json!({"replay": if all { ReplayRequest::All(true) } else { ReplayRequest::Span { from, to } }})
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
    fn the_input_says_with_which_runs_to_begin_and_to_end() {
        assert_eq!(input(None, None), json!({"replay": true}));
        assert_eq!(input(Some("1".to_owned()), None), json!({"replay": {"from": "1"}}));
        assert_eq!(input(None, Some("2".to_owned())), json!({"replay": {"to": "2"}}));
    }
}
