//! What the fence of a cursor column promises: whoever writes the time of the own transaction, or a later one, is never missed.
//!
//! Nothing here waits for a clock. Rows are written with times right at the edge of what is promised, the margin before the start of their
//! transaction: a fence that lies a moment too high misses them.

use starlift_lake::messages::FullRead;
use starlift_lake::{Fences, ReadState};

use crate::logs::Warnings;
use crate::world::{Outcome, World};

/// The earliest time that a transaction may write.
pub(crate) const EARLIEST: &str = "now() - interval '10 seconds'";

/// A time below every fence.
pub(crate) const LONG_AGO: &str = "'2001-01-01'";

/// A shop that is caught up and whose sales have a cursor column of this type. `more` goes on the table's line.
pub(crate) async fn fenced(column: &str, more: &str) -> Result<World, Box<dyn std::error::Error>> {
    let mut world = fenced_shop(column, more).await?;
    world.catch_up().await?;
    Ok(world)
}

/// As [`fenced`], before the first run.
pub(crate) async fn fenced_shop(column: &str, more: &str) -> Result<World, Box<dyn std::error::Error>> {
    let world = World::new().await?;
    prepare(&world, column, more).await?;
    Ok(world)
}

pub(crate) async fn prepare(world: &World, column: &str, more: &str) -> Outcome {
    let line = "exclude = [\"card\"]";
    world.edit("pipeline.toml", line, &format!("{line}, cursor = \"last_updated\"{more}"))?;
    world
        .execute(&format!("alter table sale alter last_updated type {column}; create index on sale (last_updated)"))
        .await
}

/// Runs once; gives the ids of the sales that came, ascending.
pub(crate) async fn sales(world: &mut World) -> Result<Vec<i32>, Box<dyn std::error::Error>> {
    let run = world.run().await?;
    let mut ids = Vec::new();
    for object in &run.tables["sale"].objects {
        for line in world.lines(object).await?.iter().skip(1) {
            ids.push(line.split(',').next().unwrap_or_default().parse()?);
        }
    }
    ids.sort_unstable();
    Ok(ids)
}

/// The fences of the sales after the run that was published last.
pub(crate) async fn fences(world: &World) -> Result<Fences, Box<dyn std::error::Error>> {
    let tracking = world.tracking().await?;
    match &tracking.tables["sale"].read {
        ReadState::Incremental { position } => Ok(position.fences.clone().ok_or("no fences")?),
        ReadState::Full { .. } => Err("read whole".into()),
    }
}

/// Changes the fences of the sales, as if the run that was published last had seen another clock.
async fn change_fences(world: &World, change: impl Fn(&mut Fences)) -> Outcome {
    let mut tracking = world.tracking().await?;
    if let Some(ReadState::Incremental { position }) = tracking.tables.get_mut("sale").map(|state| &mut state.read) {
        change(position.fences.as_mut().ok_or("no fences")?);
    }
    world.put_tracking(&tracking).await
}

/// Changes a sale and says when.
pub(crate) fn change(id: i32, time: &str) -> String {
    format!("update sale set amount = amount + 1, last_updated = {time} where sale_id = {id};")
}

#[tokio::test]
async fn what_is_below_the_fence_is_left_out_until_the_table_is_read_in_full() -> Outcome {
    let mut world = fenced("timestamptz", "").await?;
    world.execute(&format!("{}{}", change(1, LONG_AGO), change(2, EARLIEST))).await?;
    assert_eq!(sales(&mut world).await?, [2], "the price of the cursor: a row whose column does not move is not seen");
    let full = world.next_run();
    world.ingest_with(&full, FullRead::Tables(vec!["sale".to_owned()])).await?;
    let full = world.manifest(&full).await?;
    world.publish(&full).await?;
    world.all_agree().await
}

#[tokio::test]
async fn a_transaction_that_began_before_two_runs_arrives_when_it_commits() -> Outcome {
    for column in ["timestamptz", "timestamp(0) with time zone"] {
        let mut world = fenced(column, "").await?;
        let writer = world.source.connect().await?;
        // It has no number yet, so that no horizon knows it.
        writer.batch_execute("begin; select now()").await?;
        world.run().await?;
        world.execute(&change(2, "now()")).await?;
        world.run().await?;
        // A rounded time may be up to half a second earlier.
        let time = if column == "timestamptz" { EARLIEST } else { "now() - interval '9.5 seconds'" };
        writer.batch_execute(&format!("{} commit", change(1, time))).await?;
        assert_eq!(sales(&mut world).await?, [1], "{column}");
        world.all_agree().await?;
    }
    Ok(())
}

#[tokio::test]
async fn whatever_the_time_zone_of_its_writer_a_timestamp_without_one_is_found() -> Outcome {
    let mut world = fenced("timestamp", "").await?;
    let zones = ["Etc/GMT+12", "UTC", "Pacific/Kiritimati"];
    for zone in zones {
        let writer = world.source.connect().await?;
        writer.batch_execute(&format!("set timezone = '{zone}'; begin; select now()")).await?;
        world.run().await?;
        writer.batch_execute(&format!("{} commit", change(1, EARLIEST))).await?;
        assert_eq!(sales(&mut world).await?, [1], "{zone}");
    }
    world.all_agree().await
}

#[tokio::test]
async fn a_prepared_transaction_keeps_the_fence_where_it_was() -> Outcome {
    let mut world = fenced("timestamptz", "").await?;
    let warnings = Warnings::start();
    let before = fences(&world).await?;
    let writer = world.source.connect().await?;
    let name = world.source.name().to_owned();
    writer.batch_execute(&format!("begin; {} prepare transaction '{name}'", change(1, EARLIEST))).await?;
    for _ in 0..2 {
        world.run().await?;
        assert_eq!(fences(&world).await?.high, before.high);
        assert!(warnings.said(&["table=\"sale\"", "a transaction is prepared"]));
    }
    writer.batch_execute(&format!("commit prepared '{name}'")).await?;
    assert_eq!(sales(&mut world).await?, [1]);
    assert!(fences(&world).await?.high > before.high);
    assert!(!warnings.said(&[]));
    world.all_agree().await
}

#[tokio::test]
async fn while_a_transaction_is_prepared_a_first_run_has_no_fence() -> Outcome {
    let mut world = fenced_shop("timestamptz", "").await?;
    let name = world.source.name().to_owned();
    world.execute(&format!("begin; {} prepare transaction '{name}'", change(1, LONG_AGO))).await?;
    world.run().await?;
    assert_eq!(fences(&world).await?.high, None);
    world.execute(&format!("commit prepared '{name}'")).await?;
    assert_eq!(sales(&mut world).await?, [1]);
    Ok(())
}

#[tokio::test]
async fn a_session_that_hides_its_transaction_keeps_the_fence_where_it_was() -> Outcome {
    let mut world = fenced("timestamptz", "").await?;
    let warnings = Warnings::start();
    let writer = world.source.connect().await?;
    writer.batch_execute("set track_activities = off; begin; select now()").await?;
    world.run().await?;
    assert!(warnings.said(&["track_activities = off"]));
    // Its session may last a moment longer than this test.
    writer.batch_execute(&format!("{} commit; set track_activities = on", change(1, EARLIEST))).await?;
    assert_eq!(sales(&mut world).await?, [1]);
    assert!(!warnings.said(&[]));
    Ok(())
}

#[tokio::test]
async fn a_transaction_that_began_hidden_keeps_the_fence_where_it_was_also_when_its_session_shows_itself_again()
-> Outcome {
    let mut world = fenced("timestamptz", "").await?;
    let warnings = Warnings::start();
    let writer = world.source.connect().await?;
    // One message is one transaction until it says otherwise, and would have begun before the setting.
    for message in ["set track_activities = off", "begin; select now()", "set track_activities = on"] {
        writer.batch_execute(message).await?;
    }
    for _ in 0..2 {
        // Shown is what it does, and not since when.
        writer.batch_execute("select 1").await?;
        world.run().await?;
        assert!(warnings.said(&["track_activities = off"]));
    }
    writer.batch_execute(&format!("{} commit", change(1, EARLIEST))).await?;
    assert_eq!(sales(&mut world).await?, [1]);
    assert!(!warnings.said(&[]));
    Ok(())
}

#[tokio::test]
async fn after_the_sources_clock_was_set_back_row_versions_alone_decide_once() -> Outcome {
    let mut world = fenced("timestamptz", "").await?;
    let warnings = Warnings::start();
    // One fence is ahead of the clock; the other is not any more, but the clock has lost an hour against that of this machine.
    let changes: [fn(&mut Fences); 2] = [
        |fences| fences.high = Some("2999-01-01T00:00:00.000000Z".to_owned()),
        |fences| fences.lag = fences.lag.map(|lag| lag - 3_600_000),
    ];
    for (set_back, reason) in
        changes.into_iter().zip(["behind the fence", "was set back, or the clock of this function jumped ahead"])
    {
        change_fences(&world, set_back).await?;
        world.execute(&change(1, LONG_AGO)).await?;
        assert_eq!(sales(&mut world).await?, [1], "{reason}");
        assert!(warnings.said(&["table=\"sale\"", reason]));
        world.execute(&change(2, LONG_AGO)).await?;
        assert_eq!(sales(&mut world).await?, [0; 0], "the next run has a fence that holds");
        assert!(!warnings.said(&[]));
    }
    Ok(())
}

#[tokio::test]
async fn a_row_without_a_time_is_never_missed() -> Outcome {
    let mut world = fenced_shop("timestamptz", "").await?;
    world.execute("alter table sale alter last_updated drop not null").await?;
    world.run().await?;
    world.execute(&format!("{}{}", change(1, "null"), change(2, LONG_AGO))).await?;
    assert_eq!(sales(&mut world).await?, [1]);
    assert!(sales(&mut world).await?.is_empty(), "the horizon keeps out what was read before");
    Ok(())
}
