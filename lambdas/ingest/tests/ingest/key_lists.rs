//! The keys of a table, by which load tells what is gone.

use starlift_lake::{IngestManifest, StoredObject};

use crate::world::{Outcome, World};

/// A shop whose deletions are looked at every so many runs.
async fn detecting(every: u32) -> Result<World, Box<dyn std::error::Error>> {
    let world = World::new().await?;
    let detect = format!("{{ read = \"incremental\", deletes = \"detect\", deletes_every = {every}");
    world.edit("pipeline.toml", "sale = { read = \"incremental\"", &format!("sale = {detect}"))?;
    world.edit("pipeline.toml", "line = { read = \"incremental\"", &format!("line = {detect}"))?;
    Ok(world)
}

fn keys<'a>(manifest: &'a IngestManifest, table: &str) -> Option<&'a StoredObject> {
    manifest.tables[table].keys.as_ref()
}

async fn listed(
    world: &World,
    manifest: &IngestManifest,
    table: &str,
) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    world.lines(keys(manifest, table).ok_or("no keys were read")?).await
}

#[tokio::test]
async fn the_keys_are_all_columns_of_the_primary_key_in_its_order() -> Outcome {
    let mut world = detecting(1).await?;
    let first = world.run().await?;
    assert_eq!(listed(&world, &first, "line").await?, ["sale_id,line_no", "1,a", "1,b", "2,a"]);
    assert_eq!(listed(&world, &first, "sale").await?, ["sale_id", "1", "2"]);
    assert_eq!(keys(&first, "line").map(|object| object.rows), Some(3));
    assert_eq!(keys(&first, "customer"), None);
    world.execute("delete from line where line_no = 'b'").await?;
    let second = world.run().await?;
    assert_eq!(listed(&world, &second, "line").await?, ["sale_id,line_no", "1,a", "2,a"]);
    Ok(())
}

#[tokio::test]
async fn equal_keys_write_no_object_and_give_load_nothing() -> Outcome {
    let mut world = detecting(1).await?;
    world.run().await?;
    let before = world.raw_keys().await?;
    let second = world.run().await?;
    assert_eq!((keys(&second, "sale"), keys(&second, "line")), (None, None));
    assert_eq!(world.raw_keys().await?, before);
    world.execute("update sale set amount = 9 where sale_id = 1").await?;
    assert_eq!(keys(&world.run().await?, "sale"), None);
    Ok(())
}

#[tokio::test]
async fn a_row_that_came_and_went_between_two_looks_is_gone() -> Outcome {
    let mut world = detecting(2).await?;
    let first = world.run().await?;
    world.execute("insert into line values (2, 'z', 1)").await?;
    assert_eq!(keys(&world.run().await?, "line"), None, "keys were read in every run");
    world.execute("delete from line where line_no = 'z'").await?;
    let third = world.run().await?;
    assert_eq!(keys(&third, "line"), keys(&first, "line"), "the same object, for load to look at again");
    assert_eq!(keys(&world.run().await?, "line"), None);
    Ok(())
}

#[tokio::test]
async fn keys_are_not_read_while_a_slice_is_left() -> Outcome {
    let mut world = detecting(1).await?;
    world.execute("insert into line select 2, 'n' || n, 1 from generate_series(1, 25) as n").await?;
    let first = world.run().await?;
    assert!(first.more);
    assert_eq!(keys(&first, "line"), None);
    let mut last = first;
    while last.more {
        last = world.run().await?;
    }
    assert_eq!(keys(&last, "line").map(|object| object.rows), Some(28));
    Ok(())
}

#[tokio::test]
async fn a_key_that_is_not_the_primary_key_is_refused() -> Outcome {
    let world = detecting(1).await?;
    world.edit("pipeline.toml", "key = [\"sale_id\", \"line_no\"]", "key = [\"line_no\"]")?;
    let refused = world.ingest(&world.next_run()).await.expect_err("is refused");
    assert_eq!(refused.kind.error_type(), "Starlift.InvalidDefinition");
    assert!(
        refused.message.contains("[tables] line") && refused.message.contains("which is sale_id, line_no"),
        "{}",
        refused.message
    );
    Ok(())
}
