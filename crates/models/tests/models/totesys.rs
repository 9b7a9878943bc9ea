//! The seven dimensions and three facts of totesys over a few rows written by hand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::support::{Row, World};

const SOURCES: [(&str, &str); 11] = [
    (
        "address",
        "address_id,address_line_1,address_line_2,district,city,postal_code,country,phone,created_at,last_updated\n\
        7,\"1 Elm, Street\",,\"\",Leeds,01138,UK,01234 567890,2022-11-03 14:20:49.962,2022-11-03 14:20:49.962\n\
        3,NULL,\\N, ,None,NaN,\"a\nb\",\"\"\"q\"\"\",2022-11-03 14:20:49.962,2022-11-03 14:20:49.962\n",
    ),
    (
        "counterparty",
        "counterparty_id,counterparty_legal_name,legal_address_id,commercial_contact,delivery_contact,created_at,last_updated\n\
        1,\"Fahey, O'Keefe and Sons\",7,,,2022-11-03 14:20:51.563,2022-11-03 14:20:51.563\n\
        2,Nobody's,99,,,2022-11-03 14:20:51.563,2022-11-03 14:20:51.563\n",
    ),
    (
        "currency",
        "currency_id,currency_code,created_at,last_updated\n\
        1,GBP,2022-11-03 14:20:49.962,2022-11-03 14:20:49.962\n\
        2,JPY,2022-11-03 14:20:49.962,2022-11-03 14:20:49.962\n\
        3,QQQ,2022-11-03 14:20:49.962,2022-11-03 14:20:49.962\n",
    ),
    (
        "department",
        "department_id,department_name,location,manager,created_at,last_updated\n\
        20,Sales,Manchester,Ann,2022-11-03 14:20:49.962,2022-11-03 14:20:49.962\n\
        1,Lost,,Ann,2022-11-03 14:20:49.962,2022-11-03 14:20:49.962\n",
    ),
    (
        "design",
        "design_id,created_at,design_name,file_location,file_name,last_updated\n\
        8,2022-11-03 14:20:49.962,Wooden,/usr,wooden.json,2022-11-03 14:20:49.962\n",
    ),
    (
        "payment_type",
        "payment_type_id,payment_type_name,created_at,last_updated\n\
        1,SALES_RECEIPT,2022-11-03 14:20:49.962,2022-11-03 14:20:49.962\n",
    ),
    (
        "staff",
        "staff_id,first_name,last_name,department_id,email_address,created_at,last_updated\n\
        2,Deron,Beier,20,d@x.com,2022-11-03 14:20:51.563,2022-11-03 14:20:51.563\n\
        1,Jeremie,Franey,1,j@x.com,2022-11-03 14:20:51.563,2022-11-03 14:20:51.563\n",
    ),
    (
        "transaction",
        "transaction_id,transaction_type,sales_order_id,purchase_order_id,created_at,last_updated\n\
        2147483647,SALE,5,,2022-11-03 14:20:52.186,2022-11-03 14:20:52.186\n\
        1,PURCHASE,,6,2022-11-03 14:20:52.186,2022-11-03 14:20:52.186\n",
    ),
    (
        "payment",
        "payment_id,created_at,last_updated,transaction_id,counterparty_id,payment_amount,currency_id,payment_type_id,paid,payment_date\n\
        4,2022-11-03 00:00:00,2022-11-03 23:59:59.999,1,1,123456789.123456789,2,1,t,2022-11-04\n",
    ),
    (
        "purchase_order",
        "purchase_order_id,created_at,last_updated,staff_id,counterparty_id,item_code,item_quantity,item_unit_price,currency_id,agreed_delivery_date,agreed_payment_date,agreed_delivery_location_id\n\
        6,2022-11-03 14:20:52.1,2022-11-03 14:20:52,2,1,1E10001,3,0.1,1,2024-02-29,2022-11-10,7\n",
    ),
    (
        "sales_order",
        "sales_order_id,created_at,last_updated,design_id,staff_id,counterparty_id,units_sold,unit_price,currency_id,agreed_delivery_date,agreed_payment_date,agreed_delivery_location_id\n\
        9,1970-01-01 00:00:01,1970-01-02 00:00:00.000001,8,2,1,100,3.4,1,2024-02-30,2022-11-10,7\n\
        5,1970-01-01 00:00:01,1970-01-02 00:00:00.000001,8,2,1,100,3.4,1,1970-01-03,1969-12-31,7\n\
        6,1970-01-01 00:00:01,1970-01-02 00:00:00.000001,8,2,1,100,2.675,1,1970-01-03,1969-12-31,7\n",
    ),
];

fn files(folder: &Path) -> BTreeMap<String, Vec<PathBuf>> {
    let write = |(table, csv): (&str, &str)| {
        let path = folder.join(format!("{table}.csv"));
        std::fs::write(&path, csv).expect("a raw object");
        (table.to_owned(), vec![path])
    };
    SOURCES.into_iter().map(write).collect()
}

fn row(values: &[&str]) -> Row {
    values.iter().map(|value| (*value != "∅").then(|| (*value).to_owned())).collect()
}

/// Runs a model and compares its rows, and the numbers and reasons of those it held back.
fn expect(model: &str, rows: &[&[&str]], held: &[(u32, &str)]) {
    let folder = tempfile::tempdir().expect("a folder");
    let world = World::totesys();
    let all = files(folder.path());
    let read = world.definition.models[model].relations.iter().filter_map(|table| all.get_key_value(table));
    let read = read.map(|(table, files)| (table.clone(), files.clone())).collect();
    let (given, found) = world.run(model, &read, &folder.path().join("out.parquet")).expect("the model runs");
    assert_eq!(found, rows.iter().map(|values| row(values)).collect::<Vec<_>>());
    let reasons: Vec<(u32, &str)> = given.held.iter().map(|(row, reason)| (*row, reason.as_str())).collect();
    assert_eq!(reasons, held);
}

#[test]
fn every_model_of_totesys_fits_its_tables() {
    let world = World::totesys();
    starlift_models::check_models(&world.definition, &world.sources, &world.catalog).expect("they fit");
}

#[test]
fn locations_keep_every_text_as_it_is() {
    let rows: [&[&str]; 2] = [
        &["3", "NULL", "\\N", " ", "None", "NaN", "a\nb", "\"q\""],
        &["7", "1 Elm, Street", "∅", "", "Leeds", "01138", "UK", "01234 567890"],
    ];
    expect("dim_location", &rows, &[]);
}

#[test]
fn counterparties_get_their_address_or_are_held_back() {
    let named: &[&str] =
        &["1", "Fahey, O'Keefe and Sons", "1 Elm, Street", "∅", "", "Leeds", "01138", "UK", "01234 567890"];
    let reason = "column counterparty_legal_address_line_1: null, which dim_counterparty does not allow";
    expect("dim_counterparty", &[named], &[(1, reason)]);
}

#[test]
fn currencies_get_their_iso_name_or_are_held_back() {
    let rows: [&[&str]; 2] = [&["1", "GBP", "Pound Sterling"], &["2", "JPY", "Yen"]];
    expect("dim_currency", &rows, &[(2, "column currency_name: null, which dim_currency does not allow")]);
}

#[test]
fn designs_and_payment_types_are_passed_on() {
    expect("dim_design", &[&["8", "Wooden", "/usr", "wooden.json"]], &[]);
    expect("dim_payment_type", &[&["1", "SALES_RECEIPT"]], &[]);
}

#[test]
fn staff_of_a_department_without_location_are_held_back() {
    let rows: [&[&str]; 1] = [&["2", "Deron", "Beier", "Sales", "Manchester", "d@x.com"]];
    expect("dim_staff", &rows, &[(1, "column location: null, which dim_staff does not allow")]);
}

#[test]
fn transactions_keep_whole_ids_and_nulls() {
    let rows: [&[&str]; 2] = [&["1", "PURCHASE", "∅", "6"], &["2147483647", "SALE", "5", "∅"]];
    expect("dim_transaction", &rows, &[]);
}

#[test]
fn payments_split_their_timestamps_and_keep_every_decimal() {
    let rows: [&[&str]; 1] = [&[
        "4",
        "19299",
        "0",
        "19299",
        "86399999000",
        "1",
        "1",
        "123456789.123456789000000000",
        "2",
        "1",
        "t",
        "19300",
    ]];
    expect("fact_payment", &rows, &[]);
}

#[test]
fn purchase_orders_keep_item_codes_that_look_like_numbers() {
    let rows: [&[&str]; 1] = [&[
        "6",
        "19299",
        "51652100000",
        "19299",
        "51652000000",
        "2",
        "1",
        "1E10001",
        "3",
        "0.100000000000000000",
        "1",
        "19782",
        "19306",
        "7",
    ]];
    expect("fact_purchase_order", &rows, &[]);
}

#[test]
fn a_sales_order_with_an_impossible_date_or_a_third_decimal_is_held_back_alone() {
    let rows: [&[&str]; 1] = [&["5", "0", "1000000", "1", "1", "2", "1", "100", "3.40", "1", "8", "-1", "2", "7"]];
    let held =
        [(0, "column agreed_delivery_date: not a date"), (2, "column unit_price: does not fit numeric(10,2) exactly")];
    expect("fact_sales_order", &rows, &held);
}

/// `STARLIFT_CAPTURE` names a folder with all tables of a real totesys, as COPY wrote them.
#[test]
fn a_capture_of_the_real_source_needs_no_holding_back() {
    let Some(capture) = std::env::var_os("STARLIFT_CAPTURE").map(PathBuf::from) else {
        return;
    };
    let folder = tempfile::tempdir().expect("a folder");
    let world = World::totesys();
    for (name, model) in &world.definition.models {
        let tables = model.relations.iter().filter(|table| world.sources.contains_key(*table));
        let files = tables.map(|table| (table.clone(), vec![capture.join(format!("{table}.csv"))])).collect();
        let (given, rows) = world.run(name, &files, &folder.path().join("out.parquet")).expect("the model runs");
        assert!(given.held.is_empty() && !rows.is_empty(), "{name}: {:?}", given.held);
    }
}
