//! The statements about the keys that a source table has.

use starlift_postgres::{quote, quote_list, quote_table};

use crate::source_key::KeyColumn;
use crate::target::{Target, closed_table};

impl Target {
    fn staged_keys(&self) -> String {
        format!("pg_temp.keys_{}", self.place)
    }

    /// Makes the temporary table that the keys of a source table are staged in.
    pub(crate) fn create_keys(&self, key: &[KeyColumn<'_>]) -> String {
        let declared = |column: &KeyColumn<'_>| format!("{} {}", quote(&column.of_target.name), column.staged_type());
        let columns: Vec<String> = key.iter().map(declared).collect();
        format!("create temporary table {} ({}) on commit drop", self.staged_keys(), columns.join(", "))
    }

    /// Copies keys into the temporary table.
    pub(crate) fn copy_into_keys(&self, key: &[KeyColumn<'_>]) -> String {
        let columns = quote_list(key.iter().map(|column| column.of_target.name.as_str()));
        format!("copy {} ({columns}) from stdin (format csv, header)", self.staged_keys())
    }

    pub(crate) fn analyze_keys(&self) -> String {
        format!("analyze {}", self.staged_keys())
    }

    /// How many open versions there are, and how many of them have a key that is not staged. A join, because a subquery for each version would
    /// look through all keys each time.
    pub(crate) fn count_gone(&self, record_id: &str, key: &[KeyColumn<'_>]) -> String {
        let first = key.first().map(|column| quote(&column.of_target.name)).unwrap_or_default();
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
    let is_same = |column: &KeyColumn<'_>| {
        let name = quote(&column.of_target.name);
        format!("present.{name} = {}", column.comparable(&format!("keys.{name}")))
    };
    key.iter().map(is_same).collect::<Vec<_>>().join(" and ")
}
