//! Runs a model's query, and finds the rows on which it fails.
//!
//! Models run strictly: a cast that fails is an error and never a null. The error names no row, so a grain on which the query fails is
//! halved until the rows at fault stand alone (`the_rows_on_which_a_model_fails_stand_alone`).

use std::collections::BTreeMap;

use polars::prelude::{DataFrame, PolarsResult, col};
use starlift_definition::{Trace, TypeKind};

use crate::{ModelError, ModelRun, engine};

/// Rows on which a model may fail before the whole model fails. Each costs two runs for every halving.
const FAILING_ROWS_MAX: usize = 1_000;

/// The rows of a model that mixes rows: all or none.
pub(crate) fn as_a_whole(run: &ModelRun<'_>, tables: &BTreeMap<String, DataFrame>) -> Result<DataFrame, ModelError> {
    collect(&run.model.sql, tables).map_err(|error| {
        run.data(format!(
            "fails on a value ({}), and it mixes rows, so that none can be held back alone: correct the source or the model",
            engine::kind(&error)
        ))
    })
}

/// The rows of a model without those of the grain on which it fails; these are added to `held`.
pub(crate) fn row_by_row(
    run: &ModelRun<'_>,
    trace: &Trace,
    mut tables: BTreeMap<String, DataFrame>,
    held: &mut BTreeMap<u32, String>,
) -> Result<DataFrame, ModelError> {
    let grain = tables.remove(&trace.grain).unwrap_or_default();
    tables.insert(trace.grain.clone(), grain.clear());
    // Without a row, no value can be at fault.
    let mut computed = collect(&trace.sql, &tables).map_err(|error| run.engine("computing", &error))?;
    let mut failing = 0;
    let mut pieces = vec![grain];
    while let Some(piece) = pieces.pop() {
        run.check_deadline()?;
        tables.insert(trace.grain.clone(), piece.clone());
        if let Ok(rows) = collect(&trace.sql, &tables) {
            computed.vstack_mut_owned(rows).map_err(|error| run.engine("joining rows", &error))?;
            continue;
        }
        if piece.height() > 1 {
            let half = piece.height() / 2;
            pieces.extend([piece.slice(half as i64, piece.height() - half), piece.slice(0, half)]);
            continue;
        }
        failing += 1;
        if failing > FAILING_ROWS_MAX {
            let table = &trace.grain;
            return Err(
                run.data(format!("fails on more than {FAILING_ROWS_MAX} rows of table {table}: correct the model"))
            );
        }
        let rows = row_numbers(&piece).map_err(|error| run.engine("numbering rows", &error))?;
        held.extend(rows.into_iter().map(|row| (row, reason(run, trace, &tables))));
    }
    Ok(computed)
}

/// Which column of the model fails on the one row in the grain.
fn reason(run: &ModelRun<'_>, trace: &Trace, tables: &BTreeMap<String, DataFrame>) -> String {
    let fails = |column: &str| {
        let query = engine::query(&trace.sql, tables.iter().map(|(name, frame)| (name.as_str(), frame)));
        query.and_then(|query| query.select([col(column)]).collect()).is_err()
    };
    // A row's number is never at fault itself: where even that fails, it is the filter or a join.
    let column = run.target.model_columns().find(|column| fails(&column.name)).filter(|_| !fails(Trace::ROW));
    match column {
        Some(column) => format!("column {}: {}", column.name, not_a(column.column_type.kind())),
        None => "the model fails on this row".to_owned(),
    }
}

/// The numbers of the grain's rows behind these rows.
pub(crate) fn row_numbers(frame: &DataFrame) -> PolarsResult<Vec<u32>> {
    Ok(frame.column(Trace::ROW)?.u32()?.iter().flatten().collect())
}

fn collect(sql: &str, tables: &BTreeMap<String, DataFrame>) -> PolarsResult<DataFrame> {
    engine::query(sql, tables.iter().map(|(name, frame)| (name.as_str(), frame)))?.collect()
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
