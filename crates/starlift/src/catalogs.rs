//! What the catalogs of the source and the warehouse say about a pipeline's tables.

use std::collections::BTreeMap;

use starlift_definition::{Catalog, Column, Definition, TargetTable};
use starlift_postgres::{CatalogTable, read_tables};

use crate::database::Database;
use crate::error::CliError;

/// The source tables of a pipeline that are there.
pub(crate) struct SourceTables {
    /// As the catalog has them, by name.
    pub(crate) tables: BTreeMap<String, CatalogTable>,
}

impl SourceTables {
    /// Reads the source's catalog.
    ///
    /// # Errors
    /// The server refuses or does not answer.
    pub(crate) async fn read(source: &Database, definition: &Definition) -> Result<Self, CliError> {
        let pipeline = &definition.pipeline;
        let names: Vec<&str> = pipeline.tables.keys().map(String::as_str).collect();
        let tables = read_tables(&source.session.client, &pipeline.source.schema, &names).await?;
        Ok(Self { tables })
    }

    /// The columns that may leave the source, by table.
    pub(crate) fn columns(&self, definition: &Definition) -> BTreeMap<String, Vec<Column>> {
        let readable = |name: &String, table: &CatalogTable| {
            let exclude = definition.pipeline.tables.get(name).map(|wanted| wanted.exclude.as_slice());
            let is_excluded = |column: &&Column| exclude.is_some_and(|exclude| exclude.contains(&column.name));
            table.columns.iter().filter(|column| !is_excluded(column)).cloned().collect()
        };
        self.tables.iter().map(|(name, table)| (name.clone(), readable(name, table))).collect()
    }
}

/// Reads the dimensions and facts from the warehouse's catalog.
///
/// # Errors
/// The server refuses or does not answer.
pub(crate) async fn target_catalog(warehouse: &Database, definition: &Definition) -> Result<Catalog, CliError> {
    let pipeline = &definition.pipeline;
    let names: Vec<&str> = pipeline.dimensions.keys().chain(pipeline.facts.keys()).map(String::as_str).collect();
    let relations = read_tables(&warehouse.session.client, &pipeline.warehouse.schema, &names).await?;
    let target = |relation: CatalogTable| TargetTable {
        columns: relation.columns,
        primary_key: relation.primary_key,
        foreign_keys: relation.foreign_keys,
    };
    let tables = relations.into_iter().filter(|(_, relation)| matches!(relation.kind, 'r' | 'p'));
    let tables = tables.map(|(name, relation)| (name, target(relation))).collect();
    Ok(Catalog { format: Catalog::FORMAT, pipeline: pipeline.name.clone(), tables })
}
