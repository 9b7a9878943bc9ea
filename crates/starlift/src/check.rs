//! `starlift check`: checks a definition, and holds it against a live source and warehouse where they are named.

use starlift_definition::{Definition, Read};

use crate::catalogs::{SourceTables, target_catalog};
use crate::database::Database;
use crate::error::CliError;
use crate::findings;
use crate::options::{PipelineArgs, SourceArgs, WarehouseArgs};
use crate::text::{count, print};

/// Checks a definition.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    pipeline: PipelineArgs,
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    warehouse: WarehouseArgs,
}

/// Checks a definition; gives whether nothing was found.
///
/// # Errors
/// A database cannot be reached.
pub(crate) async fn run(arguments: Arguments) -> Result<bool, CliError> {
    let definition = match Definition::load(&arguments.pipeline.folder) {
        Ok(definition) => definition,
        Err(error) => return verdict("", vec![format!("{}: {error}", arguments.pipeline.folder.display())]),
    };
    let mut is_well = verdict(&describe(&definition), Vec::new())?;

    let mut source = None;
    if let Some(url) = &arguments.source.url {
        let database = Database::open("--source", url, &definition.pipeline.name).await?;
        let tables = SourceTables::read(&database, &definition).await?;
        let checked = format!("source {}: {}", database.address, describe_source(&definition));
        let found = findings::of_source(&definition, &tables);
        // Without the columns there are no types to check.
        source = found.is_empty().then_some(tables);
        is_well &= verdict(&checked, found)?;
    }
    let mut catalog = None;
    if let Some(url) = &arguments.warehouse.url {
        let database = Database::open("--warehouse", url, &definition.pipeline.name).await?;
        let targets = target_catalog(&database, &definition).await?;
        let checked = format!("warehouse {}: {}", database.address, describe_warehouse(&definition));
        let found = findings::of_warehouse(&database, &definition, &targets).await?;
        catalog = found.is_empty().then_some(targets);
        is_well &= verdict(&checked, found)?;
    }
    if let (Some(source), Some(catalog)) = (&source, &catalog) {
        let checked = "types: each column of each model can be stored in its target column";
        is_well &= verdict(checked, findings::of_types(&definition, source, catalog))?;
    }
    Ok(is_well)
}

/// Prints what was found, or that what was checked is well.
fn verdict(checked: &str, found: Vec<String>) -> Result<bool, CliError> {
    if found.is_empty() {
        print(&format!("ok       {checked}\n"))?;
        return Ok(true);
    }
    for finding in found {
        print(&format!("finding  {finding}\n"))?;
    }
    Ok(false)
}

fn describe(definition: &Definition) -> String {
    format!(
        "definition {}: {}, {}, {}",
        definition.root.display(),
        count(definition.pipeline.tables.len() as u64, "table"),
        count(definition.models.len() as u64, "model"),
        count(definition.seeds.len() as u64, "seed"),
    )
}

fn describe_source(definition: &Definition) -> String {
    let tables = &definition.pipeline.tables;
    let incremental = tables.values().filter(|table| table.read == Read::Incremental).count() as u64;
    format!(
        "{} have every column that the models use, and {incremental} of them a primary key and row versions",
        count(tables.len() as u64, "table")
    )
}

fn describe_warehouse(definition: &Definition) -> String {
    let pipeline = &definition.pipeline;
    let targets = (pipeline.dimensions.len() + pipeline.facts.len()) as u64;
    format!("{} are there, with exactly the columns that the models give", count(targets, "target table"))
}
