//! Plans models on the types of their tables alone, without a row, and holds the result against the target tables.
//!
//! The same plan is made by `starlift check`, by load's `migrate` and by transform before it reads: what fails on types fails there.
//! Because no row has been read, Polars' own words may be passed on here, and only here.

use std::collections::BTreeMap;

use polars::prelude::{DataFrame, PolarsError, Schema, SchemaRef};
use starlift_definition::{Catalog, Column, Definition, Model, TargetTable, TypeKind};

use crate::{ModelError, engine, source, types};

/// Checks every model of a definition. `sources` holds the columns of each source table.
///
/// # Errors
/// The first model that Polars SQL cannot plan or that does not fit its target table: the column and both types.
pub fn check_models(
    definition: &Definition,
    sources: &BTreeMap<String, Vec<Column>>,
    catalog: &Catalog,
) -> Result<(), ModelError> {
    definition.models.values().try_for_each(|model| {
        let target = catalog.tables.get(&model.name).ok_or_else(|| {
            let message = format!("the warehouse has no table {}; run the load Lambda's migrate action", model.name);
            ModelError::Definition { model: model.name.clone(), message }
        })?;
        check_model(definition, model, |table| sources.get(table).map(Vec::as_slice), target)
    })
}

/// Checks one model.
pub(crate) fn check_model<'a>(
    definition: &'a Definition,
    model: &'a Model,
    columns_of: impl Fn(&str) -> Option<&'a [Column]>,
    target: &TargetTable,
) -> Result<(), ModelError> {
    let planned = plan_model(definition, model, columns_of)?;
    check_types(model, &planned, target).map_err(|message| invalid(model, message))
}

/// The columns of a model with their types, in order.
pub(crate) fn plan_model<'a>(
    definition: &'a Definition,
    model: &'a Model,
    columns_of: impl Fn(&str) -> Option<&'a [Column]>,
) -> Result<SchemaRef, ModelError> {
    let mut tables: Vec<(&str, DataFrame)> = Vec::new();
    for relation in &model.relations {
        let frame = match (definition.seeds.get(relation), columns_of(relation)) {
            (Some(seed), _) => {
                source::empty_frame(seed.columns.iter().map(|name| (name.as_str(), TypeKind::Text(None))))
            }
            (None, Some(columns)) => {
                let read = source::columns_read(model, relation, columns);
                source::empty_frame(read.into_iter().map(|column| (column.name.as_str(), column.column_type.kind())))
            }
            (None, None) => return Err(invalid(model, format!("the columns of table {relation} are not known"))),
        };
        tables.push((relation, frame.map_err(|error| invalid(model, planning(&error)))?));
    }
    engine::query(&model.sql, tables.iter().map(|(name, frame)| (*name, frame)))
        .and_then(|mut query| query.collect_schema())
        .map_err(|error| invalid(model, planning(&error)))
}

fn invalid(model: &Model, message: String) -> ModelError {
    ModelError::Definition { model: model.name.clone(), message }
}

fn planning(error: &PolarsError) -> String {
    format!("Polars SQL cannot plan it ({}): {error}", engine::kind(error))
}

fn check_types(model: &Model, planned: &Schema, target: &TargetTable) -> Result<(), String> {
    for column in target.model_columns() {
        let Some(from) = planned.get(&column.name) else {
            return Err(format!("does not give {}, which table {} has", column.name, model.name));
        };
        if !types::is_assignable(from, column.column_type.kind()) {
            return Err(format!(
                "column {} is {}, and table {} wants {}: write cast(… as {})",
                column.name,
                types::sql_name(from),
                model.name,
                column.column_type,
                types::sql_name(&types::data_type(column.column_type.kind())),
            ));
        }
    }
    Ok(())
}
