//! A run is published only into the tables, and by the definition, that it was read for.

use std::sync::Arc;

use starlift_failure::{Failure, FailureKind};

use crate::Outcome;
use crate::rows::{Product, Rows, Sale, product, sale};
use crate::world::{Run, World};

fn run() -> Run {
    let priced = Product { price: Some(1255), ..product(1, "bag") };
    Run::new("r1", None, vec![Rows::Products(vec![priced]), Rows::Sales(vec![sale(1, 1, 5)])])
}

async fn refuses(world: &World, model: &str) -> Outcome {
    let failure: Failure = world.load("r1").await.expect_err("it was read for something else");
    assert_eq!(failure.kind, FailureKind::InvalidDefinition, "{failure}");
    assert!(failure.message.contains(model) && failure.message.contains("`starlift run`"), "{failure}");
    assert_eq!(world.value("select count(*) from etl.run").await?, "0");
    assert_eq!(world.value("select count(*) from dim_product").await?, "0");
    Ok(())
}

#[tokio::test]
async fn a_target_that_was_narrowed_after_transform_fails_the_run() -> Outcome {
    let world = World::migrated().await?;
    world.write(&run()).await?;
    world.client.batch_execute("alter table dim_product alter price type numeric(10, 1)").await?;
    refuses(&world, "dim_product").await?;
    world.client.batch_execute("alter table dim_product alter price type numeric(10, 2)").await?;
    world.load("r1").await?;
    assert_eq!(world.value("select price from dim_product").await?, "12.55");
    Ok(())
}

#[tokio::test]
async fn a_definition_that_was_changed_after_transform_fails_the_run() -> Outcome {
    let mut world = World::migrated().await?;
    world.write(&run()).await?;
    let mut changed = (*world.context.definition).clone();
    let model = changed.models.get_mut("fact_sale").ok_or("no model fact_sale")?;
    model.sha256 = "0".repeat(64);
    world.context.definition = Arc::new(changed);
    refuses(&world, "fact_sale").await
}

#[tokio::test]
async fn a_target_without_rows_in_the_run_may_change() -> Outcome {
    let world = World::migrated().await?;
    world.publish(&run()).await?;
    let later = Run::new("r2", Some("r1"), vec![Rows::Sales(vec![Sale { paid: true, ..sale(1, 1, 5) }])]);
    world.write(&later).await?;
    world.client.batch_execute("alter table dim_product alter price type numeric(12, 2)").await?;
    assert_eq!(world.load("r2").await?.versions, 1);
    Ok(())
}
