//! The local stack, as `cargo xtask local up` describes it in `.local/stack.json`.

use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::arn::StateMachine;
use crate::error::CliError;

/// The place of the description in a repository.
const FILE: &str = ".local/stack.json";

/// What this command line needs to know of the local stack. Other keys are for others.
#[derive(Clone, Deserialize)]
pub(crate) struct Stack {
    /// The URL of local AWS.
    pub(crate) endpoint: String,
    /// The region that it plays.
    pub(crate) region: String,
    /// The state machine.
    pub(crate) state_machine: StateMachine,
    /// The URL of the source database.
    pub(crate) source_url: Option<String>,
    /// The URL of the warehouse.
    pub(crate) warehouse_url: Option<String>,
}

impl Stack {
    /// The stack whose description lies in `from` or in the nearest folder above it.
    ///
    /// # Errors
    /// There is none, or it is not such a description.
    pub(crate) fn find(from: &Path) -> Result<Self, CliError> {
        let path = from
            .ancestors()
            .map(|folder| folder.join(FILE))
            .find(|path| path.is_file())
            .ok_or_else(|| CliError::NoStack { from: from.to_owned() })?;
        Self::read(path)
    }

    fn read(path: PathBuf) -> Result<Self, CliError> {
        let text = match std::fs::read_to_string(&path) {
            Ok(text) => text,
            Err(error) => return Err(CliError::File { path, reason: error.kind() }),
        };
        serde_json::from_str(&text).map_err(|error| CliError::BrokenStack { path, reason: error.to_string() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const STACK: &str = r#"{
        "endpoint": "http://127.0.0.1:4599",
        "region": "eu-west-2",
        "state_machine": "arn:aws:states:eu-west-2:000000000000:stateMachine:starlift-totesys",
        "buckets": {"ingest": "i", "processed": "p", "control": "c"},
        "source_url": "postgres://reader@127.0.0.1:5433/totesys"
    }"#;

    fn folder_with(text: &str) -> tempfile::TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        std::fs::create_dir_all(folder.path().join(".local")).expect("a folder in it");
        std::fs::write(folder.path().join(FILE), text).expect("a file in it");
        folder
    }

    #[test]
    fn the_nearest_stack_above_the_current_folder_is_found() {
        let folder = folder_with(STACK);
        let below = folder.path().join("sql/totesys");
        std::fs::create_dir_all(&below).expect("folders");
        let stack = Stack::find(&below).expect("is found");
        assert_eq!(stack.endpoint, "http://127.0.0.1:4599");
        assert_eq!(stack.state_machine.name(), "starlift-totesys");
    }

    #[test]
    fn without_a_stack_the_command_that_starts_one_is_named() {
        let folder = tempfile::tempdir().expect("a folder");
        let message = Stack::find(folder.path()).err().expect("is not found").to_string();
        assert!(message.contains("cargo xtask local up") && message.contains("--state-machine"), "{message}");
    }

    #[test]
    fn a_broken_description_is_named_with_what_is_wrong() {
        let folder = folder_with("{}");
        let message = Stack::find(folder.path()).err().expect("is refused").to_string();
        assert!(message.contains("stack.json: missing field `endpoint`"), "{message}");
    }
}
