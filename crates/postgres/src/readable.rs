//! Whether a table can be read in the way that a definition says.
//!
//! Increments are told by row versions: so every row needs one of its own, a key of its own, and values that change only with it.

use starlift_definition::{Column, Read, SourceTable, TypeKind};

use crate::CatalogTable;

impl CatalogTable {
    /// Why the columns `read` of the table cannot be read as `wanted`, if so.
    #[must_use]
    pub fn unreadable(&self, wanted: &SourceTable, read: &[Column]) -> Option<String> {
        // A misspelt name would let the column out that it was to keep in.
        let is_column = |name: &String| self.columns.iter().any(|column| column.name == *name);
        if let Some(excluded) = wanted.exclude.iter().find(|name| !is_column(name)) {
            let columns: Vec<&str> = self.columns.iter().map(|column| column.name.as_str()).collect();
            return Some(format!(
                "exclude names {excluded}, and the table has no such column; it has {}",
                columns.join(", ")
            ));
        }
        if let Some(excluded) = wanted.exclude.iter().find(|name| self.primary_key.contains(name)) {
            return Some(format!("exclude names {excluded}, a column of the primary key, by which the table is read"));
        }
        if self.columns.len() == wanted.exclude.len() {
            return Some("exclude leaves no column to read; exclude fewer, or leave the table out".to_owned());
        }
        match wanted.read {
            Read::Full => None,
            Read::Incremental => self.without_versions(read).or_else(|| self.without_cursor(wanted.cursor.as_deref()?)),
        }
    }

    /// Why deletions cannot be told by the primary key, if so: `key` are the columns that name the rows of a fact made of the table.
    #[must_use]
    pub fn undetectable_deletes(&self, fact: &str, key: &[&str]) -> Option<String> {
        let is_primary =
            key.len() == self.primary_key.len() && self.primary_key.iter().all(|of| key.contains(&of.as_str()));
        (!is_primary).then(|| {
            format!(
                "deletes = \"detect\" needs the key of [facts.{fact}], which is {} here, to be the primary key of the table, which is {}",
                key.join(", "),
                self.primary_key.join(", ")
            )
        })
    }

    /// Why an increment of the table would miss something, if so.
    fn without_versions(&self, read: &[Column]) -> Option<String> {
        if !self.is_heap {
            let message =
                "only tables in heap storage, and partitioned tables of such, carry row versions; use read = \"full\"";
            return Some(message.to_owned());
        }
        if self.has_children {
            let message = "other tables inherit from it, and a select gives their rows too, which may share its keys and come without a \
                           new version; use read = \"full\"";
            return Some(message.to_owned());
        }
        if self.primary_key.is_empty() {
            let message = "read = \"incremental\" needs a primary key, and the table has none; declare one, or use read = \"full\"";
            return Some(message.to_owned());
        }
        let column = read.iter().find(|column| self.virtual_columns.contains(&column.name))?;
        Some(format!(
            "column {} is virtual: another expression changes its values without a new version of any row; exclude it, or use \
             read = \"full\"",
            column.name
        ))
    }

    /// Why the column cannot be the table's cursor, if so.
    fn without_cursor(&self, cursor: &str) -> Option<String> {
        let is_time = |column: &&Column| {
            matches!(column.column_type.kind(), TypeKind::Timestamp | TypeKind::TimestampTz)
                && !self.virtual_columns.contains(&column.name)
        };
        let Some(column) = self.columns.iter().find(|column| column.name == cursor) else {
            let columns: Vec<&str> = self.columns.iter().filter(is_time).map(|column| column.name.as_str()).collect();
            let message = format!("cursor names {cursor}, and the table has no such column; it has the timestamps ");
            return Some(message + &columns.join(", "));
        };
        (!is_time(&column)).then(|| {
            format!(
                "cursor names {cursor}, which is {}, and has to be a timestamp that is stored; name another column, or leave cursor out",
                column.column_type
            )
        })
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use starlift_definition::ColumnType;

    use super::*;

    fn table(key: &[&str]) -> CatalogTable {
        let column = |name: &str| Column {
            name: name.to_owned(),
            column_type: ColumnType::new("integer"),
            nullable: false,
            generated: false,
        };
        CatalogTable {
            oid: 1,
            kind: 'r',
            leaves: Vec::new(),
            is_heap: true,
            has_children: false,
            columns: ["id", "name"].map(column).to_vec(),
            column_ids: BTreeMap::new(),
            virtual_columns: Vec::new(),
            primary_key: key.iter().map(|name| (*name).to_owned()).collect(),
            foreign_keys: Vec::new(),
        }
    }

    fn finding(read: Read, exclude: &[&str], found: &CatalogTable) -> String {
        let exclude: Vec<String> = exclude.iter().map(|name| (*name).to_owned()).collect();
        let columns: Vec<Column> =
            found.columns.iter().filter(|column| !exclude.contains(&column.name)).cloned().collect();
        found.unreadable(&SourceTable { exclude, ..SourceTable::new(read) }, &columns).unwrap_or_default()
    }

    #[test]
    fn a_misspelt_exclusion_is_a_finding_that_names_the_columns() {
        assert!(finding(Read::Full, &["nmae"], &table(&["id"])).contains("nmae"));
        assert!(finding(Read::Full, &["nmae"], &table(&["id"])).contains("it has id, name"));
        assert_eq!(finding(Read::Full, &["name"], &table(&["id"])), "");
    }

    #[test]
    fn a_key_column_cannot_be_excluded_and_one_column_is_left() {
        assert!(finding(Read::Full, &["id"], &table(&["id"])).contains("a column of the primary key"));
        assert!(finding(Read::Full, &["id", "name"], &table(&[])).contains("no column"));
    }

    #[test]
    fn an_incremental_table_needs_a_primary_key_and_rows_with_versions_of_their_own() {
        assert_eq!(finding(Read::Incremental, &[], &table(&["id"])), "");
        assert!(finding(Read::Incremental, &[], &table(&[])).contains("primary key"));
        let view = CatalogTable { is_heap: false, kind: 'v', ..table(&["id"]) };
        let parent = CatalogTable { has_children: true, ..table(&["id"]) };
        for found in [view, parent] {
            assert!(finding(Read::Incremental, &[], &found).contains("read = \"full\""));
            assert_eq!(finding(Read::Full, &[], &found), "");
        }
    }

    #[test]
    fn a_cursor_is_a_stored_timestamp_of_the_table() {
        let mut found = table(&["id"]);
        for (name, column_type) in [("at", "timestamp(3) without time zone"), ("seen", "timestamp with time zone")] {
            found.columns.push(Column {
                name: name.to_owned(),
                column_type: ColumnType::new(column_type),
                ..found.columns[0].clone()
            });
        }
        let unusable = |cursor: &str, of: &CatalogTable| {
            let wanted = SourceTable { cursor: Some(cursor.to_owned()), ..SourceTable::new(Read::Incremental) };
            of.unreadable(&wanted, &[]).unwrap_or_default()
        };
        assert_eq!((unusable("at", &found), unusable("seen", &found)), (String::new(), String::new()));
        assert!(unusable("sene", &found).contains("has no such column; it has the timestamps at, seen"));
        assert!(unusable("name", &found).contains("cursor names name, which is integer"));
        let computed = CatalogTable { virtual_columns: vec!["at".to_owned()], ..found };
        assert!(unusable("at", &computed).contains("has to be a timestamp that is stored"));
    }

    #[test]
    fn deletions_are_told_by_the_whole_primary_key() {
        let found = table(&["id", "name"]);
        assert_eq!(found.undetectable_deletes("fact_sale", &["name", "id"]), None);
        let said = found.undetectable_deletes("fact_sale", &["id"]).expect("is refused");
        assert!(said.contains("[facts.fact_sale], which is id here") && said.contains("which is id, name"), "{said}");
    }

    #[test]
    fn a_virtual_column_is_not_read_by_increments() {
        let found = CatalogTable { virtual_columns: vec!["name".to_owned()], ..table(&["id"]) };
        assert!(finding(Read::Incremental, &[], &found).contains("column name is virtual"));
        assert_eq!(finding(Read::Incremental, &["name"], &found), "");
        assert_eq!(finding(Read::Full, &[], &found), "");
    }
}
