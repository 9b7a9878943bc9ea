//! What a command can end with, said to the person at the terminal.

use std::path::PathBuf;

use aws_sdk_sfn::error::{ProvideErrorMetadata, SdkError};
use starlift_definition::DefinitionError;
use starlift_failure::Failure;
use starlift_postgres::PostgresError;

/// A fault that ends a command.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CliError {
    /// There is no local stack, and no state machine on AWS was named.
    #[error(
        "no local stack: {} and the folders above it have no .local/stack.json\n\
         start one with `cargo xtask local up`, or name a state machine on AWS with --state-machine ARN", from.display()
    )]
    NoStack {
        /// Where the search began.
        from: PathBuf,
    },
    /// The description of the local stack cannot be used.
    #[error("{}: {reason}\nwrite it again with `cargo xtask local up`", path.display())]
    BrokenStack {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        reason: String,
    },
    /// Step Functions does not answer.
    #[error("{doing}: {target} does not answer\n{advice}")]
    Unreachable {
        /// What was being done.
        doing: &'static str,
        /// Who was asked.
        target: String,
        /// What to do.
        advice: &'static str,
    },
    /// Step Functions refused.
    #[error("{doing}: {code}: {message}")]
    Refused {
        /// What was being done.
        doing: &'static str,
        /// The error's name.
        code: String,
        /// What Step Functions says.
        message: String,
    },
    /// An argument or a file says what cannot be done.
    #[error("{0}")]
    Unusable(String),
    /// A library could not go on.
    #[error("{}", _0.message)]
    Failure(#[from] Failure),
    /// Standard output cannot be written.
    #[error("standard output: {0}")]
    Output(std::io::Error),
    /// A file or folder of this machine cannot be used.
    #[error("{}: {reason}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system says.
        reason: std::io::ErrorKind,
    },
}

impl CliError {
    /// What an answer of the AWS SDK means. `advice` is for a target that does not answer.
    pub(crate) fn aws<Operation, Response>(
        doing: &'static str,
        target: &impl std::fmt::Display,
        advice: &'static str,
        error: &SdkError<Operation, Response>,
    ) -> Self
    where
        Operation: ProvideErrorMetadata,
    {
        if let Some(refusal) = error.as_service_error() {
            return Self::Refused {
                doing,
                code: refusal.code().unwrap_or("an error without a name").to_owned(),
                message: refusal.message().unwrap_or("no message").to_owned(),
            };
        }
        Self::Unreachable { doing, target: target.to_string(), advice }
    }
}

impl From<DefinitionError> for CliError {
    fn from(error: DefinitionError) -> Self {
        Self::Failure(error.into())
    }
}

impl From<PostgresError> for CliError {
    fn from(error: PostgresError) -> Self {
        Self::Failure(error.into())
    }
}
