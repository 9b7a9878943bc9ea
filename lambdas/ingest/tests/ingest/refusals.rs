//! Definitions, rights, servers and buckets that are not as they have to be: who acts, and what the message names.

use starlift_failure::{Failure, FailureKind};
use starlift_lake::{Zone, keys};
use starlift_testkit::{Cluster, Options, Version, logins};

use crate::world::{Outcome, World};

/// The failure of a run, which has written nothing.
async fn failure(world: &World) -> Result<Failure, Box<dyn std::error::Error>> {
    let failure = world.ingest(&world.next_run()).await.err().ok_or("the run went through")?;
    assert!(world.raw_keys().await?.is_empty());
    Ok(failure)
}

fn assert_says(failure: &Failure, kind: FailureKind, parts: &[&str]) {
    assert_eq!(failure.kind, kind, "{failure}");
    assert!(parts.iter().all(|part| failure.message.contains(part)), "{failure}");
}

#[tokio::test]
async fn an_excluded_name_that_the_table_does_not_have_is_refused() -> Outcome {
    let world = World::new().await?;
    world.edit("pipeline.toml", "exclude = [\"card\"]", "exclude = [\"cart\"]")?;
    assert_says(&failure(&world).await?, FailureKind::InvalidDefinition, &["sale", "cart", "amount, card"]);
    Ok(())
}

#[tokio::test]
async fn a_primary_key_cannot_be_excluded() -> Outcome {
    let world = World::new().await?;
    world.edit(
        "pipeline.toml",
        "line = { read = \"incremental\" }",
        "line = { read = \"incremental\", exclude = [\"line_no\"] }",
    )?;
    world.write("models/fact_line.sql", "select sale_id, 'a' as line_no, quantity from line")?;
    assert_says(&failure(&world).await?, FailureKind::InvalidDefinition, &["line", "line_no", "primary key"]);
    Ok(())
}

#[tokio::test]
async fn only_a_table_with_a_primary_key_and_row_versions_is_read_by_increments() -> Outcome {
    let world = World::new().await?;
    world.execute("alter table line drop constraint line_pkey").await?;
    assert_says(&failure(&world).await?, FailureKind::InvalidDefinition, &["line", "primary key", "read = \"full\""]);
    world.execute("alter table line rename to rows; create view line as select * from rows").await?;
    assert_says(&failure(&world).await?, FailureKind::InvalidDefinition, &["line", "heap", "read = \"full\""]);
    Ok(())
}

#[tokio::test]
async fn a_role_needs_select_on_the_tables_and_no_more() -> Outcome {
    let mut world = World::new().await?;
    let role = format!("{}_plain", world.source.name());
    world.execute(&format!("create role {role} login; grant select on item, customer, sale to {role}")).await?;
    world.connect_as(&logins::url_as(&world.source.url(), &role)).await?;
    let denied = failure(&world).await?;
    assert_says(&denied, FailureKind::Denied, &["line", "grant select", "shop-source"]);
    world.execute(&format!("grant select on line to {role}")).await?;
    world.run().await?;
    world.all_agree().await?;
    world.execute("alter table sale enable row level security; create policy p on sale using (sale_id = 1)").await?;
    world.execute("update sale set amount = 1.00").await?;
    let hidden = world.ingest(&world.next_run()).await.err().ok_or("rows were hidden")?;
    assert_says(&hidden, FailureKind::Denied, &["sale", "bypassrls"]);
    world.execute(&format!("drop owned by {role}; drop role {role}")).await
}

#[tokio::test]
async fn without_what_begin_and_migrate_write_there_is_no_run() -> Outcome {
    let world = World::new().await?;
    let s3 = world.aws.s3().await;
    let remove = async |key: &str| s3.delete_object().bucket(world.lake.bucket(Zone::Control)).key(key).send().await;
    let mut tracking = world.tracking().await?;
    tracking.format = 2;
    world.put_tracking(&tracking).await?;
    assert_says(&failure(&world).await?, FailureKind::InvalidData, &[keys::TRACKING, "format 2", "new execution"]);
    remove(keys::TRACKING).await?;
    world.lake.put_new(Zone::Control, keys::TRACKING, "not JSON").await?;
    assert_says(&failure(&world).await?, FailureKind::InvalidData, &[keys::TRACKING, "Begin writes it again"]);
    remove(keys::TRACKING).await?;
    assert_says(&failure(&world).await?, FailureKind::InvalidData, &[keys::TRACKING, "Begin writes it again"]);
    tracking.format = 1;
    world.put_tracking(&tracking).await?;
    remove(keys::CATALOG).await?;
    assert_says(&failure(&world).await?, FailureKind::InvalidData, &[keys::CATALOG, "migrate"]);
    Ok(())
}

#[tokio::test]
async fn a_bucket_that_is_not_there_is_the_operators_business() -> Outcome {
    let world = World::new().await?;
    let bucket = world.lake.bucket(Zone::Ingest).to_owned();
    world.aws.s3().await.delete_bucket().bucket(&bucket).send().await?;
    let run = world.next_run();
    let denied = world.ingest(&run).await.err().ok_or("the run went through")?;
    assert_says(&denied, FailureKind::Denied, &[&bucket]);
    assert!(world.manifest(&run).await.is_err());
    Ok(())
}

#[tokio::test]
async fn a_source_that_is_down_passes_by_itself() -> Outcome {
    let own = Cluster::start(Options::default())?;
    let mut world = World::over(own.create_database("shop").await?).await?;
    own.stop();
    let down = world.ingest(&world.next_run()).await.err().ok_or("the run went through")?;
    assert_eq!(down.kind, FailureKind::Transient, "{down}");
    own.resume()?;
    world.run().await?;
    world.all_agree().await
}

#[tokio::test]
async fn a_table_that_others_inherit_from_is_not_read_by_increments() -> Outcome {
    let mut world = World::new().await?;
    world.execute("create table line_old () inherits (line); insert into line_old values (1, 'a', 5)").await?;
    assert_says(&failure(&world).await?, FailureKind::InvalidDefinition, &["line", "inherit", "read = \"full\""]);
    world.edit("pipeline.toml", "line = { read = \"incremental\" }", "line = { read = \"full\" }")?;
    assert_eq!(world.run().await?.tables["line"].objects[0].rows, 4);
    Ok(())
}

#[tokio::test]
async fn a_virtual_column_is_not_read_by_increments() -> Outcome {
    let own = Cluster::start(Options { version: Version::V18, ..Options::default() })?;
    let mut world = World::over(own.create_database("shop").await?).await?;
    let add = "alter table line add column twice int generated always as (quantity * 2) virtual";
    world.execute(add).await?;
    assert_says(
        &failure(&world).await?,
        FailureKind::InvalidDefinition,
        &["line", "twice", "exclude", "read = \"full\""],
    );
    world.execute("alter table line drop column twice").await?;
    world.run().await?;
    // A new column is not taken, whatever it is.
    world.execute(add).await?;
    world.execute("insert into line values (5, 'a', 5)").await?;
    world.run().await?;
    world.all_agree().await
}
