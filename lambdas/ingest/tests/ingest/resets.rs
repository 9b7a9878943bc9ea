//! When the state of the base run does not hold, a table is read from its start: each rule of `reset.rs` on a real server.

use starlift_lake::{IngestManifest, Position, ReadState, Zone, keys};
use starlift_testkit::{Cluster, Options};

use crate::world::{Outcome, World};

/// The tables that were read from the start, of the incremental ones.
fn reset(manifest: &IngestManifest) -> Vec<&str> {
    manifest.tables.iter().filter(|(_, table)| table.reset.is_some()).map(|(name, _)| name.as_str()).collect()
}

const ALL: [&str; 3] = ["customer", "line", "sale"];

#[tokio::test]
async fn a_table_renamed_in_is_read_from_the_start() -> Outcome {
    let mut world = World::new().await?;
    // Its rows are older than the first run, so no horizon would find them.
    world.execute("create table line_new (like line including all); insert into line_new values (8, 'x', 8)").await?;
    world.run().await?;
    world.execute("drop table line; alter table line_new rename to line").await?;
    let second = world.run().await?;
    assert_eq!(reset(&second), ["line"]);
    assert_eq!(second.tables["line"].objects[0].rows, 1);
    Ok(())
}

#[tokio::test]
async fn a_table_with_a_new_partition_is_read_from_the_start() -> Outcome {
    let mut world = World::new().await?;
    world
        .execute(
            "drop table line; \
             create table line (sale_id int, line_no text, quantity int not null, primary key (sale_id, line_no)) \
               partition by range (sale_id); \
             create table line_low partition of line for values from (0) to (100); \
             create table line_high (quantity int not null, line_no text not null, sale_id int not null); \
             insert into line values (1, 'a', 1); insert into line_high values (2, 'b', 200)",
        )
        .await?;
    world.run().await?;
    assert_eq!(reset(&world.run().await?), [""; 0]);
    world.execute("alter table line attach partition line_high for values from (100) to (300)").await?;
    assert_eq!(reset(&world.run().await?), ["line"]);
    world.execute("update line set quantity = 5").await?;
    assert_eq!(reset(&world.run().await?), [""; 0]);
    world.all_agree().await
}

#[tokio::test]
async fn a_column_that_takes_over_the_name_of_another_is_read_from_the_start() -> Outcome {
    let mut world = World::new().await?;
    world.execute("alter table line add column spare int not null default 7").await?;
    world.run().await?;
    assert_eq!(reset(&world.run().await?), [""; 0]);
    // None of these writes a row.
    world.execute("alter table line drop column quantity; alter table line rename column spare to quantity").await?;
    assert_eq!(reset(&world.run().await?), ["line"]);
    world.all_agree().await?;
    world
        .execute("alter table line drop column quantity; alter table line add column quantity int not null default 9")
        .await?;
    assert_eq!(reset(&world.run().await?), ["line"]);
    assert_eq!(reset(&world.run().await?), [""; 0]);
    world.all_agree().await
}

#[tokio::test]
async fn a_key_that_sorts_otherwise_is_read_from_the_start() -> Outcome {
    let mut world = World::new().await?;
    world.execute("alter table line alter column line_no type text collate \"C\"").await?;
    world.run().await?;
    assert_eq!(reset(&world.run().await?), [""; 0]);
    // It writes no row, and a cursor in mid-slice would stand elsewhere in the new order.
    world.execute("alter table line alter column line_no type text collate \"POSIX\"").await?;
    assert_eq!(reset(&world.run().await?), ["line"]);
    world.all_agree().await
}

#[tokio::test]
async fn a_primary_key_over_a_new_column_is_read_with_that_column() -> Outcome {
    let mut world = World::new().await?;
    world.run().await?;
    world
        .execute("alter table line drop constraint line_pkey; alter table line add column line_id serial primary key")
        .await?;
    let second = world.run().await?;
    assert_eq!(reset(&second), ["line"]);
    assert_eq!(second.tables["line"].state.primary_key, ["line_id"]);
    assert_eq!(second.tables["line"].objects[0].rows, 3);
    Ok(())
}

#[tokio::test]
async fn a_changed_model_reads_its_table_again_and_no_other() -> Outcome {
    let mut world = World::new().await?;
    world.run().await?;
    world.edit("models/fact_line.sql", "quantity from", "quantity + 0 as quantity from")?;
    let second = world.run().await?;
    assert_eq!(reset(&second), ["line"]);
    assert_eq!(second.tables["line"].objects[0].rows, 3);
    assert_eq!(reset(&world.run().await?), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn a_changed_seed_reads_the_tables_of_its_models_again() -> Outcome {
    let mut world = World::new().await?;
    world.write("seeds/title.csv", "name,title\nO'Keefe,Ms\n")?;
    world.write(
        "models/dim_customer.sql",
        "select c.customer_id, coalesce(t.title, c.name) as name from customer c left join title t on t.name = c.name",
    )?;
    world.run().await?;
    world.edit("seeds/title.csv", "Ms", "Dr")?;
    assert_eq!(reset(&world.run().await?), ["customer"]);
    Ok(())
}

#[tokio::test]
async fn a_changed_target_reads_the_tables_of_its_model_again() -> Outcome {
    let mut world = World::new().await?;
    world.run().await?;
    let catalog = world.lake.get(Zone::Control, keys::CATALOG).await?.ok_or("no catalog")?;
    let text = String::from_utf8(catalog.bytes.to_vec())?.replace("numeric(10,2)", "numeric(12,2)");
    let changed: serde_json::Value = serde_json::from_str(&text)?;
    world.lake.replace_json(Zone::Control, keys::CATALOG, Some(&catalog.etag), &changed).await?;
    assert_eq!(reset(&world.run().await?), ["sale"]);
    Ok(())
}

#[tokio::test]
async fn a_table_that_becomes_incremental_and_whole_again_is_read_from_the_start() -> Outcome {
    let mut world = World::new().await?;
    world.run().await?;
    world.edit("pipeline.toml", "item = { read = \"full\" }", "item = { read = \"incremental\" }")?;
    let second = world.run().await?;
    assert_eq!(reset(&second), ["item"]);
    assert_eq!(second.tables["item"].objects[0].rows, 2);
    world.edit("pipeline.toml", "item = { read = \"incremental\" }", "item = { read = \"full\" }")?;
    assert_eq!(world.run().await?.tables["item"].objects[0].rows, 2);
    Ok(())
}

#[tokio::test]
async fn another_database_with_the_same_tables_is_read_from_the_start() -> Outcome {
    let mut world = World::new().await?;
    world.run().await?;
    let copy = loop {
        // Connections of the run end a moment after it.
        match world.source.cluster().create_from("copy", &world.source).await {
            Err(error) if error.to_string().contains("55006") => tokio::task::yield_now().await,
            outcome => break outcome?,
        }
    };
    world.connect_as(&copy.url()).await?;
    let second = world.run().await?;
    assert_eq!(reset(&second), ALL);
    world.all_agree().await
}

#[tokio::test]
async fn a_horizon_ahead_of_the_server_is_read_from_the_start() -> Outcome {
    let mut world = World::new().await?;
    world.run().await?;
    let mut tracking = world.tracking().await?;
    let line = tracking.tables.get_mut("line").ok_or("no line")?;
    line.read = ReadState::Incremental { position: Position { high: Some(1 << 40), ..Position::default() } };
    world.put_tracking(&tracking).await?;
    assert_eq!(reset(&world.run().await?), ["line"]);
    world.all_agree().await
}

#[tokio::test]
async fn another_server_is_read_from_the_start() -> Outcome {
    let mut world = World::new().await?;
    world.run().await?;
    let mut tracking = world.tracking().await?;
    tracking.source.as_mut().ok_or("no source")?.system_identifier = "1".to_owned();
    world.put_tracking(&tracking).await?;
    assert_eq!(reset(&world.run().await?), ALL);
    world.all_agree().await
}

#[tokio::test]
async fn a_restored_server_is_read_from_the_start() -> Outcome {
    let own = Cluster::start(Options::default())?;
    let mut world = World::over(own.create_database("shop").await?).await?;
    own.back_up()?;
    world.run().await?;
    world.execute("insert into line values (3, 'lost', 1)").await?;
    world.run().await?;
    own.restore()?;
    // The same number of transactions again: their rows look old to the horizon of the run before.
    world.execute("insert into line values (3, 'after', 1)").await?;
    let after = world.run().await?;
    assert_eq!(reset(&after), ALL);
    assert_eq!(after.tables["line"].objects[0].rows, 4);
    Ok(())
}

#[tokio::test]
async fn a_server_on_another_timeline_is_read_from_the_start() -> Outcome {
    let own = Cluster::start(Options::default())?;
    let mut world = World::over(own.create_database("shop").await?).await?;
    world.run().await?;
    world.execute("insert into line values (3, 'a', 1)").await?;
    own.demote()?;
    let standby = world.run().await?;
    assert!(standby.source.in_recovery);
    assert_eq!(reset(&standby), [""; 0], "the standby of a primary has its history");
    world.execute("select pg_promote()").await?;
    world.execute("insert into line values (4, 'a', 1)").await?;
    let promoted = world.run().await?;
    assert_eq!((promoted.source.in_recovery, promoted.source.timeline), (false, standby.source.timeline + 1));
    assert_eq!(reset(&promoted), ALL);
    assert_eq!(reset(&world.run().await?), [""; 0]);
    world.all_agree().await
}
