//! What PostgreSQL makes of the statements over a table with a cursor column: it finds what is new by the index, and reads nothing else.

use starlift_definition::{Read, SourceTable};
use starlift_postgres::{CatalogTable, read_tables};
use starlift_testkit::cluster;
use tokio_postgres::Client;

use super::{FENCE, HELD, Keys, LIMIT, New, Rows, SINCE, cursor_setting, select_slice};
use crate::fence::{Cursor, Moment};
use crate::plan::TablePlan;

const SET_VALUE: &str = include_str!("../../../../sql/engine/ingest/set_value.sql");

/// What a run sets before it reads, with a fence that lies above all rows but a few.
async fn set(client: &Client) -> Result<(), Box<dyn std::error::Error>> {
    let cursor = cursor_setting(1);
    let settings = [
        (SINCE, "3"),
        (LIMIT, "500000"),
        (HELD, r#"[["7"], ["9"]]"#),
        (FENCE, "2026-11-20T11:55:00.000000Z"),
        (cursor.as_str(), "50000"),
    ];
    client.batch_execute("begin").await?;
    for (name, value) in settings {
        client.execute(SET_VALUE, &[&name, &value]).await?;
    }
    Ok(())
}

async fn plan_of(client: &Client, query: &str) -> Result<String, Box<dyn std::error::Error>> {
    let rows = client.query(&format!("explain {query}"), &[]).await?;
    Ok(rows.iter().map(|row| row.get::<_, String>(0)).collect::<Vec<_>>().join("\n"))
}

fn read<'a>(source: &'a CatalogTable, cursor: Option<Cursor<'a>>) -> TablePlan<'a> {
    TablePlan { cursor, ..TablePlan::of("public", "sale", source) }
}

#[tokio::test]
async fn what_is_new_is_found_by_an_index_on_the_cursor_column() -> Result<(), Box<dyn std::error::Error>> {
    for at in ["timestamptz not null", "timestamp(3) not null", "timestamptz"] {
        let database = cluster().create_database("plans").await?;
        let client = database.connect().await?;
        // A row a minute, the newest at noon, and of every thousandth no time is known where there may be none.
        client
            .batch_execute(&format!(
                "create table sale (sale_id int primary key, note text not null, at {at});
                 insert into sale
                 select n, repeat('x', 100), timestamptz '2026-11-20 12:00:00+00' - (100000 - n) * interval '1 minute'
                   from generate_series(1, 100000) as n;
                 create index on sale (at);
                 analyze sale"
            ))
            .await?;
        if !at.ends_with("not null") {
            client.batch_execute("update sale set at = null where sale_id % 1000 = 0; analyze sale").await?;
        }
        let tables = read_tables(&client, "public", &["sale"]).await?;
        let table = &tables["sale"];
        let moment = Moment::read(&client).await?;
        let wanted = SourceTable { cursor: Some("at".to_owned()), ..SourceTable::new(Read::Incremental) };
        let cursor_column = table.columns.iter().find(|column| column.name == "at").ok_or("no column")?;
        let cursor = Cursor::new("sale", &wanted, (cursor_column, ""), (&moment, "secret"))?;
        let fenced = read(table, Some(cursor));

        set(&client).await?;
        for keys in [Keys::All, Keys::UpToCursor, Keys::AboveCursor] {
            let plan = plan_of(&client, &select_slice(&fenced, keys, Rows::New(New::Fenced))).await?;
            assert!(plan.contains("sale_at_idx") && !plan.contains("Seq Scan"), "{at}, {keys:?}:\n{plan}");
        }
        let held = plan_of(&client, &select_slice(&fenced, Keys::All, Rows::Held(New::Fenced))).await?;
        assert!(held.contains("sale_pkey") && !held.contains("Seq Scan"), "{at}:\n{held}");
        // This is what a table without a cursor costs.
        let alone = plan_of(&client, &select_slice(&read(table, None), Keys::All, Rows::New(New::Since))).await?;
        assert!(!alone.contains("sale_at_idx"), "{at}:\n{alone}");
    }
    Ok(())
}
