//! For any value of any type: it arrives as the value it was, and when it is read again it is equal to what is there.
//!
//! The whole way from one PostgreSQL to the other: `COPY` as CSV, a model, Parquet, binary `COPY`, merge. PostgreSQL types the values on
//! its way in, and compares them at the end.

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use serde_json::{Value, json};
use starlift_testkit::{Blueprint, Stack, cluster, local_aws, workspace};

use crate::support::Outcome;

/// Each takes two runs of the real state machine.
const CASES: u32 = 8;
const ROWS: usize = 60;

/// A value as its column's JSON, one time in four none.
fn nullable(values: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    prop_oneof![1 => Just(Value::Null), 3 => values]
}

fn text() -> impl Strategy<Value = String> {
    const CHOSEN: [&str; 14] =
        ["", " ", "NULL", "\\N", "\\.", "01138", "1E10001", "O'Keefe", "a,b", "\"", "\r\n", "\t", "=1+1", "\u{1F98A}"];
    // PostgreSQL's text cannot hold a NUL.
    let any_text = any::<String>().prop_map(|text| text.replace('\0', ""));
    prop_oneof![proptest::sample::select(&CHOSEN).prop_map(str::to_owned), any_text]
}

/// A number with this many digits at most, so many of them behind the point; JSON's own numbers would be floats.
fn decimal(digits: u32, scale: u32) -> impl Strategy<Value = Value> {
    let most = 10_i128.pow(digits);
    (1 - most..most).prop_map(move |units| {
        let (whole, fraction) = (units.unsigned_abs() / 10_u128.pow(scale), units.unsigned_abs() % 10_u128.pow(scale));
        json!(format!("{}{whole}.{fraction:0width$}", if units < 0 { "-" } else { "" }, width = scale as usize))
    })
}

/// A day of the years 1 to 9999.
fn day() -> impl Strategy<Value = String> {
    (1..=9999, 1..=12, 1..=28).prop_map(|(year, month, day)| format!("{year:04}-{month:02}-{day:02}"))
}

fn clock() -> impl Strategy<Value = String> {
    let micros = prop_oneof![Just(0), Just(999_999), 0..1_000_000];
    (0..86_400, micros).prop_map(|(seconds, micros)| {
        format!("{:02}:{:02}:{:02}.{micros:06}", seconds / 3600, seconds / 60 % 60, seconds % 60)
    })
}

fn row() -> impl Strategy<Value = Value> {
    let numbers = (
        nullable(any::<i16>().prop_map(|number| json!(number))),
        nullable(any::<i32>().prop_map(|number| json!(number))),
        nullable(any::<i64>().prop_map(|number| json!(number))),
        nullable(any::<f32>().prop_map(|number| json!(number.to_string()))),
        nullable(any::<f64>().prop_map(|number| json!(number.to_string()))),
        nullable(any::<bool>().prop_map(|truth| json!(truth))),
        nullable(decimal(20, 6)),
        nullable(prop_oneof![decimal(38, 18), decimal(12, 2), decimal(20, 1)]),
    );
    let words = (
        nullable(text().prop_map(|words| json!(words))),
        nullable("\\PC{0,12}".prop_map(|brief| json!(brief))),
        nullable("[a-z =']{0,6}".prop_map(|padded| json!(padded))),
        nullable(text().prop_map(|inner| json!({"inner": inner, "list": [1, null, "2"]}))),
        nullable(any::<u128>().prop_map(|token| json!(format!("{token:032x}")))),
        nullable(vec(any::<u8>(), 0..6).prop_map(|bytes| {
            json!(format!("\\x{}", bytes.iter().map(|byte| format!("{byte:02x}")).collect::<String>()))
        })),
        nullable(vec(any::<i32>(), 0..4).prop_map(|many| json!(many))),
    );
    let times = (
        nullable(day().prop_map(|day| json!(day))),
        nullable(clock().prop_map(|clock| json!(clock))),
        nullable((day(), clock()).prop_map(|(day, clock)| json!(format!("{day} {clock}")))),
        nullable((day(), clock()).prop_map(|(day, clock)| json!(format!("{day} {clock}+00")))),
        nullable(
            (-500..500, -40..40, any::<i32>())
                .prop_map(|(months, days, seconds)| json!(format!("{months} months {days} days {seconds} seconds"))),
        ),
    );
    (numbers, words, times).prop_map(|(numbers, words, times)| {
        let (small, whole, big, single, double, truth, exact, free) = numbers;
        let (words, brief, padded, document, token, bits, many) = words;
        let (day, clock, moment, instant, span) = times;
        json!({
            "small": small, "whole": whole, "big": big, "single": single, "double": double, "truth": truth,
            "exact": exact, "free": free, "words": words, "brief": brief, "padded": padded, "day": day, "clock": clock,
            "moment": moment, "instant": instant, "token": token, "document": document, "bits": bits, "span": span,
            "many": many,
        })
    })
}

/// Adds rows; their keys go on from those that are there.
const INSERT: &str = "
    insert into sample
    select (jsonb_populate_record(null::sample, given.row
            || jsonb_build_object('sample_id', given.n + (select count(*) from sample)))).*
    from jsonb_array_elements($1::jsonb) with ordinality as given (row, n)";

#[test]
fn any_value_of_any_type_arrives_as_it_was_and_equal_rows_make_no_version() -> Outcome {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    let stack = runtime.block_on(stack())?;
    let mut runner = TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() });
    runner.run(&vec(row(), 1..ROWS), |rows| {
        runtime.block_on(holds(&stack, &Value::Array(rows))).map_err(|error| TestCaseError::fail(error.to_string()))
    })?;
    Ok(())
}

async fn stack() -> Result<Stack, Box<dyn std::error::Error>> {
    let pipeline = workspace::root().join("tests/types");
    let source = cluster().create_database("types").await?;
    source.execute_file(&pipeline.join("demo/schema.sql")).await?;
    let blueprint = Blueprint { definition: Some(pipeline.clone()), pipeline, ..Blueprint::default() };
    Ok(Stack::build(local_aws(), source, &blueprint).await?)
}

async fn holds(stack: &Stack, rows: &Value) -> Outcome {
    let source = stack.source.connect().await?;
    source.execute(INSERT, &[rows]).await?;
    let first = stack.run().await?.succeeded()?;
    assert_eq!(first.sum("Load", "held"), 0, "rows are held back");
    assert_eq!(first.sum("Load", "versions"), rows.as_array().map_or(0, Vec::len) as i64);
    stack.agree().await?;
    // Every row gets a new version in the source, and none another value.
    source.execute("update sample set sample_id = sample_id", &[]).await?;
    let second = stack.run().await?.succeeded()?;
    assert!(second.sum("Ingest", "rows") > 0, "nothing was read again");
    assert_eq!(second.sum("Load", "versions") + second.sum("Load", "dimension_rows"), 0, "equal rows were written");
    Ok(())
}
