//! What the author of a model wants to see: the columns as planned, and the first rows as text.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use polars::prelude::{AnyValue, ParquetReader, SerReader};
use starlift_definition::{Column, ColumnType, Definition, Model};

use crate::{ModelError, plan, types};

/// The columns that a model gives over tables with these columns, with the types that it gives them. Each may be NULL.
///
/// # Errors
/// Polars SQL cannot plan the model.
pub fn planned_columns(
    definition: &Definition,
    model: &Model,
    sources: &BTreeMap<String, Vec<Column>>,
) -> Result<Vec<Column>, ModelError> {
    let planned = plan::plan_model(definition, model, |table| sources.get(table).map(Vec::as_slice))?;
    let column = |name: &str, data_type| Column {
        name: name.to_owned(),
        column_type: ColumnType::new(types::sql_name(data_type)),
        nullable: true,
        generated: false,
    };
    Ok(planned.iter().map(|(name, data_type)| column(name, data_type)).collect())
}

/// The first rows of what [`crate::run_model`] wrote, as text; NULL is none. No file is no rows.
///
/// # Errors
/// The file cannot be read, or is not what was written.
pub fn first_rows(model: &Model, output: &Path, rows: usize) -> Result<Vec<Vec<Option<String>>>, ModelError> {
    if !output.exists() {
        return Ok(Vec::new());
    }
    let file = File::open(output).map_err(|error| ModelError::WorkFolder(error.kind()))?;
    let frame = ParquetReader::new(file).with_slice(Some((0, rows))).finish();
    let frame = frame.map_err(|error| ModelError::engine(model, "reading Parquet", &error))?;
    let row = |position: usize| frame.columns().iter().map(|column| column.get(position).ok().and_then(text)).collect();
    Ok((0..frame.height()).map(row).collect())
}

fn text(value: AnyValue<'_>) -> Option<String> {
    match value {
        AnyValue::Null => None,
        AnyValue::String(text) => Some(text.to_owned()),
        AnyValue::StringOwned(text) => Some(text.to_string()),
        // Polars would show six decimals.
        AnyValue::Float32(number) => Some(number.to_string()),
        AnyValue::Float64(number) => Some(number.to_string()),
        other => Some(other.to_string()),
    }
}
