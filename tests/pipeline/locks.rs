//! Locks of other sessions: a step waits a little, then it gives way and is tried again.

use std::time::Duration;

use starlift_testkit::Database;
use tokio_postgres::Client;

use crate::fragile::Fragile;
use crate::support::{Outcome, failures};

/// A session that keeps everybody from a table until it commits.
async fn lock(database: &Database, table: &str) -> Result<Client, Box<dyn std::error::Error>> {
    let holder = database.connect().await?;
    holder.batch_execute(&format!("begin; lock table {table} in access exclusive mode")).await?;
    Ok(holder)
}

/// No step comes to a lock later.
const LIMIT: Duration = Duration::from_secs(120);

/// Waits until a session other than the known one waits for a table; gives its process.
async fn waiting(database: &Database, table: &str, known: Option<i32>) -> Result<i32, Box<dyn std::error::Error>> {
    let client = database.connect().await?;
    let query = "select pid from pg_locks join pg_database as here on here.oid = database
                  where not granted and datname = current_database() and relation = $1::text::regclass
                    and pid is distinct from $2";
    let come = async {
        loop {
            if let Some(row) = client.query_opt(query, &[&table, &known]).await? {
                return Ok(row.get(0));
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    tokio::time::timeout(LIMIT, come).await?
}

/// Statement 32, locks.
#[tokio::test(flavor = "multi_thread")]
async fn a_lock_of_another_session_is_waited_for_or_makes_a_step_come_back_later() -> Outcome {
    let fragile = Fragile::lifted().await?;
    is_waited_for(&fragile).await?;
    comes_back(&fragile).await?;
    fragile.is_quiet().await?;
    fragile.is_written_once()
}

async fn is_waited_for(fragile: &Fragile) -> Outcome {
    let stack = &fragile.stack;
    let before = fragile.history().await?;
    fragile.change().await?;
    let holder = lock(&stack.warehouse, "fact_payment").await?;
    let execution = stack.start().await?;
    waiting(&stack.warehouse, "fact_payment", None).await?;
    holder.batch_execute("commit").await?;
    let run = stack.wait(&execution).await?.succeeded()?;
    assert_eq!(failures(stack, &run)?, (0, 0), "attempts that failed, and ends");
    fragile.is_whole(before, 3, 2).await
}

/// Longer than ingest waits.
async fn comes_back(fragile: &Fragile) -> Outcome {
    let stack = &fragile.stack;
    let before = fragile.history().await?;
    fragile.change().await?;
    let holder = lock(&stack.source, "design").await?;
    let execution = stack.start().await?;
    let first = waiting(&stack.source, "design", None).await?;
    waiting(&stack.source, "design", Some(first)).await?;
    holder.batch_execute("commit").await?;
    let run = stack.wait(&execution).await?.succeeded()?;
    assert_eq!(failures(stack, &run)?, (1, 0), "attempts that failed, and ends");
    assert!(
        stack.logs("ingest")?.iter().any(|line| line.contains("Starlift.Contended")),
        "it gave way by another name"
    );
    fragile.is_whole(before, 3, 2).await
}
