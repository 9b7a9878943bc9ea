//! A replay: the line of publications is made again, in its order and with its times, and nothing comes in between.

use starlift_failure::FailureKind;
use starlift_lake::messages::{Outcome as Became, ReplayRequest};
use starlift_lake::{Published, Zone, keys};

use crate::Outcome;
use crate::rows::{Rows, product, sale};
use crate::world::{Run, World};

const STATE: &str = "select (select string_agg(f::text, ';' order by f::text) from fact_sale as f)
    || (select string_agg(c::text, ';' order by c::text) from etl.closed_fact_sale as c)
    || (select string_agg(p::text, ';' order by p::text) from dim_product as p)
    || (select string_agg(concat(run, published_at), ';' order by number) from etl.run)";

const ALL: ReplayRequest = ReplayRequest::All(true);

fn from(run: &str) -> ReplayRequest {
    ReplayRequest::Span { from: Some(run.to_owned()), to: None }
}

fn first(more: bool) -> Run {
    let rows = vec![Rows::Products(vec![product(1, "bag")]), Rows::Sales(vec![sale(1, 1, 5), sale(2, 1, 6)])];
    Run { more, ..Run::new("1", None, rows) }
}

fn second() -> Run {
    Run::new("2", Some("1"), vec![Rows::Sales(vec![sale(2, 1, 7), sale(3, 1, 8)])])
}

fn third() -> Run {
    // Two of three sales are gone: more than a run may end without being asked.
    Run { sales_there: Some(vec!["2"]), more: true, ..Run::new("3", Some("2"), Vec::new()) }
}

/// Three publications, the last of which was let through.
async fn published() -> Result<World, Box<dyn std::error::Error>> {
    let world = World::migrated().await?;
    world.publish(&first(false)).await?;
    world.publish(&second()).await?;
    world.write(&third()).await?;
    world.load_with("3", true).await?;
    Ok(world)
}

#[tokio::test]
async fn a_lost_warehouse_is_rebuilt_run_by_run_with_its_history_and_times() -> Outcome {
    let world = published().await?;
    let before = world.value(STATE).await?;
    let world = world.with_a_new_warehouse().await?;
    for (run, more) in [("1", true), ("2", true), ("3", false)] {
        let begun = world.begin_replay("x", ALL).await?;
        assert_eq!((begun.run.as_str(), begun.replaying), (run, true));
        let reply = world.load_again(run).await?;
        assert_eq!((reply.outcome, reply.more), (Became::Published, more), "{run}");
    }
    assert_eq!(world.value(STATE).await?, before);
    let after = world.begin("x").await?;
    assert_eq!((after.run.as_str(), after.replaying, after.base.as_deref()), ("x", false, Some("3")));
    Ok(())
}

#[tokio::test]
async fn while_a_replay_is_under_way_every_execution_goes_on_with_it() -> Outcome {
    let world = published().await?.with_a_new_warehouse().await?;
    world.begin_replay("x", from("1")).await?;
    let scheduled = world.begin("y").await?;
    assert_eq!((scheduled.run.as_str(), scheduled.replaying), ("1", true));
    world.load_again("1").await?;
    let twice = world.load_again("1").await?;
    assert_eq!((twice.outcome, twice.number, twice.more), (Became::Published, Some(1), true));
    assert_eq!(world.value("select count(*) from fact_sale").await?, "2");
    let again = world.begin_replay("x", from("1")).await?;
    assert_eq!(again.run, "2", "the same replay, asked for again");
    let other = world.begin_replay("x", from("2")).await.expect_err("another replay");
    assert!(other.kind == FailureKind::InvalidData && other.message.contains("from 1 is under way"), "{other}");
    Ok(())
}

#[tokio::test]
async fn an_ordinary_run_is_superseded_by_a_replay_and_a_replay_by_what_came_first() -> Outcome {
    let world = published().await?.with_a_new_warehouse().await?;
    let ordinary = Run::new("4", None, vec![Rows::Products(vec![product(1, "box")])]);
    world.write(&ordinary).await?;
    world.begin_replay("x", ALL).await?;
    assert_eq!(world.load("4").await?.outcome, Became::Superseded, "it was read for an empty warehouse");
    assert_eq!(world.load_again("4").await?.outcome, Became::Superseded, "it was never published");
    assert_eq!(world.load_again("2").await?.outcome, Became::Superseded, "it is not the next one");
    assert_eq!(world.load_again("1").await?.outcome, Became::Published);

    let world = world.with_a_new_warehouse().await?;
    assert_eq!(world.load("4").await?.outcome, Became::Published);
    let late = world.load_again("1").await?;
    assert_eq!((late.outcome, late.more), (Became::Superseded, false));
    let refused = world.begin_replay("x", from("1")).await.expect_err("the warehouse is not empty");
    assert!(refused.kind == FailureKind::InvalidData && refused.message.contains("empty"), "{refused}");
    Ok(())
}

#[tokio::test]
async fn a_replay_begins_only_with_a_published_run_that_read_everything() -> Outcome {
    let world = published().await?;
    let anew = Run { reset: true, ..Run::new("4", Some("3"), vec![Rows::Sales(vec![sale(2, 1, 9)])]) };
    world.publish(&anew).await?;
    world.write(&Run { reset: true, ..Run::new("5", Some("4"), Vec::new()) }).await?;
    let world = world.with_a_new_warehouse().await?;
    for (run, why) in [("2", "begin with 1"), ("5", "never published"), ("6", "never published")] {
        let refused = world.begin_replay("x", from(run)).await.expect_err(run);
        assert!(refused.kind == FailureKind::InvalidData && refused.message.contains(why), "{refused}");
    }
    assert!(!world.begin("y").await?.replaying, "what was refused is not under way");
    // The first choice may be a wrong one, as long as nothing is published.
    assert_eq!(world.begin_replay("x", from("1")).await?.run, "1");
    assert_eq!(world.begin_replay("x", from("4")).await?.run, "4");
    let reply = world.load_again("4").await?;
    assert_eq!((reply.outcome, reply.more), (Became::Published, false));
    assert_eq!(world.value("select string_agg(concat(run, base), ',') from etl.run").await?, "4");
    assert_eq!(world.begin_replay("x", from("4")).await?.run, "4", "it is over, and asked for again changes nothing");
    world.publish(&Run::new("7", Some("4"), Vec::new())).await?;
    let late = world.begin_replay("x", from("4")).await.expect_err("the pipeline has gone on since");
    assert!(late.message.contains("empty warehouse"), "{late}");
    Ok(())
}

#[tokio::test]
async fn a_replay_of_publications_that_went_two_ways_needs_a_word() -> Outcome {
    let world = World::migrated().await?;
    world.publish(&first(false)).await?;
    world.publish(&second()).await?;
    let world = world.with_a_new_warehouse().await?;
    // As after a restore: run 1 is the last one again, and another one follows it.
    world.load("1").await?;
    world.publish(&Run::new("7", Some("1"), vec![Rows::Sales(vec![sale(2, 1, 70)])])).await?;
    let world = world.with_a_new_warehouse().await?;
    let refused = world.begin_replay("x", ALL).await.expect_err("there are two ways");
    assert!(refused.message.contains("2, 7") && refused.message.contains("--to"), "{refused}");
    world.begin_replay("x", ReplayRequest::Span { from: None, to: Some("2".to_owned()) }).await?;
    world.load_again("1").await?;
    assert_eq!(world.load_again("7").await?.outcome, Became::Superseded, "it went the other way");
    let last = world.load_again("2").await?;
    assert_eq!((last.outcome, last.more), (Became::Published, false));
    Ok(())
}

#[tokio::test]
async fn what_was_let_through_once_is_let_through_again() -> Outcome {
    let mut world = World::migrated().await?;
    let held = "key,reason,table\n\"{\"\"sale_id\"\":9}\",note: null,sale\n".to_owned();
    world.publish(&Run { held: Some(("fact_sale", held)), ..first(false) }).await?;
    world.write(&Run { sales_there: Some(vec!["1", "9"]), ..Run::new("2", Some("1"), Vec::new()) }).await?;
    world.load_with("2", true).await?;
    world = world.with_a_new_warehouse().await?;
    // Stricter than when they were published.
    let settings = &mut std::sync::Arc::make_mut(&mut world.context.definition).pipeline.settings;
    (settings.max_held_rows, settings.max_deleted_share) = (0, 0.0);
    world.begin_replay("x", ALL).await?;
    assert_eq!(world.load_again("1").await?.quarantined, 1);
    assert_eq!(world.load_again("2").await?.deleted, 1);
    Ok(())
}

#[tokio::test]
async fn publications_of_a_version_without_records_are_recorded_by_a_migration() -> Outcome {
    let world = published().await?;
    for (base, run) in [(None, "1"), (Some("1"), "2")] {
        world.remove(Zone::Control, &keys::publication(base, run)).await?;
    }
    world.migrate().await?;
    let world = world.with_a_new_warehouse().await?;
    assert_eq!(world.begin_replay("x", ALL).await?.run, "1");
    assert_eq!(world.value("select string_agg(run, ' ' order by place) from etl.replay").await?, "1 2 3");
    Ok(())
}

#[tokio::test]
async fn a_publication_whose_record_was_not_written_is_recorded_by_the_next_begin() -> Outcome {
    let world = World::migrated().await?;
    world.publish(&first(false)).await?;
    // As when load died after its commit: neither the record nor the tracking is there.
    world.remove(Zone::Control, &keys::publication(None, "1")).await?;
    world.remove(Zone::Control, keys::TRACKING).await?;
    world.begin("2").await?;
    let found: Option<Published> = world.context.lake.get_json(Zone::Control, &keys::publication(None, "1")).await?;
    let time = "select to_char(published_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"') from etl.run";
    assert_eq!(found.ok_or("no record")?.published_at, world.value(time).await?);
    Ok(())
}
