//! Runs a model over raw objects: read, compute, fit to the target, write.
//!
//! Every failing value holds back one row of the model's grain, and the others go on. That is sound only where each row of
//! the result comes from one row of the grain ([`Trace`]); where a model mixes rows, or a joined table has the
//! fault, the model fails and nothing wrong is published.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;

use polars::prelude::{BooleanChunked, DataFrame, NewChunkedArray, PolarsError, PolarsResult, col};
use starlift_definition::{Definition, Model, TargetTable, Trace, TypeKind};

use crate::source::{self, SourceFiles};
use crate::{ModelError, engine, plan, target};

/// Rows on which a model may fail before the whole model fails. Each costs a run per halving.
const FAILING_ROWS_MAX: usize = 1_000;

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
/// The model does not fit its tables, a raw object or the work folder is faulty, or a fault cannot be held back row by row.
pub fn run_model(run: &ModelRun<'_>, output: &Path) -> Result<ModelRows, ModelError> {
    let columns_of = |table: &str| run.sources.get(table).map(|source| source.columns.as_slice());
    plan::check_model(run.definition, run.model, columns_of, run.target)?;
    let mut held = BTreeMap::new();
    let tables = run.read(&mut held)?;
    let computed = match run.trace() {
        Some(trace) => run.compute_traced(trace, tables, &mut held)?,
        None => run.compute(&tables)?,
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
                tables.insert(relation.clone(), source::read_seed(seed)?);
                continue;
            }
            let Some(files) = self.sources.get(relation) else {
                return Err(self.data(format!("table {relation} is not among the part's raw objects")));
            };
            let wanted = source::columns_read(self.model, relation, &files.columns);
            let mut typed = source::read_table(relation, files, &wanted)?;
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

    fn compute(&self, tables: &BTreeMap<String, DataFrame>) -> Result<DataFrame, ModelError> {
        collect(&self.model.sql, tables).map_err(|error| {
            self.data(format!(
                "fails on a value ({}), and it mixes rows, so that none can be held back alone: correct the source or the model",
                engine::kind(&error)
            ))
        })
    }

    /// Computes the grain in pieces: the whole of it first, and the halves of every piece that fails.
    fn compute_traced(
        &self,
        trace: &Trace,
        mut tables: BTreeMap<String, DataFrame>,
        held: &mut BTreeMap<u32, String>,
    ) -> Result<DataFrame, ModelError> {
        let mut pieces: Vec<DataFrame> = tables.get(&trace.grain).cloned().into_iter().collect();
        let mut computed: Option<DataFrame> = None;
        let mut failing = 0;
        while let Some(piece) = pieces.pop() {
            tables.insert(trace.grain.clone(), piece.clone());
            match collect(&trace.sql, &tables) {
                Ok(rows) => match &mut computed {
                    Some(before) => {
                        before.vstack_mut(&rows).map_err(|error| self.engine("joining pieces", &error))?;
                    }
                    None => computed = Some(rows),
                },
                Err(error) if piece.height() == 0 => return Err(self.engine("computing", &error)),
                Err(_) if piece.height() == 1 => {
                    failing += 1;
                    if failing > FAILING_ROWS_MAX {
                        return Err(self.data(format!(
                            "fails on more than {FAILING_ROWS_MAX} rows of table {}: correct the model",
                            trace.grain
                        )));
                    }
                    held.extend(row_numbers(&piece).map(|row| (row, self.reason(trace, &tables))));
                }
                Err(_) => {
                    let half = piece.height() / 2;
                    pieces.push(piece.slice(half as i64, piece.height() - half));
                    pieces.push(piece.slice(0, half));
                }
            }
        }
        match computed {
            Some(rows) => Ok(rows),
            None => {
                // Every row failed: an empty grain gives the columns.
                let empty = tables.get(&trace.grain).map(DataFrame::clear).unwrap_or_default();
                tables.insert(trace.grain.clone(), empty);
                collect(&trace.sql, &tables).map_err(|error| self.engine("computing", &error))
            }
        }
    }

    /// Which column of the model fails on the one row in the grain.
    fn reason(&self, trace: &Trace, tables: &BTreeMap<String, DataFrame>) -> String {
        let fails = |column: &str| {
            let query = engine::query(&trace.sql, tables.iter().map(|(name, frame)| (name.as_str(), frame)));
            query.and_then(|query| query.select([col(column)]).collect()).is_err()
        };
        match self.target.model_columns().find(|column| fails(&column.name)) {
            Some(column) => format!("column {}: {}", column.name, not_a(column.column_type.kind())),
            None => "the model fails on this row".to_owned(),
        }
    }

    /// The columns of the target with its types, without the rows that do not fit.
    fn fit(&self, computed: &DataFrame, held: &mut BTreeMap<u32, String>) -> Result<DataFrame, ModelError> {
        let failed = |error: PolarsError| self.engine("fitting the target table", &error);
        let mut columns = Vec::new();
        for wanted in self.target.model_columns() {
            let given = computed.column(&wanted.name).map_err(failed)?;
            let (column, unfit) = target::conform(given, &self.model.name, wanted).map_err(failed)?;
            for found in unfit {
                let rows = found.rows.iter().enumerate().filter(|(_, is_unfit)| *is_unfit == Some(true));
                let positions: Vec<usize> = rows.map(|(position, _)| position).collect();
                self.hold(computed, &positions, &found.reason, held)?;
            }
            columns.push(column);
        }
        let frame = DataFrame::new(computed.height(), columns).map_err(failed)?;
        if held.is_empty() || self.trace().is_none() {
            return Ok(frame);
        }
        let keep: Vec<bool> = row_numbers(computed).map(|row| !held.contains_key(&row)).collect();
        frame.filter(&BooleanChunked::from_slice("keep".into(), &keep)).map_err(failed)
    }

    fn hold(
        &self,
        computed: &DataFrame,
        positions: &[usize],
        reason: &str,
        held: &mut BTreeMap<u32, String>,
    ) -> Result<(), ModelError> {
        if positions.is_empty() {
            return Ok(());
        }
        if self.trace().is_none() {
            return Err(self.data(format!(
                "{} rows do not fit the target table ({reason}), and the model mixes rows, so that none can be held back alone: correct the source or the model",
                positions.len()
            )));
        }
        let numbers: Vec<u32> = row_numbers(computed).collect();
        for position in positions {
            held.entry(numbers[*position]).or_insert_with(|| reason.to_owned());
        }
        Ok(())
    }

    /// The columns by which rows are sorted: a fact's business key, a dimension's primary key.
    fn key(&self) -> &[String] {
        self.definition.pipeline.facts.get(&self.model.name).map_or(&self.target.primary_key, |fact| &fact.key)
    }

    fn data(&self, message: String) -> ModelError {
        ModelError::Data { model: self.model.name.clone(), message }
    }

    fn engine(&self, doing: &'static str, error: &PolarsError) -> ModelError {
        ModelError::Engine { model: self.model.name.clone(), doing, kind: engine::kind(error) }
    }
}

fn collect(sql: &str, tables: &BTreeMap<String, DataFrame>) -> PolarsResult<DataFrame> {
    engine::query(sql, tables.iter().map(|(name, frame)| (name.as_str(), frame)))?.collect()
}

/// The numbers of the grain's rows behind these rows.
fn row_numbers(frame: &DataFrame) -> impl Iterator<Item = u32> {
    let numbers = frame.column(Trace::ROW).and_then(|column| column.u32().cloned()).unwrap_or_default();
    numbers.iter().flatten().collect::<Vec<u32>>().into_iter()
}

fn not_a(kind: TypeKind) -> &'static str {
    match kind {
        TypeKind::Date => "not a date",
        TypeKind::Time => "not a time",
        TypeKind::Timestamp | TypeKind::TimestampTz => "not a timestamp",
        TypeKind::Bool => "not a boolean",
        TypeKind::Text(_) | TypeKind::Other => "cannot be computed",
        _ => "not a number",
    }
}
