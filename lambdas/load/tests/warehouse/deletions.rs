//! Versions of rows that are gone from the source.

use crate::Outcome;
use crate::rows::{Rows, product, sale};
use crate::world::{Run, World};

const HISTORY: &str = "select sale_id || ' ' || units || coalesce(' ' || closed.run || ' ' || closed.reason, '')
    from fact_sale left join etl.closed_fact_sale as closed on closed.record_id = sale_record_id order by sale_record_id";

fn run(n: usize, sales_there: &[&'static str], rows: Vec<Rows>) -> Run {
    let base = (n > 1).then(|| format!("r{}", n - 1));
    Run { sales_there: Some(sales_there.to_vec()), ..Run::new(&format!("r{n}"), base.as_deref(), rows) }
}

async fn with_three_sales() -> Result<World, Box<dyn std::error::Error>> {
    let world = World::migrated().await?;
    let sales = [sale(1, 1, 5), sale(2, 1, 6), sale(3, 1, 7)];
    let rows = vec![Rows::Products(vec![product(1, "bag")]), Rows::Sales(sales.to_vec())];
    world.publish(&run(1, &["1", "2", "3"], rows)).await?;
    Ok(world)
}

async fn history(world: &World) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    Ok(world.column(HISTORY).await?.into_iter().flatten().collect())
}

#[tokio::test]
async fn a_key_that_is_gone_ends_its_version_and_one_that_returns_begins_another() -> Outcome {
    let world = with_three_sales().await?;
    world.write(&run(2, &["1", "3", "9000000000"], vec![Rows::Sales(vec![sale(3, 1, 8)])])).await?;
    let gone = world.load_with("r2", true).await?;
    assert_eq!((gone.deleted, gone.versions), (1, 1));
    assert_eq!(world.load_with("r2", false).await?.deleted, 1, "a second attempt answers as the first");
    world.publish(&run(3, &["1", "2", "3"], vec![Rows::Sales(vec![sale(2, 1, 6)])])).await?;
    assert_eq!(history(&world).await?, ["1 5", "2 6 r2 deleted", "3 7 r2 updated", "3 8", "2 6"]);
    assert_eq!(
        world.value("select closed from etl.run_table where run = 'r2' and table_name = 'fact_sale'").await?,
        "2"
    );
    Ok(())
}

#[tokio::test]
async fn a_run_without_keys_ends_nothing() -> Outcome {
    let world = with_three_sales().await?;
    world.publish(&Run::new("r2", Some("r1"), vec![])).await?;
    assert_eq!(history(&world).await?, ["1 5", "2 6", "3 7"]);
    Ok(())
}

#[tokio::test]
async fn more_than_the_share_and_all_of_them_need_a_word() -> Outcome {
    let world = with_three_sales().await?;
    world.write(&run(2, &["1", "2"], vec![Rows::Sales(vec![sale(1, 1, 9)])])).await?;
    let refused = world.load("r2").await.expect_err("a third is gone");
    assert_eq!(refused.kind.error_type(), "Starlift.InvalidData");
    assert!(refused.message.contains("1 of the 3 open versions of fact_sale"), "{}", refused.message);
    assert_eq!(history(&world).await?, ["1 5", "2 6", "3 7"]);
    world.write(&run(2, &[], vec![]).named("all")).await?;
    assert!(world.load("all").await.expect_err("all are gone").message.contains("3 of the 3"));
    assert_eq!(world.load_with("all", true).await?.deleted, 3);
    assert_eq!(world.value("select count(*) from current_sale").await?, "0");
    Ok(())
}

#[tokio::test]
async fn keys_that_are_not_those_of_the_manifest_publish_nothing() -> Outcome {
    let world = with_three_sales().await?;
    let mut short = run(2, &["1", "2", "3"], vec![]);
    short.sales_there = Some(vec!["1", "2\n3"]);
    world.write(&short).await?;
    let refused = world.load("r2").await.expect_err("the manifest counts two");
    assert!(refused.message.contains("holds 3 keys and its manifest says 2"), "{}", refused.message);
    assert_eq!(history(&world).await?.len(), 3);
    Ok(())
}
