//! What an increment brings: every row written since the run before, whatever its own columns say.

use crate::world::{Outcome, World};

#[tokio::test]
async fn a_row_changed_without_its_last_updated_moving_arrives() -> Outcome {
    let mut world = World::new().await?;
    world.run().await?;
    world.execute("update sale set amount = 99.99 where sale_id = 1").await?;
    let second = world.run().await?;
    assert_eq!(second.tables["sale"].objects.len(), 1);
    assert_eq!(second.tables["sale"].objects[0].rows, 1);
    assert!(second.tables["line"].objects.is_empty());
    world.all_agree().await
}

#[tokio::test]
async fn rows_written_under_savepoints_arrive() -> Outcome {
    let mut world = World::new().await?;
    world.run().await?;
    let writer = world.source.connect().await?;
    writer
        .batch_execute(
            "begin; insert into line values (5, 'outer', 1); savepoint a; insert into line values (5, 'inner', 2); \
             savepoint b; insert into line values (5, 'undone', 3); rollback to b; insert into line values (5, 'again', 4); \
             release a",
        )
        .await?;
    // Other transactions finish meanwhile, so that the savepoints' own numbers are not the newest.
    world.execute("insert into line values (6, 'a', 1)").await?;
    world.run().await?;
    writer.batch_execute("insert into line values (5, 'late', 5); commit").await?;
    world.run().await?;
    world.all_agree().await
}

#[tokio::test]
async fn a_transaction_open_during_a_run_arrives_with_the_next_one() -> Outcome {
    let mut world = World::new().await?;
    world.run().await?;
    let writer = world.source.connect().await?;
    writer
        .batch_execute(
            "begin; insert into sale (sale_id, customer_id, item_id, amount, last_updated) \
             values (3, 1, 1, 1.00, '2020-01-01'); update sale set amount = 7.00 where sale_id = 1",
        )
        .await?;
    world.execute("insert into sale (sale_id, customer_id, item_id, amount) values (4, 1, 1, 4.00)").await?;
    let during = world.run().await?;
    assert_eq!(during.tables["sale"].objects[0].rows, 1);
    writer.batch_execute("commit").await?;
    world.run().await?;
    world.all_agree().await
}

#[tokio::test]
async fn of_two_rows_with_one_timestamp_the_one_committed_later_arrives_too() -> Outcome {
    let mut world = World::new().await?;
    let insert = |id: i32| {
        format!(
            "insert into sale (sale_id, customer_id, item_id, amount, last_updated) \
             values ({id}, 1, 1, 1.00, '2026-11-20 09:00:00')"
        )
    };
    world.execute(&insert(10)).await?;
    world.run().await?;
    world.execute(&insert(9)).await?;
    let second = world.run().await?;
    assert_eq!(second.tables["sale"].objects[0].rows, 1);
    world.all_agree().await
}

#[tokio::test]
async fn prepared_transactions_hold_the_horizon_back() -> Outcome {
    let mut world = World::new().await?;
    world.run().await?;
    let name = world.source.name().to_owned();
    world.execute(&format!("begin; insert into line values (7, 'prepared', 1); prepare transaction '{name}'")).await?;
    world.execute("insert into line values (8, 'a', 1)").await?;
    world.run().await?;
    world.execute(&format!("commit prepared '{name}'")).await?;
    world.run().await?;
    world.all_agree().await
}

#[tokio::test]
async fn rows_of_one_transaction_arrive_together_while_a_writer_never_pauses() -> Outcome {
    let mut world = World::new().await?;
    world.edit("pipeline.toml", "slice_rows = 10\npart_rows = 4", "")?;
    world.run().await?;
    let writer = world.source.connect().await?;
    let writing = tokio::spawn(async move {
        for id in 1_000.. {
            let sale = "insert into sale (sale_id, customer_id, item_id, amount) values";
            let statements =
                format!("begin; insert into line values ({id}, 'a', 1); {sale} ({id}, 1, 1, 1.00); commit");
            if writer.batch_execute(&statements).await.is_err() {
                return;
            }
        }
    });
    for _ in 0..5 {
        let manifest = world.run().await?;
        let rows = |table: &str| manifest.tables[table].objects.iter().map(|object| object.rows).sum::<u64>();
        assert_eq!(rows("sale"), rows("line"));
    }
    writing.abort();
    let _ = writing.await;
    world.run().await?;
    world.all_agree().await
}
