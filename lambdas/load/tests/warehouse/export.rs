//! Extracts: what changed, as the warehouse holds it.

use std::sync::Arc;

use starlift_lake::{Zone, keys};

use crate::Outcome;
use crate::rows::{Rows, Sale, product, sale};
use crate::world::{Run, World};

pub(crate) async fn extract(world: &World, table: &str) -> Result<String, Box<dyn std::error::Error>> {
    let fetched = world.context.lake.get(Zone::Control, &keys::extract(table)).await?.ok_or("no extract")?;
    Ok(String::from_utf8(fetched.bytes.to_vec())?)
}

#[tokio::test]
async fn only_tables_that_changed_are_exported() -> Outcome {
    let world = World::migrated().await?;
    let rows = vec![Rows::Products(vec![product(1, "bag")]), Rows::Sales(vec![sale(1, 1, 5)])];
    world.publish(&Run::new("r1", None, rows)).await?;
    let first = world.export().await?;
    assert_eq!((first.tables, first.rows), (3, 3));
    assert_eq!(world.export().await?.tables, 0);
    world.publish(&Run::new("r2", Some("r1"), vec![Rows::Products(vec![product(1, "sack")])])).await?;
    assert_eq!(world.export().await?.tables, 1);
    assert_eq!(extract(&world, "dim_product").await?, "product_id,name,price,code,attributes\n1,sack,,,\n");
    let last = "select string_agg(table_name || number, ' ' order by table_name) from etl.extract";
    assert_eq!(world.value(last).await?, "dim_date1 dim_product2 fact_sale1");
    Ok(())
}

#[tokio::test]
async fn null_and_empty_text_differ_and_every_version_is_there() -> Outcome {
    let world = World::migrated().await?;
    let note = |note: Option<&str>, units| Sale { note: note.map(str::to_owned), ..sale(1, 1, units) };
    let first = vec![Rows::Products(vec![product(1, "bag")]), Rows::Sales(vec![note(None, 5)])];
    world.publish(&Run::new("r1", None, first)).await?;
    world.publish(&Run::new("r2", Some("r1"), vec![Rows::Sales(vec![note(Some(""), 5)])])).await?;
    world.export().await?;
    let header = "sale_record_id,sale_id,product_id,sold_on,sold_at,units,amount,note,paid\n";
    let row = |id, cell| format!("{id},1,1,2024-08-19,2024-08-19 12:00:00,5,3.45,{cell},f\n");
    assert_eq!(extract(&world, "fact_sale").await?, format!("{header}{}{}", row(1, ""), row(2, "\"\"")));
    Ok(())
}

#[tokio::test]
async fn excluded_columns_are_left_out_of_what_reads_their_table_and_a_long_fact_shows_its_newest_versions() -> Outcome
{
    let mut world = World::migrated().await?;
    let mut definition = (*world.context.definition).clone();
    definition.pipeline.settings.export_fact_rows = Some(2);
    let table = definition.pipeline.tables.get_mut("sale").ok_or("no table sale")?;
    table.exclude = ["note", "amount", "sold_at", "name"].map(str::to_owned).to_vec();
    world.context.definition = Arc::new(definition);
    let sales = (1..=5).map(|id| sale(id, 1, 5)).collect();
    let rows = vec![Rows::Products(vec![product(1, "bag")]), Rows::Sales(sales)];
    world.publish(&Run::new("r1", None, rows)).await?;
    world.export().await?;
    // `name` is no column of a table that dim_product reads.
    assert_eq!(extract(&world, "dim_product").await?, "product_id,name,price,code,attributes\n1,bag,,,\n");
    let header = "sale_record_id,sale_id,product_id,sold_on,units,paid\n";
    let newest = "4,4,1,2024-08-19,5,f\n5,5,1,2024-08-19,5,f\n";
    assert_eq!(extract(&world, "fact_sale").await?, format!("{header}{newest}"));
    Ok(())
}
