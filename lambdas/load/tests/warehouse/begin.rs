//! Beginning a run: the ledger is the truth, the JSON its copy.

use starlift_failure::FailureKind;
use starlift_lake::{Tracking, Zone, keys};

use crate::Outcome;
use crate::rows::{Rows, product, sale};
use crate::world::{Run, World, shop};

#[tokio::test]
async fn a_warehouse_that_was_never_migrated_says_what_to_do() -> Outcome {
    let world = World::new(&shop()).await?;
    let failure = world.begin("r1").await.expect_err("there is no ledger");
    assert_eq!(failure.kind, FailureKind::InvalidDefinition);
    assert!(failure.message.contains("migrate"), "{failure}");
    Ok(())
}

#[tokio::test]
async fn before_the_first_publication_there_is_no_base() -> Outcome {
    let world = World::migrated().await?;
    let reply = world.begin("r1").await?;
    assert_eq!((reply.base, reply.number), (None, None));
    assert_eq!(tracking(&world).await?, Tracking::empty("shop"));
    Ok(())
}

#[tokio::test]
async fn a_tracking_that_is_lost_or_broken_is_written_again_from_the_ledger() -> Outcome {
    let world = World::migrated().await?;
    let run = Run::new("r1", None, vec![Rows::Products(vec![product(1, "bag")]), Rows::Sales(vec![sale(1, 1, 5)])]);
    world.publish(&run).await?;
    let published = tracking(&world).await?;
    assert_eq!(published.run.as_deref(), Some("r1"));
    assert_eq!(published.source.as_ref().map(|source| source.wal_position), Some(u64::MAX));
    assert!(published.tables["sale"].primary_key == ["sale_id"] && published.models.contains_key("fact_sale"));

    let broken = world.context.lake.get(Zone::Control, keys::TRACKING).await?.ok_or("no tracking")?;
    world.context.lake.replace_json(Zone::Control, keys::TRACKING, Some(&broken.etag), &"nonsense").await?;
    let reply = world.begin("r2").await?;
    assert_eq!(reply.base.as_deref(), Some("r1"));
    assert_eq!(tracking(&world).await?, published);
    Ok(())
}

async fn tracking(world: &World) -> Result<Tracking, Box<dyn std::error::Error>> {
    let found: Option<Tracking> = world.context.lake.get_json(Zone::Control, keys::TRACKING).await?;
    Ok(found.ok_or("there is no tracking")?)
}
