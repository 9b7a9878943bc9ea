//! How the source's catalog differs from that of the run published last.
//!
//! Whether a difference matters is for the survey to say; here it is only found and named. A column is known again by its number, a table by its
//! oid, so that a new name is told apart from one that went and one that came.

use starlift_lake::{SourcePosition, TableState, Tracking};
use starlift_postgres::CatalogTable;

/// What became of the columns of a table, in words; new ones left out, because they disturb nothing.
pub(crate) fn changed_columns(table: &str, base: &TableState, now: &CatalogTable) -> Vec<String> {
    let mut changes = Vec::new();
    for was in &base.columns {
        let Some(column) = now.columns.iter().find(|column| column.name == was.name) else {
            let number = base.column_ids.get(&was.name);
            let renamed = number.and_then(|id| now.column_ids.iter().find(|(_, of_now)| *of_now == id));
            changes.push(match renamed {
                Some((name, _)) => format!("column {table}.{} was renamed to {name}", was.name),
                None => format!("column {table}.{} was dropped", was.name),
            });
            continue;
        };
        if column.column_type != was.column_type {
            let (old, new) = (&was.column_type, &column.column_type);
            changes.push(format!("column {table}.{} was {old} and is {new}", was.name));
        }
    }
    changes
}

/// The tables of the source's schema that are new to a pipeline that does not read them.
pub(crate) fn new_tables<'a>(base: &SourcePosition, now: &'a SourcePosition) -> impl Iterator<Item = &'a str> {
    let known = base.other_tables.clone();
    let is_new = move |table: &&String| known.as_ref().is_some_and(|known| !known.contains(table));
    now.other_tables.iter().flatten().filter(is_new).map(String::as_str)
}

/// `since run …`, or nothing when none was published.
pub(crate) fn since(tracking: &Tracking) -> String {
    tracking.run.as_ref().map(|run| format!(" since run {run}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use starlift_definition::{Column, ColumnType};
    use starlift_lake::{Position, ReadState};

    use super::*;

    fn columns(of: &[(&str, &str)]) -> Vec<Column> {
        let column = |(name, column_type): &(&str, &str)| Column {
            name: (*name).to_owned(),
            column_type: ColumnType::new(*column_type),
            nullable: true,
            generated: false,
        };
        of.iter().map(column).collect()
    }

    fn ids(of: &[(&str, &str)]) -> BTreeMap<String, String> {
        of.iter().map(|(name, id)| ((*name).to_owned(), (*id).to_owned())).collect()
    }

    #[test]
    fn a_new_name_is_told_apart_from_a_column_that_went_and_one_that_came() {
        let base = TableState {
            oid: 1,
            leaves: Vec::new(),
            columns: columns(&[("a", "integer"), ("b", "text"), ("c", "text")]),
            column_ids: ids(&[("a", "1 "), ("b", "2 default"), ("c", "3 default")]),
            primary_key: Vec::new(),
            keys: None,
            read: ReadState::Incremental { position: Position::default() },
        };
        let now = CatalogTable {
            oid: 1,
            kind: 'r',
            leaves: Vec::new(),
            is_heap: true,
            has_children: false,
            columns: columns(&[("a", "bigint"), ("title", "text"), ("new", "text")]),
            column_ids: ids(&[("a", "1 "), ("title", "2 default"), ("new", "4 default")]),
            virtual_columns: Vec::new(),
            primary_key: Vec::new(),
            foreign_keys: Vec::new(),
        };
        let expected =
            ["column t.a was integer and is bigint", "column t.b was renamed to title", "column t.c was dropped"];
        assert_eq!(changed_columns("t", &base, &now), expected);
    }
}
