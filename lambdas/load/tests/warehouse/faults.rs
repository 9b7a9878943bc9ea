//! What makes a publication fail: it says so by names and counts, and nothing has happened.

use starlift_failure::{Failure, FailureKind};
use starlift_lake::{Zone, keys};

use crate::Outcome;
use crate::rows::{Product, Rows, product, sale};
use crate::world::{Run, World};

async fn failure(world: &World, run: &Run) -> Result<Failure, Box<dyn std::error::Error>> {
    world.write(run).await?;
    let failure = world.load(&run.name).await.expect_err("the run cannot be published");
    // The objects of a run never change: a redrive would fail again.
    assert!(failure.message.contains("start a new execution with `starlift run`"), "{failure}");
    assert_eq!(world.value("select count(*) from etl.run where run = 'bad'").await?, "0");
    assert_eq!(world.value("select count(*) from fact_sale").await?, "0");
    Ok(failure)
}

fn names(failure: &Failure, all: &[&str]) -> bool {
    all.iter().all(|name| failure.message.contains(name))
}

#[tokio::test]
async fn a_business_key_staged_twice_fails_the_run() -> Outcome {
    let world = World::migrated().await?;
    let twice = vec![sale(4711, 1, 5), sale(2, 1, 5)];
    let rows = vec![Rows::Products(vec![product(1, "bag")]), Rows::Sales(twice.clone()), Rows::Sales(twice)];
    let failure = failure(&world, &Run::new("bad", None, rows)).await?;
    assert_eq!(failure.kind, FailureKind::InvalidData);
    assert!(names(&failure, &["fact_sale", "sale_id", "2 values"]) && !failure.message.contains("4711"), "{failure}");
    Ok(())
}

#[tokio::test]
async fn a_value_that_its_column_refuses_fails_the_run_without_being_told() -> Outcome {
    let world = World::migrated().await?;
    let code = Product { code: Some("no-4711-uuid"), ..product(1, "bag") };
    let failure = failure(&world, &Run::new("bad", None, vec![Rows::Products(vec![code])])).await?;
    assert_eq!(failure.kind, FailureKind::InvalidData);
    assert!(names(&failure, &["dim_product", "22P02"]) && !failure.message.contains("4711"), "{failure}");
    Ok(())
}

#[tokio::test]
async fn a_value_that_its_column_would_round_or_cut_fails_the_run() -> Outcome {
    for (column_type, value) in [("interval(0)", "00:00:01.4711"), ("bit(3)", "10101"), ("varchar(2)[]", "{abc}")] {
        let world = World::migrated().await?;
        let alter = format!("alter table dim_product alter attributes type {column_type} using null");
        world.client.batch_execute(&alter).await?;
        world.migrate().await?;
        let given = Product { attributes: Some(value), ..product(1, "bag") };
        let failure = failure(&world, &Run::new("bad", None, vec![Rows::Products(vec![given])])).await?;
        assert_eq!(failure.kind, FailureKind::InvalidData);
        assert!(names(&failure, &["dim_product", "attributes", "1 values"]), "{failure}");
        assert!(!failure.message.contains(value), "{failure}");
    }
    Ok(())
}

#[tokio::test]
async fn a_check_that_finds_rows_rolls_everything_back() -> Outcome {
    let world = World::migrated().await?;
    let rows = vec![Rows::Products(vec![product(1, "bag")]), Rows::Sales(vec![sale(1, 1, 0)])];
    let failure = failure(&world, &Run::new("bad", None, rows)).await?;
    assert_eq!(failure.kind, FailureKind::InvalidData);
    assert!(names(&failure, &["checks/sales_have_units.sql", "1 rows"]), "{failure}");
    assert_eq!(world.value("select count(*) from dim_product").await?, "0");
    Ok(())
}

#[tokio::test]
async fn a_part_that_transform_has_not_finished_is_named() -> Outcome {
    let world = World::migrated().await?;
    let run = Run::new("r1", None, vec![Rows::Products(vec![product(1, "bag")])]);
    world.write(&run).await?;
    let key = keys::ingest_manifest("bad");
    let found: Option<starlift_lake::IngestManifest> =
        world.context.lake.get_json(Zone::Control, &keys::ingest_manifest("r1")).await?;
    let mut manifest = found.ok_or("no manifest")?;
    "bad".clone_into(&mut manifest.run);
    world.context.lake.put_new_json(Zone::Control, &key, &manifest).await?;
    let failure = world.load("bad").await.expect_err("a part is missing");
    assert!(
        names(&failure, &["runs/bad/transform-dim_product-0.json", "dim_product-0", "`starlift run`"]),
        "{failure}"
    );
    Ok(())
}

#[tokio::test]
async fn two_loads_of_one_run_at_the_same_time_publish_it_once() -> Outcome {
    let world = World::migrated().await?;
    let rows = vec![Rows::Products(vec![product(1, "bag")]), Rows::Sales(vec![sale(1, 1, 5)])];
    world.write(&Run::new("r1", None, rows)).await?;
    let (one, other) = tokio::join!(world.load("r1"), world.load("r1"));
    assert_eq!((one?.number, other?.number), (Some(1), Some(1)));
    assert_eq!(world.value("select count(*) from fact_sale").await?, "1");
    Ok(())
}
