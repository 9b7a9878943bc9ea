//! Runs a model over raw objects: read, compute, fit to the target, write.
//!
//! Every failing value holds back one row of the model's grain, and the others go on. That is sound only where each row of
//! the result comes from one row of the grain ([`Trace`]); where a model mixes rows, or a joined table has the
//! fault, the model fails and nothing wrong is published.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::time::Instant;

use polars::prelude::{BooleanChunked, DataFrame, NewChunkedArray, PolarsError};
use starlift_definition::{Definition, Model, TargetTable, Trace};

use crate::source::{self, SourceFiles};
use crate::target::{self, Unfit};
use crate::{ModelError, compute, plan};

/// What a model runs on.
pub struct ModelRun<'a> {
    /// The definition, for its seeds and keys.
    pub definition: &'a Definition,
    /// The model.
    pub model: &'a Model,
    /// Its table in the warehouse.
    pub target: &'a TargetTable,
    /// The source tables that it reads.
    pub sources: &'a BTreeMap<String, SourceFiles>,
    /// When to give up, if ever: a thread that computes cannot be stopped from outside.
    pub deadline: Option<Instant>,
}

/// What a model gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ModelRows {
    /// How many rows were written.
    pub rows: u64,
    /// The rows of the grain that were held back, by number, each with its reason.
    pub held: BTreeMap<u32, String>,
}

impl ModelRun<'_> {
    /// The source table whose rows are held back, if any can be.
    #[must_use]
    pub fn grain(&self) -> Option<&str> {
        self.trace().map(|trace| trace.grain.as_str())
    }
}

/// Runs a model and writes its rows as Parquet, sorted by key. No row, no file.
///
/// # Errors
/// The model does not fit its tables, a raw object or the work folder is faulty, a fault cannot be held back row by row, or the
/// deadline has passed.
pub fn run_model(run: &ModelRun<'_>, output: &Path) -> Result<ModelRows, ModelError> {
    run.check_deadline()?;
    let columns_of = |table: &str| run.sources.get(table).map(|source| source.columns.as_slice());
    plan::check_model(run.definition, run.model, columns_of, run.target)?;
    let mut held = BTreeMap::new();
    let tables = run.read(&mut held)?;
    let computed = match run.trace() {
        Some(trace) => compute::row_by_row(run, trace, tables, &mut held)?,
        None => compute::as_a_whole(run, &tables)?,
    };
    let fitted = run.fit(&computed, &mut held)?;
    drop(computed);
    if fitted.height() > 0 {
        let file = File::create(output).map_err(|error| ModelError::WorkFolder(error.kind()))?;
        target::write(&fitted, run.key(), file).map_err(|error| match error {
            PolarsError::IO { error, .. } => ModelError::WorkFolder(error.kind()),
            other => run.engine("writing Parquet", &other),
        })?;
    }
    Ok(ModelRows { rows: fitted.height() as u64, held })
}

impl ModelRun<'_> {
    /// How rows are traced to a source table. The rows of a seed are not anybody's data.
    fn trace(&self) -> Option<&Trace> {
        self.model.trace.as_ref().filter(|trace| self.sources.contains_key(&trace.grain))
    }

    /// The typed rows of every table and seed, and the rows of the grain that cannot be typed.
    fn read(&self, held: &mut BTreeMap<u32, String>) -> Result<BTreeMap<String, DataFrame>, ModelError> {
        let mut tables = BTreeMap::new();
        for relation in &self.model.relations {
            if let Some(seed) = self.definition.seeds.get(relation) {
                tables.insert(relation.clone(), source::read_seed(self.model, seed)?);
                continue;
            }
            let Some(files) = self.sources.get(relation) else {
                return Err(self.data(format!("table {relation} is not among the part's raw objects")));
            };
            let mut typed = source::read_table(self.model, relation, files)?;
            let is_grain = self.trace().is_some_and(|trace| trace.grain == *relation);
            if is_grain {
                held.extend(typed.faults);
            } else if let Some((_, reason)) = typed.faults.first() {
                let count = typed.faults.len();
                return Err(self.data(format!(
                    "{count} rows of table {relation} cannot be typed ({reason}), and the model joins or mixes them with others: correct them in the source"
                )));
            } else {
                typed.frame = typed.frame.drop(Trace::ROW).map_err(|error| self.engine("reading", &error))?;
            }
            tables.insert(relation.clone(), typed.frame);
        }
        Ok(tables)
    }

    /// The columns of the target with its types, without the rows that do not fit.
    fn fit(&self, computed: &DataFrame, held: &mut BTreeMap<u32, String>) -> Result<DataFrame, ModelError> {
        let failed = |error: PolarsError| self.engine("fitting the target table", &error);
        let mut columns = Vec::new();
        for wanted in self.target.model_columns() {
            let given = computed.column(&wanted.name).map_err(failed)?;
            let (column, unfit) = target::conform(given, &self.model.name, wanted).map_err(failed)?;
            unfit.iter().try_for_each(|unfit| self.hold(computed, unfit, held))?;
            columns.push(column);
        }
        let frame = DataFrame::new(computed.height(), columns).map_err(failed)?;
        if held.is_empty() || self.trace().is_none() {
            return Ok(frame);
        }
        let numbers = compute::row_numbers(computed).map_err(failed)?;
        let keep: Vec<bool> = numbers.iter().map(|row| !held.contains_key(row)).collect();
        frame.filter(&BooleanChunked::from_slice("keep".into(), &keep)).map_err(failed)
    }

    fn hold(&self, computed: &DataFrame, unfit: &Unfit, held: &mut BTreeMap<u32, String>) -> Result<(), ModelError> {
        let count = unfit.rows.sum().unwrap_or(0);
        if count == 0 {
            return Ok(());
        }
        if self.trace().is_none() {
            return Err(self.data(format!(
                "{count} rows do not fit the target table ({}), and the model mixes rows, so that none can be held back alone: correct the source or the model",
                unfit.reason
            )));
        }
        let numbers =
            compute::row_numbers(computed).map_err(|error| self.engine("fitting the target table", &error))?;
        for (row, is_unfit) in numbers.into_iter().zip(unfit.rows.iter()) {
            if is_unfit == Some(true) {
                held.entry(row).or_insert_with(|| unfit.reason.clone());
            }
        }
        Ok(())
    }

    /// The columns by which rows are sorted: a fact's business key, a dimension's primary key.
    fn key(&self) -> &[String] {
        self.definition.pipeline.facts.get(&self.model.name).map_or(&self.target.primary_key, |fact| &fact.key)
    }

    pub(crate) fn check_deadline(&self) -> Result<(), ModelError> {
        match self.deadline {
            Some(deadline) if Instant::now() >= deadline => Err(ModelError::Late { model: self.model.name.clone() }),
            _ => Ok(()),
        }
    }

    pub(crate) fn data(&self, message: String) -> ModelError {
        ModelError::Data { model: self.model.name.clone(), message }
    }

    pub(crate) fn engine(&self, doing: &'static str, error: &PolarsError) -> ModelError {
        ModelError::engine(self.model, doing, error)
    }
}
