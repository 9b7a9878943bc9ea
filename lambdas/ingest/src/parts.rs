//! The parts of transform's work: one for each new object of an incremental table, one for each model over whole tables whose
//! input or meaning changed.

use std::collections::BTreeMap;

use starlift_definition::{Definition, Model, Read};
use starlift_lake::{ManifestTable, Part, ReadState, StoredObject, Tracking};

/// The models over whole tables whose rows may be others than those published, or have rows in the quarantine: what such a row waits for
/// may come by another table.
pub(crate) fn due_models<'a>(
    definition: &'a Definition,
    tables: &BTreeMap<String, ManifestTable>,
    tracking: &Tracking,
    fingerprints: &BTreeMap<String, String>,
) -> Vec<&'a Model> {
    let over_whole_tables = definition.models.values().filter(|model| definition.incremental_table(model).is_none());
    let is_due = |model: &&Model| {
        let is_new = |name: &str| tables.get(name).is_some_and(|table| !table.objects.is_empty());
        let is_changed = tracking.models.get(&model.name) != fingerprints.get(&model.name);
        is_changed
            || tracking.held.contains_key(&model.name)
            || definition.source_tables(model).any(|(name, _)| is_new(name))
    };
    over_whole_tables.filter(is_due).collect()
}

/// The parts of a run, in alphabetical order of tables, then of the models over whole tables to compute.
pub(crate) fn parts(definition: &Definition, tables: &BTreeMap<String, ManifestTable>, due: &[&Model]) -> Vec<Part> {
    let incremental = definition.pipeline.tables.iter().filter(|(_, table)| table.read == Read::Incremental);
    let mut parts: Vec<Part> = incremental
        .flat_map(|(name, _)| tables.get(name).map(|table| of_slice(definition, name, table)))
        .flatten()
        .collect();
    parts.extend(due.iter().map(|model| of_model(definition, model, tables)));
    parts
}

fn of_slice(definition: &Definition, name: &str, table: &ManifestTable) -> Vec<Part> {
    let models: Vec<String> = definition.models_over(name).map(|model| model.name.clone()).collect();
    if models.is_empty() {
        return Vec::new();
    }
    let part = |(n, object): (usize, &StoredObject)| Part {
        name: format!("{name}-{}", n + 1),
        models: models.clone(),
        inputs: BTreeMap::from([(name.to_owned(), vec![object.clone()])]),
    };
    table.objects.iter().enumerate().map(part).collect()
}

fn of_model(definition: &Definition, model: &Model, tables: &BTreeMap<String, ManifestTable>) -> Part {
    let current = |name: &str| match &tables.get(name)?.state.read {
        ReadState::Full { object } => Some((name.to_owned(), vec![object.clone()])),
        ReadState::Incremental { .. } => None,
    };
    let inputs = definition.source_tables(model).filter_map(|(name, _)| current(name)).collect();
    Part { name: model.name.clone(), models: vec![model.name.clone()], inputs }
}
