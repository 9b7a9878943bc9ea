//! A part's raw objects as files become Parquet and quarantine files.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Instant;

use serde_json::json;
use starlift_definition::{Catalog, Definition, Model};
use starlift_failure::FailureKind;
use starlift_lake::{ManifestTable, Part};
use starlift_transform::{ModelFiles, PartRun, run_part};

const SALES: &str = "sales_order_id,created_at,last_updated,design_id,staff_id,counterparty_id,units_sold,unit_price,currency_id,agreed_delivery_date,agreed_payment_date,agreed_delivery_location_id\n";
const GOOD: &str = "5,2022-11-03 14:20:52.186,2022-11-03 14:20:52.186,8,2,1,100,3.40,1,2022-11-10,2022-11-11,7\n";
const BAD_DATE: &str = "6,2022-11-03 14:20:52.186,2022-11-03 14:20:52.186,8,2,1,100,3.40,1,2024-02-30,2022-11-11,7\n";
const BAD_PRICE: &str = "7,2022-11-03 14:20:52.186,2022-11-03 14:20:52.186,8,2,1,100,2.675,1,2022-11-10,2022-11-11,7\n";

fn columns(list: &[(&str, &str)]) -> serde_json::Value {
    let one = |(name, kind): &(&str, &str)| json!({ "name": name, "type": kind, "nullable": false });
    list.iter().map(one).collect()
}

fn part_run(folder: &Path) -> PartRun {
    let timestamp = "timestamp without time zone";
    let source = [
        ("sales_order_id", "integer"),
        ("created_at", timestamp),
        ("last_updated", timestamp),
        ("design_id", "integer"),
        ("staff_id", "integer"),
        ("counterparty_id", "integer"),
        ("units_sold", "integer"),
        ("unit_price", "numeric"),
        ("currency_id", "integer"),
        ("agreed_delivery_date", "character varying"),
        ("agreed_payment_date", "character varying"),
        ("agreed_delivery_location_id", "integer"),
    ];
    let target = [
        ("sales_order_id", "integer"),
        ("created_date", "date"),
        ("created_time", "time without time zone"),
        ("last_updated_date", "date"),
        ("last_updated_time", "time without time zone"),
        ("sales_staff_id", "integer"),
        ("counterparty_id", "integer"),
        ("units_sold", "integer"),
        ("unit_price", "numeric(10,2)"),
        ("currency_id", "integer"),
        ("design_id", "integer"),
        ("agreed_payment_date", "date"),
        ("agreed_delivery_date", "date"),
        ("agreed_delivery_location_id", "integer"),
    ];
    let table = json!({
        "state": {
            "oid": 1, "leaves": [], "columns": columns(&source), "column_ids": {}, "primary_key": ["sales_order_id"],
            "read": "incremental", "position": { "high": 9 },
        },
        "objects": [],
    });
    let table: ManifestTable = serde_json::from_value(table).expect("a manifest's table");
    let fact = json!({ "columns": columns(&target), "primary_key": ["sales_order_id"], "foreign_keys": [] });
    let catalog = json!({ "format": 1, "pipeline": "totesys", "tables": { "fact_sales_order": fact } });
    let catalog: Catalog = serde_json::from_value(catalog).expect("a catalog");
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../sql/totesys");
    PartRun {
        run: "20260101T000000Z-00000000-001".to_owned(),
        definition: Arc::new(Definition::load(&root).expect("totesys loads")),
        part: Part {
            name: "sales_order-1".to_owned(),
            models: vec!["fact_sales_order".to_owned()],
            inputs: BTreeMap::new(),
        },
        tables: BTreeMap::from([("sales_order".to_owned(), table)]),
        catalog,
        folder: folder.to_owned(),
        deadline: None,
    }
}

fn files(folder: &Path, contents: &[String]) -> BTreeMap<String, Vec<PathBuf>> {
    let write = |(number, content): (usize, &String)| {
        let path = folder.join(format!("sales_order-{number}.csv"));
        std::fs::write(&path, content).expect("a raw object");
        path
    };
    BTreeMap::from([("sales_order".to_owned(), contents.iter().enumerate().map(write).collect())])
}

fn run(contents: &[String]) -> (tempfile::TempDir, ModelFiles) {
    let folder = tempfile::tempdir().expect("a folder");
    let given = run_part(&part_run(folder.path()), &files(folder.path(), contents)).expect("the part runs");
    let [model] = given.try_into().expect("one model");
    (folder, model)
}

#[test]
fn rows_held_back_are_told_with_key_reason_and_source_row() {
    let objects = [format!("{SALES}{BAD_DATE}{GOOD}"), format!("{SALES}{BAD_PRICE}")];
    let (_folder, model) = run(&objects);
    assert_eq!(model.rows.expect("a row is good").rows, 1);
    let held = model.held.expect("two rows are held back");
    let reasons = [
        ("column agreed_delivery_date: not a date".to_owned(), 1),
        ("column unit_price: does not fit numeric(10,2) exactly".to_owned(), 1),
    ];
    assert_eq!(held.reasons, BTreeMap::from(reasons));
    let text = std::fs::read_to_string(&held.file.path).expect("the quarantine");
    let expected = format!(
        "key,reason,table,{SALES}\"{{\"\"sales_order_id\"\":6}}\",column agreed_delivery_date: not a date,sales_order,{BAD_DATE}\
         \"{{\"\"sales_order_id\"\":7}}\",\"column unit_price: does not fit numeric(10,2) exactly\",sales_order,{BAD_PRICE}"
    );
    assert_eq!(text, expected);
}

#[test]
fn a_second_attempt_gives_the_same_bytes() {
    let objects = [format!("{SALES}{BAD_DATE}{GOOD}")];
    let ((_one, first), (_two, second)) = (run(&objects), run(&objects));
    assert_eq!(first.rows.map(|file| file.sha256), second.rows.map(|file| file.sha256));
    assert_eq!(first.held.map(|held| held.file.sha256), second.held.map(|held| held.file.sha256));
}

#[test]
fn no_rows_make_no_files() {
    let (_folder, model) = run(&[SALES.to_owned()]);
    assert_eq!((model.rows, model.held), (None, None));
}

#[test]
fn a_raw_object_that_copy_did_not_write_fails_without_quoting_it() {
    let folder = tempfile::tempdir().expect("a folder");
    let broken = files(folder.path(), &[format!("{SALES}secret,row\n")]);
    let failure = run_part(&part_run(folder.path()), &broken).expect_err("is refused");
    assert_eq!(failure.kind, FailureKind::InvalidData);
    assert!(failure.message.contains("sales_order") && !failure.message.contains("secret"), "{failure}");
}

#[test]
fn a_part_is_given_up_at_its_deadline() {
    let folder = tempfile::tempdir().expect("a folder");
    let run = PartRun { deadline: Some(Instant::now()), ..part_run(folder.path()) };
    let failure = run_part(&run, &files(folder.path(), &[format!("{SALES}{GOOD}")])).expect_err("is given up");
    assert_eq!(failure.kind, FailureKind::Transient, "{failure}");
}

#[test]
fn a_target_table_that_is_not_in_the_catalog_names_the_migration() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut run = part_run(folder.path());
    run.catalog.tables.clear();
    let failure = run_part(&run, &files(folder.path(), &[format!("{SALES}{GOOD}")])).expect_err("is refused");
    assert_eq!(failure.kind, FailureKind::InvalidDefinition);
    assert!(failure.message.contains("fact_sales_order") && failure.message.contains("migrate"), "{failure}");
}

#[test]
fn rows_that_cannot_be_held_back_alone_need_a_new_execution() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut run = part_run(folder.path());
    let highest = "select max(unit_price) as unit_price from sales_order";
    let model = Model::parse("fact_sales_order", highest).expect("is a model");
    Arc::make_mut(&mut run.definition).models.insert(model.name.clone(), model);
    let target = run.catalog.tables.get_mut("fact_sales_order").expect("is there");
    target.columns.retain(|column| column.name == "unit_price");
    target.primary_key.clear();
    let bad = files(folder.path(), &[format!("{SALES}{BAD_PRICE}")]);
    let failure = run_part(&run, &bad).expect_err("the model mixes rows");
    assert_eq!(failure.kind, FailureKind::InvalidData);
    let said = ["fact_sales_order", "correct the source or the model", "start a new execution with `starlift run`"];
    assert!(said.iter().all(|text| failure.message.contains(text)), "{failure}");
}
