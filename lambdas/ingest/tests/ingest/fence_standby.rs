//! A standby as the source of a table with a cursor column: it does not know the transactions of its primary.

use starlift_failure::FailureKind;
use starlift_testkit::gate::LIMIT;
use starlift_testkit::postgres::connect;
use starlift_testkit::{Cluster, Options};

use crate::fence::{change, fences, prepare, sales};
use crate::logs::Warnings;
use crate::world::{Outcome, World};

#[tokio::test]
async fn a_standby_needs_an_overlap_and_is_as_late_as_what_it_has_replayed() -> Outcome {
    let primary = Cluster::start(Options::default())?;
    let standby = primary.stand_by()?;
    let mut world = World::over(primary.create_database("shop").await?).await?;
    prepare(&world, "timestamptz", "").await?;
    let url = standby.url(world.source.name());
    world.connect_as(&url).await?;
    standby.follow(&primary).await?;
    let refused = world.ingest(&world.next_run()).await.err().ok_or("the run went through")?;
    assert_eq!(refused.kind, FailureKind::InvalidDefinition, "{refused}");
    let says = ["[tables] sale", "a standby does not know", "overlap_minutes", "read from the primary"];
    assert!(says.iter().all(|part| refused.message.contains(part)), "{refused}");
    assert!(world.raw_keys().await?.is_empty());

    // A reader of the standby, which hides what it does, is no writer.
    let own = connect(&url).await?;
    own.batch_execute("set track_activities = off").await?;
    let warnings = Warnings::start();
    world.edit("pipeline.toml", "cursor = \"last_updated\"", "cursor = \"last_updated\", overlap_minutes = 1")?;
    assert!(world.run().await?.source.in_recovery);
    assert!(warnings.said(&["table=\"sale\"", "is_standby=true"]));
    assert!(fences(&world).await?.high.is_some());

    // A run that the standby's own clock would put behind what is committed and not replayed yet.
    own.batch_execute("select pg_wal_replay_pause()").await?;
    let pause = async {
        while own.query_one("select pg_get_wal_replay_pause_state() <> 'paused'", &[]).await?.get(0) {
            // A pause is taken up with the next record.
            world.execute("select pg_logical_emit_message(false, 'starlift', 'a record')").await?;
        }
        Ok::<(), Box<dyn std::error::Error>>(())
    };
    tokio::time::timeout(LIMIT, pause).await??;
    world.execute(&change(1, "now() - interval '70 seconds'")).await?;
    assert!(sales(&mut world).await?.is_empty());
    own.batch_execute("select pg_wal_replay_resume()").await?;
    standby.follow(&primary).await?;
    assert_eq!(sales(&mut world).await?, [1]);
    world.all_agree().await
}
