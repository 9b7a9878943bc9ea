//! Models as SQL: planned, typed and run with Polars.
//!
//! Files in, files out; no async, no AWS, no PostgreSQL. A run of a model is a pure function of its rows: the same rows give the same
//! bytes, whatever the number of threads (`the_same_rows_give_the_same_bytes`). A row that cannot be taken exactly is held back with a
//! reason, never changed. No error, log line or warning quotes a value.

mod cell;
mod column;
mod compute;
mod copy;
mod engine;
mod error;
mod plan;
mod preview;
mod run;
mod source;
mod target;
mod types;

pub use copy::{CopyError, CopyReader, write_record};
pub use error::ModelError;
pub use plan::check_models;
pub use preview::{first_rows, planned_columns};
pub use run::{ModelRows, ModelRun, run_model};
pub use source::{SourceFiles, visit_records};
