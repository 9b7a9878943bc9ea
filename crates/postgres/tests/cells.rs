//! Every cell that is copied in arrives as the value it was: checked by what the server itself says of it.

use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseError, TestRunner};
use starlift_definition::TypeKind;
use starlift_postgres::{Cell, CopyIn, binary_type};
use starlift_testkit::cluster;
use tokio_postgres::Client;

/// How many rows travel in one `COPY`, and how many of those there are.
const ROWS: usize = 200;
const CASES: u32 = 20;

const CREATE: &str = "create temporary table cells (
    n integer, small smallint, whole integer, big bigint, single real, double double precision, truth boolean,
    exact numeric, words text, day date, clock time, moment timestamp, instant timestamptz)";

const COPY: &str = "copy cells from stdin (format binary)";

const READ: &str =
    "select small::text, whole::text, big::text, single::text, double::text, truth::text, exact::text, words,
       (day - date '1970-01-01')::text,
       (extract(epoch from clock) * 1000000)::bigint::text,
       (extract(epoch from moment) * 1000000)::bigint::text,
       (extract(epoch from instant) * 1000000)::bigint::text
  from cells order by n";

const KINDS: [TypeKind; 13] = [
    TypeKind::Int4,
    TypeKind::Int2,
    TypeKind::Int4,
    TypeKind::Int8,
    TypeKind::Float4,
    TypeKind::Float8,
    TypeKind::Bool,
    TypeKind::Numeric(None),
    TypeKind::Text(None),
    TypeKind::Date,
    TypeKind::Time,
    TypeKind::Timestamp,
    TypeKind::TimestampTz,
];

#[derive(Clone, Debug)]
struct Row {
    small: Option<i16>,
    whole: Option<i32>,
    big: Option<i64>,
    single: Option<f32>,
    double: Option<f64>,
    truth: Option<bool>,
    exact: Option<(i128, u16)>,
    words: Option<String>,
    day: Option<i32>,
    clock: Option<i64>,
    moment: Option<i64>,
    instant: Option<i64>,
}

fn rows() -> impl Strategy<Value = Vec<Row>> {
    let integers = (any::<Option<i16>>(), any::<Option<i32>>(), any::<Option<i64>>());
    let floats = (any::<Option<f32>>(), any::<Option<f64>>(), any::<Option<bool>>());
    let most = 10_i128.pow(38) - 1;
    let power = (0_u32..38).prop_map(|zeros| 10_i128.pow(zeros));
    let digits = prop_oneof![-most..=most, -1_000_000_i128..=1_000_000, power];
    // No NUL: a PostgreSQL text cannot hold one.
    let texts = any::<String>().prop_map(|text| text.replace('\0', ""));
    let days = -700_000..2_900_000_i32;
    let microseconds = -60_000_000_000_000_000_i64..250_000_000_000_000_000;
    let instants = (option::of(0..86_400_000_000_i64), option::of(microseconds.clone()), option::of(microseconds));
    let cells = (integers, floats, option::of((digits, 0_u16..=38)), option::of(texts), option::of(days), instants);
    let row = cells.prop_map(|(numbers, others, exact, words, day, times)| {
        let ((small, whole, big), (single, double, truth), (clock, moment, instant)) = (numbers, others, times);
        Row { small, whole, big, single, double, truth, exact, words, day, clock, moment, instant }
    });
    vec(row, 1..ROWS)
}

#[test]
fn every_cell_arrives_as_the_value_it_was() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    let database = runtime.block_on(cluster().create_database("cells"))?;
    let client = runtime.block_on(database.connect())?;
    runtime.block_on(client.batch_execute(CREATE))?;
    let mut runner = TestRunner::new(Config { cases: CASES, failure_persistence: None, ..Config::default() });
    runner.run(&rows(), |rows| {
        let read = runtime.block_on(round_trip(&client, &rows));
        let read = read.map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(read.len(), rows.len());
        for (row, found) in rows.iter().zip(&read) {
            compare(row, found)?;
        }
        Ok(())
    })?;
    Ok(())
}

/// What the server says of each column of a row.
type Texts = Vec<Option<String>>;

async fn round_trip(client: &Client, rows: &[Row]) -> Result<Vec<Texts>, Box<dyn std::error::Error>> {
    client.batch_execute("truncate cells").await?;
    let mut copy = CopyIn::start(client, COPY, &KINDS.map(binary_type), "copying cells").await?;
    for (n, row) in (0..).zip(rows) {
        let cells = [
            Cell::Int4(n),
            row.small.map_or(Cell::Null, Cell::Int2),
            row.whole.map_or(Cell::Null, Cell::Int4),
            row.big.map_or(Cell::Null, Cell::Int8),
            row.single.map_or(Cell::Null, Cell::Float4),
            row.double.map_or(Cell::Null, Cell::Float8),
            row.truth.map_or(Cell::Null, Cell::Bool),
            row.exact.map_or(Cell::Null, |(unscaled, scale)| Cell::Numeric { unscaled, scale }),
            row.words.as_deref().map_or(Cell::Null, Cell::Text),
            row.day.map_or(Cell::Null, Cell::Date),
            row.clock.map_or(Cell::Null, Cell::Time),
            row.moment.map_or(Cell::Null, Cell::Timestamp),
            row.instant.map_or(Cell::Null, Cell::Timestamp),
        ];
        copy.write(&cells).await?;
    }
    copy.finish().await?;
    let read = client.query(READ, &[]).await?;
    Ok(read.iter().map(|row| (0..row.len()).map(|column| row.get(column)).collect()).collect())
}

fn compare(row: &Row, found: &[Option<String>]) -> Result<(), TestCaseError> {
    let number = |value: Option<i64>| value.map(|value| value.to_string());
    let expected = [
        (0, number(row.small.map(i64::from))),
        (1, number(row.whole.map(i64::from))),
        (2, number(row.big)),
        (5, row.truth.map(|truth| truth.to_string())),
        (6, row.exact.map(|(unscaled, scale)| decimal(unscaled, scale))),
        (7, row.words.clone()),
        (8, number(row.day.map(i64::from))),
        (9, number(row.clock)),
        (10, number(row.moment)),
        (11, number(row.instant)),
    ];
    for (column, value) in expected {
        prop_assert_eq!(&found[column], &value);
    }
    // PostgreSQL and Rust write floats differently; both write enough digits to read the same value back.
    let single_found = found[3].as_ref().map(|read| read.parse::<f32>().map(f32::to_bits));
    prop_assert_eq!(single_found, row.single.map(|value| Ok(value.to_bits())));
    let double_found = found[4].as_ref().map(|read| read.parse::<f64>().map(f64::to_bits));
    prop_assert_eq!(double_found, row.double.map(|value| Ok(value.to_bits())));
    Ok(())
}

/// A decimal as PostgreSQL writes it when it has the value's own scale.
fn decimal(unscaled: i128, scale: u16) -> String {
    let scale = usize::from(scale);
    let digits = format!("{:0>width$}", unscaled.unsigned_abs(), width = scale + 1);
    let (whole, fraction) = digits.split_at(digits.len() - scale);
    let fraction = fraction.trim_end_matches('0');
    let sign = if unscaled < 0 { "-" } else { "" };
    if fraction.is_empty() { format!("{sign}{whole}") } else { format!("{sign}{whole}.{fraction}") }
}
