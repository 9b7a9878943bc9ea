//! What a publication does to the warehouse, once and exactly once.

use starlift_lake::messages::Outcome as Published;

use crate::Outcome;
use crate::rows::{Product, Rows, Sale, product, sale};
use crate::world::{Run, World};

const VERSIONS: &str = "select units from fact_sale where sale_id = 1 order by sale_record_id";

fn products(products: &[Product]) -> Rows {
    Rows::Products(products.to_vec())
}

fn sales(sales: &[Sale]) -> Rows {
    Rows::Sales(sales.to_vec())
}

#[tokio::test]
async fn a_run_loaded_twice_changes_nothing() -> Outcome {
    let world = World::migrated().await?;
    let run = Run::new("r1", None, vec![products(&[product(1, "bag")]), sales(&[sale(1, 1, 5), sale(2, 1, 7)])]);
    let first = world.publish(&run).await?;
    assert_eq!((first.outcome, first.rows, first.versions, first.number), (Published::Published, 3, 2, Some(1)));
    // One product and one date.
    assert_eq!(first.dimension_rows, 2);
    let before = world.column("select xmin::text || sale_record_id from fact_sale order by 1").await?;
    let second = world.load("r1").await?;
    assert_eq!(starlift_lake::messages::LoadReply { usage: first.usage, ..second }, first);
    assert_eq!(world.column("select xmin::text || sale_record_id from fact_sale order by 1").await?, before);
    assert_eq!(world.value("select count(*) from etl.run").await?, "1");
    Ok(())
}

#[tokio::test]
async fn of_two_runs_with_one_base_the_second_is_superseded() -> Outcome {
    let world = World::migrated().await?;
    world.publish(&Run::new("r1", None, vec![products(&[product(1, "bag")])])).await?;
    let late = Run { more: true, ..Run::new("r0", None, vec![products(&[product(1, "old bag")])]) };
    let reply = world.publish(&late).await?;
    assert_eq!((reply.outcome, reply.number, reply.more), (Published::Superseded, None, false));
    assert_eq!(world.value("select name from dim_product").await?, "bag");
    assert_eq!(world.value("select count(*) from etl.run").await?, "1");
    Ok(())
}

#[tokio::test]
async fn an_old_run_cannot_set_a_dimension_back() -> Outcome {
    let world = World::migrated().await?;
    world.publish(&Run::new("r1", None, vec![products(&[product(1, "first")])])).await?;
    let failed = Run::new("r2", Some("r1"), vec![products(&[product(1, "second")])]);
    world.write(&failed).await?;
    world.publish(&Run::new("r3", Some("r1"), vec![products(&[product(1, "third")])])).await?;
    world.publish(&Run::new("r4", Some("r3"), vec![])).await?;
    assert_eq!(world.load("r2").await?.outcome, Published::Superseded);
    assert_eq!(world.load("r1").await?.outcome, Published::Published);
    assert_eq!(world.value("select name from dim_product").await?, "third");
    Ok(())
}

#[tokio::test]
async fn a_run_whose_base_the_warehouse_has_forgotten_is_superseded() -> Outcome {
    let world = World::migrated().await?;
    let reply = world.publish(&Run::new("r9", Some("r8"), vec![products(&[product(1, "bag")])])).await?;
    assert_eq!(reply.outcome, Published::Superseded);
    assert_eq!(world.value("select count(*) from dim_product").await?, "0");
    Ok(())
}

#[tokio::test]
async fn values_a_b_a_are_three_versions() -> Outcome {
    let world = World::migrated().await?;
    world.publish(&Run::new("r1", None, vec![products(&[product(1, "bag")]), sales(&[sale(1, 1, 5)])])).await?;
    world.publish(&Run::new("r2", Some("r1"), vec![sales(&[sale(1, 1, 6)])])).await?;
    world.publish(&Run::new("r3", Some("r2"), vec![sales(&[sale(1, 1, 6)])])).await?;
    world.publish(&Run::new("r4", Some("r3"), vec![sales(&[sale(1, 1, 5)])])).await?;
    let versions = world.column(VERSIONS).await?;
    assert_eq!(versions.into_iter().flatten().collect::<Vec<_>>(), ["5", "6", "5"]);
    assert_eq!(world.column("select units from current_sale").await?, [Some("5".to_owned())]);
    let closed = "select string_agg(record_id || run || reason, ' ' order by record_id) from etl.closed_fact_sale";
    assert_eq!(world.value(closed).await?, "1r2updated 2r4updated");
    let ends = "select bool_and(closed.closed_at = run.published_at) from etl.closed_fact_sale as closed join etl.run using (run)";
    assert_eq!(world.value(ends).await?, "true");
    let brought = "select string_agg(run || inserted || closed || first_record_id || last_record_id, ' ' order by run)
                     from etl.run_table where table_name = 'fact_sale'";
    assert_eq!(world.value(brought).await?, "r11011 r21122 r41133");
    Ok(())
}

#[tokio::test]
async fn record_ids_follow_the_business_key_within_a_run() -> Outcome {
    let world = World::migrated().await?;
    let rows: Vec<Sale> = [7, 3, 9, 1].iter().map(|id| sale(*id, 1, 5)).collect();
    world.publish(&Run::new("r1", None, vec![products(&[product(1, "bag")]), sales(&rows)])).await?;
    let order = "select string_agg(sale_id::text, ' ' order by sale_record_id) from fact_sale";
    assert_eq!(world.value(order).await?, "1 3 7 9");
    Ok(())
}

#[tokio::test]
async fn a_row_of_a_dimension_that_is_equal_is_not_touched() -> Outcome {
    let world = World::migrated().await?;
    let full = Product {
        price: Some(1250),
        code: Some("6f1c2c1e-6b1f-4a5e-9b59-0d4b8a3c1d11"),
        attributes: Some(r#"{"b": 1,  "a": 2}"#),
        ..product(1, "bag")
    };
    world.publish(&Run::new("r1", None, vec![products(&[full.clone(), product(2, "sack")])])).await?;
    let touched = "select xmin::text || ' ' || xmax::text || ' ' || ctid::text from dim_product where product_id = 1";
    let before = world.value(touched).await?;
    let changed = Product { price: Some(99), ..product(2, "sack") };
    let reply = world.publish(&Run::new("r2", Some("r1"), vec![products(&[full, changed])])).await?;
    assert_eq!(reply.dimension_rows, 1);
    assert_eq!(world.value(touched).await?, before);
    assert_eq!(world.value("select price from dim_product where product_id = 2").await?, "0.99");
    assert_eq!(world.value("select updated from etl.run_table where run = 'r2'").await?, "1");
    Ok(())
}

#[tokio::test]
async fn a_row_gone_from_the_source_stays_in_its_dimension() -> Outcome {
    let world = World::migrated().await?;
    world.publish(&Run::new("r1", None, vec![products(&[product(1, "bag"), product(2, "sack")])])).await?;
    world.publish(&Run::new("r2", Some("r1"), vec![products(&[product(1, "bag")])])).await?;
    assert_eq!(world.value("select count(*) from dim_product").await?, "2");
    Ok(())
}

#[tokio::test]
async fn hostile_text_arrives_byte_for_byte() -> Outcome {
    let world = World::migrated().await?;
    let texts = [
        "",
        "NULL",
        "NaN",
        " ",
        "\\N",
        "\\.",
        "a,b\"c'd",
        "$$;\\",
        "line\r\nnext\ttab",
        "🛍️ é",
        "'); DROP TABLE dim_product; --",
    ];
    let named: Vec<Product> = (1..).zip(texts).map(|(id, text)| product(id, text)).collect();
    world.publish(&Run::new("r1", None, vec![products(&named)])).await?;
    let arrived = world.column("select name from dim_product order by product_id").await?;
    assert_eq!(arrived.into_iter().flatten().collect::<Vec<_>>(), texts);
    Ok(())
}

#[tokio::test]
async fn numbers_and_times_arrive_exactly() -> Outcome {
    let world = World::migrated().await?;
    let exact =
        Sale { amount: 123_456_789_123_456_789, note: Some("exact".into()), paid: true, ..sale(1, 1, i32::MAX) };
    let small = Sale { amount: -100_000_000, day: -1, ..sale(2, 1, -5) };
    world.publish(&Run::new("r1", None, vec![products(&[product(1, "bag")]), sales(&[exact, small])])).await?;
    let row = "select concat_ws(' ', sold_on, sold_at, units, amount, note, paid) from fact_sale where sale_id = ";
    let arrived = world.value(&format!("{row} 1")).await?;
    assert_eq!(arrived, "2024-08-19 2024-08-19 12:00:00 2147483647 123456789.123456789 exact t");
    assert_eq!(world.value(&format!("{row} 2")).await?, "1969-12-31 1969-12-31 12:00:00 -5 -0.1 f");
    Ok(())
}

#[tokio::test]
async fn the_calendar_covers_what_facts_refer_to_and_never_shrinks() -> Outcome {
    let world = World::migrated().await?;
    let day = |id, day| Sale { day, ..sale(id, 1, 5) };
    world
        .publish(&Run::new("r1", None, vec![products(&[product(1, "bag")]), sales(&[day(1, 19_954), day(2, 19_960)])]))
        .await?;
    let range = "select min(date_id) || ' ' || max(date_id) || ' ' || count(*) from dim_date";
    assert_eq!(world.value(range).await?, "2024-08-19 2024-08-25 7");
    world.publish(&Run::new("r2", Some("r1"), vec![sales(&[day(3, 19_950)])])).await?;
    world.publish(&Run::new("r3", Some("r2"), vec![sales(&[day(4, 19_961)])])).await?;
    world.publish(&Run::new("r4", Some("r3"), vec![sales(&[day(5, 19_955)])])).await?;
    assert_eq!(world.value(range).await?, "2024-08-15 2024-08-26 12");
    let sunday = "select concat_ws(' ', year, month, day, day_of_week, day_name, month_name, quarter)
                    from dim_date where date_id = '2024-08-25'";
    assert_eq!(world.value(sunday).await?, "2024 8 25 7 Sunday August 3");
    Ok(())
}

#[tokio::test]
async fn rows_that_were_held_back_are_noted_by_key_and_reason() -> Outcome {
    let world = World::migrated().await?;
    let csv = "key,reason,table,product_id,name\n\"{\"\"product_id\"\": 9}\",name: is null,product,9,\n".to_owned();
    let run = Run { held: Some(("dim_product", csv)), ..Run::new("r1", None, vec![products(&[product(1, "bag")])]) };
    let reply = world.publish(&run).await?;
    assert_eq!(reply.held, 1);
    let noted = "select concat_ws(' ', model, key, run, part, reason) from etl.quarantine";
    assert_eq!(world.value(noted).await?, "dim_product {\"product_id\": 9} r1 dim_product-held name: is null");
    Ok(())
}
