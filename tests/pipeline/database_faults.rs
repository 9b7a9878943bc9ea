//! What befalls a database or the wire to it in the middle of a step: the step is retried, or the execution fails under the right name and is
//! redriven. Then the warehouse equals the oracle, and nothing is there twice.

use starlift_testkit::{Database, When, Wire};

use crate::reader::Reader;
use crate::support::{Outcome, failures, number};
use crate::wired::{ATTEMPTS, MID_COPY, Wired};

/// Ends what the pipeline's session of a database is doing that copies the designs: `pg_cancel_backend` or `pg_terminate_backend`.
async fn signal(database: &Database, function: &str) -> Outcome {
    let signalled = format!(
        "select count(*) from (
            select {function}(pid) from pg_stat_activity
             where datname = current_database() and application_name like 'starlift/%' and state = 'active'
               and query ilike 'copy%file_name%'
        ) as signalled"
    );
    let sessions = number(&database.connect().await?, &signalled).await?;
    assert_eq!(sessions, 1, "sessions that are copying");
    Ok(())
}

/// A run that meets a fault once: the attempt at its step fails, the next one succeeds.
async fn is_retried(wired: &Wired, fault: &str, act: impl AsyncFnOnce() -> Outcome) -> Outcome {
    let before = wired.fragile.history().await?;
    let run = wired.run_during(act).await?;
    assert_eq!(
        failures(&wired.fragile.stack, &run)?,
        (1, 0),
        "{fault}: attempts that failed, and ends: {}",
        run.message()
    );
    run.succeeded()?;
    wired.is_whole(before).await?;
    println!("{fault}: retried, equal, nothing twice");
    Ok(())
}

/// A run that fails, is mended and redriven.
async fn is_redriven(
    wired: &Wired,
    fault: &str,
    act: impl AsyncFnOnce() -> Outcome,
    named: (&str, &str),
    attempts: usize,
    mend: impl AsyncFnOnce() -> Outcome,
) -> Outcome {
    let before = wired.fragile.history().await?;
    let failed = wired.run_during(act).await?;
    mend().await?;
    wired.has_failed(&failed, before, named, attempts).await.map_err(|error| format!("{fault}: {error}"))?;
    wired.fragile.stack.redrive(&failed.arn).await?.succeeded()?;
    wired.is_whole(before).await?;
    println!("{fault}: failed, redriven, equal, nothing twice");
    Ok(())
}

/// Statement 32, the databases.
#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_fails_in_mid_step_costs_a_retry_or_a_redrive_and_no_row() -> Outcome {
    let wired = Wired::lifted().await?;
    let (reader, stack) = (Reader::start(&wired.fragile.stack), &wired.fragile.stack);
    of_a_server(&wired, ("the source", "Project"), &wired.source, When::Received(MID_COPY), &stack.source).await?;
    let warehouse = ("the warehouse", "warehouse-db-credentials");
    of_a_server(&wired, warehouse, &wired.warehouse, When::Sent(MID_COPY), &stack.warehouse).await?;
    of_the_disk(&wired).await?;
    of_the_commit(&wired).await?;
    wired.ends_well(reader).await
}

/// What can befall either server, and its wire, in mid-copy.
async fn of_a_server(
    wired: &Wired,
    (server, secret): (&str, &str),
    wire: &Wire,
    when: When,
    database: &Database,
) -> Outcome {
    wire.cut(when);
    is_retried(wired, &format!("the wire to {server} is cut"), async || Ok(())).await?;
    assert!(wire.has_struck(), "no connection came so far");

    for function in ["pg_cancel_backend", "pg_terminate_backend"] {
        let mut held = wire.hold(when);
        let act = async || {
            held.reached().await?;
            signal(database, function).await?;
            drop(held);
            Ok(())
        };
        is_retried(wired, &format!("{function} on {server}"), act).await?;
    }

    let mut held = wire.hold(when);
    let stop = async || {
        held.reached().await?;
        database.cluster().stop();
        drop(held);
        Ok(())
    };
    let start = async || Ok(database.cluster().resume()?);
    is_redriven(wired, &format!("{server} is stopped"), stop, ("Starlift.Transient", secret), ATTEMPTS, start).await
}

async fn of_the_disk(wired: &Wired) -> Outcome {
    let cluster = wired.fragile.stack.warehouse.cluster();
    let (fill, free) = (async || Ok(cluster.fill_disk()?), async || Ok(cluster.free_disk()?));
    let denied = ("Starlift.Denied", "give the server more storage");
    is_redriven(wired, "the warehouse's disk is full", fill, denied, 1, free).await
}

/// The one moment at which a client cannot know what has happened. `Begin` commits too, so the wire is left alone until that is over.
async fn of_the_commit(wired: &Wired) -> Outcome {
    for is_done in [false, true] {
        let mut held = wired.s3.hold("PUT", "/transform-");
        let act = async || {
            held.reached().await?;
            if is_done {
                wired.warehouse.lose_answer("COMMIT");
            } else {
                wired.warehouse.cut(When::Said("COMMIT"));
            }
            drop(held);
            Ok(())
        };
        is_retried(wired, &format!("the wire is cut at the commit, done: {is_done}"), act).await?;
        assert!(wired.warehouse.has_struck(), "nobody committed");
    }
    Ok(())
}
