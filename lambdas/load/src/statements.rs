//! The statements that depend on a table's columns; every other statement is a file in `sql/engine/load`.
//!
//! Names come from the warehouse's own catalog and go through `quote`. Staged columns have the target's types, so comparing and
//! inserting need no casts, but for types that the pipeline does not compute with: those are staged as text, cast back when they
//! are written, and compared as text, because not each of them (`json`) has an equality.

mod deletions;
mod references;
mod totals;
mod unknown;

use starlift_definition::{Column, TypeKind};
use starlift_postgres::{binary_type, quote, quote_list, quote_table};
use tokio_postgres::types::Type;

use crate::target::{Target, closed_table};

impl Target {
    pub(crate) fn qualified(&self) -> String {
        quote_table(&self.schema, &self.name)
    }

    fn staged(&self) -> String {
        format!("pg_temp.staged_{}", self.place)
    }

    fn column_names(&self) -> String {
        quote_list(self.columns().map(|column| column.name.as_str()))
    }

    /// The conditions `left.key = staged.key`.
    fn same_key(&self, left: &str) -> String {
        let keys = self.key().iter().filter_map(|key| self.table.column(key));
        keys.map(|key| format!("{left}.{} = {}", quote(&key.name), value(key))).collect::<Vec<_>>().join(" and ")
    }

    /// `row(staged.…) is distinct from row(right.…)` over all staged columns.
    fn differs_from(&self, right: &str) -> String {
        let row = |side: &str| self.columns().map(|column| compared(side, column)).collect::<Vec<_>>().join(", ");
        format!("row({}) is distinct from row({})", row("staged"), row(right))
    }

    fn values(&self) -> String {
        self.columns().map(value).collect::<Vec<_>>().join(", ")
    }

    /// Makes the temporary table that rows are staged in.
    pub(crate) fn create_stage(&self) -> String {
        let column = |column: &Column| match column.column_type.kind() {
            TypeKind::Other => format!("{0}::text as {0}", quote(&column.name)),
            _ => quote(&column.name),
        };
        let columns: Vec<String> = self.columns().map(column).collect();
        let (staged, table) = (self.staged(), self.qualified());
        format!(
            "create temporary table {staged} on commit drop as select {} from {table} with no data",
            columns.join(", ")
        )
    }

    /// Copies rows into the temporary table; the types are those of the columns.
    pub(crate) fn copy_into_stage(&self) -> (String, Vec<Type>) {
        let statement = format!("copy {} ({}) from stdin (format binary)", self.staged(), self.column_names());
        (statement, self.columns().map(|column| binary_type(column.column_type.kind())).collect())
    }

    pub(crate) fn analyze_stage(&self) -> String {
        format!("analyze {}", self.staged())
    }

    /// For each staged column, in order, whose type may round or cut what is cast to it: how many values it would change. None when
    /// there is no such column.
    pub(crate) fn changed_values(&self) -> Option<(String, Vec<&str>)> {
        let is_cast = |column: &&Column| column.column_type.kind() == TypeKind::Other;
        let modified: Vec<(&Column, String)> = self
            .columns()
            .filter(is_cast)
            .filter_map(|column| Some((column, column.column_type.without_modifiers()?)))
            .collect();
        let counts: Vec<String> = modified
            .iter()
            .map(|(column, whole)| {
                let (name, narrow) = (quote(&column.name), &column.column_type);
                format!("count(*) filter (where {name}::{whole}::text is distinct from {name}::{narrow}::text)")
            })
            .collect();
        let columns: Vec<&str> = modified.iter().map(|(column, _)| column.name.as_str()).collect();
        let statement = format!("select {} from {}", counts.join(", "), self.staged());
        (!columns.is_empty()).then_some((statement, columns))
    }

    /// How many keys are staged more than once.
    pub(crate) fn repeated_keys(&self) -> String {
        let (staged, key) = (self.staged(), quote_list(self.key().iter().map(String::as_str)));
        format!("select count(*) from (select from {staged} group by {key} having count(*) > 1) as repeated")
    }

    /// Writes the rows of a dimension that are new or have changed; gives how many of each. Rows that are equal are not
    /// even locked: they never reach the conflict.
    pub(crate) fn merge_dimension(&self) -> String {
        let key = quote_list(self.key().iter().map(String::as_str));
        let first_key = quote(&self.key()[0]);
        let set: Vec<String> = self
            .columns()
            .filter(|column| !self.key().contains(&column.name))
            .map(|column| format!("{0} = excluded.{0}", quote(&column.name)))
            .collect();
        let action = if set.is_empty() { "nothing".to_owned() } else { format!("update set {}", set.join(", ")) };
        format!(
            "with written as (
               insert into {table} as target ({columns})
               select {values}
                 from {staged} as staged
                 left join {table} as present on {same_key}
                where present.{first_key} is null or {differs}
                order by {order}
                   on conflict ({key}) do {action}
               returning target.xmax = 0 as inserted
             )
             select count(*) filter (where inserted) as inserted, count(*) filter (where not inserted) as updated
               from written",
            table = self.qualified(),
            columns = self.column_names(),
            values = self.values(),
            staged = self.staged(),
            same_key = self.same_key("present"),
            differs = self.differs_from("present"),
            order = self.staged_key(),
        )
    }

    fn staged_key(&self) -> String {
        self.key().iter().map(|key| format!("staged.{}", quote(key))).collect::<Vec<_>>().join(", ")
    }

    /// Inserts every staged row, in order of the key, into a table that has no row.
    pub(crate) fn insert_all(&self) -> String {
        format!("{} order by {}", self.insert_staged(), self.staged_key())
    }

    fn insert_staged(&self) -> String {
        let (table, columns, values, staged) = (self.qualified(), self.column_names(), self.values(), self.staged());
        format!("insert into {table} ({columns}) select {values} from {staged} as staged")
    }

    /// The versions of a fact that are not closed, as `present`.
    fn open_versions(&self, record_id: &str) -> String {
        format!(
            "(select fact.*
                from {table} as fact
               where not exists (select from {closed} as closed where closed.record_id = fact.{id})) as present",
            table = self.qualified(),
            closed = quote_table("etl", &closed_table(&self.name)),
            id = quote(record_id),
        )
    }

    /// Notes the open versions that a staged row replaces: those that it differs from. `$1` the run, `$2` the time.
    pub(crate) fn close_versions(&self, record_id: &str) -> String {
        format!(
            "insert into {closed} (record_id, run, closed_at, reason)
             select present.{id}, $1::text, $2::timestamptz, 'updated'
               from {staged} as staged
               join {open} on {same_key}
              where {differs}",
            closed = quote_table("etl", &closed_table(&self.name)),
            id = quote(record_id),
            staged = self.staged(),
            open = self.open_versions(record_id),
            same_key = self.same_key("present"),
            differs = self.differs_from("present"),
        )
    }

    /// Inserts a version for each staged row whose key has no open one, in order of the key.
    pub(crate) fn insert_versions(&self, record_id: &str) -> String {
        format!(
            "{insert} left join {open} on {same_key} where present.{id} is null order by {order}",
            insert = self.insert_staged(),
            open = self.open_versions(record_id),
            same_key = self.same_key("present"),
            id = quote(record_id),
            order = self.staged_key(),
        )
    }

    /// The highest record id; null when there is no version.
    pub(crate) fn last_record_id(&self, record_id: &str) -> String {
        format!("select max({})::bigint as record_id from {}", quote(record_id), self.qualified())
    }

    /// The lowest record id above `$1`.
    pub(crate) fn next_record_id(&self, record_id: &str) -> String {
        let (id, table) = (quote(record_id), self.qualified());
        format!("select min({id})::bigint as record_id from {table} where {id} > $1::bigint")
    }

    /// Whether a table has no row.
    pub(crate) fn is_empty(&self) -> String {
        format!("select not exists (select from {})", self.qualified())
    }

    /// The earliest and latest date in these staged columns, of those in the range `$1` to `$2`.
    pub(crate) fn staged_dates(&self, columns: &[&str]) -> String {
        // In selects of their own the casts are made once, and not for every row.
        let range = "between (select $1::text::date) and (select $2::text::date)";
        let each = |of: &str| {
            let extreme = |column: &&str| {
                let name = quote(column);
                format!("{of}({name}) filter (where {name} {range})")
            };
            columns.iter().map(extreme).collect::<Vec<_>>().join(", ")
        };
        let (first, last, staged) = (each("min"), each("max"), self.staged());
        format!("select least({first})::text as earliest, greatest({last})::text as latest from {staged}")
    }
}

/// A staged value as it is written.
fn value(column: &Column) -> String {
    let name = quote(&column.name);
    match column.column_type.kind() {
        TypeKind::Other => format!("staged.{name}::{}", column.column_type),
        _ => format!("staged.{name}"),
    }
}

/// One side of a comparison.
fn compared(side: &str, column: &Column) -> String {
    let name = quote(&column.name);
    match column.column_type.kind() {
        TypeKind::Other if side == "staged" => format!("staged.{name}::{}::text", column.column_type),
        TypeKind::Other => format!("{side}.{name}::text"),
        _ => format!("{side}.{name}"),
    }
}
