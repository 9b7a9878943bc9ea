//! The `COPY` statements of a run. Identifiers are quoted, values come from settings of the transaction, because `COPY` takes none.

use starlift_postgres::{quote, quote_list, quote_table};

use crate::plan::TablePlan;

/// The setting with the horizon of a slice.
pub(crate) const SINCE: &str = "starlift.since";
/// The setting with the most rows of a slice.
pub(crate) const LIMIT: &str = "starlift.limit";

/// The setting with the value of the n-th column of the cursor, from 1.
pub(crate) fn cursor_setting(n: usize) -> String {
    format!("starlift.cursor_{n}")
}

/// Which keys a slice is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keys {
    /// All of them: there is no cursor.
    All,
    /// Those up to the cursor.
    UpToCursor,
    /// Those above it.
    AboveCursor,
}

/// Copies a whole table, in an order that depends on its content only.
pub(crate) fn whole(plan: &TablePlan<'_>) -> String {
    let key = &plan.source.primary_key;
    let order = if key.is_empty() {
        // As text, because not every type has an order.
        let columns: Vec<String> =
            plan.columns.iter().map(|column| format!("{}::text collate \"C\"", quote(&column.name))).collect();
        columns.join(", ")
    } else {
        quote_list(key.iter().map(String::as_str))
    };
    copy(&format!("{} order by {order}", select(plan)))
}

/// Copies one slice of a table, in key order: the rows with these keys, all or only those not older than the horizon.
pub(crate) fn slice(plan: &TablePlan<'_>, keys: Keys, since: bool) -> String {
    let mut conditions = Vec::new();
    match keys {
        Keys::All => {}
        Keys::UpToCursor => conditions.push(compare(plan, "<=")),
        Keys::AboveCursor => conditions.push(compare(plan, ">")),
    }
    if since {
        conditions.push(format!("age(xmin) between 0 and age(current_setting('{SINCE}')::xid8::xid)"));
    }
    let filter = if conditions.is_empty() { String::new() } else { format!(" where {}", conditions.join(" and ")) };
    let limit = format!("current_setting('{LIMIT}')::bigint");
    copy(&format!("{}{filter} order by {} limit {limit}", select(plan), key_order(plan)))
}

/// Copies every key of a table, in order.
pub(crate) fn keys(plan: &TablePlan<'_>) -> String {
    let key = quote_list(plan.source.primary_key.iter().map(String::as_str));
    copy(&format!("select {key} from {} order by {}", quote_table(plan.schema, plan.name), key_order(plan)))
}

/// The operator that a comparison of keys finds and no other, so that cursor and order mean the same for every type.
fn key_order(plan: &TablePlan<'_>) -> String {
    let key = plan.source.primary_key.iter();
    key.map(|column| format!("{} using <", quote(column))).collect::<Vec<_>>().join(", ")
}

fn select(plan: &TablePlan<'_>) -> String {
    let columns = quote_list(plan.columns.iter().map(|column| column.name.as_str()));
    format!("select {columns} from {}", quote_table(plan.schema, plan.name))
}

fn compare(plan: &TablePlan<'_>, operator: &str) -> String {
    let key = &plan.source.primary_key;
    let type_of = |name: &String| plan.source.columns.iter().find(|column| column.name == *name);
    let values: Vec<String> = key
        .iter()
        .enumerate()
        .map(|(n, name)| {
            let cast = type_of(name).map(|column| format!("::{}", column.column_type)).unwrap_or_default();
            format!("current_setting('{}'){cast}", cursor_setting(n + 1))
        })
        .collect();
    format!("row({}) {operator} row({})", quote_list(key.iter().map(String::as_str)), values.join(", "))
}

fn copy(query: &str) -> String {
    format!("copy ({query}) to stdout (format csv, header)")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use starlift_definition::{Column, ColumnType, Read};
    use starlift_postgres::CatalogTable;

    use super::*;

    fn table(key: &[&str]) -> CatalogTable {
        let column = |(name, of): (&str, &str)| Column {
            name: name.to_owned(),
            column_type: ColumnType::new(of),
            nullable: false,
            generated: false,
        };
        CatalogTable {
            oid: 1,
            kind: 'r',
            leaves: Vec::new(),
            is_heap: true,
            has_children: false,
            columns: [("a", "integer"), ("B c", "text")].map(column).to_vec(),
            column_ids: BTreeMap::new(),
            virtual_columns: Vec::new(),
            primary_key: key.iter().map(|name| (*name).to_owned()).collect(),
            foreign_keys: Vec::new(),
        }
    }

    fn plan(source: &CatalogTable) -> TablePlan<'_> {
        TablePlan {
            name: "t",
            schema: "s",
            source,
            columns: source.columns.clone(),
            read: Read::Incremental,
            base: None,
            reset: None,
            rewrite: false,
            keys_every: None,
        }
    }

    #[test]
    fn a_composite_key_is_compared_as_a_row() {
        assert_eq!(
            slice(&plan(&table(&["a", "B c"])), Keys::AboveCursor, true),
            "copy (select \"a\", \"B c\" from \"s\".\"t\" \
             where row(\"a\", \"B c\") > row(current_setting('starlift.cursor_1')::integer, \
             current_setting('starlift.cursor_2')::text) \
             and age(xmin) between 0 and age(current_setting('starlift.since')::xid8::xid) \
             order by \"a\" using <, \"B c\" using < limit current_setting('starlift.limit')::bigint) \
             to stdout (format csv, header)"
        );
    }

    #[test]
    fn without_cursor_and_horizon_the_first_rows_are_read() {
        let statement = slice(&plan(&table(&["a"])), Keys::All, false);
        assert!(!statement.contains("where") && statement.contains("order by \"a\" using < limit"), "{statement}");
    }

    #[test]
    fn a_table_without_a_key_is_ordered_by_all_its_columns() {
        let statement = whole(&plan(&table(&[])));
        assert!(statement.contains("order by \"a\"::text collate \"C\", \"B c\"::text collate \"C\")"), "{statement}");
    }
}
