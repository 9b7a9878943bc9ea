//! The statements of a comparison. The server computes hashes of the texts of rows and columns; of a row only its key leaves it.

use starlift_definition::UNKNOWN_MEMBER;
use starlift_postgres::{above_fence, quote};

use super::canonical::Side;
use super::plan::{Cursor, Pair, Plan};

/// How many buckets the rows fall into, by a hash of their key: a power of two.
const BUCKETS: u16 = 4096;

/// How many rows each bucket has, and the sum of hashes over them.
pub(crate) fn buckets(plan: &Plan<'_>, side: Side) -> String {
    let all = plan.key.iter().chain(&plan.columns);
    format!(
        "select {bucket} as bucket, count(*) as rows, sum({row})::text as sum from {from} as row group by 1",
        bucket = bucket(plan, side),
        row = hash(&record(all, side)),
        from = from(plan, side),
    )
}

/// The rows in the buckets `$1`, in the order of their hash and key: the key, a hash of each column, whether it points to an unknown member in
/// the warehouse and, in the source, whether the next run reads the row: written since the horizon `$2`, and above the fence `$3` if there is one.
pub(crate) fn rows(plan: &Plan<'_>, side: Side) -> String {
    let record = record(&plan.key, side);
    let keys: Vec<String> = plan.key.iter().map(|pair| text(pair, side)).collect();
    let columns: Vec<String> = plan.columns.iter().map(|pair| hash(&text(pair, side))).collect();
    let unknown: Vec<String> = plan.columns.iter().map(|pair| is_unknown(plan, pair, side)).collect();
    let is_new = match side {
        Side::Source if plan.has_versions => {
            let is_above = plan.cursor.as_ref().map_or_else(
                || "false".to_owned(),
                |Cursor { column, .. }| above_fence(column, &format!("row.{}", quote(&column.name)), "$3::text"),
            );
            format!("age(row.xmin) between 0 and age($2::text::xid8::xid) and ($3::text is null or {is_above})")
        }
        Side::Source | Side::Warehouse => "false and $2::text = $3::text".to_owned(),
    };
    format!(
        "select {place} as place, {record} as record, array[{keys}]::text[] as key, array[{columns}]::bigint[] as columns,
                array[{unknown}]::boolean[] as unknown, coalesce({is_new}, false) as is_new
           from {from} as row
          where {bucket} = any ($1::integer[])
          order by 1, {record} collate \"C\"",
        place = hash(&record),
        keys = keys.join(", "),
        columns = columns.join(", "),
        unknown = unknown.join(", "),
        from = from(plan, side),
        bucket = bucket(plan, side),
    )
}

/// The keys in `$1`, JSON objects as the quarantine has them, as records like those of the rows.
pub(crate) fn records(plan: &Plan<'_>) -> String {
    let value = |(n, pair): (usize, &Pair<'_>)| {
        let value = format!("(waiting.key::jsonb ->> ($2::text[])[{n}])::{}", pair.source.column_type);
        pair.way.text(Side::Source, &value)
    };
    let values: Vec<String> = (1..).zip(&plan.key).map(value).collect();
    format!(
        "select row({})::text as record from unnest($1::text[]) with ordinality as waiting (key, place) order by waiting.place",
        values.join(", ")
    )
}

/// Whether a column points to an unknown member, as the warehouse alone has them.
fn is_unknown(plan: &Plan<'_>, pair: &Pair<'_>, side: Side) -> String {
    if side == Side::Source || !plan.unknown_columns.contains(&pair.target.name.as_str()) {
        return "false".to_owned();
    }
    format!("coalesce(row.{} = {UNKNOWN_MEMBER}, false)", quote(&pair.target.name))
}

fn from<'a>(plan: &'a Plan<'_>, side: Side) -> &'a str {
    match side {
        Side::Source => &plan.source,
        Side::Warehouse => &plan.warehouse,
    }
}

fn bucket(plan: &Plan<'_>, side: Side) -> String {
    format!("({} & {})::integer", hash(&record(&plan.key, side)), BUCKETS - 1)
}

fn text(pair: &Pair<'_>, side: Side) -> String {
    let column = match side {
        Side::Source => &pair.source.name,
        Side::Warehouse => &pair.target.name,
    };
    pair.way.text(side, &format!("row.{}", quote(column)))
}

/// The texts of some columns as one, in which nulls and the ends of values can be told.
fn record<'a>(pairs: impl IntoIterator<Item = &'a Pair<'a>>, side: Side) -> String {
    let texts: Vec<String> = pairs.into_iter().map(|pair| text(pair, side)).collect();
    format!("row({})::text", texts.join(", "))
}

/// By bytes, whatever the collation of a column: null of null.
fn hash(text: &str) -> String {
    format!("hashtextextended(({text}) collate \"C\", 0)")
}
