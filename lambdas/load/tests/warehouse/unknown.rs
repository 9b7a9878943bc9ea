//! Facts that point to the unknown member of a dimension until its row arrives.

use std::sync::Arc;

use serde_json::json;
use starlift_definition::Definition;
use starlift_failure::FailureKind;
use starlift_lake::{Retried, Totals};
use tempfile::TempDir;

use crate::Outcome;
use crate::rows::{Rows, Sale, product, sale};
use crate::world::{Run, World, shop};

const MEMBER: &str = "set role starlift_migrator;
    insert into dim_product (product_id, name) values (-1, 'unknown');
    reset role;";
const VERSIONS: &str =
    "select concat_ws(' ', sale_record_id, sale_id, product_id, units, closed.reason, closed.run) from fact_sale
     left join etl.closed_fact_sale as closed on record_id = sale_record_id order by sale_record_id";
const STAYS: &str = "select concat_ws(' ', key, run, last_run, unknown_member, outcome, released_run) from etl.quarantine order by key, run";

/// The small pipeline with a second migration, asked for unknown members.
fn folder(migration: &str) -> Result<TempDir, Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let copied = std::process::Command::new("cp").arg("-r").arg(shop().join(".")).arg(folder.path()).status()?;
    assert!(copied.success());
    let path = folder.path().join("pipeline.toml");
    let asked = std::fs::read_to_string(&path)?
        .replace("key = [\"sale_id\"]", "key = [\"sale_id\"]\non_missing_dimension = \"unknown\"");
    std::fs::write(path, asked)?;
    std::fs::write(folder.path().join("warehouse/V2__unknown.sql"), migration)?;
    Ok(folder)
}

async fn world(migration: &str) -> Result<World, Box<dyn std::error::Error>> {
    let folder = folder(migration)?;
    let world = World::new(folder.path()).await?;
    world.migrate().await?;
    Ok(world)
}

async fn texts(world: &World, query: &str) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    Ok(world.column(query).await?.into_iter().flatten().collect())
}

fn found(n: usize, rows: Vec<Rows>) -> Run {
    let retried = Some(Retried { found: vec![json!({"sale_id": 2})], gone: Vec::new() });
    Run { retried, ..Run::new(&format!("r{n}"), Some(&format!("r{}", n - 1)), rows) }
}

/// A world in which sale 2 points to the unknown member, because product 7 is missing.
async fn pointing(migration: &str) -> Result<World, Box<dyn std::error::Error>> {
    let world = world(migration).await?;
    let rows = vec![Rows::Products(vec![product(1, "bag")]), Rows::Sales(vec![sale(1, 1, 1), sale(2, 7, 1)])];
    let reply = world.publish(&Run::new("r1", None, rows)).await?;
    assert_eq!((reply.versions, reply.held, reply.quarantined), (2, 0, 1));
    Ok(world)
}

#[tokio::test]
async fn a_row_with_an_unknown_member_makes_no_version_until_its_dimension_row_arrives_and_then_one() -> Outcome {
    let world = pointing(MEMBER).await?;
    assert_eq!(texts(&world, VERSIONS).await?, ["1 1 1 1", "2 2 -1 1"]);
    assert_eq!(texts(&world, STAYS).await?, ["{\"sale_id\": 2} r1 r1 t"]);

    let again = world.publish(&found(2, vec![Rows::Sales(vec![sale(2, 7, 1)])])).await?;
    assert_eq!((again.versions, again.quarantined), (0, 1));
    assert_eq!(texts(&world, STAYS).await?, ["{\"sale_id\": 2} r1 r2 t"]);

    let rows = vec![Rows::Products(vec![product(7, "tote")]), Rows::Sales(vec![sale(2, 7, 1)])];
    let healed = world.publish(&found(3, rows)).await?;
    assert_eq!((healed.versions, healed.quarantined), (1, 0));
    assert_eq!(texts(&world, VERSIONS).await?, ["1 1 1 1", "2 2 -1 1 updated r3", "3 2 7 1"]);
    assert_eq!(texts(&world, STAYS).await?, ["{\"sale_id\": 2} r1 r2 t published r3"]);
    Ok(())
}

#[tokio::test]
async fn a_run_loaded_twice_points_to_unknown_members_once() -> Outcome {
    let world = pointing(MEMBER).await?;
    let first = world.load("r1").await?;
    assert_eq!((first.number, first.versions), (Some(1), 2));
    assert_eq!(texts(&world, VERSIONS).await?.len(), 2);
    assert_eq!(texts(&world, STAYS).await?.len(), 1);
    Ok(())
}

#[tokio::test]
async fn a_row_that_changes_while_its_dimension_row_is_missing_makes_a_version_and_still_waits() -> Outcome {
    let world = pointing(MEMBER).await?;
    world.publish(&found(2, vec![Rows::Sales(vec![sale(2, 8, 6)])])).await?;
    assert_eq!(texts(&world, VERSIONS).await?[1..], ["2 2 -1 1 updated r2", "3 2 -1 6"]);
    assert_eq!(texts(&world, STAYS).await?, ["{\"sale_id\": 2} r1 r2 t"]);
    // It comes to refer to a row that is there.
    world.publish(&found(3, vec![Rows::Sales(vec![sale(2, 1, 6)])])).await?;
    assert_eq!(texts(&world, VERSIONS).await?[2..], ["3 2 -1 6 updated r3", "4 2 1 6"]);
    assert_eq!(texts(&world, STAYS).await?, ["{\"sale_id\": 2} r1 r2 t published r3"]);
    Ok(())
}

#[tokio::test]
async fn a_row_that_is_deleted_while_its_dimension_row_is_missing_is_shown_no_more() -> Outcome {
    let world = pointing(MEMBER).await?;
    let gone = Some(Retried { found: Vec::new(), gone: vec![json!({"sale_id": 2})] });
    let run = Run { retried: gone, sales_there: Some(vec!["1"]), ..Run::new("r2", Some("r1"), Vec::new()) };
    world.write(&run).await?;
    world.load_with("r2", true).await?;
    assert_eq!(texts(&world, VERSIONS).await?[1..], ["2 2 -1 1 deleted r2"]);
    assert_eq!(texts(&world, STAYS).await?, ["{\"sale_id\": 2} r1 r1 t gone r2"]);
    Ok(())
}

#[tokio::test]
async fn each_missing_dimension_row_of_one_fact_is_corrected_when_it_arrives() -> Outcome {
    let world = pointing(&format!(
        "{MEMBER} alter table fact_sale add foreign key (units) references dim_product (product_id);"
    ))
    .await?;
    world.publish(&found(2, vec![Rows::Sales(vec![sale(2, 7, 8)])])).await?;
    let reason = "select reason from etl.quarantine";
    let both = "refers by product_id to a row that dim_product does not have; refers by units to a row that dim_product does not have";
    assert_eq!(world.value(reason).await?, both);
    let rows = |product_id| vec![Rows::Products(vec![product(product_id, "tote")]), Rows::Sales(vec![sale(2, 7, 8)])];
    world.publish(&found(3, rows(8))).await?;
    assert_eq!(world.value(reason).await?, "refers by product_id to a row that dim_product does not have");
    world.publish(&found(4, rows(7))).await?;
    let expected = ["2 2 -1 1 updated r2", "3 2 -1 -1 updated r3", "4 2 -1 8 updated r4", "5 2 7 8"];
    assert_eq!(texts(&world, VERSIONS).await?[1..], expected);
    Ok(())
}

#[tokio::test]
async fn a_row_whose_day_is_missing_waits_and_when_it_can_be_published_its_dimension_row_may_be_unknown() -> Outcome {
    let world = world(MEMBER).await?;
    let typo = Sale { day: 400_000, ..sale(2, 7, 1) };
    let rows = vec![Rows::Products(vec![product(1, "bag")]), Rows::Sales(vec![typo, sale(1, 1, 1)])];
    let reply = world.publish(&Run::new("r1", None, rows)).await?;
    assert_eq!((reply.versions, reply.held, reply.quarantined), (1, 1, 1));
    assert_eq!(texts(&world, STAYS).await?, ["{\"sale_id\": 2} r1 r1 f"]);
    let both = "refers by product_id to a row that dim_product does not have; refers by sold_on to a row that dim_date does not have";
    assert_eq!(world.value("select reason from etl.quarantine").await?, both);
    let corrected = world.publish(&found(2, vec![Rows::Sales(vec![sale(2, 7, 1)])])).await?;
    assert_eq!((corrected.versions, corrected.held, corrected.quarantined), (1, 0, 1));
    assert_eq!(texts(&world, STAYS).await?, ["{\"sale_id\": 2} r1 r2 t"]);
    // What transform holds back after that keeps its last version, and is published no more as it is in the source.
    let csv = "key,reason,table\n\"{\"\"sale_id\"\": 2}\",units: is null,sale\n".to_owned();
    world.publish(&Run { held: Some(("fact_sale", csv)), ..found(3, Vec::new()) }).await?;
    assert_eq!(texts(&world, STAYS).await?, ["{\"sale_id\": 2} r1 r3 f"]);
    assert_eq!(world.value("select product_id from current_sale where sale_id = 2").await?, "-1");
    Ok(())
}

#[tokio::test]
async fn another_setting_holds_for_rows_that_wait_already() -> Outcome {
    let folder = folder(MEMBER)?;
    let asked = std::fs::read_to_string(folder.path().join("pipeline.toml"))?;
    let mut world = World::new(folder.path()).await?;
    world.migrate().await?;
    let set = |of: &mut World, value: &str| {
        std::fs::write(folder.path().join("pipeline.toml"), asked.replace("\"unknown\"", value))?;
        of.context.definition = Arc::new(Definition::load(folder.path())?);
        Ok::<(), Box<dyn std::error::Error>>(())
    };
    set(&mut world, "\"hold\"")?;
    let rows = vec![Rows::Products(vec![product(1, "bag")]), Rows::Sales(vec![sale(1, 1, 1), sale(2, 7, 1)])];
    world.publish(&Run::new("r1", None, rows)).await?;
    assert_eq!(texts(&world, STAYS).await?, ["{\"sale_id\": 2} r1 r1 f"]);
    let again = || vec![Rows::Sales(vec![sale(2, 7, 1)])];
    for (n, value, versions, stay) in
        [(2, "\"unknown\"", 1, "r2 t"), (3, "\"hold\"", 0, "r3 f"), (4, "\"unknown\"", 0, "r4 t")]
    {
        set(&mut world, value)?;
        assert_eq!(world.publish(&found(n, again())).await?.versions, versions, "run {n}");
        assert_eq!(texts(&world, STAYS).await?, [format!("{{\"sale_id\": 2}} r1 {stay}")]);
    }
    assert_eq!(texts(&world, VERSIONS).await?, ["1 1 1 1", "2 2 -1 1"]);
    Ok(())
}

#[tokio::test]
async fn a_flood_of_unknown_members_fails_the_run() -> Outcome {
    let world = world(MEMBER).await?;
    let sales: Vec<Sale> = (1..=1100).map(|id| sale(id, if id <= 150 { 7 } else { 1 }, 1)).collect();
    world.write(&Run::new("r1", None, vec![Rows::Products(vec![product(1, "bag")]), Rows::Sales(sales)])).await?;
    let failure = world.load("r1").await.expect_err("a seventh is unknown");
    assert_eq!(failure.kind, FailureKind::InvalidData);
    for named in ["150 of the 1100 rows of fact_sale", "max_held_share allows 10 %", "dim_product does not have"] {
        assert!(failure.message.contains(named), "{failure}");
    }
    assert_eq!(world.value("select count(*) from fact_sale").await?, "0");
    Ok(())
}

/// A row that points to an unknown member is published: what it measures adds up, only its reference does not.
#[tokio::test]
async fn rows_with_unknown_members_are_added_up_but_for_the_columns_that_point_to_them() -> Outcome {
    let totals = |rows: u64, units: &str, products: &str| {
        let sums = [("units", units), ("product_id", products)];
        Some(Totals { rows, sums: sums.map(|(column, sum)| (column.to_owned(), Some(sum.to_owned()))).into() })
    };
    let first = |added_up| {
        let rows = vec![Rows::Products(vec![product(1, "bag")]), Rows::Sales(vec![sale(1, 1, 5), sale(2, 7, 6)])];
        Run { totals: added_up, ..Run::new("r1", None, rows) }
    };
    let other = world(MEMBER).await?;
    other.write(&first(totals(2, "12", "8"))).await?;
    let refused = other.load("r1").await.expect_err("the units are 11");
    assert!(refused.message.contains("the sum of units of fact_sale would be 11"), "{refused}");

    let world = world(MEMBER).await?;
    world.publish(&first(totals(2, "11", "8"))).await?;
    // From now on the row is known to be in the quarantine, and left out on both sides.
    let again =
        |n, products| Run { totals: totals(1, "5", products), ..found(n, vec![Rows::Sales(vec![sale(2, 7, 6)])]) };
    world.publish(&again(2, "1")).await?;
    world.write(&again(3, "2")).await?;
    let wrong = world.load("r3").await.expect_err("the product of the other row is 1");
    assert!(wrong.message.contains("the sum of product_id of fact_sale would be 1"), "{wrong}");
    Ok(())
}

#[tokio::test]
async fn a_dimension_without_an_unknown_member_is_refused_before_anything_is_published() -> Outcome {
    let folder = folder("select 1")?;
    let world = World::new(folder.path()).await?;
    let named = ["dim_product", "no row with product_id -1", "on_missing_dimension", "warehouse/"];
    let refused = world.migrate().await.expect_err("there is no member");
    assert_eq!(refused.kind, FailureKind::InvalidDefinition);
    assert!(named.iter().all(|part| refused.message.contains(part)), "{refused}");
    // Somebody has removed it since.
    let pointed = pointing(MEMBER).await?;
    pointed.client.batch_execute("delete from fact_sale; delete from dim_product where product_id = -1").await?;
    pointed.write(&Run::new("r2", Some("r1"), vec![Rows::Sales(vec![sale(3, 1, 1)])])).await?;
    let too_late = pointed.load("r2").await.expect_err("there is no member any more");
    assert!(named.iter().all(|part| too_late.message.contains(part)), "{too_late}");
    Ok(())
}

#[tokio::test]
async fn a_model_that_gives_the_unknown_member_itself_is_refused() -> Outcome {
    let world = pointing(MEMBER).await?;
    world.write(&Run::new("r2", Some("r1"), vec![Rows::Products(vec![product(-1, "real")])])).await?;
    let refused = world.load("r2").await.expect_err("facts would seem to refer to it");
    assert_eq!(refused.kind, FailureKind::InvalidData);
    for named in ["models/dim_product.sql", "product_id is -1", "unknown member"] {
        assert!(refused.message.contains(named), "{refused}");
    }
    assert!(!refused.message.contains("real"), "{refused}");
    assert_eq!(world.value("select name from dim_product where product_id = -1").await?, "unknown");
    Ok(())
}
