//! `starlift show`: the first rows that a model gives, computed from a live source.

use std::collections::BTreeMap;

use starlift_definition::{Column, Definition, Model, TargetTable};
use starlift_models::{ModelRun, SourceFiles, first_rows, planned_columns, run_model};

use crate::catalogs::{SourceTables, target_catalog};
use crate::database::Database;
use crate::error::CliError;
use crate::options::{PipelineArgs, SourceArgs, WarehouseArgs};
use crate::sample::{copy_table, work_folder};
use crate::stack::Stack;
use crate::target::current_folder;
use crate::text::{cell, print, table};

/// Shows the first rows that a model gives.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The model: a file of models/ without .sql
    model: String,
    #[command(flatten)]
    pipeline: PipelineArgs,
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    warehouse: WarehouseArgs,
    /// How many rows of the model's first table to take
    #[arg(long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u32).range(1..=10_000))]
    rows: u32,
}

/// Shows a model's first rows; gives whether none of them is held back.
///
/// # Errors
/// There is no such model or source, or the model cannot be computed.
pub(crate) async fn run(arguments: Arguments) -> Result<bool, CliError> {
    let definition = Definition::load(&arguments.pipeline.folder)?;
    let model = find_model(&definition, &arguments.model)?;
    let url = match arguments.source.url {
        Some(url) => url,
        None => source_of_the_local_stack()?,
    };
    let source = Database::open("--source", &url, &definition.pipeline.name).await?;
    eprintln!("source {}", source.address);
    let catalog = SourceTables::read(&source, &definition).await?;
    let columns = catalog.columns(&definition);
    let planned = planned_columns(&definition, model, &columns).map_err(starlift_failure::Failure::from)?;
    let target = match arguments.warehouse.url {
        Some(warehouse) => stored_in(&warehouse, &definition, model).await?,
        None => TargetTable { columns: planned, primary_key: Vec::new(), foreign_keys: Vec::new() },
    };

    let folder = work_folder()?;
    let mut sources = BTreeMap::new();
    for (name, found) in catalog.tables.iter().filter(|(name, _)| model.relations.contains(name)) {
        let is_grain = model.trace.as_ref().is_some_and(|trace| trace.grain == *name);
        let columns = columns.get(name).cloned().unwrap_or_default();
        let primary_key = found.primary_key.clone();
        let file = folder.path().join(format!("{}.csv", sources.len()));
        let table = SourceFiles { columns, primary_key, files: vec![file] };
        let schema = &definition.pipeline.source.schema;
        copy_table(&source, schema, name, &table, is_grain.then_some(arguments.rows)).await?;
        sources.insert(name.clone(), table);
    }
    let output = folder.path().join("rows.parquet");
    let run = ModelRun { definition: &definition, model, target: &target, sources: &sources, deadline: None };
    let computed = run_model(&run, &output).map_err(starlift_failure::Failure::from)?;
    let rows = first_rows(model, &output, arguments.rows as usize).map_err(starlift_failure::Failure::from)?;
    print(&rendered(&target, &rows))?;
    for (row, reason) in &computed.held {
        print(&format!("held back: row {} of {}: {reason}\n", row + 1, run.grain().unwrap_or_default()))?;
    }
    Ok(computed.held.is_empty())
}

fn find_model<'a>(definition: &'a Definition, name: &str) -> Result<&'a Model, CliError> {
    definition.models.get(name).ok_or_else(|| {
        let known: Vec<&str> = definition.models.keys().map(String::as_str).collect();
        let folder = definition.root.display();
        CliError::Unusable(format!("{folder} has no model {name}; its models are {}", known.join(", ")))
    })
}

fn source_of_the_local_stack() -> Result<String, CliError> {
    let stack = Stack::find(&current_folder()?)?;
    stack.source_url.ok_or_else(|| CliError::Unusable("the local stack names no source; give --source URL".to_owned()))
}

/// The model's table in the warehouse.
async fn stored_in(url: &str, definition: &Definition, model: &Model) -> Result<TargetTable, CliError> {
    let warehouse = Database::open("--warehouse", url, &definition.pipeline.name).await?;
    eprintln!("warehouse {}", warehouse.address);
    let mut catalog = target_catalog(&warehouse, definition).await?;
    catalog.tables.remove(&model.name).ok_or_else(|| {
        CliError::Unusable(format!(
            "the warehouse has no table {0}; without --warehouse {0} is shown as it is",
            model.name
        ))
    })
}

/// The names and the types of the columns, then the rows.
fn rendered(target: &TargetTable, rows: &[Vec<Option<String>>]) -> String {
    let columns: Vec<&Column> = target.model_columns().collect();
    let names: Vec<&str> = columns.iter().map(|column| column.name.as_str()).collect();
    let types = columns.iter().map(|column| column.column_type.name().to_owned()).collect();
    let cells = rows.iter().map(|row| row.iter().map(|value| cell(value.as_deref())).collect());
    let lines: Vec<Vec<String>> = std::iter::once(types).chain(cells).collect();
    table(&names, &lines, &[])
}

#[cfg(test)]
mod tests {
    use starlift_definition::ColumnType;

    use super::*;

    #[test]
    fn names_and_types_stand_above_the_rows_and_the_record_id_does_not() {
        let column = |name: &str, of: &str, generated: bool| Column {
            name: name.to_owned(),
            column_type: ColumnType::new(of),
            nullable: true,
            generated,
        };
        let target = TargetTable {
            columns: vec![column("id", "integer", true), column("name", "text", false), column("n", "bigint", false)],
            primary_key: vec!["id".to_owned()],
            foreign_keys: Vec::new(),
        };
        let rows = [vec![Some("Ada".to_owned()), None]];
        assert_eq!(rendered(&target, &rows), "name  n\ntext  bigint\nAda   null\n");
    }
}
