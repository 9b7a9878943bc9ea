//! Beginning a run: the ledger is the truth, the JSON its copy.

use starlift_failure::FailureKind;
use starlift_lake::{Tracking, Zone, keys};

use crate::Outcome;
use crate::rows::{Rows, product, sale};
use crate::world::{Run, World, shop};

/// What a publication writes into the ledger.
const PUBLISH_R2: &str = "
    insert into etl.run (run, base, published_at, more, source, models, result)
    select 'r2', run, published_at, more, source, models, result from etl.run;
    update etl.table_state set run = 'r2'";

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

#[tokio::test]
async fn a_publication_that_commits_while_the_ledger_is_read_mixes_no_runs() -> Outcome {
    let world = World::migrated().await?;
    let run = Run::new("r1", None, vec![Rows::Products(vec![product(1, "bag")]), Rows::Sales(vec![sale(1, 1, 5)])]);
    world.publish(&run).await?;
    let before = tracking(&world).await?;
    let mut other = world.warehouse.connect().await?;
    let publication = other.transaction().await?;
    publication.batch_execute("lock table etl.table_state in access exclusive mode").await?;
    let commit = async {
        // The reader has found the last run and waits for the states.
        let waiting = "select count(*) from pg_locks where not granted and relation = 'etl.table_state'::regclass";
        while world.value(waiting).await? == "0" {
            tokio::task::yield_now().await;
        }
        publication.batch_execute(PUBLISH_R2).await?;
        publication.commit().await?;
        Outcome::Ok(())
    };
    let (reply, committed) = tokio::join!(world.begin("r3"), commit);
    committed?;
    let (base, after) = (reply?.base, tracking(&world).await?);
    assert_eq!((base.as_deref(), &after), (Some("r1"), &before), "it is the ledger of one moment");
    assert_eq!(world.begin("r3").await?.base.as_deref(), Some("r2"));
    Ok(())
}

async fn tracking(world: &World) -> Result<Tracking, Box<dyn std::error::Error>> {
    let found: Option<Tracking> = world.context.lake.get_json(Zone::Control, keys::TRACKING).await?;
    Ok(found.ok_or("there is no tracking")?)
}
