//! What can go wrong with a model, as facts that name models, tables and columns, never values.

use polars::prelude::PolarsError;
use starlift_definition::Model;
use starlift_failure::Failure;

use crate::{CopyError, engine};

/// A fault of a model or of its data.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A model cannot be planned against its tables, or does not fit its target table.
    #[error("models/{model}.sql: {message}")]
    Definition {
        /// The model.
        model: String,
        /// What is wrong, and what would be right.
        message: String,
    },
    /// Rows that a model cannot take and that cannot be held back one by one.
    #[error("models/{model}.sql: {message}")]
    Data {
        /// The model.
        model: String,
        /// What is wrong with which table, and what to do.
        message: String,
    },
    /// A raw object is not what ingest writes.
    #[error("a raw object of table {table} {error}; start a new execution")]
    RawObject {
        /// The table.
        table: String,
        /// What is wrong with it.
        error: CopyError,
    },
    /// A file of the work folder cannot be read or written.
    #[error("the work folder cannot be used ({0}); give the function more ephemeral storage")]
    WorkFolder(std::io::ErrorKind),
    /// The time was used up before the model was computed.
    #[error("models/{model}.sql: there was no time left to compute it; it can be run again at any time")]
    Late {
        /// The model.
        model: String,
    },
    /// Polars failed where no value can be the cause.
    #[error("models/{model}.sql: Polars failed ({kind}) while {doing}; please report it")]
    Engine {
        /// The model.
        model: String,
        /// What was being done.
        doing: &'static str,
        /// Which kind of error it is. Its text can quote cells, so it is not told.
        kind: &'static str,
    },
}

impl ModelError {
    pub(crate) fn engine(model: &Model, doing: &'static str, error: &PolarsError) -> Self {
        Self::Engine { model: model.name.clone(), doing, kind: engine::kind(error) }
    }
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        let message = error.to_string();
        match error {
            ModelError::Definition { .. } => Self::invalid_definition(message),
            ModelError::Data { .. } | ModelError::RawObject { .. } => Self::invalid_data(message),
            ModelError::Late { .. } => Self::transient(message),
            ModelError::WorkFolder(_) => Self::denied(message),
            ModelError::Engine { .. } => Self::internal(message),
        }
    }
}
