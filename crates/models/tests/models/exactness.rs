//! Every type of the source arrives exactly: text as COPY writes it, typed, stored as Parquet, read back.

use proptest::prelude::*;
use starlift_models::write_record;

use crate::support::{Row, World};

const COLUMNS: &str = "
    id int primary key not null,
    small smallint,
    big bigint,
    single real,
    double double precision,
    flag boolean,
    price numeric(10, 2),
    amount numeric,
    wide numeric(38, 9),
    words varchar,
    code varchar(5),
    uid uuid,
    document jsonb,
    day date,
    clock time,
    moment timestamp,
    instant timestamptz
);";

/// What COPY writes, and what is read back from Parquet.
type Value = (Option<String>, Option<String>);

fn same(text: impl Into<String>) -> Value {
    let text = Some(text.into());
    (text.clone(), text)
}

fn nullable(values: impl Strategy<Value = Value>) -> impl Strategy<Value = Value> {
    prop_oneof![1 => Just((None, None)), 5 => values]
}

/// Units of 10^-scale as PostgreSQL writes a numeric with `decimals` decimals.
fn numeric(units: i128, scale: u32, decimals: u32) -> String {
    let unit = 10_u128.pow(scale);
    let fraction = format!("{:0width$}", units.unsigned_abs() % unit, width = scale as usize);
    let sign = if units < 0 { "-" } else { "" };
    let whole = units.unsigned_abs() / unit;
    if decimals == 0 {
        return format!("{sign}{whole}");
    }
    format!("{sign}{whole}.{}", &fraction[..decimals as usize])
}

fn declared_numeric(precision: u32, scale: u32) -> impl Strategy<Value = Value> {
    let most = 10_i128.pow(precision) - 1;
    (-most..=most).prop_map(move |units| same(numeric(units, scale, scale)))
}

fn free_numeric() -> impl Strategy<Value = Value> {
    (-10_i128.pow(20) + 1..10_i128.pow(20), 0..=18_u32).prop_map(|(digits, decimals)| {
        let units = digits.checked_rem(10_i128.pow(20)).unwrap_or(0) * 10_i128.pow(18 - decimals);
        (Some(numeric(units, 18, decimals)), Some(numeric(units, 18, 18)))
    })
}

fn hostile() -> impl Strategy<Value = String> {
    const CHOSEN: [&str; 23] = [
        "",
        " ",
        "NULL",
        "None",
        "NaN",
        "\\N",
        "\\.",
        "01138",
        "1E10001",
        "9002744",
        "O'Keefe",
        "a,b",
        "\"",
        "\"\"",
        "\r\n",
        "\n",
        "\t",
        "$$",
        "'); DROP TABLE dim_staff; --",
        "\u{1F98A}",
        "\u{feff}",
        "\u{2028}",
        "-infinity",
    ];
    prop_oneof![
        proptest::sample::select(&CHOSEN).prop_map(str::to_owned),
        any::<String>().prop_map(|text| text.replace('\0', ""))
    ]
}

fn decimals(micros: i64) -> String {
    if micros == 0 {
        return String::new();
    }
    format!(".{micros:06}").trim_end_matches('0').to_owned()
}

fn is_leap(year: i64) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// A day as days since 1970 and as text, by counting years and months one by one.
fn day() -> impl Strategy<Value = (i64, String)> {
    (1..=9999_i64, 1..=12_usize, 1..=31_i64).prop_map(|(year, month, day)| {
        let lengths = [31, if is_leap(year) { 29 } else { 28 }, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
        let day = day.min(lengths[month - 1]);
        let days_of_years: i64 = (1..year).map(|year| if is_leap(year) { 366 } else { 365 }).sum();
        let days = days_of_years + lengths[..month - 1].iter().sum::<i64>() + day - 1 - 719_162;
        (days, format!("{year:04}-{month:02}-{day:02}"))
    })
}

fn clock() -> impl Strategy<Value = (i64, String)> {
    let micros = prop_oneof![Just(0), (0..1000_i64).prop_map(|millis| millis * 1000), 0..1_000_000_i64];
    (0..86_400_i64, micros).prop_map(|(seconds, micros)| {
        let text = format!("{:02}:{:02}:{:02}{}", seconds / 3600, seconds / 60 % 60, seconds % 60, decimals(micros));
        (seconds * 1_000_000 + micros, text)
    })
}

fn moment(zone: &'static str) -> impl Strategy<Value = Value> {
    (day(), clock()).prop_map(move |((days, day), (micros, clock))| {
        (Some(format!("{day} {clock}{zone}")), Some((days * 86_400_000_000 + micros).to_string()))
    })
}

fn values() -> impl Strategy<Value = Vec<Value>> {
    let numbers = (
        nullable(any::<i16>().prop_map(|number| same(number.to_string()))),
        nullable(any::<i64>().prop_map(|number| same(number.to_string()))),
        nullable(any::<f32>().prop_map(|number| same(number.to_string()))),
        nullable(any::<f64>().prop_map(|number| same(number.to_string()))),
        nullable(any::<bool>().prop_map(|flag| same(if flag { "t" } else { "f" }))),
        nullable(declared_numeric(10, 2)),
        nullable(free_numeric()),
        nullable(declared_numeric(38, 9)),
    );
    let others = (
        nullable(hostile().prop_map(same)),
        nullable("\\PC{0,5}".prop_map(same)),
        nullable("[0-9a-f]{8}-[0-9a-f]{4}".prop_map(same)),
        nullable(hostile().prop_map(|text| same(format!("{{\"a\": {text:?}}}")))),
        nullable(day().prop_map(|(days, text)| (Some(text), Some(days.to_string())))),
        nullable(clock().prop_map(|(micros, text)| (Some(text), Some(micros.to_string())))),
        nullable(moment("")),
        nullable(moment("+00")),
    );
    (numbers, others).prop_map(|((a, b, c, d, e, f, g, h), (i, j, k, l, m, n, o, p))| {
        vec![a, b, c, d, e, f, g, h, i, j, k, l, m, n, o, p]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn hostile_text_survives_the_round_trip_as_does_every_other_type(rows in prop::collection::vec(values(), 1..20)) {
        let names: Vec<&str> = COLUMNS.lines().filter_map(|line| line.trim().split_once(' ')).map(|(name, _)| name).collect();
        let folder = tempfile::tempdir()?;
        let sql = format!("select {} from t", names.join(", "));
        let ddl = |name: &str| format!("create table {name} ({COLUMNS}");
        let world = World::of_one_model(folder.path(), &sql, &ddl("t"), &ddl("m"));
        let mut csv = Vec::new();
        write_record(&mut csv, names.iter().copied().map(Some))?;
        let mut expected: Vec<Row> = Vec::new();
        for (number, row) in rows.into_iter().enumerate() {
            let id = same(number.to_string());
            let (written, read): (Vec<_>, Vec<_>) = std::iter::once(id).chain(row).unzip();
            write_record(&mut csv, written.iter().map(Option::as_deref))?;
            expected.push(read);
        }
        let file = folder.path().join("t.csv");
        std::fs::write(&file, csv)?;
        let files = [("t".to_owned(), vec![file])].into();
        let (given, found) = world.run("m", &files, &folder.path().join("m.parquet"))?;
        prop_assert_eq!(given.held.len(), 0);
        prop_assert_eq!(found, expected);
    }
}
