//! What `reconcile` explains: rows that have to differ, apart from those that must not.

use serde_json::json;
use starlift_lake::Fences;
use starlift_postgres::read_tables;

use crate::Outcome;
use crate::reconcile::{DIFFERS, EQUAL, Shop};

#[tokio::test]
async fn rows_written_since_the_last_run_are_explained_until_a_run_has_read_them() -> Outcome {
    let shop = Shop::new().await?;
    let write = "insert into line values (30000, 'z', 1, null); update line set amount = 0.5 where sale = 7";
    shop.from.batch_execute(write).await?;
    shop.tells("fact_line", EQUAL, &json!({"explained": {"next_run": 2}}))?;
    // Tampering is told from it.
    shop.to.batch_execute("update fact_line set amount = 1.5 where sale_id = 8").await?;
    let finding = json!({"key": {"sale": "8", "line_no": "c"}, "columns": ["amount"]});
    let tampered = json!({"rows": 1, "keys": [finding]});
    shop.tells("fact_line", DIFFERS, &json!({"explained": {"next_run": 2}, "different": tampered}))?;

    shop.publish("r2").await?;
    let missing = json!({"rows": 1, "keys": [{"key": {"sale": "30000", "line_no": "z"}}]});
    shop.tells("fact_line", DIFFERS, &json!({"explained": {}, "only_in_source": missing}))?;
    Ok(())
}

#[tokio::test]
async fn a_row_that_changed_below_the_fence_of_its_table_is_not_explained_by_a_run_that_will_not_read_it() -> Outcome {
    for at in ["timestamptz not null", "timestamp not null", "timestamptz"] {
        let line = "line = { read = \"incremental\", deletes = \"detect\"";
        let (shop, _folder) =
            Shop::new().await?.with(line, &format!("{line}, cursor = \"at\", overlap_minutes = 5"))?;
        shop.from.batch_execute(&format!("alter table line add column at {at} default '2024-08-01'")).await?;
        shop.publish("r2").await?;
        let horizon = "select (state #>> '{position,high}')::bigint from etl.table_state where table_name = 'line'";
        let horizon: i64 = shop.to.query_one(horizon, &[]).await?.get(0);
        let table = read_tables(&shop.from, "public", &["line"]).await?.remove("line").ok_or("no table")?;
        let cursor = table.columns.iter().find(|column| column.name == "at").ok_or("no column")?;
        let read = |overlap_minutes| {
            let identity = Fences::identity(cursor, &table.column_ids["at"], Some(overlap_minutes));
            let fences = json!({"column": identity, "high": "2024-08-20T00:00:00.000000Z"});
            json!({"read": "incremental", "position": {"high": horizon, "fences": fences}})
        };
        shop.state("r2", "line", read(5)).await?;
        // The second is at the fence, the first below it.
        let write = "update line set amount = 0.5 where sale = 7;
                     update line set amount = 0.5, at = '2024-08-20 00:00:00Z' where sale = 8";
        shop.from.batch_execute(write).await?;
        let missed = json!({"rows": 1, "keys": [{"key": {"sale": "7", "line_no": "b"}, "columns": ["amount"]}]});
        shop.tells("fact_line", DIFFERS, &json!({"explained": {"next_run": 1}, "different": missed}))?;
        // After a change of the overlap the next run goes by row versions alone.
        shop.state("r2", "line", read(4)).await?;
        shop.tells("fact_line", EQUAL, &json!({"explained": {"next_run": 2}}))?;
    }
    Ok(())
}

#[tokio::test]
async fn rows_in_the_quarantine_are_explained_and_no_other() -> Outcome {
    let shop = Shop::new().await?;
    shop.from
        .batch_execute("insert into line values (30000, 'z', 1, null), (30001, 'z', 1, null); update line set amount = 0.5 where sale = 7")
        .await?;
    shop.publish("r2").await?;
    shop.to
        .batch_execute(
            r#"insert into etl.quarantine (model, key, run, last_run, reason, held_at) values
                   ('fact_line', '{"sale": 30000, "line_no": "z"}', 'r2', 'r2', 'x', now()),
                   ('fact_line', '{"line_no": "b", "sale": 7}', 'r2', 'r2', 'x', now()),
                   ('fact_line', '{"row": 5}', 'r2', 'r2', 'x', now()),
                   ('fact_sale', '{"sale": 30001, "line_no": "z"}', 'r2', 'r2', 'x', now());"#,
        )
        .await?;
    let missing = json!({"rows": 1, "keys": [{"key": {"sale": "30001", "line_no": "z"}}]});
    shop.tells("fact_line", DIFFERS, &json!({"explained": {"held_back": 2}, "only_in_source": missing}))?;
    Ok(())
}

#[tokio::test]
async fn a_row_with_an_unknown_member_may_differ_in_its_reference_and_in_nothing_else() -> Outcome {
    let asked = "key = [\"sale_code\"]\non_missing_dimension = \"unknown\"";
    let (shop, _folder) = Shop::new().await?.with("key = [\"sale_code\"]", asked)?;
    shop.to
        .batch_execute(
            r#"insert into dim_item values (-1, 'unknown', 'UNKNOWN');
               update fact_sale set item_id = -1 where sale_code in ('a', 'B');
               insert into etl.quarantine (model, key, run, last_run, reason, held_at, unknown_member)
               values ('fact_sale', '{"code": "a"}', 'r1', 'r1', 'x', now(), true);"#,
        )
        .await?;
    let other = json!({"rows": 1, "keys": [{"key": {"code": "B"}, "columns": ["item_id"]}]});
    shop.tells("fact_sale", DIFFERS, &json!({"explained": {"unknown_member": 1}, "different": other}))?;
    let change = "update fact_sale set item_id = 2 where sale_code = 'B';
                  update fact_sale set amount = 9 where sale_code = 'a'";
    shop.to.batch_execute(change).await?;
    let more = json!({"rows": 1, "keys": [{"key": {"code": "a"}, "columns": ["item_id", "amount"]}]});
    shop.tells("fact_sale", DIFFERS, &json!({"explained": {}, "different": more}))?;
    // A waiting row may point to the unknown member, and to no other that is wrong.
    shop.to.batch_execute("update fact_sale set amount = 2.5, item_id = 2 where sale_code = 'a'").await?;
    let wrong = json!({"rows": 1, "keys": [{"key": {"code": "a"}, "columns": ["item_id"]}]});
    shop.tells("fact_sale", DIFFERS, &json!({"explained": {}, "different": wrong}))?;
    // The member itself is no row of the source.
    shop.tells("dim_item", EQUAL, &json!({"explained": {"unknown_member": 1}}))?;
    Ok(())
}

#[tokio::test]
async fn a_deleted_row_is_explained_until_a_run_has_looked_at_deletions() -> Outcome {
    let line = "line = { read = \"incremental\", deletes = \"detect\"";
    let (shop, _folder) = Shop::new().await?.with(line, &format!("{line}, deletes_every = 3"))?;
    shop.from.batch_execute("delete from line where sale = 7").await?;
    let read = |age: Option<u32>| {
        let keys = age.map(|age| json!({"object": {"key": "k", "rows": 0, "bytes": 0, "sha256": "0"}, "age": age}));
        json!({"read": "incremental", "position": {"high": 3}, "keys": keys})
    };
    for age in [None, Some(1), Some(2)] {
        shop.state("r1", "line", read(age)).await?;
        shop.tells("fact_line", EQUAL, &json!({"explained": {"later_run": 1}}))?;
    }
    shop.state("r1", "line", read(Some(0))).await?;
    let gone = json!({"rows": 1, "keys": [{"key": {"sale": "7", "line_no": "b"}}]});
    shop.tells("fact_line", DIFFERS, &json!({"explained": {}, "only_in_warehouse": gone}))?;
    Ok(())
}

#[tokio::test]
async fn a_dimension_keeps_what_is_gone_and_shows_the_rest_as_it_is() -> Outcome {
    let shop = Shop::new().await?;
    shop.from.batch_execute("delete from item where item_id = 2").await?;
    shop.tells("dim_item", EQUAL, &json!({"explained": {"kept_though_gone": 1}}))?;
    shop.to.batch_execute("update dim_item set name = 'sack' where item_id = 1").await?;
    let changed = json!({"rows": 1, "keys": [{"key": {"item_id": "1"}, "columns": ["name"]}]});
    shop.tells("dim_item", DIFFERS, &json!({"different": changed}))?;
    Ok(())
}
