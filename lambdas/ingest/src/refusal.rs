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

/// The failure behind a refused import of the snapshot that another connection of the run has exported.
pub(crate) fn import_refusal(error: PostgresError) -> Failure {
    match error.sqlstate() {
        // Its name or its session is not there any more: the connection that exported it broke. PostgreSQL says the first until version 16,
        // the second since then, the third when it finds the name without the session.
        Some("22023" | "42704" | "55000") => {
            Failure::transient(format!("{error}; the connection that took the snapshot was lost"))
        }
        _ => error.into(),
    }
}
