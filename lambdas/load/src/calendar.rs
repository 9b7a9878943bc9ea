//! The calendar: a dimension with one row for each date between the first and the last that is referred to.

use starlift_definition::{Column, TargetTable, TypeKind};
use starlift_failure::Failure;
use starlift_postgres::quote;
use tokio_postgres::Client;

use crate::ledger::Change;
use crate::target::Target;
use crate::warehouse::{count, failed};

/// The first and last date that a row may refer to. A date outside is a typing error, and would make a calendar of as many rows.
const RANGE: (&str, &str) = ("1900-01-01", "2299-12-31");

/// The columns beside the date, and how each follows from it. Without `TM` in its pattern `to_char` speaks English whatever `lc_time` says.
const COLUMNS: [(&str, &str); 7] = [
    ("year", "extract(year from day)"),
    ("month", "extract(month from day)"),
    ("day", "extract(day from day)"),
    ("day_of_week", "extract(isodow from day)"),
    ("day_name", "to_char(day, 'FMDay')"),
    ("month_name", "to_char(day, 'FMMonth')"),
    ("quarter", "extract(quarter from day)"),
];

/// Checks that a table can be filled as a calendar.
pub(crate) fn check(table: &TargetTable) -> Result<(), String> {
    if date_column(table).is_none() {
        return Err("has no primary key of one date column; a calendar needs it".to_owned());
    }
    let unknown = |column: &&Column| !table.primary_key.contains(&column.name) && expression(&column.name).is_none();
    if let Some(column) = table.columns.iter().find(unknown) {
        let known: Vec<&str> = COLUMNS.iter().map(|(name, _)| *name).collect();
        return Err(format!("has a column {}; beside its key a calendar may have {}", column.name, known.join(", ")));
    }
    Ok(())
}

fn date_column(table: &TargetTable) -> Option<&Column> {
    let [key] = table.primary_key.as_slice() else {
        return None;
    };
    table.column(key).filter(|column| column.column_type.kind() == TypeKind::Date)
}

fn expression(column: &str) -> Option<&'static str> {
    COLUMNS.iter().find(|(name, _)| *name == column).map(|(_, expression)| *expression)
}

/// Extends the calendar to the dates that the staged rows refer to, as far as they lie within its range. A row with another date refers to a
/// row that the calendar does not have.
pub(crate) async fn extend(client: &Client, calendar: &Target, staged: &[&Target]) -> Result<Change, Failure> {
    let mut dates: Vec<String> = Vec::new();
    for target in staged {
        let columns: Vec<&str> = target.dates_in(calendar).collect();
        if columns.is_empty() {
            continue;
        }
        let doing = format!("reading the dates of {}", target.name);
        let statement = target.staged_dates(&columns);
        let row = client.query_one(&statement, &[&RANGE.0, &RANGE.1]).await.map_err(failed(doing))?;
        dates.extend(row.get::<_, Option<String>>("earliest"));
        dates.extend(row.get::<_, Option<String>>("latest"));
    }
    // ISO dates of four-digit years sort as text.
    let (Some(earliest), Some(latest)) = (dates.iter().min(), dates.iter().max()) else {
        return Ok(Change::none(&calendar.name));
    };
    let doing = format!("extending {}", calendar.name);
    let row = client.query_one(&extension(calendar), &[earliest, latest]).await.map_err(failed(doing))?;
    Ok(Change { inserted: count(row.get("inserted")), ..Change::none(&calendar.name) })
}

/// Inserts the dates that are missing between `$1`, `$2` and what is there.
fn extension(calendar: &Target) -> String {
    let table = calendar.qualified();
    let mut columns = Vec::new();
    let mut values = Vec::new();
    for column in &calendar.table.columns {
        columns.push(quote(&column.name));
        let value = expression(&column.name).filter(|_| !calendar.table.primary_key.contains(&column.name));
        values.push(format!("({})::{}", value.unwrap_or("day"), column.column_type));
    }
    let key = quote(&calendar.table.primary_key[0]);
    format!(
        "with present as (
           select min({key}) as first, max({key}) as last from {table}
         ), missing as (
           select day
             from present,
                  generate_series(least($1::text::date, first)::timestamp, greatest($2::text::date, last), interval '1 day') as day
            where first is null or day < first or day > last
         ), inserted as (
           insert into {table} ({columns}) select {values} from missing order by day returning 1
         )
         select count(*) as inserted from inserted",
        columns = columns.join(", "),
        values = values.join(", "),
    )
}
