//! The statements about the keys that a source table has.
//!
//! A key is staged with the type that it has in the source, or as text where the pipeline does not compute with that type: the warehouse may
//! not know it. So a key that the fact's column could not hold is no error here: there is no version with it.

use starlift_definition::{Column, ColumnType, TypeKind};
use starlift_postgres::{quote, quote_list, quote_table};

use crate::target::{Target, closed_table};

/// A column of a fact's business key, and the type of the source column that it comes from.
pub(crate) struct KeyColumn<'a> {
    pub(crate) of_fact: &'a Column,
    pub(crate) source_type: &'a ColumnType,
}

impl KeyColumn<'_> {
    fn declared(&self) -> String {
        let staged = match self.source_type.kind() {
            TypeKind::Other => "text",
            _ => self.source_type.name(),
        };
        format!("{} {staged}", quote(&self.of_fact.name))
    }

    fn is_same(&self) -> String {
        let name = quote(&self.of_fact.name);
        match self.source_type.kind() {
            TypeKind::Other => format!("present.{name} = keys.{name}::{}", self.of_fact.column_type),
            _ => format!("present.{name} = keys.{name}"),
        }
    }
}

impl Target {
    fn staged_keys(&self) -> String {
        format!("pg_temp.keys_{}", self.place)
    }

    /// Makes the temporary table that the keys of a source table are staged in.
    pub(crate) fn create_keys(&self, key: &[KeyColumn<'_>]) -> String {
        let columns: Vec<String> = key.iter().map(KeyColumn::declared).collect();
        format!("create temporary table {} ({}) on commit drop", self.staged_keys(), columns.join(", "))
    }

    /// Copies keys into the temporary table.
    pub(crate) fn copy_into_keys(&self, key: &[KeyColumn<'_>]) -> String {
        let columns = quote_list(key.iter().map(|column| column.of_fact.name.as_str()));
        format!("copy {} ({columns}) from stdin (format csv, header)", self.staged_keys())
    }

    pub(crate) fn analyze_keys(&self) -> String {
        format!("analyze {}", self.staged_keys())
    }

    /// How many open versions there are, and how many of them have a key that is not staged. A join, because a subquery for each version would
    /// look through all keys each time.
    pub(crate) fn count_gone(&self, record_id: &str, key: &[KeyColumn<'_>]) -> String {
        let first = key.first().map(|column| quote(&column.of_fact.name)).unwrap_or_default();
        format!(
            "select count(*) as open, count(*) filter (where keys.{first} is null) as gone
               from {open}
               left join {keys} as keys on {same}",
            open = self.open_versions(record_id),
            keys = self.staged_keys(),
            same = same(key),
        )
    }

    /// Notes the open versions whose key is not staged as deleted. `$1` the run, `$2` the time.
    pub(crate) fn close_gone(&self, record_id: &str, key: &[KeyColumn<'_>]) -> String {
        format!(
            "insert into {closed} (record_id, run, closed_at, reason)
             select present.{id}, $1::text, $2::timestamptz, 'deleted'
               from {open}
              where not exists (select from {keys} as keys where {same})",
            closed = quote_table("etl", &closed_table(&self.name)),
            id = quote(record_id),
            open = self.open_versions(record_id),
            keys = self.staged_keys(),
            same = same(key),
        )
    }
}

fn same(key: &[KeyColumn<'_>]) -> String {
    key.iter().map(KeyColumn::is_same).collect::<Vec<_>>().join(" and ")
}
