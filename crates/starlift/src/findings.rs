//! What is wrong between a definition and a live source or warehouse: every finding, not only the first.

use starlift_definition::{Catalog, Definition, Read, SourceTable, check_catalog, check_source_columns};
use starlift_models::{check_models, planned_columns};
use starlift_postgres::CatalogTable;

use crate::catalogs::SourceTables;

/// The findings about the source: tables that are not there or cannot be read as they should, columns that models miss, models that
/// cannot be planned over the columns.
pub(crate) fn of_source(definition: &Definition, source: &SourceTables) -> Vec<String> {
    let pipeline = &definition.pipeline;
    let mut findings = Vec::new();
    for (name, table) in &pipeline.tables {
        let finding = match source.tables.get(name) {
            None => Some(format!("the source has no table {}.{name}", pipeline.source.schema)),
            Some(found) => unreadable(table, found),
        };
        findings.extend(finding.map(|finding| format!("pipeline.toml: [tables] {name}: {finding}")));
    }
    if !findings.is_empty() {
        return findings;
    }
    let columns = source.columns(definition);
    if let Err(finding) = check_source_columns(definition, &columns) {
        return vec![finding];
    }
    let plan = |model| planned_columns(definition, model, &columns).err().map(|error| error.to_string());
    definition.models.values().filter_map(plan).collect()
}

/// The findings about the warehouse: tables that are not there, columns that models do not give.
pub(crate) fn of_warehouse(definition: &Definition, catalog: &Catalog) -> Vec<String> {
    check_catalog(definition, catalog).err().map(|error| error.to_string()).into_iter().collect()
}

/// The findings about types, of what the source gives and the warehouse takes.
pub(crate) fn of_types(definition: &Definition, source: &SourceTables, catalog: &Catalog) -> Vec<String> {
    let checked = check_models(definition, &source.columns(definition), catalog);
    checked.err().map(|error| error.to_string()).into_iter().collect()
}

/// Why a table cannot be read in the way that the definition says.
fn unreadable(table: &SourceTable, found: &CatalogTable) -> Option<String> {
    let is_column = |name: &String| found.columns.iter().any(|column| column.name == *name);
    if let Some(excluded) = table.exclude.iter().find(|name| !is_column(name)) {
        let columns: Vec<&str> = found.columns.iter().map(|column| column.name.as_str()).collect();
        return Some(format!("exclude names {excluded}, and the table has only {}", columns.join(", ")));
    }
    if let Some(excluded) = table.exclude.iter().find(|name| found.primary_key.contains(name)) {
        return Some(format!("exclude names {excluded}, a column of the primary key, by which the table is read"));
    }
    if found.columns.len() == table.exclude.len() {
        return Some("exclude leaves no column to read".to_owned());
    }
    if table.read == Read::Full {
        return None;
    }
    if !found.is_heap {
        return Some("only rows in heap storage carry a version; use read = \"full\"".to_owned());
    }
    if found.primary_key.is_empty() {
        return Some("read = \"incremental\" needs a primary key; declare one or use read = \"full\"".to_owned());
    }
    None
}

#[cfg(test)]
mod tests {
    use starlift_definition::{Column, ColumnType};

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
            columns: ["id", "name"].map(column).to_vec(),
            primary_key: key.iter().map(|name| (*name).to_owned()).collect(),
            foreign_keys: Vec::new(),
        }
    }

    fn finding(read: Read, exclude: &[&str], found: &CatalogTable) -> String {
        let exclude = exclude.iter().map(|name| (*name).to_owned()).collect();
        unreadable(&SourceTable { read, exclude }, found).unwrap_or_default()
    }

    #[test]
    fn a_misspelt_exclusion_is_a_finding_that_names_the_columns() {
        assert!(finding(Read::Full, &["nmae"], &table(&["id"])).contains("nmae, and the table has only id, name"));
        assert_eq!(finding(Read::Full, &["name"], &table(&["id"])), "");
    }

    #[test]
    fn an_incremental_table_needs_heap_storage_and_a_primary_key() {
        assert_eq!(finding(Read::Incremental, &[], &table(&["id"])), "");
        assert!(finding(Read::Incremental, &[], &table(&[])).contains("primary key"));
        let view = CatalogTable { is_heap: false, kind: 'v', ..table(&["id"]) };
        assert!(finding(Read::Incremental, &[], &view).contains("read = \"full\""));
        assert_eq!(finding(Read::Full, &[], &view), "");
    }

    #[test]
    fn a_key_column_cannot_be_excluded() {
        assert!(finding(Read::Full, &["id"], &table(&["id"])).contains("a column of the primary key"));
    }
}
