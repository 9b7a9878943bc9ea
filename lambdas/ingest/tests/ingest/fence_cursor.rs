//! The setting `cursor`: what it refuses, what its change means, and that all other ways of reading go on beside it.

use serde_json::json;
use starlift_failure::FailureKind;
use starlift_lake::{ReadState, Retried};
use starlift_testkit::logins;

use crate::fence::{EARLIEST, LONG_AGO, change, fenced, fenced_shop, fences, sales};
use crate::logs::Warnings;
use crate::world::{Outcome, World};

/// The failure of a run, which has written nothing.
async fn refusal(world: &World, kind: FailureKind, parts: &[&str]) -> Outcome {
    let before = world.raw_keys().await?;
    let failure = world.ingest(&world.next_run()).await.err().ok_or("the run went through")?;
    assert_eq!(failure.kind, kind, "{failure}");
    assert!(parts.iter().all(|part| failure.message.contains(part)), "{failure}");
    assert_eq!(world.raw_keys().await?, before);
    Ok(())
}

#[tokio::test]
async fn a_cursor_that_is_no_timestamp_of_the_table_is_refused() -> Outcome {
    let world = fenced_shop("timestamptz", "").await?;
    let choices = [
        ("last_udpated", "no such column; it has the timestamps last_updated"),
        ("amount", "amount, which is numeric(10,2)"),
        ("card", "exclude names card"),
    ];
    let mut before = "last_updated";
    for (cursor, says) in choices {
        world.edit("pipeline.toml", &format!("cursor = \"{before}\""), &format!("cursor = \"{cursor}\""))?;
        if cursor == "card" {
            // This one is seen without a source.
            let refused = world.ingest(&world.next_run()).await.err().ok_or("the run went through")?;
            assert!(refused.message.contains(says), "{refused}");
            continue;
        }
        refusal(&world, FailureKind::InvalidDefinition, &["[tables] sale", says]).await?;
        before = cursor;
    }
    Ok(())
}

#[tokio::test]
async fn a_role_that_does_not_see_open_transactions_needs_the_grant_or_an_overlap() -> Outcome {
    let mut world = fenced("timestamptz", "").await?;
    let role = format!("{}_plain", world.source.name());
    world.execute(&format!("create role {role} login; grant select on all tables in schema public to {role}")).await?;
    world.connect_as(&logins::url_as(&world.source.url(), &role)).await?;
    let says = ["[tables] sale", "grant pg_read_all_stats", "shop-source", "overlap_minutes"];
    refusal(&world, FailureKind::Denied, &says).await?;

    let warnings = Warnings::start();
    world.edit("pipeline.toml", "cursor = \"last_updated\"", "cursor = \"last_updated\", overlap_minutes = 1")?;
    for _ in 0..2 {
        world.run().await?;
        assert!(warnings.said(&["table=\"sale\"", "minutes=1", "takes longer than overlap_minutes may be missed"]));
    }
    // What the fence is to find is at most the overlap and the margin older than the run.
    world.execute(&change(1, "now() - interval '70 seconds'")).await?;
    assert_eq!(sales(&mut world).await?, [1]);

    world.edit("pipeline.toml", ", overlap_minutes = 1", "")?;
    world.execute(&format!("grant pg_read_all_stats to {role}")).await?;
    assert!(warnings.said(&["sale"]));
    world.run().await?;
    assert!(!warnings.said(&[]));
    world.execute(&format!("drop owned by {role}; drop role {role}")).await
}

#[tokio::test]
async fn an_overlap_lowers_the_fence_also_where_open_transactions_are_seen() -> Outcome {
    let mut world = fenced("timestamptz", ", overlap_minutes = 1").await?;
    let warnings = Warnings::start();
    let writer = world.source.connect().await?;
    writer.batch_execute("begin; select now()").await?;
    world.run().await?;
    // The clock of the application that sets the column is a minute late.
    writer.batch_execute(&format!("{} commit", change(1, "now() - interval '70 seconds'"))).await?;
    assert_eq!(sales(&mut world).await?, [1]);
    assert!(!warnings.said(&[]));
    Ok(())
}

#[tokio::test]
async fn a_longer_overlap_reaches_back_to_transactions_that_were_open_before_it_was_declared() -> Outcome {
    let mut world = fenced("timestamptz", ", overlap_minutes = 10").await?;
    let writer = world.source.connect().await?;
    // A batch whose column says an hour ago: beyond the overlap of the fence that this run leaves.
    writer.batch_execute(&format!("begin; {}", change(1, "now() - interval '1 hour'"))).await?;
    world.run().await?;
    world.edit("pipeline.toml", "overlap_minutes = 10", "overlap_minutes = 120")?;
    writer.batch_execute("commit").await?;
    assert_eq!(sales(&mut world).await?, [1]);
    world.execute(&format!("{}{}", change(1, LONG_AGO), change(2, "now() - interval '1 hour'"))).await?;
    assert_eq!(sales(&mut world).await?, [2], "from the next run on there is a fence, as far back as the overlap says");
    Ok(())
}

#[tokio::test]
async fn a_cursor_that_is_new_or_another_or_was_away_reads_by_row_versions_once() -> Outcome {
    let mut world = World::new().await?;
    world.execute("alter table sale add column seen timestamptz not null default now()").await?;
    world.run().await?;
    let line = "exclude = [\"card\"]";
    let (on, other) = (format!("{line}, cursor = \"last_updated\""), format!("{line}, cursor = \"seen\""));
    let steps = [
        (line, on.as_str(), "", true),
        (&on, &on, "", false),
        (&on, &other, "", true),
        (
            &other,
            &other,
            "alter table sale drop column seen; alter table sale add seen timestamptz default '2000-01-01'",
            true,
        ),
        (&other, &other, "alter table sale alter seen type timestamp", true),
        (&other, &other, "", false),
        (&other, line, "", true),
        (line, &other, "", true),
        (&other, &other, "", false),
    ];
    for (n, (before, after, alter, is_read)) in steps.into_iter().enumerate() {
        world.edit("pipeline.toml", before, after)?;
        world.execute(alter).await?;
        // No cursor moves. Rows that an alter has written anew come too.
        let step = "update sale set amount = amount + 1 where sale_id = 1";
        world
            .execute(&format!("{step}; update sale set seen = '2001-01-01' where sale_id = 1 and seen is not null"))
            .await?;
        assert_eq!(sales(&mut world).await?.contains(&1), is_read, "step {n}");
    }
    Ok(())
}

#[tokio::test]
async fn held_rows_are_found_whatever_their_cursor_says_and_read_once() -> Outcome {
    let mut world = fenced("timestamptz", "").await?;
    let mut tracking = world.tracking().await?;
    tracking
        .held
        .insert("fact_sale".to_owned(), vec![json!({"sale_id": 1}), json!({"sale_id": 2}), json!({"sale_id": 77})]);
    world.put_tracking(&tracking).await?;
    world.execute(&format!("{}{}", change(1, LONG_AGO), change(2, EARLIEST))).await?;
    let run = world.run().await?;
    assert_eq!(run.tables["sale"].objects.iter().map(|object| object.rows).sum::<u64>(), 2);
    let retried = run.tables["sale"].retried.clone().ok_or("held rows were not looked for")?;
    assert_eq!((retried.found.len(), retried.gone.len()), (2, 1));
    world.all_agree().await
}

#[tokio::test]
async fn the_run_that_reads_the_last_slice_finds_held_rows_on_both_sides_of_fence_and_cursor_and_reads_each_once()
-> Outcome {
    let mut world = fenced_shop("timestamptz", "").await?;
    let more = "insert into sale (sale_id, customer_id, item_id, amount, last_updated)";
    world.execute(&format!("{more} values (90, 1, 1, 1, {LONG_AGO}), (91, 1, 1, 1, now())")).await?;
    world.catch_up().await?;
    world.execute(&format!("{more} select n, 1, 1, 1, {EARLIEST} from generate_series(10, 40) as n")).await?;
    assert!(world.run().await?.more);
    let ReadState::Incremental { position } = world.tracking().await?.tables["sale"].read.clone() else {
        return Err("not incremental".into());
    };
    let cursor: i32 = position.cursor.ok_or("not in mid-slice")?[0].parse()?;
    assert!((11..39).contains(&cursor), "{cursor}");
    // Written since, below the fence and not, on either side of the cursor; 2 and 90 were not written since.
    let changes = [change(11, LONG_AGO), change(1, EARLIEST), change(40, LONG_AGO), change(91, EARLIEST)];
    world.execute(&changes.concat()).await?;
    let held = [1, 2, 11, 40, 90, 91].map(|key| json!({"sale_id": key}));
    let last = loop {
        let mut tracking = world.tracking().await?;
        tracking.held.insert("fact_sale".to_owned(), held.to_vec());
        world.put_tracking(&tracking).await?;
        let run = world.run().await?;
        if !run.more {
            break run;
        }
        assert_eq!(run.tables["sale"].retried, None, "a slice is left");
    };
    let mut read = Vec::new();
    for object in &last.tables["sale"].objects {
        for line in world.lines(object).await?.iter().skip(1) {
            read.push(line.split(',').next().unwrap_or_default().parse::<i64>()?);
        }
    }
    for key in [1, 2, 11, 40, 90, 91] {
        assert_eq!(read.iter().filter(|id| **id == key).count(), 1, "{key} in {read:?}");
    }
    assert_eq!(last.tables["sale"].retried, Some(Retried { found: held.to_vec(), gone: Vec::new() }));
    world.all_agree().await
}

#[tokio::test]
async fn a_table_that_is_read_from_the_start_has_no_fence_until_it_is_caught_up() -> Outcome {
    let mut world = fenced("timestamptz", "").await?;
    let more = "insert into sale (sale_id, customer_id, item_id, amount, last_updated)";
    world.execute(&format!("{more} select n, 1, 1, 1, {LONG_AGO} from generate_series(100, 130) as n")).await?;
    world.edit("models/fact_sale.sql", "amount from", "amount + 0 as amount from")?;
    assert!(world.run().await?.more);
    let half = fences(&world).await?;
    assert_eq!((half.low.is_some(), half.high), (true, None));
    // In mid-slice: below the cursor a fence holds, above it everything is still to come.
    let changes = [change(1, EARLIEST), change(105, EARLIEST), change(130, LONG_AGO)];
    world.execute(&changes.concat()).await?;
    assert!(world.catch_up().await? > 2);
    assert!(fences(&world).await?.high.is_some());
    world.all_agree().await
}

#[tokio::test]
async fn rows_of_one_time_all_arrive_in_slices_while_a_transaction_stays_open() -> Outcome {
    let mut world = fenced("timestamptz", "").await?;
    let (open, early) = (world.source.connect().await?, world.source.connect().await?);
    early.batch_execute("begin; select now()").await?;
    open.batch_execute(&format!("begin; {}", change(2, EARLIEST))).await?;
    let more = "insert into sale (sale_id, customer_id, item_id, amount, last_updated)";
    world.execute(&format!("{more} select n, 1, 1, 1, {EARLIEST} from generate_series(100, 136) as n")).await?;
    assert!(world.run().await?.more);
    // It began before the fence of the slice, which stands still with the horizon.
    early.batch_execute(&format!("{} commit", change(1, EARLIEST))).await?;
    assert!(world.catch_up().await? > 2);
    open.batch_execute("commit").await?;
    world.catch_up().await?;
    let ReadState::Incremental { position } = &world.tracking().await?.tables["sale"].read else {
        return Err("not incremental".into());
    };
    assert!(position.is_caught_up());
    world.all_agree().await
}
