//! The `COPY` statements of a run. Identifiers are quoted, values come from settings of the transaction, because `COPY` takes none.

use starlift_postgres::{quote, quote_list, quote_table};

use crate::plan::TablePlan;

/// The setting with the horizon of a slice.
pub(crate) const SINCE: &str = "starlift.since";
/// The setting with the fence of a slice.
pub(crate) const FENCE: &str = "starlift.fence";
/// The setting with the most rows of a slice.
pub(crate) const LIMIT: &str = "starlift.limit";

/// The setting with the keys of rows in the quarantine.
pub(crate) const HELD: &str = "starlift.held";

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

/// Which of the rows with these keys a slice takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Rows {
    /// All of them.
    All,
    /// Those that are new.
    New(New),
    /// Those that are not, and whose key is held.
    Held(New),
}

/// Which rows are new.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum New {
    /// Those not older than the horizon.
    Since,
    /// Of these, those whose cursor column is not below the fence.
    Fenced,
}

/// Copies one slice of a table, in key order.
pub(crate) fn slice(plan: &TablePlan<'_>, keys: Keys, rows: Rows) -> String {
    copy(&select_slice(plan, keys, rows))
}

fn select_slice(plan: &TablePlan<'_>, keys: Keys, rows: Rows) -> String {
    let mut conditions = Vec::new();
    match keys {
        Keys::All => {}
        Keys::UpToCursor => conditions.push(compare(plan, "<=")),
        Keys::AboveCursor => conditions.push(compare(plan, ">")),
    }
    match rows {
        Rows::All => {}
        Rows::New(new) => conditions.push(is_new(plan, new)),
        Rows::Held(new) => conditions.extend([is_held(plan), format!("not ({})", is_new(plan, new))]),
    }
    let filter = if conditions.is_empty() { String::new() } else { format!(" where {}", conditions.join(" and ")) };
    let limit = format!("current_setting('{LIMIT}')::bigint");
    format!("{}{filter} order by {} limit {limit}", select(plan), key_order(plan))
}

fn is_new(plan: &TablePlan<'_>, new: New) -> String {
    let since = format!("age(xmin) between 0 and age(current_setting('{SINCE}')::xid8::xid)");
    match (new, &plan.cursor) {
        (New::Fenced, Some(cursor)) => format!("{} and {since}", cursor.condition()),
        _ => since,
    }
}

/// Says of each held key, in order, whether the table has it.
pub(crate) fn are_held_there(plan: &TablePlan<'_>) -> String {
    let values = key_values(plan, |n| format!("(held.key ->> {n})"));
    format!(
        "select exists (select from {} where {} = row({values})) \
         from jsonb_array_elements(current_setting('{HELD}')::jsonb) with ordinality as held (key, place) order by held.place",
        quote_table(plan.schema, plan.name),
        key_row(plan)
    )
}

/// Copies every key of a table, in order.
pub(crate) fn keys(plan: &TablePlan<'_>) -> String {
    let key = quote_list(plan.source.primary_key.iter().map(String::as_str));
    copy(&format!("select {key} from {} order by {}", quote_table(plan.schema, plan.name), key_order(plan)))
}

/// Counts the rows of a table and adds up its measures, in their order; without the rows whose key is held, if there are such.
pub(crate) fn totals(plan: &TablePlan<'_>, without_held: bool) -> String {
    let sums: Vec<String> = plan.measures.iter().map(|column| format!(", sum({})::text", quote(column))).collect();
    let filter = if without_held { format!(" where not ({})", is_held(plan)) } else { String::new() };
    format!("select count(*){} from {}{filter}", sums.concat(), quote_table(plan.schema, plan.name))
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
    let values = key_values(plan, |n| format!("current_setting('{}')", cursor_setting(n + 1)));
    format!("{} {operator} row({values})", key_row(plan))
}

fn is_held(plan: &TablePlan<'_>) -> String {
    let values = key_values(plan, |n| format!("(held.key ->> {n})"));
    format!(
        "{} in (select {values} from jsonb_array_elements(current_setting('{HELD}')::jsonb) as held (key))",
        key_row(plan)
    )
}

fn key_row(plan: &TablePlan<'_>) -> String {
    format!("row({})", quote_list(plan.source.primary_key.iter().map(String::as_str)))
}

/// A text for each column of the key, from 0, as values of the columns' types.
fn key_values(plan: &TablePlan<'_>, text: impl Fn(usize) -> String) -> String {
    let type_of = |name: &String| plan.source.columns.iter().find(|column| column.name == *name);
    let value = |(n, name): (usize, &String)| {
        let cast = type_of(name).map(|column| format!("::{}", column.column_type)).unwrap_or_default();
        format!("{}{cast}", text(n))
    };
    plan.source.primary_key.iter().enumerate().map(value).collect::<Vec<_>>().join(", ")
}

fn copy(query: &str) -> String {
    format!("copy ({query}) to stdout (format csv, header)")
}

#[cfg(test)]
mod plans;

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use starlift_definition::{Column, ColumnType};
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
        TablePlan::of("s", "t", source)
    }

    #[test]
    fn a_composite_key_is_compared_as_a_row() {
        assert_eq!(
            slice(&plan(&table(&["a", "B c"])), Keys::AboveCursor, Rows::New(New::Since)),
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
        let statement = slice(&plan(&table(&["a"])), Keys::All, Rows::All);
        assert!(!statement.contains("where") && statement.contains("order by \"a\" using < limit"), "{statement}");
    }

    #[test]
    fn held_keys_are_read_without_what_is_new() {
        let statement = slice(&plan(&table(&["a", "B c"])), Keys::All, Rows::Held(New::Since));
        let expected = "where row(\"a\", \"B c\") in (select (held.key ->> 0)::integer, (held.key ->> 1)::text \
                        from jsonb_array_elements(current_setting('starlift.held')::jsonb) as held (key)) \
                        and not (age(xmin) between 0 and age(current_setting('starlift.since')::xid8::xid)) order by";
        assert!(statement.contains(expected), "{statement}");
    }

    #[test]
    fn a_table_without_a_key_is_ordered_by_all_its_columns() {
        let statement = whole(&plan(&table(&[])));
        assert!(statement.contains("order by \"a\"::text collate \"C\", \"B c\"::text collate \"C\")"), "{statement}");
    }
}
