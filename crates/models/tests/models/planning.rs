//! What does not fit is told before a row is read: model, column and both types.

use starlift_models::check_models;

use crate::support::World;

fn message(sql: &str, target: &str) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    let source =
        "create table t (\nid int not null,\nbig bigint,\nprice numeric(10, 2),\nratio real,\nname varchar\n);";
    let world = World::of_one_model(folder.path(), sql, source, &format!("create table m (\n{target}\n);"));
    check_models(&world.definition, &world.sources, &world.catalog).expect_err("is refused").to_string()
}

#[test]
fn a_type_that_does_not_fit_is_told_with_what_to_write() {
    let said = message("select big as id from t", "id int not null");
    assert_eq!(said, "models/m.sql: column id is bigint, and table m wants integer: write cast(… as integer)");
}

#[test]
fn a_numeric_computed_in_floats_is_refused() {
    let said = message("select id, price * ratio as price from t", "id int not null,\nprice numeric(10, 2)");
    assert!(said.contains("column price is") && said.contains("wants numeric(10,2)"), "{said}");
}

#[test]
fn text_is_cast_by_the_warehouse_only_where_it_says_so() {
    let said = message("select id, name from t", "id int not null,\nname date");
    assert!(said.contains("column name is text, and table m wants date"), "{said}");
}

#[test]
fn what_polars_does_not_offer_is_told_before_a_row_is_read() {
    let said = message("select id, to_char(id, '9') as name from t", "id int not null,\nname varchar");
    assert!(said.contains("models/m.sql: Polars SQL cannot plan it") && said.contains("to_char"), "{said}");
}

#[test]
fn a_table_that_the_warehouse_has_not_names_the_migration() {
    let world = World::totesys();
    let mut catalog = world.catalog.clone();
    catalog.tables.remove("dim_staff");
    let said = check_models(&world.definition, &world.sources, &catalog).expect_err("is refused").to_string();
    assert!(said.contains("models/dim_staff.sql") && said.contains("migrate"), "{said}");
}
