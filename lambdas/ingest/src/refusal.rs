//! What it means when the source refuses a statement of ingest.

use starlift_failure::Failure;
use starlift_postgres::PostgresError;

/// The failure behind a refused statement over the tables `named`, as the one who acts needs it.
pub(crate) fn refusal(error: PostgresError, named: &str, secret: &str) -> Failure {
    match error.sqlstate() {
        Some("42501") => Failure::denied(format!(
            "{error}; run: grant select on {named} to the role of secret {secret} (and bypassrls where row security is on)"
        )),
        Some("42P01" | "42703" | "3F000") => {
            Failure::source_changed(format!("{error}; the schema changed while it was read; start a new execution"))
        }
        _ => error.into(),
    }
}
