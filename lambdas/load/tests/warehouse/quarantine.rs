//! Rows that wait in the quarantine, alone, until they fit or are gone.

use serde_json::json;
use starlift_failure::FailureKind;
use starlift_lake::{Retried, Tracking, Zone, keys};

use crate::Outcome;
use crate::rows::{Rows, Sale, product, sale};
use crate::world::{Run, World, shop};

const STAYS: &str =
    "select concat_ws(' ', model, key, run, last_run, reason, outcome, released_run) from etl.quarantine
    order by model, key, run";

async fn stays(world: &World) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    Ok(world.column(STAYS).await?.into_iter().flatten().collect())
}

/// A world in which sale 2 waits for product 7.
async fn waiting() -> Result<World, Box<dyn std::error::Error>> {
    let world = World::migrated().await?;
    let rows = vec![Rows::Products(vec![product(1, "bag")]), Rows::Sales(vec![sale(1, 1, 5), sale(2, 7, 6)])];
    let reply = world.publish(&Run::new("r1", None, rows)).await?;
    assert_eq!((reply.versions, reply.held, reply.quarantined), (1, 1, 1));
    Ok(world)
}

fn retry(n: usize, retried: Retried, rows: Vec<Rows>) -> Run {
    Run { retried: Some(retried), ..Run::new(&format!("r{n}"), Some(&format!("r{}", n - 1)), rows) }
}

#[tokio::test]
async fn a_fact_whose_dimension_row_is_missing_waits_and_the_others_go_on() -> Outcome {
    let world = waiting().await?;
    let waits = "fact_sale {\"sale_id\": 2} r1 r1 refers by product_id to a row that dim_product does not have";
    assert_eq!(stays(&world).await?, [waits]);
    let tracking: Option<Tracking> = world.context.lake.get_json(Zone::Control, keys::TRACKING).await?;
    let held = tracking.ok_or("no tracking")?.held;
    assert_eq!(held["fact_sale"], [json!({"sale_id": 2})]);
    assert_eq!(world.value("select count(*) from current_sale").await?, "1");
    Ok(())
}

#[tokio::test]
async fn a_row_that_fits_leaves_the_quarantine_and_one_that_still_does_not_stays() -> Outcome {
    let world = waiting().await?;
    let found = || Retried { found: vec![json!({"sale_id": 2})], gone: Vec::new() };
    let again = world.publish(&retry(2, found(), vec![Rows::Sales(vec![sale(2, 7, 6)])])).await?;
    assert_eq!((again.versions, again.held, again.quarantined), (0, 1, 1));
    let waits = "fact_sale {\"sale_id\": 2} r1 r2 refers by product_id to a row that dim_product does not have";
    assert_eq!(stays(&world).await?, [waits]);

    let rows = vec![Rows::Products(vec![product(7, "tote")]), Rows::Sales(vec![sale(2, 7, 6)])];
    let healed = world.publish(&retry(3, found(), rows)).await?;
    assert_eq!((healed.versions, healed.held, healed.quarantined), (1, 0, 0));
    assert_eq!(stays(&world).await?, [format!("{waits} published r3")]);

    world.publish(&Run::new("r4", Some("r3"), vec![Rows::Sales(vec![sale(2, 8, 6)])])).await?;
    assert_eq!(stays(&world).await?.len(), 2, "a second stay is told apart from the first");
    assert_eq!(world.value("select product_id from current_sale where sale_id = 2").await?, "7");
    Ok(())
}

#[tokio::test]
async fn a_row_whose_key_is_gone_leaves_the_quarantine_too() -> Outcome {
    let world = waiting().await?;
    let gone = Retried { found: Vec::new(), gone: vec![json!({"sale_id": 2})] };
    assert_eq!(world.publish(&retry(2, gone, vec![])).await?.quarantined, 0);
    assert!(stays(&world).await?[0].ends_with("gone r2"));
    Ok(())
}

#[tokio::test]
async fn a_held_update_of_a_dimension_row_that_is_there_holds_no_fact_back() -> Outcome {
    let world = World::migrated().await?;
    world.publish(&Run::new("r1", None, vec![Rows::Products(vec![product(1, "bag")])])).await?;
    let csv = "key,reason,table\n\"{\"\"product_id\"\": 1}\",name: is null,product\n".to_owned();
    let run =
        Run { held: Some(("dim_product", csv)), ..Run::new("r2", Some("r1"), vec![Rows::Sales(vec![sale(1, 1, 5)])]) };
    let reply = world.publish(&run).await?;
    assert_eq!((reply.versions, reply.held, reply.quarantined), (1, 1, 1));
    // The table is whole: when its model is computed again and does not hold the row back, that is settled.
    let next = Run::new("r3", Some("r2"), vec![Rows::Products(vec![product(1, "bag")])]);
    assert_eq!(world.publish(&next).await?.quarantined, 0);
    assert!(stays(&world).await?[0].ends_with("settled r3"));
    Ok(())
}

#[tokio::test]
async fn a_date_outside_the_calendar_holds_its_row_back() -> Outcome {
    let world = World::migrated().await?;
    let typo = Sale { day: 400_000, ..sale(1, 1, 5) };
    let rows = vec![Rows::Products(vec![product(1, "bag")]), Rows::Sales(vec![typo, sale(2, 1, 5)])];
    let reply = world.publish(&Run::new("r1", None, rows)).await?;
    assert_eq!((reply.versions, reply.held), (1, 1));
    assert!(stays(&world).await?[0].contains("refers by sold_on to a row that dim_date does not have"));
    assert_eq!(world.value("select count(*) from dim_date").await?, "1");
    Ok(())
}

#[tokio::test]
async fn a_fact_that_could_not_be_looked_for_again_fails_the_run() -> Outcome {
    let folder = tempfile::tempdir()?;
    let copied = std::process::Command::new("cp").arg("-r").arg(shop().join(".")).arg(folder.path()).status()?;
    assert!(copied.success());
    let edit = |file: &str, from: &str, to: &str| {
        let path = folder.path().join(file);
        let text = std::fs::read_to_string(&path)?;
        assert!(text.contains(from), "{file}");
        std::fs::write(path, text.replacen(from, to, 1))
    };
    edit("models/fact_sale.sql", "sale_id,", "sale_id + 0 as sale_id,")?;
    edit("pipeline.toml", ", deletes = \"detect\"", "")?;
    let world = World::new(folder.path()).await?;
    world.migrate().await?;
    let rows = vec![Rows::Products(vec![product(1, "bag")]), Rows::Sales(vec![sale(1, 1, 5), sale(2, 4711, 5)])];
    world.write(&Run::new("bad", None, rows)).await?;
    let failure = world.load("bad").await.expect_err("it would be lost");
    assert_eq!(failure.kind, FailureKind::InvalidData);
    for named in ["1 rows of fact_sale", "dim_product", "product_id", "start a new execution with `starlift run`"] {
        assert!(failure.message.contains(named), "{failure}");
    }
    assert!(!failure.message.contains("4711"), "{failure}");
    assert_eq!(world.value("select count(*) from etl.run").await?, "0");
    Ok(())
}

#[tokio::test]
async fn a_flood_of_held_rows_fails_the_run_and_publishes_nothing() -> Outcome {
    let world = World::migrated().await?;
    let sales: Vec<Sale> = (1..=1100).map(|id| sale(id, if id <= 150 { 7 } else { 1 }, 5)).collect();
    world.write(&Run::new("r1", None, vec![Rows::Products(vec![product(1, "bag")]), Rows::Sales(sales)])).await?;
    let failure = world.load("r1").await.expect_err("a seventh is held back");
    assert_eq!(failure.kind, FailureKind::InvalidData);
    for named in ["150 of the 1100 rows of fact_sale", "max_held_share allows 10 %", "dim_product does not have"] {
        assert!(failure.message.contains(named), "{failure}");
    }
    assert_eq!(world.value("select count(*) from etl.quarantine").await?, "0");
    Ok(())
}

/// Sales of which these first ones wait for a product.
fn sales(all: i32, waiting: i32) -> Rows {
    Rows::Sales((1..=all).map(|id| sale(id, if id <= waiting { 7 } else { 1 }, 5)).collect())
}

#[tokio::test]
async fn rows_that_are_only_tried_again_are_no_flood() -> Outcome {
    let world = World::migrated().await?;
    world.publish(&Run::new("r1", None, vec![Rows::Products(vec![product(1, "bag")]), sales(2000, 120)])).await?;
    let found: Vec<_> = (1..=120).map(|id| json!({"sale_id": id})).collect();
    for n in 2..4 {
        // The held ones and a single new row.
        let again: Vec<Sale> = (1..=120).map(|id| sale(id, 7, 5)).chain([sale(2000 + n, 1, 5)]).collect();
        let retried = Retried { found: found.clone(), gone: Vec::new() };
        let reply = world.publish(&retry(usize::try_from(n)?, retried, vec![Rows::Sales(again)])).await?;
        assert_eq!((reply.versions, reply.held, reply.quarantined), (1, 120, 120));
    }
    Ok(())
}

#[tokio::test]
async fn what_was_held_before_a_table_is_read_from_its_start_is_settled() -> Outcome {
    let world = waiting().await?;
    let reset = Run { reset: true, ..Run::new("r2", Some("r1"), vec![Rows::Sales(vec![sale(3, 8, 5)])]) };
    assert_eq!(world.publish(&reset).await?.quarantined, 1);
    let stays = stays(&world).await?;
    assert!(stays[0].ends_with("settled r2") && stays[1].starts_with("fact_sale {\"sale_id\": 3} r2"), "{stays:?}");
    Ok(())
}
