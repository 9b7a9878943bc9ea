//! Which incremental tables feed the dimensions that a table or a model refers to.
//!
//! While one of them is in mid-slice, whoever refers to it waits: its rows would arrive before those that they refer to. What waits makes
//! wait in turn, through any number of foreign keys and through dimensions over whole tables.

use std::collections::{BTreeMap, BTreeSet};

use starlift_definition::{Catalog, Definition, Model};

/// What every incremental table and every model over whole tables waits for.
pub(crate) struct Waits {
    tables: BTreeMap<String, BTreeSet<String>>,
    models: BTreeMap<String, BTreeSet<String>>,
}

impl Waits {
    /// As the foreign keys of the target tables say.
    pub(crate) fn of(definition: &Definition, catalog: &Catalog) -> Self {
        let mut waits = Self { tables: BTreeMap::new(), models: BTreeMap::new() };
        for model in definition.models.values() {
            let Some(table) = definition.incremental_table(model) else {
                waits.models.insert(model.name.clone(), awaited(definition, catalog, vec![model]));
                continue;
            };
            let mut others = awaited(definition, catalog, definition.models_over(table).collect());
            others.remove(table);
            waits.tables.insert(table.to_owned(), others);
        }
        waits
    }

    /// What an incremental table waits for. All its models are fed by one slice, so it waits for what any of them refers to.
    pub(crate) fn of_table(&self, table: &str) -> impl Iterator<Item = &str> {
        self.tables.get(table).into_iter().flatten().map(String::as_str)
    }

    /// What a model over whole tables waits for.
    pub(crate) fn of_model(&self, model: &str) -> impl Iterator<Item = &str> {
        self.models.get(model).into_iter().flatten().map(String::as_str)
    }
}

/// The incremental tables that these models refer to, directly or by way of others.
fn awaited(definition: &Definition, catalog: &Catalog, models: Vec<&Model>) -> BTreeSet<String> {
    let mut tables = BTreeSet::new();
    let mut seen = BTreeSet::new();
    let mut left = models;
    while let Some(model) = left.pop() {
        if !seen.insert(model.name.as_str()) {
            continue;
        }
        let foreign_keys = catalog.tables.get(&model.name).into_iter().flat_map(|target| &target.foreign_keys);
        for referred in foreign_keys.filter_map(|key| definition.models.get(&key.table)) {
            left.push(referred);
            if let Some(table) = definition.incremental_table(referred) {
                tables.insert(table.to_owned());
                // They are read together or not at all.
                left.extend(definition.models_over(table));
            }
        }
    }
    tables
}
