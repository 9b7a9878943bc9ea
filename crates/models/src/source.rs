//! Source tables and seeds as frames: each value typed as the manifest says, never inferred.

use std::fs::File;
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use polars::prelude::{
    BooleanChunked, Column as FrameColumn, DataFrame, IdxCa, IntoColumn, NewChunkedArray, PolarsResult,
};
use starlift_definition::{Column, ColumnUse, Model, Seed, Trace, TypeKind};

use crate::column::ColumnBuilder;
use crate::{CopyError, CopyReader, ModelError, types};

/// A source table whose raw objects lie in the work folder.
#[derive(Clone, Debug)]
pub struct SourceFiles {
    /// The columns with their types.
    pub columns: Vec<Column>,
    /// The primary key; its values name a row that is held back.
    pub primary_key: Vec<String>,
    /// The raw objects. Rows are numbered through them, in this order, from 0.
    pub files: Vec<PathBuf>,
}

/// What could be typed of a table, and what could not.
pub(crate) struct TypedTable {
    /// The rows that could be typed; the column [`Trace::ROW`] has their numbers.
    pub(crate) frame: DataFrame,
    /// Number of each other row, with the reason.
    pub(crate) faults: Vec<(u32, String)>,
}

/// The columns that a model reads of a table; one at least, because a frame without columns has no rows.
pub(crate) fn columns_read<'a>(model: &Model, table: &str, columns: &'a [Column]) -> Vec<&'a Column> {
    let is_read = |name: &str| {
        let of_this = ColumnUse::Of { table: table.to_owned(), column: name.to_owned() };
        model.reads.contains(&of_this) || model.reads.contains(&ColumnUse::Alone(name.to_owned()))
    };
    let read: Vec<&Column> = columns.iter().filter(|column| is_read(&column.name)).collect();
    if read.is_empty() { columns.iter().take(1).collect() } else { read }
}

/// A frame with these columns and no rows.
pub(crate) fn empty_frame<'a>(columns: impl IntoIterator<Item = (&'a str, TypeKind)>) -> PolarsResult<DataFrame> {
    let columns = columns.into_iter().map(|(name, kind)| FrameColumn::new_empty(name.into(), &types::data_type(kind)));
    DataFrame::new(0, columns.collect())
}

/// Reads the columns of a table that a model needs.
pub(crate) fn read_table(model: &Model, table: &str, source: &SourceFiles) -> Result<TypedTable, ModelError> {
    let wanted = columns_read(model, table, &source.columns);
    let invalid = |error: CopyError| ModelError::RawObject { table: table.to_owned(), error };
    let mut builders: Vec<ColumnBuilder> =
        wanted.iter().map(|column| ColumnBuilder::new(&column.name, column.column_type.kind())).collect();
    let mut faults: Vec<(u32, String)> = Vec::new();
    let mut row: u32 = 0;
    for file in &source.files {
        let mut reader = open(file).map_err(invalid)?;
        let positions = positions(&reader, &wanted).ok_or_else(|| invalid(CopyError::Fields(0)))?;
        while reader.advance().map_err(invalid)? {
            let mut fault = None;
            for ((builder, column), position) in builders.iter_mut().zip(&wanted).zip(&positions) {
                if let Err(reason) = builder.push(reader.value(*position)) {
                    fault = fault.or_else(|| Some(format!("column {}: {reason}", column.name)));
                }
            }
            faults.extend(fault.map(|reason| (row, reason)));
            row += 1;
        }
    }
    let mut columns: Vec<FrameColumn> = builders.into_iter().map(ColumnBuilder::finish).collect();
    columns.push(IdxCa::from_vec(Trace::ROW.into(), (0..row).collect()).into_column());
    let frame = DataFrame::new(row as usize, columns).and_then(|frame| without(frame, &faults));
    let frame = frame.map_err(|error| ModelError::engine(model, "reading", &error))?;
    Ok(TypedTable { frame, faults })
}

/// Visits the records of these rows, given in ascending order: the number of each and its fields.
///
/// # Errors
/// A raw object cannot be read, or `visit` cannot write.
pub fn visit_records(
    table: &str,
    source: &SourceFiles,
    rows: impl IntoIterator<Item = u32>,
    mut visit: impl FnMut(u32, &CopyReader<BufReader<File>>) -> io::Result<()>,
) -> Result<(), ModelError> {
    let invalid = |error: CopyError| ModelError::RawObject { table: table.to_owned(), error };
    let mut wanted = rows.into_iter().peekable();
    let mut row: u32 = 0;
    for file in &source.files {
        let mut reader = open(file).map_err(invalid)?;
        while wanted.peek().is_some() && reader.advance().map_err(invalid)? {
            if wanted.next_if_eq(&row).is_some() {
                visit(row, &reader).map_err(|error| ModelError::WorkFolder(error.kind()))?;
            }
            row += 1;
        }
    }
    Ok(())
}

/// A seed: every column is text, an empty field is NULL.
pub(crate) fn read_seed(model: &Model, seed: &Seed) -> Result<DataFrame, ModelError> {
    let invalid = |_| ModelError::RawObject { table: seed.name.clone(), error: CopyError::Fields(0) };
    let mut builders: Vec<ColumnBuilder> =
        seed.columns.iter().map(|name| ColumnBuilder::new(name, TypeKind::Text(None))).collect();
    let mut rows = 0;
    for record in csv::Reader::from_reader(seed.csv.as_slice()).records() {
        let record = record.map_err(invalid)?;
        for (builder, field) in builders.iter_mut().zip(&record) {
            // Text has no faults.
            let _ = builder.push((!field.is_empty()).then_some(field));
        }
        rows += 1;
    }
    DataFrame::new(rows, builders.into_iter().map(ColumnBuilder::finish).collect())
        .map_err(|error| ModelError::engine(model, "reading a seed", &error))
}

fn open(file: &Path) -> Result<CopyReader<BufReader<File>>, CopyError> {
    let file = File::open(file).map_err(|error| CopyError::Unreadable(error.kind()))?;
    CopyReader::new(BufReader::with_capacity(1 << 16, file))
}

/// Where the wanted columns stand in the header.
fn positions(header: &CopyReader<BufReader<File>>, wanted: &[&Column]) -> Option<Vec<usize>> {
    let position = |column: &&Column| header.values().position(|name| name == Some(column.name.as_str()));
    wanted.iter().map(position).collect()
}

fn without(frame: DataFrame, faults: &[(u32, String)]) -> PolarsResult<DataFrame> {
    if faults.is_empty() {
        return Ok(frame);
    }
    let mut keep = vec![true; frame.height()];
    for (row, _) in faults {
        keep[*row as usize] = false;
    }
    frame.filter(&BooleanChunked::from_slice("keep".into(), &keep))
}
