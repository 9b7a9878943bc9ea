//! Runs as the state machine makes them: a first one, one with nothing new, one with changes, one again.

use starlift_failure::FailureKind;
use starlift_lake::{ReadState, Zone};

use crate::world::{Outcome, World};

#[tokio::test]
async fn a_first_run_reads_every_table_and_a_second_one_writes_nothing() -> Outcome {
    let mut world = World::new().await?;
    let first = world.run().await?;
    assert!(!first.more);
    let names: Vec<&str> = first.parts.iter().map(|part| part.name.as_str()).collect();
    assert_eq!(names, ["customer-1", "line-1", "sale-1", "dim_item"]);
    world.all_agree().await?;
    let keys = world.raw_keys().await?;
    assert_eq!(keys.len(), 4, "{keys:?}");

    let second = world.run().await?;
    assert!(second.parts.is_empty() && !second.more);
    assert_eq!(world.raw_keys().await?, keys);
    assert_eq!(second.base.as_deref(), Some(first.run.as_str()));
    Ok(())
}

#[tokio::test]
async fn a_run_that_was_read_before_is_not_read_again() -> Outcome {
    let world = World::new().await?;
    let run = world.next_run();
    let first = world.ingest(&run).await?;
    let keys = world.raw_keys().await?;
    world.execute("insert into line values (9, 'z', 9)").await?;
    let second = world.ingest(&run).await?;
    assert_eq!((second.parts, second.rows, second.bytes), (first.parts, first.rows, first.bytes));
    assert_eq!(world.raw_keys().await?, keys);
    Ok(())
}

#[tokio::test]
async fn a_replay_reads_what_was_read_before_and_never_the_source() -> Outcome {
    let mut world = World::new().await?;
    let first = world.run().await?;
    let keys = world.raw_keys().await?;
    world.execute("insert into line values (9, 'z', 9)").await?;
    assert_eq!(world.replay(&first.run).await?.parts.len(), first.parts.len());
    let refused = world.replay(&world.next_run()).await.expect_err("it was never read");
    assert!(refused.kind == FailureKind::InvalidData && refused.message.contains("ingest.json is gone"), "{refused}");
    assert_eq!(world.raw_keys().await?, keys);
    Ok(())
}

#[tokio::test]
async fn of_two_attempts_at_the_same_time_one_makes_the_manifest() -> Outcome {
    let world = World::new().await?;
    let run = world.next_run();
    let (one, other) = tokio::join!(world.ingest(&run), world.ingest(&run));
    let manifest = world.manifest(&run).await?;
    let names: Vec<String> = manifest.parts.iter().map(|part| part.name.clone()).collect();
    assert_eq!((one?.parts, other?.parts), (names.clone(), names));
    let attempts: Vec<&str> =
        manifest.tables.values().flat_map(|table| &table.objects).map(|object| &object.key[..]).collect();
    let of_one = attempts.iter().filter(|key| key.contains("attempt0-")).count();
    assert!(of_one == 0 || of_one == attempts.len(), "{attempts:?}");
    Ok(())
}

#[tokio::test]
async fn a_whole_table_is_stored_again_only_when_its_content_changed() -> Outcome {
    let mut world = World::new().await?;
    let first = world.run().await?;
    // Another row version, in another place on disk: the same content.
    world.execute("update item set name = name where item_id = 1").await?;
    let same = world.run().await?;
    assert_eq!(same.tables["item"].objects, []);
    assert_eq!(same.tables["item"].state.read, first.tables["item"].state.read);

    world.execute("update item set name = 'tote bag' where item_id = 1").await?;
    let changed = world.run().await?;
    let [object] = changed.tables["item"].objects.as_slice() else { return Err("not one object".into()) };
    assert_eq!(world.lines(object).await?, ["item_id,name", "1,tote bag", "2,\"bag, large\""]);
    assert_eq!(changed.parts.len(), 1);
    assert_eq!((&changed.parts[0].name[..], &changed.parts[0].inputs["item"]), ("dim_item", &vec![object.clone()]));
    Ok(())
}

#[tokio::test]
async fn a_whole_table_whose_object_is_gone_is_stored_again() -> Outcome {
    let mut world = World::new().await?;
    let first = world.run().await?;
    let key = &first.tables["item"].objects[0].key;
    world.aws.s3().await.delete_object().bucket(world.lake.bucket(Zone::Ingest)).key(key).send().await?;
    let second = world.run().await?;
    let [object] = second.tables["item"].objects.as_slice() else { return Err("not one object".into()) };
    assert_eq!(world.lines(object).await?, ["item_id,name", "1,tote", "2,\"bag, large\""]);
    assert_eq!(second.tables["item"].state.read, ReadState::Full { object: object.clone() });
    assert_eq!(world.run().await?.tables["item"].objects, []);
    Ok(())
}

#[tokio::test]
async fn a_whole_table_is_stored_again_long_before_its_object_expires() -> Outcome {
    let mut world = World::new().await?;
    world.edit("pipeline.toml", "slice_rows = 10", "slice_rows = 10\nraw_expiry_days = 30")?;
    assert_eq!(world.run_as("20261101T000000Z-1a2b3c4d-001").await?.tables["item"].objects.len(), 1);
    assert_eq!(world.run_as("20261110T000000Z-1a2b3c4d-001").await?.tables["item"].objects, []);
    assert_eq!(world.run_as("20261111T000000Z-1a2b3c4d-001").await?.tables["item"].objects.len(), 1);
    assert_eq!(
        world.run_as("20261120T000000Z-1a2b3c4d-001").await?.tables["item"].objects,
        [],
        "the age is the new one's"
    );
    Ok(())
}

#[tokio::test]
async fn a_whole_table_without_rows_is_an_object_with_a_header() -> Outcome {
    let mut world = World::new().await?;
    world.execute("delete from item").await?;
    let manifest = world.run().await?;
    let ReadState::Full { object } = &manifest.tables["item"].state.read else { return Err("not whole".into()) };
    assert_eq!(object.rows, 0);
    assert_eq!(world.lines(object).await?, ["item_id,name"]);
    Ok(())
}

#[tokio::test]
async fn a_whole_table_may_be_a_view_without_a_key() -> Outcome {
    let mut world = World::new().await?;
    world
        .execute(
            "alter table item rename to goods; \
             create view item as select item_id, name, '{}'::json as extra from goods order by random()",
        )
        .await?;
    let first = world.run().await?;
    assert_eq!(first.tables["item"].objects.len(), 1);
    assert_eq!(world.run().await?.tables["item"].objects, []);
    Ok(())
}

#[tokio::test]
async fn an_excluded_column_never_leaves_the_source() -> Outcome {
    let mut world = World::new().await?;
    let manifest = world.run().await?;
    for object in manifest.tables.values().flat_map(|table| &table.objects) {
        let text = world.lines(object).await?.join("\n");
        assert!(!text.contains("card") && !text.contains("4111"), "{}", object.key);
    }
    Ok(())
}

#[tokio::test]
async fn a_changed_model_over_whole_tables_is_run_over_the_objects_that_are_there() -> Outcome {
    let mut world = World::new().await?;
    let first = world.run().await?;
    world.edit("models/dim_item.sql", "name from", "upper(name) as name from")?;
    let second = world.run().await?;
    assert_eq!(second.tables["item"].objects, []);
    let names: Vec<&str> = second.parts.iter().map(|part| part.name.as_str()).collect();
    assert_eq!(names, ["dim_item"]);
    assert_eq!(second.parts[0].inputs["item"], first.tables["item"].objects);
    Ok(())
}
