//! A model's rows as its target table takes them: the columns in the table's order, with its types, sorted by key.

use std::fs::File;

use polars::prelude::{
    BooleanChunked, ChunkCompareEq, Column as FrameColumn, DataFrame, DataType, NewChunkedArray, ParquetCompression,
    ParquetWriter, PolarsResult, SortMultipleOptions, StatisticsOptions,
};
use starlift_definition::{Column, TypeKind};

use crate::types;

/// Rows of one row group.
const ROW_GROUP_ROWS: usize = 65_536;

/// What is wrong with which rows of a column: the reason, and a mark for each row.
pub(crate) struct Unfit {
    pub(crate) reason: String,
    pub(crate) rows: BooleanChunked,
}

/// A column with the type of its target column, and what of it does not fit exactly.
pub(crate) fn conform(given: &FrameColumn, table: &str, wanted: &Column) -> PolarsResult<(FrameColumn, Vec<Unfit>)> {
    let kind = wanted.column_type.kind();
    let name = &wanted.name;
    let mut unfit = Vec::new();
    if !wanted.nullable && given.null_count() > 0 {
        unfit.push(Unfit {
            reason: format!("column {name}: null, which {table} does not allow"),
            rows: given.is_null(),
        });
    }
    if let Some(longest) = wanted.column_type.longest_text()
        && *given.dtype() == DataType::String
    {
        let counted = |text: &str| match kind {
            TypeKind::Text(_) => text.chars().count(),
            _ => text.trim_end_matches(' ').chars().count(),
        };
        let is_longer = |text: Option<&str>| text.is_some_and(|text| counted(text) > longest as usize);
        let rows: Vec<bool> = given.str()?.iter().map(is_longer).collect();
        let reason = format!("column {name}: longer than {}", wanted.column_type);
        unfit.push(Unfit { reason, rows: BooleanChunked::from_slice(name.into(), &rows) });
    }
    let data_type = types::data_type(kind);
    if *given.dtype() == data_type {
        unfit.extend(finer(given, wanted)?);
        return Ok((given.clone(), unfit));
    }
    // What comes back changed was rounded, cut or too large.
    let cast = given.cast(&data_type)?;
    if *given.dtype() != DataType::Null {
        let back = cast.cast(given.dtype())?;
        let rows = back.as_materialized_series().not_equal_missing(given.as_materialized_series())?;
        unfit.push(inexact(wanted, rows));
    }
    unfit.extend(finer(&cast, wanted)?);
    Ok((cast, unfit))
}

fn inexact(wanted: &Column, rows: BooleanChunked) -> Unfit {
    Unfit { reason: format!("column {}: does not fit {} exactly", wanted.name, wanted.column_type), rows }
}

/// The times of a column that a declared number of digits behind the seconds would round.
fn finer(column: &FrameColumn, wanted: &Column) -> PolarsResult<Option<Unfit>> {
    let digits = wanted.column_type.second_digits();
    let per_second = match column.dtype() {
        DataType::Time => 1_000_000_000_i64,
        DataType::Datetime(..) => 1_000_000,
        _ => return Ok(None),
    };
    if digits >= 6 {
        return Ok(None);
    }
    let unit = per_second / 10_i64.pow(digits);
    let units = column.cast(&DataType::Int64)?;
    let rows: Vec<bool> = units.i64()?.iter().map(|units| units.is_some_and(|units| units % unit != 0)).collect();
    Ok(Some(inexact(wanted, BooleanChunked::from_slice(wanted.name.as_str().into(), &rows))))
}

/// Sorts rows by the key and writes them. The rest of a row decides between equal keys, so that the bytes depend on the rows alone.
pub(crate) fn write(frame: &DataFrame, key: &[String], to: File) -> PolarsResult<()> {
    let rest = frame.get_column_names().into_iter().filter(|name| !key.iter().any(|column| column == name.as_str()));
    let order: Vec<String> = key.iter().cloned().chain(rest.map(ToString::to_string)).collect();
    let mut sorted = frame.sort(order, SortMultipleOptions::default())?;
    sorted.rechunk_mut();
    ParquetWriter::new(to)
        .with_compression(ParquetCompression::Zstd(None))
        .with_statistics(StatisticsOptions::full())
        .with_row_group_size(Some(ROW_GROUP_ROWS))
        .set_parallel(false)
        .finish(&mut sorted)?;
    Ok(())
}
