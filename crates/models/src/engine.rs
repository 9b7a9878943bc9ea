//! Polars SQL behind one door, so that no cell ever leaves it: its errors and warnings quote values.

use std::sync::Once;

use polars::prelude::{DataFrame, IntoLazy, LazyFrame, PolarsError, PolarsResult};
use polars::sql::SQLContext;

/// The query over these tables, not yet run.
pub(crate) fn query<'a>(
    sql: &str,
    tables: impl IntoIterator<Item = (&'a str, &'a DataFrame)>,
) -> PolarsResult<LazyFrame> {
    silence_warnings();
    let mut context = SQLContext::new();
    for (name, frame) in tables {
        context.register(name, frame.clone().lazy());
    }
    context.execute(sql)
}

/// A String-to-Date cast warns once per morsel, with the value.
fn silence_warnings() {
    static SILENCED: Once = Once::new();
    SILENCED.call_once(|| polars_error::set_warning_function(|_, _| {}));
}

/// Which kind of error it is.
pub(crate) fn kind(error: &PolarsError) -> &'static str {
    match error {
        PolarsError::ColumnNotFound(_) | PolarsError::SchemaFieldNotFound(_) => "column not found",
        PolarsError::ComputeError(_) => "cannot be computed",
        PolarsError::Duplicate(_) => "duplicate name",
        PolarsError::InvalidOperation(_) => "invalid operation",
        PolarsError::IO { .. } => "input or output",
        PolarsError::OutOfBounds(_) => "out of bounds",
        PolarsError::SchemaMismatch(_) | PolarsError::ShapeMismatch(_) => "mismatch of types",
        PolarsError::SQLInterface(_) => "not offered by Polars SQL",
        PolarsError::SQLSyntax(_) => "syntax that Polars SQL does not know",
        PolarsError::Context { error, .. } | PolarsError::ExprContext { error, .. } => kind(error),
        _ => "another error",
    }
}
