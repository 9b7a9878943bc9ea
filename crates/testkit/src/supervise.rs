//! Servers that end with the process that started them.
//!
//! A watcher shell next to the server reads a pipe that only this process holds open. When this process ends, by
//! return, panic or SIGKILL, the pipe closes, and the watcher stops the server and deletes its scratch folder. Proven
//! by `a_server_ends_when_the_process_that_started_it_is_killed`.

use std::io::Write;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Child, Command, ExitStatus, Stdio};

use crate::error::{Error, Result};

const SCRIPT: &str = include_str!("supervise.sh");

/// Which signal ends the server.
#[derive(Clone, Copy, Debug)]
pub enum Signal {
    /// SIGQUIT: at once, for what will be thrown away.
    Quit,
    /// SIGTERM: in order.
    Term,
}

/// A running server. Dropping it stops it.
#[derive(Debug)]
pub struct Supervised {
    child: Child,
    left: bool,
}

/// A command for `program` under a watcher; arguments, environment and output are the caller's to add.
///
/// `scratch` is deleted after the server has ended.
#[must_use]
pub fn command(signal: Signal, scratch: Option<&Path>, program: &Path) -> Command {
    let mut command = Command::new("sh");
    command.arg("-c").arg(SCRIPT).arg("supervise");
    command.arg(match signal {
        Signal::Quit => "QUIT",
        Signal::Term => "TERM",
    });
    command.arg(scratch.unwrap_or(Path::new(""))).arg(program);
    command
}

impl Supervised {
    /// Starts a command made by [`command`], in a process group of its own so that Ctrl-C reaches only the tests.
    ///
    /// # Errors
    /// When the shell cannot be started.
    pub fn spawn(command: &mut Command) -> Result<Self> {
        let child = command
            .stdin(Stdio::piped())
            .process_group(0)
            .spawn()
            .map_err(|source| Error::NotStarted { program: "sh".into(), source })?;
        Ok(Self { child, left: false })
    }

    /// The server's process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// How the server ended, if it has.
    pub fn ended(&mut self) -> Option<ExitStatus> {
        self.child.try_wait().ok().flatten()
    }

    /// Keeps the scratch folder when the server ends.
    pub fn save(&mut self) {
        self.order("save\n");
    }

    /// Lets the server run on when this process ends.
    pub fn leave(&mut self) {
        self.order("leave\n");
        self.left = true;
    }

    /// A watcher that is gone has stopped the server already, so a failed write loses nothing.
    fn order(&mut self, line: &str) {
        if let Some(pipe) = self.child.stdin.as_mut() {
            let _ = pipe.write_all(line.as_bytes());
        }
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        if !self.left {
            let _ = self.child.wait();
        }
    }
}
