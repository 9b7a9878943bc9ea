//! One step of a command: said before it runs, timed, its output shown.

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

/// The cargo that runs this.
pub(crate) fn cargo() -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.current_dir(starlift_testkit::workspace::root());
    command
}
