//! What must agree between the parts of a definition, the warehouse's catalog and the source's columns.

use std::collections::BTreeMap;

use crate::{Catalog, Column, ColumnUse, Definition, DefinitionError, Deletes, Model, Read, TargetTable, unknown};

/// Checks what can be seen without any database.
pub(crate) fn check_structure(definition: &Definition) -> Result<(), DefinitionError> {
    let pipeline = &definition.pipeline;
    for (name, dimension) in &pipeline.dimensions {
        match (dimension.generate, definition.models.contains_key(name)) {
            (None, false) => return Err(missing_model("dimensions", name)),
            (Some(_), true) => {
                let message =
                    format!("[dimensions.{name}] is generated, so models/{name}.sql has no use: delete one of the two");
                return Err(DefinitionError::invalid("pipeline.toml", message));
            }
            _ => {}
        }
    }
    if let Some(name) = pipeline.facts.keys().find(|name| !definition.models.contains_key(*name)) {
        return Err(missing_model("facts", name));
    }
    definition.models.values().try_for_each(|model| check_model(definition, model))?;
    definition.pipeline.tables.keys().try_for_each(|table| check_deletes(definition, table))?;
    unknown::check_key(definition)
}

/// Deletions are told by keys: what is made of the table must be found again by the table's key alone.
fn check_deletes(definition: &Definition, name: &str) -> Result<(), DefinitionError> {
    let table = &definition.pipeline.tables[name];
    if table.deletes == Deletes::Ignore {
        return Ok(());
    }
    let invalid = |message: &str| {
        Err(DefinitionError::invalid("pipeline.toml", format!("[tables] {name}: deletes = \"detect\" {message}")))
    };
    if table.read == Read::Full {
        return invalid("is for tables with read = \"incremental\"");
    }
    let facts: Vec<&Model> =
        definition.models_over(name).filter(|model| definition.pipeline.facts.contains_key(&model.name)).collect();
    if facts.is_empty() {
        return invalid(
            "has no use: no fact is made of the table, and a dimension keeps the rows that are gone from the source",
        );
    }
    match facts.iter().find(|fact| definition.business_key(fact).and_then(|key| fact.origin(key)).is_none()) {
        Some(fact) => invalid(&format!(
            "needs the key of [facts.{}] to be columns of the table as they are, without any expression",
            fact.name
        )),
        None => Ok(()),
    }
}

fn missing_model(section: &str, name: &str) -> DefinitionError {
    DefinitionError::invalid(
        "pipeline.toml",
        format!("[{section}.{name}] has no models/{name}.sql: write its select there"),
    )
}

fn check_model(definition: &Definition, model: &Model) -> Result<(), DefinitionError> {
    let pipeline = &definition.pipeline;
    let invalid = |message: String| Err(DefinitionError::invalid(format!("models/{}.sql", model.name), message));
    let fact = pipeline.facts.get(&model.name);
    if fact.is_none() && !pipeline.dimensions.contains_key(&model.name) {
        return invalid(format!(
            "pipeline.toml has neither [dimensions.{0}] nor [facts.{0}]: add one of them",
            model.name
        ));
    }
    for relation in &model.relations {
        match (pipeline.tables.contains_key(relation), definition.seeds.contains_key(relation)) {
            (true, true) => {
                return invalid(format!("{relation} is both a table of pipeline.toml and a seed: rename the seed"));
            }
            (false, false) => {
                let known: Vec<&str> =
                    pipeline.tables.keys().chain(definition.seeds.keys()).map(String::as_str).collect();
                return invalid(format!(
                    "{relation} is neither in [tables] nor a seed; there are {}",
                    known.join(", ")
                ));
            }
            _ => {}
        }
    }
    let tables: Vec<&str> = definition.source_tables(model).map(|(name, _)| name).collect();
    let incremental = definition.source_tables(model).any(|(_, table)| table.read == Read::Incremental);
    if incremental && tables.len() > 1 {
        let message = "a model over an incremental table reads that one table and seeds, because an increment of it must be enough to compute its rows";
        return invalid(format!("reads {}: {message}", tables.join(", ")));
    }
    if incremental && model.trace.as_ref().is_none_or(|trace| Some(trace.grain.as_str()) != tables.first().copied()) {
        let function = model.mixing_function.as_ref();
        let function =
            function.map(|name| format!("uses {name}, which is not known to compute a value of one row alone; "));
        let message = "gives a row for each row of the table that stands first in from: no grouping, distinct, limit, window, subquery, right or full join";
        return invalid(format!(
            "{}a model over the incremental table {} {message}",
            function.unwrap_or_default(),
            tables.join(", ")
        ));
    }
    if incremental && model.trace.as_ref().is_some_and(|trace| !trace.keeps_every_row) {
        let message = "gives a row for every row of it: no where, and other tables by left join; a row that is left out once it has changed \
                       would stay in the warehouse as it was, so leave the filter to a view";
        return invalid(format!("a model over the incremental table {} {message}", tables.join(", ")));
    }
    if let Some(column) = model.uses.iter().find_map(|used| excluded_column(definition, model, used)) {
        return invalid(format!("uses {column}, which pipeline.toml excludes: such a column never leaves the source"));
    }
    if let Some(key) = fact.and_then(|fact| fact.key.iter().find(|key| !model.columns.contains(key))) {
        let message = format!("does not give {key}, a column of the business key in [facts.{}]", model.name);
        return invalid(message);
    }
    Ok(())
}

fn excluded_column(definition: &Definition, model: &Model, used: &ColumnUse) -> Option<String> {
    definition.source_tables(model).find_map(|(name, table)| {
        let column = match used {
            ColumnUse::Of { table: of, column } if of == name => column,
            ColumnUse::Alone(column) => column,
            ColumnUse::Of { .. } => return None,
        };
        table.exclude.contains(column).then(|| format!("{name}.{column}"))
    })
}

/// Checks the definition against the warehouse's tables: each model has a target, and gives exactly its columns; references can point to an
/// unknown member where that is asked for.
///
/// # Errors
/// The first difference, with the names on both sides.
pub fn check_catalog(definition: &Definition, catalog: &Catalog) -> Result<(), DefinitionError> {
    for model in definition.models.values() {
        let file = format!("models/{}.sql", model.name);
        let Some(target) = catalog.tables.get(&model.name) else {
            let message =
                format!("the warehouse has no table {}: add it in a new file of warehouse/ and migrate", model.name);
            return Err(DefinitionError::invalid(file, message));
        };
        check_columns(model, target).map_err(|message| DefinitionError::invalid(&file, message))?;
    }
    let generated = definition.pipeline.dimensions.keys().find(|name| !catalog.tables.contains_key(*name));
    if let Some(name) = generated {
        let message = format!(
            "[dimensions.{name}]: the warehouse has no table {name}: add it in a new file of warehouse/ and migrate"
        );
        return Err(DefinitionError::invalid("pipeline.toml", message));
    }
    unknown::check_references(definition, catalog)
}

fn check_columns(model: &Model, target: &TargetTable) -> Result<(), String> {
    let wanted: Vec<&str> = target.model_columns().map(|column| column.name.as_str()).collect();
    let missing: Vec<&str> =
        wanted.iter().copied().filter(|name| !model.columns.iter().any(|column| column == name)).collect();
    if !missing.is_empty() {
        return Err(format!("does not give {}, which table {} has", missing.join(", "), model.name));
    }
    let extra: Vec<&str> = model.columns.iter().map(String::as_str).filter(|name| !wanted.contains(name)).collect();
    if !extra.is_empty() {
        return Err(format!(
            "gives {}, which table {} has not; its columns are {}",
            extra.join(", "),
            model.name,
            wanted.join(", ")
        ));
    }
    if model.columns.len() != wanted.len() {
        return Err("gives a column twice".to_owned());
    }
    Ok(())
}

/// Checks that the source has every column the models use. `tables` holds the columns of each source table.
///
/// # Errors
/// The missing column, with the table and the model that uses it.
pub fn check_source_columns(definition: &Definition, tables: &BTreeMap<String, Vec<Column>>) -> Result<(), String> {
    for model in definition.models.values() {
        let has = |table: &str, column: &str| {
            let of_source = tables.get(table).is_some_and(|columns| columns.iter().any(|found| found.name == column));
            of_source
                || definition.seeds.get(table).is_some_and(|seed| seed.columns.iter().any(|found| found == column))
        };
        for used in &model.uses {
            let (is_there, named) = match used {
                ColumnUse::Of { table, column } => (has(table, column), format!("{table}.{column}")),
                ColumnUse::Alone(column) => (
                    model.relations.iter().any(|table| has(table, column)),
                    format!("{column} of {}", model.relations.join(" or ")),
                ),
            };
            if !is_there {
                return Err(format!("column {named} is missing in the source, and models/{}.sql uses it", model.name));
            }
        }
    }
    Ok(())
}
