//! Which state machine a command talks to: the local stack's, unless one on AWS is named.
//!
//! Nothing reaches an AWS account by accident: without `--state-machine` (or `STARLIFT_STATE_MACHINE`) only the endpoint of
//! `.local/stack.json` is asked, under made-up credentials.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use aws_config::{BehaviorVersion, Region};
use aws_sdk_sfn::Client;
use aws_sdk_sfn::config::Credentials;
use aws_sdk_sfn::error::{ProvideErrorMetadata, SdkError};
use starlift_failure::FailureKind;

use crate::arn::StateMachine;
use crate::error::CliError;
use crate::stack::Stack;

/// The option that names a state machine on AWS.
#[derive(clap::Args)]
pub(crate) struct TargetArgs {
    /// The ARN of a state machine on AWS; without it the local stack is used
    #[arg(long, value_name = "ARN", env = "STARLIFT_STATE_MACHINE")]
    state_machine: Option<StateMachine>,
}

/// A state machine and how to reach it.
pub(crate) enum Target {
    /// The one of the local stack.
    Local(Stack),
    /// One on AWS.
    Aws(StateMachine),
}

impl Target {
    /// The target that the arguments name, or the local stack above `folder`.
    ///
    /// # Errors
    /// There is no usable local stack.
    pub(crate) fn resolve(arguments: TargetArgs, folder: &Path) -> Result<Self, CliError> {
        match arguments.state_machine {
            Some(machine) => Ok(Self::Aws(machine)),
            None => Ok(Self::Local(Stack::find(folder)?)),
        }
    }

    /// Finds the target from the current folder, says on standard error which it is, and makes a client for it.
    ///
    /// # Errors
    /// There is no usable local stack.
    pub(crate) async fn connect(arguments: TargetArgs) -> Result<(Self, Client), CliError> {
        let target = Self::resolve(arguments, &current_folder()?)?;
        eprintln!("{target}");
        let client = target.client().await;
        Ok((target, client))
    }

    /// The state machine.
    pub(crate) fn state_machine(&self) -> &StateMachine {
        match self {
            Self::Local(stack) => &stack.state_machine,
            Self::Aws(machine) => machine,
        }
    }

    /// The URL of the warehouse, where the local stack names one.
    pub(crate) fn warehouse_url(&self) -> Option<String> {
        match self {
            Self::Local(stack) => stack.warehouse_url.clone(),
            Self::Aws(_) => None,
        }
    }

    /// How long to wait before looking at a running execution again. AWS limits how often one may ask.
    pub(crate) fn poll_interval(&self) -> Duration {
        match self {
            Self::Local(_) => Duration::from_millis(100),
            Self::Aws(_) => Duration::from_secs(2),
        }
    }

    /// What to do after an execution has failed with this error, with the command that goes on.
    pub(crate) fn way_on(&self, execution: &str, error: &str) -> String {
        let target = match self {
            Self::Local(_) => String::new(),
            Self::Aws(machine) => format!(" --state-machine {machine}"),
        };
        if FailureKind::of_error_type(error).is_some_and(FailureKind::needs_new_execution) {
            return format!("when that is mended, start anew with: starlift run{target} --wait");
        }
        format!("go on from there with: starlift redrive{target} {execution}")
    }

    /// What an error of a call means.
    pub(crate) fn error<Operation, Response>(
        &self,
        doing: &'static str,
        error: &SdkError<Operation, Response>,
    ) -> CliError
    where
        Operation: ProvideErrorMetadata,
    {
        let advice = match self {
            Self::Local(_) => "start it with `cargo xtask local up`",
            Self::Aws(_) => "check the network and that credentials are set, for example by AWS_PROFILE",
        };
        CliError::aws(doing, self, advice, error)
    }

    /// A client for it.
    pub(crate) async fn client(&self) -> Client {
        match self {
            Self::Local(stack) => {
                let config = aws_sdk_sfn::Config::builder()
                    .behavior_version(BehaviorVersion::latest())
                    .endpoint_url(&stack.endpoint)
                    .region(Region::new(stack.region.clone()))
                    .credentials_provider(Credentials::new("test", "test", None, None, "local stack"))
                    .build();
                Client::from_conf(config)
            }
            Self::Aws(machine) => {
                let region = Region::new(machine.region().to_owned());
                let config = aws_config::defaults(BehaviorVersion::latest()).region(region).load().await;
                Client::new(&config)
            }
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local(stack) => {
                write!(formatter, "local stack at {}, state machine {}", stack.endpoint, stack.state_machine.name())
            }
            Self::Aws(machine) => write!(formatter, "AWS, state machine {machine}"),
        }
    }
}

/// The current folder.
///
/// # Errors
/// It is gone.
pub(crate) fn current_folder() -> Result<std::path::PathBuf, CliError> {
    std::env::current_dir().map_err(|error| CliError::File { path: ".".into(), reason: error.kind() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn aws_is_the_target_only_when_a_state_machine_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let none = TargetArgs { state_machine: None };
        assert!(matches!(Target::resolve(none, folder.path()), Err(CliError::NoStack { .. })));

        let machine: StateMachine = "arn:aws:states:eu-west-2:1:stateMachine:m".parse().expect("parses");
        let named = TargetArgs { state_machine: Some(machine) };
        let target = Target::resolve(named, folder.path()).expect("resolves");
        assert_eq!(target.to_string(), "AWS, state machine arn:aws:states:eu-west-2:1:stateMachine:m");
        let redrive =
            "go on from there with: starlift redrive --state-machine arn:aws:states:eu-west-2:1:stateMachine:m e";
        assert_eq!(target.way_on("e", "Starlift.Denied"), redrive);
        assert_eq!(target.way_on("e", "States.Timeout"), redrive);
    }

    #[test]
    fn what_the_same_run_can_only_stumble_over_again_needs_a_new_one() {
        let machine: StateMachine = "arn:aws:states:eu-west-2:1:stateMachine:m".parse().expect("parses");
        let way_on = Target::Aws(machine).way_on("e", "Starlift.InvalidData");
        let run = "starlift run --state-machine arn:aws:states:eu-west-2:1:stateMachine:m --wait";
        assert_eq!(way_on, format!("when that is mended, start anew with: {run}"));
    }
}
