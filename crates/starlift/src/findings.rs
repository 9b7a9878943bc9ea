//! What is wrong between a definition and a live source or warehouse: every finding, not only the first.

use starlift_definition::{Catalog, Definition, check_catalog, check_source_columns};
use starlift_models::{check_models, planned_columns};
use starlift_postgres::{CatalogTable, missing_unknown_member};

use crate::catalogs::SourceTables;
use crate::database::Database;
use crate::error::CliError;

/// The findings about the source: tables that are not there or cannot be read as they should, columns that models miss, models that
/// cannot be planned over the columns.
pub(crate) fn of_source(definition: &Definition, source: &SourceTables) -> Vec<String> {
    let pipeline = &definition.pipeline;
    let columns = source.columns(definition);
    let mut findings = Vec::new();
    for (name, table) in &pipeline.tables {
        let finding = match source.tables.get(name) {
            None => Some(format!("the source has no table {}.{name}", pipeline.source.schema)),
            Some(found) => found
                .unreadable(table, columns.get(name).map(Vec::as_slice).unwrap_or_default())
                .or_else(|| undetectable_deletes(definition, name, found)),
        };
        findings.extend(finding.map(|finding| format!("pipeline.toml: [tables] {name}: {finding}")));
    }
    if !findings.is_empty() {
        return findings;
    }
    if let Err(finding) = check_source_columns(definition, &columns) {
        return vec![finding];
    }
    let plan = |model| planned_columns(definition, model, &columns).err().map(|error| error.to_string());
    definition.models.values().filter_map(plan).collect()
}

fn undetectable_deletes(definition: &Definition, name: &str, found: &CatalogTable) -> Option<String> {
    let mut facts = definition.facts_with_deletes(name);
    facts.find_map(|(fact, key)| found.undetectable_deletes(&fact.name, &key))
}

/// The findings about the warehouse: tables that are not there, columns that models do not give, unknown members that were not made.
///
/// # Errors
/// The server refuses or does not answer.
pub(crate) async fn of_warehouse(
    warehouse: &Database,
    definition: &Definition,
    catalog: &Catalog,
) -> Result<Vec<String>, CliError> {
    if let Err(error) = check_catalog(definition, catalog) {
        return Ok(vec![error.to_string()]);
    }
    let missing = missing_unknown_member(&warehouse.session.client, definition, catalog).await?;
    Ok(missing.into_iter().collect())
}

/// The findings about types, of what the source gives and the warehouse takes.
pub(crate) fn of_types(definition: &Definition, source: &SourceTables, catalog: &Catalog) -> Vec<String> {
    let checked = check_models(definition, &source.columns(definition), catalog);
    checked.err().map(|error| error.to_string()).into_iter().collect()
}
