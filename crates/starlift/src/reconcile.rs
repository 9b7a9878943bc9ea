//! `starlift reconcile`: whether the warehouse shows what the source has, and by which keys it does not.
//!
//! Compared is the source as it is now with the dimensions and the open versions of facts. What has to differ is told apart: rows in the
//! quarantine, rows that the next run reads (told by row version and fence, as ingest tells them), rows that a dimension keeps.

mod canonical;
mod passes;
mod plan;
mod report;
mod snapshots;
mod statements;
mod tally;

use std::collections::BTreeMap;

use starlift_definition::{Definition, Model};
use starlift_postgres::read_tables;

use self::plan::{Plan, view_of};
use self::report::{Compared, Report, Skipped};
use self::snapshots::{LastRead, Snapshots, failed};
use self::tally::Tally;
use crate::catalogs::{SourceTables, target_catalog};
use crate::database::Database;
use crate::error::CliError;
use crate::options::{PipelineArgs, SourceArgs, WarehouseArgs};
use crate::stack::Stack;
use crate::target::current_folder;
use crate::text::print;

const WAITING: &str = include_str!("../../../sql/engine/cli/waiting.sql");

/// Compares the warehouse with its source.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Only these dimensions and facts
    models: Vec<String>,
    #[command(flatten)]
    pipeline: PipelineArgs,
    #[command(flatten)]
    source: SourceArgs,
    #[command(flatten)]
    warehouse: WarehouseArgs,
    /// How many keys of each kind to list at most, for each model
    #[arg(long, value_name = "N", default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    limit: u32,
    /// Print a JSON object on standard output
    #[arg(long)]
    json: bool,
}

/// Compares the models of a definition with their source tables; gives whether something was compared, all that was named, and no row differs.
///
/// # Errors
/// A database is not named or cannot be reached, nothing was published yet, or the source is not the one that was read.
pub(crate) async fn run(arguments: Arguments) -> Result<bool, CliError> {
    let definition = Definition::load(&arguments.pipeline.folder)?;
    let models = chosen(&definition, &arguments.models)?;
    let (source, warehouse) = urls(arguments.source, arguments.warehouse)?;
    let pipeline = &definition.pipeline;
    let source = Database::open("--source", &source, &pipeline.name).await?;
    let warehouse = Database::open("--warehouse", &warehouse, &pipeline.name).await?;
    let snapshots = Snapshots::open(source, warehouse).await?;
    let (from, to) = (&snapshots.source.address, &snapshots.warehouse.address);
    eprintln!("source {from}, warehouse {to}, last published run {}", snapshots.run);
    let tables = SourceTables::read(&snapshots.source, &definition).await?;
    let catalog = target_catalog(&snapshots.warehouse, &definition).await?;
    let views: Vec<String> = pipeline.facts.keys().map(|fact| view_of(fact)).collect();
    let views: Vec<&str> = views.iter().map(String::as_str).collect();
    let views = read_tables(&snapshots.warehouse.session.client, &pipeline.warehouse.schema, &views).await?;

    let mut report = Report { run: snapshots.run.clone(), models: Vec::new(), skipped: Vec::new() };
    for model in models {
        let plan = Plan::of(&definition, model, &tables, &catalog, &views);
        let plan = plan.and_then(|plan| Ok((snapshots.last_read(plan.table)?, plan)));
        match plan {
            Ok((last, plan)) => {
                let compared = compare(&snapshots, (&plan, &last), arguments.limit).await?;
                if !arguments.json {
                    print(&compared.rendered())?;
                }
                report.models.push(compared);
            }
            Err(reason) => {
                let skipped = Skipped { model: model.name.clone(), reason };
                if !arguments.json {
                    print(&skipped.rendered())?;
                }
                report.skipped.push(skipped);
            }
        }
    }
    if arguments.json {
        print(&(serde_json::to_string_pretty(&report).map_err(|error| CliError::Unusable(error.to_string()))? + "\n"))?;
    }
    for advice in report.models.iter().filter_map(Compared::advice) {
        eprintln!("{advice}");
    }
    if let Some(lack) = report.lack(&arguments.models) {
        eprintln!("{lack}");
        return Ok(false);
    }
    Ok(report.models.iter().all(Compared::is_well))
}

async fn compare(
    snapshots: &Snapshots,
    (plan, last): (&Plan<'_>, &LastRead),
    limit: u32,
) -> Result<Compared, CliError> {
    let outline = passes::outline(snapshots, plan).await?;
    let mut tally = Tally::new(limit as usize);
    if !outline.buckets.is_empty() {
        let waiting = waiting(snapshots, plan).await?;
        let found = |difference| tally.add((plan, last), &waiting, &difference);
        passes::differences(snapshots, (plan, last), &outline.buckets, found).await?;
    }
    Ok(Compared::new(plan, &outline, tally))
}

/// The keys of the model's rows in the quarantine, and whether each row is published with an unknown member.
async fn waiting(snapshots: &Snapshots, plan: &Plan<'_>) -> Result<BTreeMap<String, bool>, CliError> {
    let held = snapshots.warehouse.session.client.query(WAITING, &[&plan.model]).await;
    let held = held.map_err(failed("reading etl.quarantine"))?;
    let keys: Vec<String> = held.iter().map(|row| row.get("key")).collect();
    let names: Vec<&str> = plan.key.iter().map(|pair| pair.source.name.as_str()).collect();
    let records = snapshots.source.session.client.query(&statements::records(plan), &[&keys, &names]).await;
    let records = records.map_err(failed("reading the keys of the quarantine"))?;
    Ok(records.iter().zip(&held).map(|(record, row)| (record.get("record"), row.get("unknown_member"))).collect())
}

fn chosen<'a>(definition: &'a Definition, names: &[String]) -> Result<Vec<&'a Model>, CliError> {
    if let Some(name) = names.iter().find(|name| !definition.models.contains_key(*name)) {
        let known: Vec<&str> = definition.models.keys().map(String::as_str).collect();
        return Err(CliError::Unusable(format!("there is no model {name}; the models are {}", known.join(", "))));
    }
    let is_chosen = |model: &&Model| names.is_empty() || names.contains(&model.name);
    Ok(definition.models.values().filter(is_chosen).collect())
}

/// The URLs that are named, or else those of the local stack.
fn urls(source: SourceArgs, warehouse: WarehouseArgs) -> Result<(String, String), CliError> {
    if let (Some(source), Some(warehouse)) = (&source.url, &warehouse.url) {
        return Ok((source.clone(), warehouse.clone()));
    }
    let stack = Stack::find(&current_folder()?)?;
    let unnamed = |what: &str| CliError::Unusable(format!("the local stack names no {what}; give --{what} URL"));
    let source = source.url.or(stack.source_url).ok_or_else(|| unnamed("source"))?;
    let warehouse = warehouse.url.or(stack.warehouse_url).ok_or_else(|| unnamed("warehouse"))?;
    Ok((source, warehouse))
}
