//! The command line as a person uses it: the program itself, over real databases and the real state machine.

mod definitions;
mod executions;
mod quarantine;
mod reconcile;
mod reconcile_explained;
mod reconcile_published;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use starlift_testkit::{Database, cluster, workspace};

pub(crate) type Outcome = Result<(), Box<dyn std::error::Error>>;

/// The program, without settings of the person who runs the tests.
pub(crate) fn starlift(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_starlift"));
    for name in ["STARLIFT_STATE_MACHINE", "STARLIFT_SOURCE", "STARLIFT_WAREHOUSE"] {
        command.env_remove(name);
    }
    command.args(arguments);
    command
}

/// What a command that ended said.
pub(crate) struct Said {
    pub(crate) out: String,
    pub(crate) err: String,
    pub(crate) code: Option<i32>,
}

impl From<Output> for Said {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
        Self { out: text(output.stdout), err: text(output.stderr), code: output.status.code() }
    }
}

/// Runs a command to its end.
pub(crate) fn said(command: &mut Command) -> std::io::Result<Said> {
    Ok(command.output()?.into())
}

/// A warehouse with the engine's own tables and nothing else.
pub(crate) async fn warehouse_with_ledger() -> Result<Database, Box<dyn std::error::Error>> {
    let warehouse = cluster().create_database("warehouse").await?;
    warehouse.connect().await?.batch_execute("create schema etl").await?;
    for migration in ["V1__roles", "V2__ledger", "V4__quarantine", "V6__unknown_members"] {
        let file = workspace::root().join(format!("sql/engine/migrations/{migration}.sql"));
        warehouse.execute_file(&file).await?;
    }
    Ok(warehouse)
}

/// A copy of a folder that a test may change.
pub(crate) fn copy_folder(from: &Path, to: &Path) -> std::io::Result<PathBuf> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let path = entry?.path();
        let copy = to.join(path.file_name().unwrap_or_default());
        if path.is_dir() {
            copy_folder(&path, &copy)?;
        } else {
            std::fs::copy(&path, &copy)?;
        }
    }
    Ok(to.to_owned())
}
