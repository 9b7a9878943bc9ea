//! A row with a fault is held back with its reason; the others go on; nothing is changed on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use proptest::prelude::*;
use starlift_models::{ModelError, ModelRows};

use crate::support::{Row, World};

/// Runs `sql` over the tables `(name, columns, csv)` into a target with these columns.
fn run(sql: &str, tables: &[(&str, &str, &str)], target: &str) -> Result<(ModelRows, Vec<Row>), ModelError> {
    let folder = tempfile::tempdir().expect("a folder");
    let ddl = |name: &str, columns: &str| format!("create table {name} (\n{}\n);\n", columns.replace(", ", ",\n"));
    let source: String = tables.iter().map(|(name, columns, _)| ddl(name, columns)).collect();
    let world = World::of_one_model(folder.path(), sql, &source, &ddl("m", target));
    let mut files = BTreeMap::new();
    for (name, columns, rows) in tables {
        let header: Vec<&str> = columns.split(", ").filter_map(|column| column.split(' ').next()).collect();
        let file = folder.path().join(format!("{name}.csv"));
        std::fs::write(&file, format!("{}\n{rows}", header.join(","))).expect("a raw object");
        files.insert((*name).to_owned(), vec![file]);
    }
    world.run("m", &files, &folder.path().join("m.parquet"))
}

fn held(given: &ModelRows) -> Vec<(u32, &str)> {
    given.held.iter().map(|(row, reason)| (*row, reason.as_str())).collect()
}

fn ids(rows: &[Row]) -> Vec<&str> {
    rows.iter().filter_map(|row| row[0].as_deref()).collect()
}

#[test]
fn what_cannot_be_typed_is_held_back_by_column_and_kind() {
    let rows =
        "1,infinity,1\n2,2024-01-01,NaN\n3,0044-03-15 BC,2\n4,2024-01-01,100000000000000000000\n5,2024-01-01,0.1\n";
    let columns = "id int not null, day date, amount numeric";
    let (given, found) = run("select id, day, amount from t", &[("t", columns, rows)], columns).expect("runs");
    let expected = [
        (0, "column day: infinity"),
        (1, "column amount: NaN"),
        (2, "column day: a date before Christ"),
        (3, "column amount: more digits than can be kept"),
    ];
    assert_eq!((held(&given), ids(&found)), (expected.to_vec(), vec!["5"]));
}

#[test]
fn a_column_that_no_model_reads_disturbs_nobody() {
    let table = ("t", "id int not null, unread date", "1,infinity\n");
    let (given, found) = run("select id from t", &[table], "id int not null").expect("runs");
    assert_eq!((given.held.len(), ids(&found)), (0, vec!["1"]));
}

#[test]
fn what_the_target_cannot_take_is_held_back_and_never_rounded_or_cut() {
    let source = "id int not null, name varchar, price numeric, n int";
    let rows =
        "1,,1.00,1\n2,abcd,1.00,1\n3,abc,1.005,1\n4,abc,100000000.00,1\n5,abc,99999999.990,1\n6,äöü,-0.50,100000000\n";
    let target = "id int not null, name varchar(3) not null, price numeric(10,2), n numeric(8,0)";
    let (given, found) = run("select id, name, price, n from t", &[("t", source, rows)], target).expect("runs");
    let expected = [
        (0, "column name: null, which m does not allow"),
        (1, "column name: longer than character varying(3)"),
        (2, "column price: does not fit numeric(10,2) exactly"),
        (3, "column price: does not fit numeric(10,2) exactly"),
        (5, "column n: does not fit numeric(8,0) exactly"),
    ];
    assert_eq!((held(&given), ids(&found)), (expected.to_vec(), vec!["5"]));
    assert_eq!(found[0][2].as_deref(), Some("99999999.99"));
}

#[test]
fn a_time_or_a_text_that_its_declared_length_would_change_is_held_back() {
    let source = "id int not null, moment timestamp, clock time, code varchar";
    let rows = "1,2024-01-01 10:00:00.123,23:59:59,abc\n2,2024-01-01 10:00:00.1234,23:59:59,abc\n\
                3,2024-01-01 10:00:00,23:59:59.999,abc\n4,2024-01-01 10:00:00,,abcd\n5,,00:00:00,ab   \n";
    let target = "id int not null, moment timestamp(3), clock time(0), code char(3)";
    let (given, found) = run("select id, moment, clock, code from t", &[("t", source, rows)], target).expect("runs");
    let expected = [
        (1, "column moment: does not fit timestamp(3) without time zone exactly"),
        (2, "column clock: does not fit time(0) without time zone exactly"),
        (3, "column code: longer than character(3)"),
    ];
    assert_eq!((held(&given), ids(&found)), (expected.to_vec(), vec!["1", "5"]));
}

#[test]
fn a_row_that_gives_a_bad_row_gives_no_good_one_either() {
    let tables = [("t", "id int not null", "1\n2\n"), ("u", "t_id int not null, name varchar", "1,a\n1,\n2,b\n")];
    let sql = "select t.id, u.name from t join u on u.t_id = t.id";
    let (given, found) = run(sql, &tables, "id int not null, name varchar not null").expect("runs");
    assert_eq!((held(&given).len(), ids(&found)), (1, vec!["2"]));
}

#[test]
fn a_model_that_fails_on_every_row_holds_them_all_back() {
    let table = ("t", "id int not null, due varchar", "1,soon\n2,later\n");
    let sql = "select id, cast(due as date) as due from t";
    let (given, found) = run(sql, &[table], "id int not null, due date").expect("runs");
    let reason = "column due: not a date";
    assert_eq!((held(&given), found.len()), (vec![(0, reason), (1, reason)], 0));
}

#[test]
fn a_row_that_fails_in_the_filter_is_held_back_too() {
    let table = ("t", "id int not null, due varchar", "1,soon\n2,2024-02-29\n");
    let sql = "select id from t where cast(due as date) > date '2024-01-01'";
    let (given, found) = run(sql, &[table], "id int not null").expect("runs");
    assert_eq!((held(&given), ids(&found)), (vec![(0, "the model fails on this row")], vec!["2"]));
}

#[test]
fn more_failing_rows_than_can_be_singled_out_fail_the_model() {
    let rows: String = (0..1_001).fold(String::new(), |mut rows, id| {
        let _ = writeln!(rows, "{id},soon");
        rows
    });
    let sql = "select id, cast(due as date) as due from t";
    let error =
        run(sql, &[("t", "id int not null, due varchar", &rows)], "id int not null, due date").expect_err("fails");
    assert_eq!(error.to_string(), "models/m.sql: fails on more than 1000 rows of table t: correct the model");
}

#[test]
fn a_fault_in_a_joined_table_fails_the_model_instead_of_leaving_a_null() {
    let tables = [("t", "id int not null", "1\n"), ("u", "t_id int not null, amount numeric", "1,NaN\n")];
    let sql = "select t.id, u.amount from t left join u on u.t_id = t.id";
    let error = run(sql, &tables, "id int not null, amount numeric").expect_err("fails").to_string();
    assert!(error.contains("1 rows of table u cannot be typed (column amount: NaN)"), "{error}");
}

#[test]
fn a_model_that_mixes_rows_fails_as_a_whole() {
    let table = ("t", "name varchar, due varchar", "a,2024-01-01\nb,secret\n,2024-01-01\n");
    let latest = "select name, max(cast(due as date)) as due from t group by name";
    let failing = run(latest, &[table], "name varchar, due date").expect_err("fails").to_string();
    assert!(failing.contains("mixes rows") && !failing.contains("secret"), "{failing}");
    let unfit = run("select distinct name from t", &[table], "name varchar not null").expect_err("fails").to_string();
    assert!(unfit.contains("column name: null"), "{unfit}");
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn the_rows_on_which_a_model_fails_stand_alone(failing in prop::collection::btree_set(0..500_u32, 0..12)) {
        let rows: String = (0..500_u32).fold(String::new(), |mut rows, id| {
            let _ = writeln!(rows, "{id},2024-02-{}", if failing.contains(&id) { 30 } else { 29 });
            rows
        });
        let sql = "select id, cast(due as date) as due from t";
        let table = ("t", "id int not null, due varchar", rows.as_str());
        let (given, found) = run(sql, &[table], "id int not null, due date")?;
        prop_assert_eq!(given.held.keys().copied().collect::<BTreeSet<u32>>(), failing);
        prop_assert_eq!(found.len() + given.held.len(), 500);
    }
}
