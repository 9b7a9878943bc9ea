//! Bulk loads: faster, and afterwards nobody can tell.

use starlift_failure::FailureKind;

use crate::Outcome;
use crate::rows::{Rows, Sale, product, sale};
use crate::world::{Run, World};

const ROWS: i32 = 50_000;

const CATALOG: &str = "
    select concat_ws(' ', conname, convalidated, pg_get_constraintdef(oid), obj_description(oid, 'pg_constraint'))
      from pg_constraint where conrelid = 'fact_sale'::regclass
     union all
    select concat_ws(' ', pg_get_indexdef(indexrelid), indisvalid, obj_description(indexrelid, 'pg_class'))
      from pg_index where indrelid = 'fact_sale'::regclass
     order by 1";

/// A key or index that was dropped and declared again is another one.
const IDENTITIES: &str = "
    select concat_ws(' ', oid, conname, convalidated) from pg_constraint where conrelid = 'fact_sale'::regclass
     union all
    select concat_ws(' ', indexrelid, indexrelid::regclass, indisvalid) from pg_index
     where indrelid = 'fact_sale'::regclass
     order by 1";

const UNVALIDATED: &str = "select conname from pg_constraint where contype = 'f' and not convalidated order by 1";

fn many(from: i32, units: i32) -> Rows {
    Rows::Sales((from..from + ROWS).map(|id| Sale { day: 19_954 + id % 700, ..sale(id, 1 + id % 2, units) }).collect())
}

fn products() -> Rows {
    Rows::Products(vec![product(1, "bag"), product(2, "sack")])
}

#[tokio::test]
async fn a_bulk_load_leaves_the_catalog_as_it_was() -> Outcome {
    let world = World::migrated().await?;
    let before = world.column(CATALOG).await?;
    assert!(before.len() >= 5, "keys and indexes: {before:?}");
    let reply = world.publish(&Run::new("r1", None, vec![products(), many(0, 5)])).await?;
    assert_eq!(reply.versions, 50_000);
    assert_eq!(world.column(CATALOG).await?, before);
    assert_eq!(world.value("select count(*) from etl.key_aside").await?, "0");
    assert_eq!(world.value("select max(sale_record_id) - min(sale_record_id) + 1 from fact_sale").await?, "50000");
    Ok(())
}

#[tokio::test]
async fn keys_are_not_valid_only_between_the_slices_of_one_load() -> Outcome {
    let world = World::migrated().await?;
    let before = world.column(CATALOG).await?;
    let slice = |name, base, rows: Vec<Rows>, more| Run { more, ..Run::new(name, base, rows) };
    world.publish(&slice("r1", None, vec![products(), many(0, 5)], true)).await?;
    assert_eq!(world.column(UNVALIDATED).await?.len(), 2);
    world.publish(&slice("r2", Some("r1"), vec![many(ROWS, 5)], true)).await?;
    assert_eq!(world.column(UNVALIDATED).await?.len(), 2);
    // The last slice of the load may have no row for this fact.
    world.publish(&slice("r3", Some("r2"), vec![], false)).await?;
    assert_eq!(world.column(CATALOG).await?, before);
    assert_eq!(world.value("select count(*) from current_sale").await?, "100000");
    Ok(())
}

#[tokio::test]
async fn a_fact_that_is_loaded_keeps_its_keys_however_many_rows_come() -> Outcome {
    let world = World::migrated().await?;
    world.publish(&Run::new("r1", None, vec![products(), many(0, 5)])).await?;
    let before = world.column(IDENTITIES).await?;
    assert!(before.len() >= 5, "keys and indexes: {before:?}");
    // A mass update, in slices, and rows that are read once more while it goes on.
    world.publish(&Run { more: true, ..Run::new("r2", Some("r1"), vec![many(0, 6)]) }).await?;
    assert_eq!(world.column(IDENTITIES).await?, before, "they are the same keys and indexes, and valid");
    world.publish(&Run { more: true, ..Run::new("r3", Some("r2"), vec![many(ROWS / 2, 6)]) }).await?;
    assert_eq!(world.column(IDENTITIES).await?, before);
    assert_eq!(world.value("select count(*) from current_sale where units = 6").await?, "75000");
    Ok(())
}

#[tokio::test]
async fn a_bulk_load_gives_way_to_a_reader() -> Outcome {
    let world = World::migrated().await?;
    let mut reader = world.warehouse.connect().await?;
    let reading = reader.transaction().await?;
    reading.execute("select from dim_product", &[]).await?;
    world.write(&Run::new("r1", None, vec![products(), many(0, 5)])).await?;
    let failure = world.load("r1").await.expect_err("a reader is at work");
    assert_eq!(failure.kind, FailureKind::Contended, "{failure}");
    reading.commit().await?;
    assert_eq!(world.load("r1").await?.versions, 50_000);
    Ok(())
}

#[tokio::test]
async fn a_bulk_load_checks_references_too_and_refuses_a_flood_of_missing_ones() -> Outcome {
    let world = World::migrated().await?;
    let run = Run { more: true, ..Run::new("r1", None, vec![Rows::Products(vec![product(1, "bag")]), many(0, 5)]) };
    world.write(&run).await?;
    let failure = world.load("r1").await.expect_err("a product is missing");
    assert_eq!(failure.kind, FailureKind::InvalidData);
    assert!(failure.message.contains("25000 rows of fact_sale would be in the quarantine"), "{failure}");
    assert!(failure.message.contains("max_held_rows allows 1000"), "{failure}");
    Ok(())
}
