//! What can go wrong under a test, said so that a person can act on it.

use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// The result of everything in this package.
pub type Result<T> = std::result::Result<T, Error>;

/// A failure of the test bed itself, not of what is being tested.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// A file or folder could not be read, written or made.
    #[error("{}: {source}", path.display())]
    File {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A program is not there or could not be started.
    #[error("{program} did not start: {source}")]
    NotStarted {
        /// The program.
        program: String,
        /// What the operating system said.
        source: std::io::Error,
    },
    /// A program ended with an error. Holds the end of what it wrote.
    #[error("{program} failed: {output}")]
    Program {
        /// The program with its arguments.
        program: String,
        /// The end of its output.
        output: String,
    },
    /// Something this machine lacks, and how to get it.
    #[error("{0}")]
    Missing(String),
    /// A server did not come up. Holds the end of its log.
    #[error("{server} did not start: {log}")]
    NotReady {
        /// Which server.
        server: &'static str,
        /// The end of its log.
        log: String,
    },
    /// PostgreSQL refused a statement of the test bed, of a scenario or of the demo source.
    #[error("{context}: {}", describe(source))]
    Sql {
        /// The file or the step.
        context: String,
        /// The error, with PostgreSQL's own message.
        source: tokio_postgres::Error,
    },
    /// Local AWS refused or failed a call.
    #[error("{call}: {message}")]
    Aws {
        /// The call.
        call: &'static str,
        /// What came back.
        message: String,
    },
    /// A scenario, a definition or an answer does not have the form it must have.
    #[error("{0}")]
    Malformed(String),
}

impl Error {
    /// Names the file or folder of an I/O error; for `map_err`.
    pub fn at(path: impl AsRef<Path>) -> impl FnOnce(std::io::Error) -> Self {
        let path = path.as_ref().to_owned();
        move |source| Self::File { path, source }
    }

    /// Names the file or step of a PostgreSQL error; for `map_err`.
    pub fn sql(context: impl Into<String>) -> impl FnOnce(tokio_postgres::Error) -> Self {
        let context = context.into();
        move |source| Self::Sql { context, source }
    }
}

/// Runs a program to its end and returns what it wrote to standard output.
///
/// # Errors
/// When it cannot be started, or ends with another status than 0: then the error holds the end of its output.
pub fn run(command: &mut Command) -> Result<String> {
    run_with_input(command.stdin(Stdio::null()))
}

/// As [`run`], for a program whose standard input has been set.
///
/// # Errors
/// As [`run`].
pub fn run_with_input(command: &mut Command) -> Result<String> {
    let program = command.get_program().to_string_lossy().into_owned();
    let output = command.output().map_err(|source| Error::NotStarted { program: program.clone(), source })?;
    let stdout = String::from_utf8_lossy(&output.stdout).into_owned();
    if output.status.success() {
        return Ok(stdout);
    }
    let stderr = String::from_utf8_lossy(&output.stderr);
    Err(Error::Program { program, output: format!("{}\n{}\n{}", output.status, tail(&stdout), tail(&stderr)) })
}

/// The last lines of a log.
#[must_use]
pub fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(20)..].join("\n")
}

/// The driver's own text is "db error": the server's message, and where it stands, is what helps an author.
fn describe(error: &tokio_postgres::Error) -> String {
    let Some(refusal) = error.as_db_error() else {
        return error.to_string();
    };
    let place = refusal.where_().map(|text| format!(" ({text})")).unwrap_or_default();
    let detail = refusal.detail().map(|text| format!(" {text}")).unwrap_or_default();
    format!("{} [{}]{detail}{place}", refusal.message(), refusal.code().code())
}
