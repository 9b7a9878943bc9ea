//! Slices: a table larger than a run reads arrives whole, whatever is written meanwhile.

use starlift_lake::ReadState;

use crate::world::{Outcome, World};

const MANY_LINES: &str =
    "insert into line select n / 3, 'key, \"' || n % 3 || E'\\n', n from generate_series(30, 66) as n";

#[tokio::test]
async fn a_large_table_arrives_in_slices_and_each_is_cut_into_parts() -> Outcome {
    let mut world = World::new().await?;
    world.execute(MANY_LINES).await?;
    let first = world.run().await?;
    assert!(first.more);
    let rows: Vec<u64> = first.tables["line"].objects.iter().map(|object| object.rows).collect();
    assert_eq!(rows, [4, 4, 2]);
    for object in &first.tables["line"].objects {
        assert_eq!(world.lines(object).await?[0], "sale_id,line_no,quantity");
    }
    let names: Vec<&str> =
        first.parts.iter().map(|part| part.name.as_str()).filter(|name| name.starts_with("line")).collect();
    assert_eq!(names, ["line-1", "line-2", "line-3"]);
    assert_eq!(world.catch_up().await?, 4, "three more slices and an empty one");
    world.all_agree().await
}

#[tokio::test]
async fn a_slice_that_ends_with_the_table_is_followed_by_an_empty_one() -> Outcome {
    let mut world = World::new().await?;
    world.execute("delete from line; insert into line select n, 'a', n from generate_series(1, 10) as n").await?;
    assert!(world.run().await?.more);
    let last = world.run().await?;
    assert!(!last.more && last.tables["line"].objects.is_empty());
    world.all_agree().await
}

#[tokio::test]
async fn rows_changed_below_and_above_the_cursor_in_mid_slice_arrive() -> Outcome {
    let mut world = World::new().await?;
    world.execute(MANY_LINES).await?;
    world.run().await?;
    let ReadState::Incremental { position } = &world.tracking().await?.tables["line"].read else {
        return Err("not incremental".into());
    };
    assert_eq!(position.cursor.as_ref().map(Vec::len), Some(2));
    world
        .execute(
            "update line set quantity = -1 where sale_id in (1, 10, 21); insert into line values (0, 'new', 1), (99, 'new', 1)",
        )
        .await?;
    world.catch_up().await?;
    world.all_agree().await
}

#[tokio::test]
async fn a_mass_update_below_the_cursor_loses_nothing_above_it() -> Outcome {
    let mut world = World::new().await?;
    world.execute(MANY_LINES).await?;
    world.run().await?;
    world.run().await?;
    world.execute("update line set quantity = quantity + 1000").await?;
    world.run().await?;
    world.execute("update line set quantity = quantity + 1000 where sale_id % 2 = 0").await?;
    world.catch_up().await?;
    world.all_agree().await
}

#[tokio::test]
async fn a_transaction_left_open_does_not_keep_a_large_table_from_arriving() -> Outcome {
    let mut world = World::new().await?;
    let open = world.source.connect().await?;
    open.batch_execute("begin; insert into line values (500, 'open', 1)").await?;
    // All of these are younger than the horizon for as long as the transaction is open.
    world.execute(MANY_LINES).await?;
    assert!(world.catch_up().await? < 10, "every slice goes on from the one before");
    open.batch_execute("commit").await?;
    world.catch_up().await?;
    world.all_agree().await
}

#[tokio::test]
async fn a_table_is_caught_up_only_with_what_changed_below_the_cursor_while_the_horizon_stood_still() -> Outcome {
    let mut world = World::new().await?;
    let open = world.source.connect().await?;
    world.execute("insert into customer select n, 'c' || n from generate_series(10, 30) as n").await?;
    assert!(world.run().await?.more);
    // From here on every transaction is younger than the horizon, which is where the first slice left it.
    open.batch_execute("begin; insert into line values (500, 'open', 1)").await?;
    world.execute("insert into customer values (3, 'new'); insert into sale values (3, 3, 1, 1.00)").await?;
    world.execute("update customer set name = 'changed' where customer_id = 1").await?;
    world.catch_up().await?;
    world.all_agree().await?;
    open.batch_execute("commit").await?;
    world.catch_up().await?;
    world.all_agree().await
}

/// Statement 24.
#[tokio::test]
async fn rows_that_share_one_timestamp_all_arrive_whatever_the_slice() -> Outcome {
    let mut world = World::new().await?;
    world.run().await?;
    world
        .execute(
            "insert into sale (sale_id, customer_id, item_id, amount, last_updated) \
             select n, 1, 1, 1.00, '2026-11-20 07:55:00' from generate_series(100, 136) as n",
        )
        .await?;
    assert_eq!(world.catch_up().await?, 4);
    world.all_agree().await
}

#[tokio::test]
async fn a_slice_of_one_row_gets_on() -> Outcome {
    let mut world = World::new().await?;
    world.edit("pipeline.toml", "slice_rows = 10", "slice_rows = 1")?;
    world.catch_up().await?;
    world.all_agree().await?;
    world.execute("update line set quantity = quantity + 1").await?;
    world.catch_up().await?;
    world.all_agree().await
}

#[tokio::test]
async fn a_fact_waits_while_a_dimension_it_refers_to_is_in_mid_slice() -> Outcome {
    let mut world = World::new().await?;
    world.execute("insert into customer select n, 'c' || n from generate_series(10, 30) as n").await?;
    let first = world.run().await?;
    assert!(first.more && first.tables["sale"].objects.is_empty());
    assert!(!first.tables["line"].objects.is_empty(), "it refers to no such dimension");
    assert!(world.catch_up().await? > 1);
    world.all_agree().await
}

#[tokio::test]
async fn a_fact_that_waits_does_not_forget_that_its_model_changed() -> Outcome {
    let mut world = World::new().await?;
    world.run().await?;
    world.execute("insert into customer select n, 'c' || n from generate_series(10, 30) as n").await?;
    world.edit("models/fact_sale.sql", "amount from", "amount + 0 as amount from")?;
    let waiting = world.run().await?;
    assert!(waiting.tables["sale"].objects.is_empty() && waiting.tables["sale"].reset.is_some());
    world.catch_up().await?;
    let ReadState::Incremental { position } = &world.tracking().await?.tables["sale"].read else {
        return Err("not incremental".into());
    };
    assert!(position.is_caught_up());
    let sales = world.raw_keys().await?.into_iter().filter(|key| key.starts_with("sale/")).count();
    assert_eq!(sales, 2, "one of the first run, one of the run that read it again");
    Ok(())
}
