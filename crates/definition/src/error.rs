//! What can be wrong with a definition, as facts that name the file and the key.

use std::path::PathBuf;

use starlift_failure::Failure;

/// A fault in `sql/<pipeline>`; its author acts.
#[derive(Debug, thiserror::Error)]
pub enum DefinitionError {
    /// A file or folder of the definition cannot be read.
    #[error("{}: cannot be read ({reason}); the definition needs this file", path.display())]
    Unreadable {
        /// The file or folder.
        path: PathBuf,
        /// What the operating system says.
        reason: std::io::ErrorKind,
    },
    /// A file says something that is not allowed.
    #[error("{file}: {message}")]
    Invalid {
        /// The file, relative to the definition's folder.
        file: String,
        /// What is wrong, and what would be right.
        message: String,
    },
}

impl DefinitionError {
    pub(crate) fn invalid(file: impl Into<String>, message: impl Into<String>) -> Self {
        Self::Invalid { file: file.into(), message: message.into() }
    }
}

impl From<DefinitionError> for Failure {
    fn from(error: DefinitionError) -> Self {
        Self::invalid_definition(error.to_string())
    }
}
