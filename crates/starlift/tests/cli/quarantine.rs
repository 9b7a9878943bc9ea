//! `quarantine` over a warehouse with the engine's own tables.

use starlift_testkit::cluster;

use crate::{Outcome, said, starlift, warehouse_with_ledger};

const HELD: &str = r#"
    insert into etl.quarantine (model, key, run, last_run, reason, held_at) values
        ('fact_sale', '{"sale_id": 7}', 'r1', 'r2', 'refers by item_id to a row that dim_item does not have', '2026-11-20 12:00Z'),
        ('dim_item', '{"item_id": 3}', 'r2', 'r2', 'name: is null', '2026-11-21 12:00Z');
    insert into etl.quarantine (model, key, run, last_run, reason, held_at, released_run, released_at, outcome) values
        ('fact_sale', '{"sale_id": 1}', 'r1', 'r1', 'amount: 3 decimals', '2026-11-20 12:00Z', 'r2', '2026-11-21 12:00Z', 'gone');
    insert into etl.quarantine (model, key, run, last_run, reason, held_at, unknown_member) values
        ('fact_sale', '{"sale_id": 9}', 'r2', 'r2', 'refers by item_id to a row that dim_item does not have', '2026-11-22 12:00Z', true);
"#;

#[tokio::test]
async fn the_quarantine_is_listed_with_reasons_and_what_left_it_on_request() -> Outcome {
    let warehouse = warehouse_with_ledger().await?;
    let client = warehouse.connect().await?;
    let list = |more: &[&str]| {
        let url = warehouse.url();
        let mut arguments = vec!["quarantine", "--warehouse", url.as_str()];
        arguments.extend(more);
        said(&mut starlift(&arguments))
    };
    let empty = list(&[])?;
    assert_eq!((empty.code, empty.out.as_str()), (Some(0), "no row is held back\n"), "{}", empty.err);

    client.batch_execute(HELD).await?;
    let held = list(&[])?.out;
    let lines: Vec<&str> = held.lines().collect();
    assert!(lines[1].contains(r#"{"sale_id": 7}"#) && lines[1].contains("dim_item does not have"), "{held}");
    assert!(lines[2].contains("2026-11-21T12:00:00Z  held back           name: is null"), "{held}");
    assert!(lines[3].contains(r#"{"sale_id": 9}"#) && lines[3].contains("published, unknown"), "{held}");
    assert!(lines[4].starts_with("2 rows held back, 1 row published with an unknown member. Each run tries"), "{held}");

    let all: serde_json::Value = serde_json::from_str(&list(&["--all", "--json", "--model", "fact_sale"])?.out)?;
    let outcomes: Vec<_> = all.as_array().into_iter().flatten().map(|row| row["outcome"].as_str()).collect();
    assert_eq!(outcomes, [Some("gone"), None, None]);
    Ok(())
}

#[tokio::test]
async fn a_warehouse_that_was_never_migrated_is_told_apart_from_an_empty_quarantine() -> Outcome {
    let warehouse = cluster().create_database("warehouse").await?;
    let told = said(&mut starlift(&["quarantine", "--warehouse", &warehouse.url()]))?;
    assert_eq!(told.code, Some(1));
    assert!(told.err.contains("reading etl.quarantine"), "{}", told.err);
    Ok(())
}
