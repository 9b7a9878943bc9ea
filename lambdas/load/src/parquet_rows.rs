//! Rows of a Parquet file as cells of the target's columns.
//!
//! Decoding runs beside the `COPY`, two batches ahead at most: memory is a few thousand rows however large the file.

use std::fs::File;
use std::path::Path;

use arrow_array::cast::AsArray;
use arrow_array::types::{
    Date32Type, Decimal128Type, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type, Time64MicrosecondType,
    Time64NanosecondType, TimestampMicrosecondType,
};
use arrow_array::{Array, ArrayRef, RecordBatch};
use arrow_schema::{DataType, Schema, TimeUnit};
use parquet::arrow::arrow_reader::{ArrowReaderOptions, ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder};
use starlift_definition::{Column, TypeKind};
use starlift_failure::Failure;
use starlift_postgres::Cell;
use tokio::sync::mpsc;

const BATCH_ROWS: usize = 4096;
const BATCHES_AHEAD: usize = 2;

/// Why the rows of an object cannot be read.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum RowsError {
    /// The file is not Parquet or is broken.
    #[error("{key} is not readable as Parquet; start a new execution")]
    Unreadable { key: String },
    /// The file has not the columns of the table.
    #[error(
        "{key} has no column {column} of type {column_type}, as the warehouse's table has it now: the warehouse was migrated while the run was under way; start a new execution"
    )]
    Column { key: String, column: String, column_type: String },
}

impl From<RowsError> for Failure {
    fn from(error: RowsError) -> Self {
        match error {
            RowsError::Unreadable { .. } => Self::invalid_data(error.to_string()),
            RowsError::Column { .. } => Self::invalid_definition(error.to_string()),
        }
    }
}

/// The batches of a file that is being decoded.
pub(crate) struct Batches {
    receiver: mpsc::Receiver<Result<RecordBatch, RowsError>>,
    columns: Vec<usize>,
    types: Vec<TypeKind>,
}

impl Batches {
    /// Opens a file and finds the columns in it. `key` is the object's, for messages.
    pub(crate) fn open(path: &Path, key: &str, columns: &[&Column]) -> Result<Self, RowsError> {
        let unreadable = || RowsError::Unreadable { key: key.to_owned() };
        let file = File::open(path).map_err(|_| unreadable())?;
        // The types then follow from Parquet's own, whatever else the writer noted.
        let options = ArrowReaderOptions::new().with_skip_arrow_metadata(true);
        let builder = ParquetRecordBatchReaderBuilder::try_new_with_options(file, options).map_err(|_| unreadable())?;
        let found = columns.iter().map(|column| find(builder.schema(), column).ok_or_else(|| missing(key, column)));
        let places = found.collect::<Result<_, _>>()?;
        let reader = builder.with_batch_size(BATCH_ROWS).build().map_err(|_| unreadable())?;
        let (sender, receiver) = mpsc::channel(BATCHES_AHEAD);
        let key = key.to_owned();
        tokio::task::spawn_blocking(move || decode(reader, &sender, &key));
        let types = columns.iter().map(|column| column.column_type.kind()).collect();
        Ok(Self { receiver, columns: places, types })
    }

    /// The next batch, or none at the end.
    pub(crate) async fn next(&mut self) -> Option<Result<Rows, RowsError>> {
        let batch = self.receiver.recv().await?;
        Some(batch.map(|batch| Rows {
            columns: self.columns.iter().map(|place| batch.column(*place).clone()).collect(),
            types: self.types.clone(),
            count: batch.num_rows(),
        }))
    }
}

/// Ends early when nobody takes the batches any more.
fn decode(reader: ParquetRecordBatchReader, sender: &mpsc::Sender<Result<RecordBatch, RowsError>>, key: &str) {
    for batch in reader {
        let batch = batch.map_err(|_| RowsError::Unreadable { key: key.to_owned() });
        if sender.blocking_send(batch).is_err() {
            return;
        }
    }
}

fn missing(key: &str, column: &Column) -> RowsError {
    RowsError::Column { key: key.to_owned(), column: column.name.clone(), column_type: column.column_type.to_string() }
}

/// The place of a column that has the right name and type.
fn find(schema: &Schema, column: &Column) -> Option<usize> {
    let (place, field) = schema.column_with_name(&column.name)?;
    fits(column.column_type.kind(), field.data_type()).then_some(place)
}

/// Whether values of a Parquet column are values of a target's kind.
fn fits(kind: TypeKind, stored: &DataType) -> bool {
    match kind {
        TypeKind::Int2 => *stored == DataType::Int16,
        TypeKind::Int4 => *stored == DataType::Int32,
        TypeKind::Int8 => *stored == DataType::Int64,
        TypeKind::Float4 => *stored == DataType::Float32,
        TypeKind::Float8 => *stored == DataType::Float64,
        TypeKind::Bool => *stored == DataType::Boolean,
        TypeKind::Numeric(_) => matches!(stored, DataType::Decimal128(_, 0..)),
        TypeKind::Text(_) | TypeKind::Other => *stored == DataType::Utf8,
        TypeKind::Date => *stored == DataType::Date32,
        TypeKind::Time => matches!(stored, DataType::Time64(_)),
        TypeKind::Timestamp => *stored == DataType::Timestamp(TimeUnit::Microsecond, None),
        TypeKind::TimestampTz => matches!(stored, DataType::Timestamp(TimeUnit::Microsecond, Some(_))),
    }
}

/// Some rows, column by column.
pub(crate) struct Rows {
    columns: Vec<ArrayRef>,
    types: Vec<TypeKind>,
    count: usize,
}

impl Rows {
    /// How many rows these are.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// Fills `cells` with one row.
    pub(crate) fn read<'a>(&'a self, row: usize, cells: &mut Vec<Cell<'a>>) {
        cells.clear();
        cells.extend(self.columns.iter().zip(&self.types).map(|(column, kind)| cell(column.as_ref(), *kind, row)));
    }
}

fn cell(column: &dyn Array, kind: TypeKind, row: usize) -> Cell<'_> {
    if column.is_null(row) {
        return Cell::Null;
    }
    match kind {
        TypeKind::Int2 => Cell::Int2(column.as_primitive::<Int16Type>().value(row)),
        TypeKind::Int4 => Cell::Int4(column.as_primitive::<Int32Type>().value(row)),
        TypeKind::Int8 => Cell::Int8(column.as_primitive::<Int64Type>().value(row)),
        TypeKind::Float4 => Cell::Float4(column.as_primitive::<Float32Type>().value(row)),
        TypeKind::Float8 => Cell::Float8(column.as_primitive::<Float64Type>().value(row)),
        TypeKind::Bool => Cell::Bool(column.as_boolean().value(row)),
        TypeKind::Numeric(_) => {
            let decimals = column.as_primitive::<Decimal128Type>();
            Cell::Numeric { unscaled: decimals.value(row), scale: decimals.scale().unsigned_abs().into() }
        }
        TypeKind::Text(_) | TypeKind::Other => Cell::Text(column.as_string::<i32>().value(row)),
        TypeKind::Date => Cell::Date(column.as_primitive::<Date32Type>().value(row)),
        TypeKind::Time => Cell::Time(time(column, row)),
        TypeKind::Timestamp | TypeKind::TimestampTz => {
            Cell::Timestamp(column.as_primitive::<TimestampMicrosecondType>().value(row))
        }
    }
}

/// Microseconds since midnight. Polars counts nanoseconds; the source's values are whole microseconds.
fn time(column: &dyn Array, row: usize) -> i64 {
    match column.as_primitive_opt::<Time64NanosecondType>() {
        Some(nanoseconds) => nanoseconds.value(row) / 1000,
        None => column.as_primitive::<Time64MicrosecondType>().value(row),
    }
}
