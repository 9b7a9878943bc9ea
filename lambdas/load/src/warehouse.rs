//! Sessions in the warehouse.

use std::time::Duration;

use starlift_failure::{Failure, FailureKind, RUN_ANEW};
use starlift_host::Context;
use starlift_postgres::{PostgresError, Session, SessionOptions, connect_by_secret};
use tokio_postgres::Client;

const LOCK_SESSION: &str = include_str!("../../../sql/engine/load/lock_session.sql");
const LOCK_TRANSACTION: &str = include_str!("../../../sql/engine/load/lock_transaction.sql");

/// How long to wait for a lock: a publication that is under way is worth waiting for a little.
const LOCK_TIMEOUT: Duration = Duration::from_secs(30);
/// How long a transaction may be silent. A download between two statements takes seconds; a frozen Lambda must not keep its locks.
const IDLE_IN_TRANSACTION_TIMEOUT: Duration = Duration::from_secs(30);

/// Connects with a secret. `purpose` is what the server's activity view shows: a run or an action.
pub(crate) async fn connect(context: &Context, secret: &str, purpose: &str) -> Result<Session, Failure> {
    connect_by_secret(secret, || context.secrets.get(secret), &session_options(context, purpose)?).await
}

/// The settings of a session in which something is changed.
pub(crate) fn session_options(context: &Context, purpose: &str) -> Result<SessionOptions, Failure> {
    Ok(SessionOptions {
        application_name: format!("starlift/{}/{purpose}", context.definition.pipeline.name),
        read_only: false,
        statement_timeout: context.time_left()?,
        idle_in_transaction_timeout: IDLE_IN_TRANSACTION_TIMEOUT,
        lock_timeout: LOCK_TIMEOUT,
    })
}

/// Takes the lock of this name until the session ends.
pub(crate) async fn lock_session(client: &Client, name: &str) -> Result<(), Failure> {
    client.execute(LOCK_SESSION, &[&name]).await.map_err(failed("waiting for another action on the warehouse"))?;
    Ok(())
}

/// Takes the lock of this name until the transaction ends.
pub(crate) async fn lock_transaction(client: &Client, name: &str) -> Result<(), Failure> {
    client.execute(LOCK_TRANSACTION, &[&name]).await.map_err(failed("waiting for another action on the warehouse"))?;
    Ok(())
}

/// Turns an error of a statement into a failure; for `map_err`.
pub(crate) fn failed(doing: impl Into<String>) -> impl FnOnce(tokio_postgres::Error) -> Failure {
    let doing = doing.into();
    move |error| refused(PostgresError::new(doing, &error))
}

/// Turns what the server said into a failure. A value that it does not take stands in the run's objects, and these never change.
pub(crate) fn refused(error: PostgresError) -> Failure {
    let failure = Failure::from(error);
    match failure.kind {
        FailureKind::InvalidData => {
            Failure::invalid_data(format!("{}; correct the source or the definition, {RUN_ANEW}", failure.message))
        }
        _ => failure,
    }
}

/// A count as PostgreSQL gives it: never negative.
pub(crate) fn count(value: i64) -> u64 {
    u64::try_from(value).unwrap_or_default()
}
