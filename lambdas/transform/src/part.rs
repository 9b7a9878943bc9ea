//! The core: files of raw objects in, files of rows out, no S3.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use starlift_definition::{Catalog, Definition, DefinitionError, Model};
use starlift_failure::{Failure, RUN_ANEW};
use starlift_lake::{ManifestTable, Part};
use starlift_models::{ModelError, ModelRun, SourceFiles, run_model};

use crate::{LocalFile, quarantine};

/// One part of a run, and all that decides what becomes of it.
#[derive(Clone, Debug)]
pub struct PartRun {
    /// The run's name.
    pub run: String,
    /// The definition.
    pub definition: Arc<Definition>,
    /// The part.
    pub part: Part,
    /// The source tables of the run's manifest, for their columns and keys.
    pub tables: BTreeMap<String, ManifestTable>,
    /// The target tables.
    pub catalog: Catalog,
    /// A folder for the files that are made.
    pub folder: PathBuf,
    /// When to give up, if ever.
    pub deadline: Option<Instant>,
}

/// The files of one model.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelFiles {
    /// The model.
    pub model: String,
    /// Its rows as Parquet; none when there are no rows.
    pub rows: Option<LocalFile>,
    /// The rows held back; none when there are none.
    pub held: Option<HeldFile>,
}

/// Rows held back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HeldFile {
    /// The rows as CSV.
    pub file: LocalFile,
    /// How many rows were held back for each reason.
    pub reasons: BTreeMap<String, u64>,
}

/// Runs the models of a part over its raw objects. The same files give the same bytes.
///
/// # Errors
/// A model or its target is not known, the models do not fit the columns, or the data has a fault that cannot be held back row by row,
/// or the deadline has passed.
pub fn run_part(run: &PartRun, files: &BTreeMap<String, Vec<PathBuf>>) -> Result<Vec<ModelFiles>, Failure> {
    let mut sources = BTreeMap::new();
    for (table, paths) in files {
        let state = &run.tables.get(table).ok_or_else(|| unknown(&run.part, "table", table))?.state;
        let source = SourceFiles {
            columns: state.columns.clone(),
            primary_key: state.primary_key.clone(),
            files: paths.clone(),
        };
        sources.insert(table.clone(), source);
    }
    run.part.models.iter().map(|name| run_one(run, name, &sources)).collect()
}

fn run_one(run: &PartRun, name: &str, sources: &BTreeMap<String, SourceFiles>) -> Result<ModelFiles, Failure> {
    let started = Instant::now();
    let model: &Model = run.definition.models.get(name).ok_or_else(|| unknown(&run.part, "model", name))?;
    let target = run.catalog.tables.get(name).ok_or_else(|| DefinitionError::Invalid {
        file: format!("models/{name}.sql"),
        message: format!("the warehouse has no table {name}; run the load Lambda's migrate action"),
    })?;
    let model_run = ModelRun { definition: &run.definition, model, target, sources, deadline: run.deadline };
    let output = run.folder.join(format!("{name}.parquet"));
    let given = run_model(&model_run, &output).map_err(failure)?;
    let rows = if given.rows > 0 { Some(LocalFile::measure(output, given.rows)?) } else { None };
    let held = match model_run.grain() {
        Some(grain) if !given.held.is_empty() => {
            let path = run.folder.join(format!("{name}-held.csv"));
            Some(quarantine::write(path, grain, &sources[grain], &given.held)?)
        }
        _ => None,
    };
    tracing::info!(
        run = run.run,
        phase = "transformed",
        table = name,
        part = run.part.name,
        rows = given.rows,
        held = given.held.len(),
        bytes = rows.as_ref().map_or(0, |rows| rows.bytes),
        seconds = started.elapsed().as_secs_f64(),
        "ran a model"
    );
    Ok(ModelFiles { model: name.to_owned(), rows, held })
}

/// A fault in the data stands in the run's raw objects, and these never change.
fn failure(error: ModelError) -> Failure {
    match error {
        ModelError::Data { .. } => Failure::invalid_data(format!("{error}, {RUN_ANEW}")),
        _ => error.into(),
    }
}

fn unknown(part: &Part, what: &str, name: &str) -> Failure {
    Failure::invalid_definition(format!(
        "part {} names {what} {name}, which this function does not know; the definition changed during the run: start a new execution",
        part.name
    ))
}
