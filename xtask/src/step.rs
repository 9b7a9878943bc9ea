//! One step of a command: said before it runs, timed, its output shown.

use std::ffi::OsStr;
use std::process::{Command, Stdio};
use std::time::Instant;

use starlift_testkit::{Error, Result};

/// Says what is done now, on standard error.
pub(crate) fn say(what: &str) {
    eprintln!("==> {what}");
}

/// Runs a program with its output shown, and says how long it took.
///
/// # Errors
/// The program cannot be started, or ends with another status than 0.
pub(crate) fn run(what: &str, command: &mut Command) -> Result<()> {
    say(what);
    let started = Instant::now();
    let program = command.get_program().to_string_lossy().into_owned();
    let status = command
        .stdin(Stdio::null())
        .status()
        .map_err(|source| Error::NotStarted { program: program.clone(), source })?;
    if !status.success() {
        let arguments: Vec<_> = command.get_args().map(|argument| argument.to_string_lossy()).collect();
        let output = format!("{status}; what it said stands above");
        return Err(Error::Program { program: format!("{program} {}", arguments.join(" ")), output });
    }
    eprintln!("    {what}: {:.1} s", started.elapsed().as_secs_f64());
    Ok(())
}

/// The cargo that runs this, as [`of_workspace`] starts it.
pub(crate) fn cargo() -> Command {
    of_workspace(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// A program that builds the workspace, to be started in its root.
///
/// What it said of xtask's own package is left out: build scripts watch those variables (ring's does, and Polars stands on it), so
/// that every change between this and a person's own `cargo build` would build half of the dependencies again.
pub(crate) fn of_workspace(program: impl AsRef<OsStr>) -> Command {
    let mut command = Command::new(program);
    command.current_dir(starlift_testkit::workspace::root());
    for (name, _) in std::env::vars_os() {
        let is_of_xtask = name.to_str().is_some_and(|name| OF_A_PACKAGE.iter().any(|prefix| name.starts_with(prefix)));
        if is_of_xtask {
            command.env_remove(name);
        }
    }
    command
}

/// How the variables begin that cargo sets for the package that it runs.
const OF_A_PACKAGE: [&str; 4] = ["CARGO_PKG_", "CARGO_MANIFEST_", "CARGO_BIN_", "CARGO_CRATE_"];
