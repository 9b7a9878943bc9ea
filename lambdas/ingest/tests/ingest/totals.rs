//! What a table adds up to in the snapshot of a run.

use serde_json::json;
use starlift_lake::Totals;

use crate::world::{Outcome, World};

const SALE: &str = "sale = { read = \"incremental\"";

async fn detecting(more: &str) -> Result<World, Box<dyn std::error::Error>> {
    let world = World::new().await?;
    world.edit("pipeline.toml", SALE, &format!("{SALE}, deletes = \"detect\"{more}"))?;
    Ok(world)
}

fn totals(rows: u64, sums: [(&str, &str); 4]) -> Option<Totals> {
    Some(Totals { rows, sums: sums.map(|(column, sum)| (column.to_owned(), Some(sum.to_owned()))).into() })
}

#[tokio::test]
async fn rows_and_columns_that_a_fact_keeps_are_added_up_without_those_that_are_held() -> Outcome {
    let mut world = detecting("").await?;
    let first = world.run().await?;
    let both = [("amount", "5.50"), ("customer_id", "3"), ("item_id", "3"), ("sale_id", "3")];
    assert_eq!(first.tables["sale"].totals, totals(2, both));
    assert_eq!(first.tables["line"].totals, None, "its deletions are not detected");

    let mut tracking = world.tracking().await?;
    tracking.held.insert("fact_sale".to_owned(), vec![json!({"sale_id": 2})]);
    world.put_tracking(&tracking).await?;
    let without = [("amount", "2.50"), ("customer_id", "1"), ("item_id", "1"), ("sale_id", "1")];
    assert_eq!(world.run().await?.tables["sale"].totals, totals(1, without));
    Ok(())
}

#[tokio::test]
async fn a_table_is_not_added_up_in_mid_slice() -> Outcome {
    let mut world = detecting("").await?;
    world
        .execute(
            "insert into sale (sale_id, customer_id, item_id, amount) select n, 1, 1, 1 from generate_series(10, 25) as n",
        )
        .await?;
    let first = world.run().await?;
    assert_eq!((first.more, &first.tables["sale"].totals), (true, &None));
    world.catch_up().await?;
    let last = world.run().await?;
    assert_eq!(last.tables["sale"].totals.as_ref().map(|totals| totals.rows), Some(18));
    Ok(())
}

#[tokio::test]
async fn a_large_table_is_added_up_only_when_asked() -> Outcome {
    for (more, is_added_up) in [("", false), (", reconcile = true", true)] {
        let mut world = detecting(more).await?;
        world.edit("pipeline.toml", "slice_rows = 10", "slice_rows = 10\nreconcile_rows = 1")?;
        assert_eq!(world.run().await?.tables["sale"].totals.is_some(), is_added_up, "{more}");
    }
    Ok(())
}
