//! The target tables as the warehouse has them now, and `catalog.json`, which tells transform.

use std::collections::BTreeMap;

use starlift_definition::{Catalog, Definition, TargetTable};
use starlift_failure::Failure;
use starlift_lake::{Lake, Put, Zone, keys};
use starlift_postgres::{CatalogTable, read_tables};
use tokio_postgres::Client;

use crate::target::closed_table;

/// What the warehouse's catalog knows of a pipeline.
pub(crate) struct Star {
    /// What `catalog.json` says.
    pub(crate) catalog: Catalog,
    /// The relations behind it, by name.
    pub(crate) relations: BTreeMap<String, CatalogTable>,
    /// The tables of closed versions that are there, by name.
    pub(crate) closed: BTreeMap<String, CatalogTable>,
}

/// Reads the catalog. The session's `search_path` has to be `pg_catalog`, so that types come with their schema.
pub(crate) async fn read(client: &Client, definition: &Definition) -> Result<Star, Failure> {
    let pipeline = &definition.pipeline;
    let names: Vec<&str> = pipeline.dimensions.keys().chain(pipeline.facts.keys()).map(String::as_str).collect();
    let mut relations = read_tables(client, &pipeline.warehouse.schema, &names).await?;
    relations.retain(|_, relation| matches!(relation.kind, 'r' | 'p'));
    let closed: Vec<String> = pipeline.facts.keys().map(|fact| closed_table(fact)).collect();
    let closed: Vec<&str> = closed.iter().map(String::as_str).collect();
    let closed = read_tables(client, "etl", &closed).await?;
    let tables = relations.iter().map(|(name, relation)| (name.clone(), target_table(relation))).collect();
    let catalog = Catalog { format: Catalog::FORMAT, pipeline: pipeline.name.clone(), tables };
    Ok(Star { catalog, relations, closed })
}

fn target_table(relation: &CatalogTable) -> TargetTable {
    TargetTable {
        columns: relation.columns.clone(),
        primary_key: relation.primary_key.clone(),
        foreign_keys: relation.foreign_keys.clone(),
    }
}

/// Writes `catalog.json`, over whatever is there.
pub(crate) async fn put(lake: &Lake, catalog: &Catalog) -> Result<(), Failure> {
    let etag = lake.get(Zone::Control, keys::CATALOG).await?.map(|fetched| fetched.etag);
    match lake.replace_json(Zone::Control, keys::CATALOG, etag.as_deref(), catalog).await? {
        Put::Written => Ok(()),
        Put::Refused => Err(Failure::contended(format!("{} was written by another migration", keys::CATALOG))),
    }
}
