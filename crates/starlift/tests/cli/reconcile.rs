//! `reconcile` over a source and a warehouse that a run has published.

use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use starlift_testkit::{Database, cluster};
use tokio_postgres::Client;

use crate::{Outcome, Said, copy_folder, said, starlift, warehouse_with_ledger};

pub(crate) type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// A source that was read, and the warehouse that shows it.
pub(crate) struct Shop {
    pipeline: PathBuf,
    source: Database,
    warehouse: Database,
    /// The superuser's sessions.
    pub(crate) from: Client,
    pub(crate) to: Client,
}

impl Shop {
    pub(crate) async fn new() -> Fallible<Self> {
        let pipeline = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shop");
        let (source, warehouse) = (cluster().create_database("source").await?, warehouse_with_ledger().await?);
        source.execute_file(&pipeline.join("demo/source.sql")).await?;
        warehouse.execute_file(&pipeline.join("demo/warehouse.sql")).await?;
        let (from, to) = (source.connect().await?, warehouse.connect().await?);
        let shop = Self { pipeline, source, warehouse, from, to };
        shop.publish("r1").await?;
        Ok(shop)
    }

    /// Notes in the ledger that a run has read the source as it is now.
    pub(crate) async fn publish(&self, run: &str) -> Outcome {
        let position = include_str!("../../../../sql/engine/ingest/position.sql");
        let now = self.from.query_one(position, &[]).await?;
        // Not the snapshot's own: that of another test's open transaction may be lower.
        let horizon: i64 = now.get("next_transaction");
        let stood = json!({
            "system_identifier": now.get::<_, String>("system_identifier"),
            "database": now.get::<_, u32>("database"),
            "timeline": now.get::<_, i64>("timeline"),
            "in_recovery": false,
            "started_at": now.get::<_, String>("started_at"),
            "wal_position": now.get::<_, i64>("wal_position"),
            "next_transaction": horizon,
            "horizon": horizon,
            "taken_at": now.get::<_, String>("taken_at"),
        });
        let insert = "insert into etl.run (run, base, published_at, more, source, models, result)
                      values ($1, (select max(run) from etl.run), now(), false, $2, '{}', '{}')";
        self.to.execute(insert, &[&run, &stood]).await?;
        let incremental = json!({"read": "incremental", "position": {"high": horizon}});
        let object = json!({"key": "k", "rows": 0, "bytes": 0, "sha256": "0"});
        for (table, read) in [
            ("item", json!({"read": "full", "object": object})),
            ("line", incremental.clone()),
            ("sale", incremental.clone()),
            ("visit", incremental),
        ] {
            self.state(run, table, read).await?;
        }
        Ok(())
    }

    pub(crate) async fn state(&self, run: &str, table: &str, mut read: Value) -> Outcome {
        let told = json!({"oid": 1, "leaves": [], "columns": [], "column_ids": {}, "primary_key": []});
        read.as_object_mut().into_iter().for_each(|read| read.extend(told.as_object().cloned().unwrap_or_default()));
        let put = "insert into etl.table_state (table_name, run, state) values ($1, $2, $3)
                   on conflict (table_name) do update set run = excluded.run, state = excluded.state";
        self.to.execute(put, &[&table, &run, &read]).await?;
        Ok(())
    }

    /// With a definition of its own, in which this stands for that.
    pub(crate) fn with(mut self, before: &str, after: &str) -> Fallible<(Self, tempfile::TempDir)> {
        let folder = tempfile::tempdir()?;
        self.pipeline = copy_folder(&self.pipeline, folder.path())?;
        let file = self.pipeline.join("pipeline.toml");
        let text = std::fs::read_to_string(&file)?;
        assert!(text.contains(before), "{text}");
        std::fs::write(&file, text.replace(before, after))?;
        Ok((self, folder))
    }

    fn reconcile(&self, more: &[&str]) -> std::io::Result<Said> {
        let (source, warehouse) = (self.source.url(), self.warehouse.url());
        let pipeline = self.pipeline.display().to_string();
        let mut arguments = vec!["reconcile", "--pipeline", &pipeline, "--source", &source, "--warehouse", &warehouse];
        arguments.extend(more);
        said(&mut starlift(&arguments))
    }

    /// Compares one model: the program has to end with this code and to say this among other things.
    pub(crate) fn tells(&self, model: &str, code: Option<i32>, expected: &Value) -> Outcome {
        let told = self.reconcile(&["--json", model])?;
        let report: Value = serde_json::from_str(&told.out).map_err(|_| told.err)?;
        let compared = &report["models"][0];
        for (name, value) in expected.as_object().ok_or("no object")? {
            assert_eq!(&compared[name], value, "{name} of {compared}");
        }
        assert_eq!(told.code, code, "{compared}");
        Ok(())
    }
}

pub(crate) const EQUAL: Option<i32> = Some(0);
pub(crate) const DIFFERS: Option<i32> = Some(1);
const NOT_COMPARED: Option<i32> = Some(1);

#[tokio::test]
async fn a_warehouse_that_shows_its_source_has_no_difference_and_what_was_not_compared_is_told() -> Outcome {
    let shop = Shop::new().await?;
    let said = shop.reconcile(&[])?;
    assert_eq!(said.code, EQUAL, "{}{}", said.out, said.err);
    let lines: Vec<&str> = said.out.lines().map(str::trim).collect();
    let expected = [
        "ok       dim_item: 2 rows of item, 2 columns compared",
        "not compared, because computed or of another type: title",
        "ok       fact_line: 20,000 rows of line, 4 columns compared",
        "ok       fact_sale: 5 rows of sale, 5 columns compared",
        "not compared, because computed or of another type: day",
        "skipped  fact_visit: its key is given by an expression",
    ];
    assert_eq!(lines, expected);
    assert!(said.err.contains("last published run r1"), "{}", said.err);
    Ok(())
}

#[tokio::test]
async fn a_row_that_is_changed_missing_or_extra_in_the_warehouse_is_named_by_its_key_and_never_by_its_values() -> Outcome
{
    let shop = Shop::new().await?;
    shop.to
        .batch_execute(
            "update fact_line set amount = 4711.5, note = null where sale_id = 7;
             delete from fact_line where sale_id = 12345;
             insert into fact_line (sale_id, line_no, note) values (30000, 'z', 'secret');",
        )
        .await?;
    let key = |sale: &str, line: &str| json!({"sale": sale, "line_no": line});
    let expected = json!({
        "rows_in_source": 20_000,
        "rows_in_warehouse": 20_000,
        "different": {"rows": 1, "keys": [{"key": key("7", "b"), "columns": ["amount", "note"]}]},
        "only_in_source": {"rows": 1, "keys": [{"key": key("12345", "a")}]},
        "only_in_warehouse": {"rows": 1, "keys": [{"key": key("30000", "z")}]},
        "explained": {},
    });
    shop.tells("fact_line", DIFFERS, &expected)?;

    let said = shop.reconcile(&["fact_line"])?;
    for line in [
        "finding  fact_line: 3 rows differ; line has 20,000 rows, current_line 20,000",
        "differs: line_no=b, sale=7 in amount, note",
        "only in the source: line_no=a, sale=12345",
        "only in the warehouse: line_no=z, sale=30000",
    ] {
        assert!(said.out.contains(line), "{}", said.out);
    }
    assert!(said.err.contains("`starlift run --full line`"), "{}", said.err);
    for value in ["4711", "secret"] {
        assert!(!said.out.contains(value) && !said.err.contains(value), "{}{}", said.out, said.err);
    }
    Ok(())
}

#[tokio::test]
async fn text_keys_are_compared_by_their_bytes() -> Outcome {
    let shop = Shop::new().await?;
    // Other bytes, though a collation may take them for the same letters.
    shop.to.batch_execute("update fact_sale set sale_code = 'Ä,\"' where sale_code = 'ä,\"'").await?;
    let expected = json!({
        "only_in_source": {"rows": 1, "keys": [{"key": {"code": "ä,\""}}]},
        "only_in_warehouse": {"rows": 1, "keys": [{"key": {"code": "Ä,\""}}]},
    });
    shop.tells("fact_sale", DIFFERS, &expected)?;
    Ok(())
}

#[tokio::test]
async fn a_version_that_is_shown_twice_is_found() -> Outcome {
    let shop = Shop::new().await?;
    shop.to.batch_execute("delete from etl.closed_fact_sale").await?;
    let extra = json!({"rows": 1, "keys": [{"key": {"code": "a"}}]});
    shop.tells("fact_sale", DIFFERS, &json!({"rows_in_warehouse": 6, "only_in_warehouse": extra}))?;
    Ok(())
}

#[tokio::test]
async fn many_differences_are_counted_and_the_first_are_listed() -> Outcome {
    let shop = Shop::new().await?;
    shop.to.batch_execute("update fact_line set amount = amount + 1").await?;
    let said = shop.reconcile(&["fact_line", "--limit", "3"])?;
    assert_eq!(said.code, DIFFERS);
    assert!(said.out.contains("20,000 rows differ") && said.out.contains("differs: 19,997 more"), "{}", said.out);
    assert_eq!(said.out.matches("in amount").count(), 3, "{}", said.out);
    Ok(())
}

#[tokio::test]
async fn what_is_named_and_skipped_is_no_success() -> Outcome {
    let shop = Shop::new().await?;
    let slice = json!({"read": "incremental", "position": {"cursor": ["7", "b"], "low": 1}});
    shop.state("r1", "line", slice).await?;
    shop.to.batch_execute("drop view current_sale").await?;
    let said = shop.reconcile(&["dim_item", "fact_line", "fact_sale"])?;
    assert_eq!(said.code, NOT_COMPARED, "{}", said.err);
    assert!(said.out.contains("ok       dim_item"), "{}", said.out);
    assert!(said.out.contains("skipped  fact_line: line is not read to its end yet"), "{}", said.out);
    assert!(said.out.contains("skipped  fact_sale: the warehouse has no view current_sale"), "{}", said.out);
    assert!(said.err.contains("named and not compared: fact_line, fact_sale"), "{}", said.err);
    // Who names none gets what there is.
    let all = shop.reconcile(&[])?;
    assert!(all.code == EQUAL && !all.err.contains("not compared"), "{}{}", all.out, all.err);
    Ok(())
}

#[tokio::test]
async fn that_nothing_was_compared_is_no_success() -> Outcome {
    let shop = Shop::new().await?;
    shop.to.batch_execute("delete from etl.table_state").await?;
    for more in [&[][..], &["--json"]] {
        let said = shop.reconcile(more)?;
        assert!(said.code == NOT_COMPARED && said.err.contains("no model was compared"), "{}{}", said.out, said.err);
    }
    Ok(())
}

#[tokio::test]
async fn what_cannot_be_compared_at_all_is_refused() -> Outcome {
    let (shop, other) = (Shop::new().await?, cluster().create_database("other").await?);
    let refused = |of: &Shop, more: &[&str], message: &str| {
        let told = of.reconcile(more)?;
        assert!(told.code == Some(1) && told.err.contains(message), "{}", told.err);
        Ok::<(), std::io::Error>(())
    };
    refused(&shop, &["fact_lime"], "no model fact_lime; the models are dim_item, fact_line")?;
    let elsewhere = Shop { source: other, ..shop };
    refused(&elsewhere, &[], "is not the one that run r1 read")?;
    elsewhere.to.batch_execute("delete from etl.table_state; delete from etl.run").await?;
    refused(&elsewhere, &[], "has no publication yet")?;
    Ok(())
}

#[tokio::test]
async fn without_options_the_databases_of_the_local_stack_are_compared() -> Outcome {
    let shop = Shop::new().await?;
    let folder = tempfile::tempdir()?;
    let machine = "arn:aws:states:eu-west-2:000000000000:stateMachine:starlift-shop";
    let (source, warehouse) = (shop.source.url(), shop.warehouse.url());
    let stack = json!({"endpoint": "http://127.0.0.1:1", "region": "eu-west-2", "state_machine": machine, "source_url": source,
        "warehouse_url": warehouse});
    std::fs::create_dir(folder.path().join(".local"))?;
    std::fs::write(folder.path().join(".local/stack.json"), stack.to_string())?;
    let pipeline = shop.pipeline.display().to_string();
    let mut command = starlift(&["reconcile", "--pipeline", &pipeline, "fact_sale"]);
    let told = said(command.current_dir(folder.path()))?;
    assert!(told.code == EQUAL && told.out.starts_with("ok       fact_sale"), "{}{}", told.out, told.err);
    Ok(())
}

#[tokio::test]
async fn texts_of_two_encodings_are_not_compared() -> Outcome {
    let mut shop = Shop::new().await?;
    let (old, latin) = (shop.source.name().to_owned(), format!("{}_latin", shop.source.name()));
    shop.from
        .batch_execute(&format!("create database {latin} template template0 encoding 'LATIN1' locale 'C'"))
        .await?;
    let url = shop.source.url().replace(&format!("/{old}"), &format!("/{latin}"));
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await?;
    tokio::spawn(connection);
    shop.from = client;
    shop.publish("r2").await?;
    let (warehouse, pipeline) = (shop.warehouse.url(), shop.pipeline.display().to_string());
    let told =
        said(&mut starlift(&["reconcile", "--pipeline", &pipeline, "--source", &url, "--warehouse", &warehouse]))?;
    assert_eq!(told.code, Some(1));
    assert!(told.err.contains("the source is in LATIN1 and the warehouse in UTF8"), "{}", told.err);
    Ok(())
}
