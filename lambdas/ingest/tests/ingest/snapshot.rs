//! What other sessions do while a run locks and reads.

use std::time::Duration;

use starlift_failure::{Failure, FailureKind};
use starlift_lake::messages::IngestReply;
use tokio_postgres::Client;

use crate::world::{Outcome, World};

/// Waits until some session of the source waits for a lock of this type and kind.
async fn until_waiting(client: &Client, kind: &str, mode: &str) -> Outcome {
    let sql = "select exists (select from pg_locks where not granted and locktype = $1 and mode = $2 \
               and (database = (select oid from pg_database where datname = current_database())))";
    while !client.query_one(sql, &[&kind, &mode]).await?.get::<_, bool>(0) {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    Ok(())
}

/// Reads a run that waits for the lock of another session's transaction; that one commits when it does.
async fn read_behind(
    world: &World,
    other: &Client,
    run: &str,
) -> Result<Result<IngestReply, Failure>, Box<dyn std::error::Error>> {
    let watcher = world.source.connect().await?;
    let (reply, released) = tokio::join!(world.ingest(run), async {
        until_waiting(&watcher, "relation", "AccessShareLock").await?;
        Ok::<_, Box<dyn std::error::Error>>(other.batch_execute("commit").await?)
    });
    released?;
    Ok(reply)
}

#[tokio::test]
async fn a_table_truncated_and_filled_while_the_run_waits_for_its_lock_is_read_as_it_is_then() -> Outcome {
    let mut world = World::new().await?;
    let other = world.source.connect().await?;
    other.batch_execute("begin; truncate line; insert into line values (7, 'after', 7)").await?;
    let run = world.next_run();
    let reply = read_behind(&world, &other, &run).await?;
    reply?;
    let manifest = world.manifest(&run).await?;
    world.publish(&manifest).await?;
    assert_eq!(manifest.tables["line"].objects[0].rows, 1);
    world.all_agree().await
}

#[tokio::test]
async fn a_table_rewritten_while_the_run_waits_for_its_lock_is_read_whole() -> Outcome {
    let mut world = World::new().await?;
    let other = world.source.connect().await?;
    // To a snapshot from before, the rewritten table is empty.
    other.batch_execute("begin; alter table line alter column quantity type bigint").await?;
    let run = world.next_run();
    let reply = read_behind(&world, &other, &run).await?;
    reply?;
    let manifest = world.manifest(&run).await?;
    let rows: i64 = other.query_one("select count(*) from line", &[]).await?.get(0);
    assert!(rows > 0);
    assert_eq!(manifest.tables["line"].objects.iter().map(|object| object.rows as i64).sum::<i64>(), rows);
    world.publish(&manifest).await?;
    world.all_agree().await
}

#[tokio::test]
async fn a_table_altered_while_the_run_waits_for_its_lock_is_surveyed_as_it_is_then() -> Outcome {
    let world = World::new().await?;
    let other = world.source.connect().await?;
    other.batch_execute("begin; alter table line rename column quantity to amount").await?;
    let run = world.next_run();
    let reply = read_behind(&world, &other, &run).await?;
    let failure = reply.expect_err("the column is missing");
    assert_eq!(failure.kind, FailureKind::SourceChanged);
    assert!(world.raw_keys().await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn what_is_committed_or_waits_to_alter_a_table_while_the_run_reads_does_not_disturb_it() -> Outcome {
    let mut world = World::new().await?;
    // The view stops the run in the middle: it reads the sales only after the whole tables.
    world
        .execute(
            "alter table item rename to goods; \
             create view item as select * from goods where pg_advisory_xact_lock_shared(7) is not null",
        )
        .await?;
    let holder = world.source.connect().await?;
    holder.batch_execute("select pg_advisory_lock(7)").await?;
    let watcher = world.source.connect().await?;
    let altering = world.source.connect().await?;
    let run = world.next_run();
    let (reply, altered, released) = tokio::join!(
        world.ingest(&run),
        async {
            until_waiting(&watcher, "advisory", "ShareLock").await?;
            world.execute("insert into sale (sale_id, customer_id, item_id, amount) values (3, 1, 1, 3.00)").await?;
            Ok::<_, Box<dyn std::error::Error>>(altering.batch_execute("alter table sale drop column card").await?)
        },
        async {
            until_waiting(&watcher, "relation", "AccessExclusiveLock").await?;
            Ok::<_, Box<dyn std::error::Error>>(holder.batch_execute("select pg_advisory_unlock(7)").await?)
        },
    );
    released?;
    reply?;
    altered?;
    let manifest = world.manifest(&run).await?;
    assert_eq!(manifest.tables["sale"].objects[0].rows, 2, "as of the snapshot");
    world.edit("pipeline.toml", ", exclude = [\"card\"]", "")?;
    world.publish(&manifest).await?;
    world.run().await?;
    world.all_agree().await
}
