//! Rows in the quarantine are read again by every run, though they were not written since.

use serde_json::{Value, json};
use starlift_lake::{IngestManifest, Retried};

use crate::world::{Outcome, World};

/// A shop that is caught up, with these held rows of a model.
async fn holding(model: &str, keys: &[Value]) -> Result<World, Box<dyn std::error::Error>> {
    let mut world = World::new().await?;
    world.run().await?;
    hold(&world, model, keys).await?;
    Ok(world)
}

async fn hold(world: &World, model: &str, keys: &[Value]) -> Outcome {
    let mut tracking = world.tracking().await?;
    tracking.held.insert(model.to_owned(), keys.to_vec());
    world.put_tracking(&tracking).await
}

async fn read(
    world: &World,
    manifest: &IngestManifest,
    table: &str,
) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let mut lines = Vec::new();
    for object in &manifest.tables[table].objects {
        lines.extend(world.lines(object).await?.into_iter().skip(1));
    }
    lines.sort();
    Ok(lines)
}

#[tokio::test]
async fn held_rows_are_read_by_key_and_those_that_are_gone_are_told() -> Outcome {
    let (there, gone) = (json!({"sale_id": 1, "line_no": "b"}), json!({"sale_id": 9, "line_no": "x"}));
    let mut world = holding("fact_line", &[there.clone(), gone.clone()]).await?;
    let manifest = world.run().await?;
    assert_eq!(read(&world, &manifest, "line").await?, ["1,b,2"]);
    assert_eq!(manifest.tables["line"].retried, Some(Retried { found: vec![there], gone: vec![gone] }));
    assert_eq!(manifest.tables["sale"].retried, None);
    let parts: Vec<&str> = manifest.parts.iter().map(|part| part.name.as_str()).collect();
    assert_eq!(parts, ["line-1"]);
    // Publishing has put a tracking without held rows.
    let next = world.run().await?;
    assert_eq!((next.tables["line"].retried.clone(), next.parts.len()), (None, 0));
    Ok(())
}

#[tokio::test]
async fn a_held_row_that_was_written_since_is_read_once() -> Outcome {
    let mut world = holding("fact_sale", &[json!({"sale_id": 1})]).await?;
    world.execute("update sale set amount = 7 where sale_id in (1, 2)").await?;
    let manifest = world.run().await?;
    let rows = read(&world, &manifest, "sale").await?;
    assert_eq!(rows.iter().map(|row| row.starts_with('1')).collect::<Vec<_>>(), [true, false]);
    assert_eq!(manifest.tables["sale"].retried.as_ref().map(|retried| retried.found.len()), Some(1));
    Ok(())
}

#[tokio::test]
async fn held_rows_wait_while_a_slice_is_left_and_none_is_taken_for_gone() -> Outcome {
    let mut world = holding("fact_sale", &[json!({"sale_id": 2}), json!({"sale_id": 77})]).await?;
    world.execute("insert into sale (sale_id, customer_id, item_id, amount) select n, 1, 1, 1 from generate_series(10, 40) as n").await?;
    let first = world.run().await?;
    assert!(first.more);
    assert_eq!(first.tables["sale"].retried, None, "the table was not read to its end");
    hold(&world, "fact_sale", &[json!({"sale_id": 2}), json!({"sale_id": 77})]).await?;
    let second = world.run().await?;
    assert!(second.more);
    assert_eq!(second.tables["sale"].retried, None, "the table was in mid-slice");
    world.catch_up().await?;
    hold(&world, "fact_sale", &[json!({"sale_id": 2}), json!({"sale_id": 77})]).await?;
    let last = world.run().await?.tables["sale"].retried.clone().ok_or("held rows were not looked for")?;
    assert_eq!((last.found, last.gone), (vec![json!({"sale_id": 2})], vec![json!({"sale_id": 77})]));
    Ok(())
}

#[tokio::test]
async fn the_run_that_reads_the_last_slice_tries_held_rows_again_on_both_sides_of_the_cursor() -> Outcome {
    let mut world = holding("fact_sale", &[]).await?;
    let new =
        "insert into sale (sale_id, customer_id, item_id, amount) select n, 1, 1, 1 from generate_series(10, 40) as n";
    world.execute(new).await?;
    // One that was not written since, one of an earlier slice, and one of the last slice.
    let held = [2, 11, 40].map(|key| json!({"sale_id": key}));
    let last = loop {
        hold(&world, "fact_sale", &held).await?;
        let run = world.run().await?;
        if !run.more {
            break run;
        }
    };
    let rows = read(&world, &last, "sale").await?;
    let of = |key: &str| rows.iter().filter(|row| row.split(',').next() == Some(key)).count();
    assert_eq!((of("2"), of("11"), of("40")), (1, 1, 1), "{rows:?}");
    assert_eq!(last.tables["sale"].retried, Some(Retried { found: held.to_vec(), gone: Vec::new() }));
    Ok(())
}

#[tokio::test]
async fn a_model_over_whole_tables_is_computed_as_long_as_it_has_held_rows() -> Outcome {
    let mut world = holding("dim_item", &[json!({"item_id": 1})]).await?;
    let manifest = world.run().await?;
    let parts: Vec<&str> = manifest.parts.iter().map(|part| part.name.as_str()).collect();
    assert_eq!(parts, ["dim_item"]);
    assert!(manifest.tables["item"].objects.is_empty(), "its content has not changed");
    Ok(())
}
