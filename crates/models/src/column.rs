//! Builds one column of a frame from text, value by value.

use polars::prelude::{
    BooleanChunkedBuilder, ChunkedBuilder, Column, Float32Type, Float64Type, Int16Type, Int32Type, Int64Type,
    Int128Type, IntoColumn, IntoSeries, PlSmallStr, PrimitiveChunkedBuilder, StringChunkedBuilder, TimeUnit, TimeZone,
};
use starlift_definition::TypeKind;

use crate::cell::{self, Fault};
use crate::types;

/// A column that is being filled.
pub(crate) enum ColumnBuilder {
    Int16(PrimitiveChunkedBuilder<Int16Type>),
    Int32(PrimitiveChunkedBuilder<Int32Type>),
    Int64(PrimitiveChunkedBuilder<Int64Type>),
    Float32(PrimitiveChunkedBuilder<Float32Type>),
    Float64(PrimitiveChunkedBuilder<Float64Type>),
    Boolean(BooleanChunkedBuilder),
    Decimal { units: PrimitiveChunkedBuilder<Int128Type>, precision: u16, scale: u16 },
    Text(StringChunkedBuilder),
    Date(PrimitiveChunkedBuilder<Int32Type>),
    Time(PrimitiveChunkedBuilder<Int64Type>),
    Timestamp(PrimitiveChunkedBuilder<Int64Type>),
    TimestampTz(PrimitiveChunkedBuilder<Int64Type>),
}

impl ColumnBuilder {
    pub(crate) fn new(name: &str, kind: TypeKind) -> Self {
        let name = PlSmallStr::from_str(name);
        match kind {
            TypeKind::Int2 => Self::Int16(PrimitiveChunkedBuilder::new(name, 0)),
            TypeKind::Int4 => Self::Int32(PrimitiveChunkedBuilder::new(name, 0)),
            TypeKind::Int8 => Self::Int64(PrimitiveChunkedBuilder::new(name, 0)),
            TypeKind::Float4 => Self::Float32(PrimitiveChunkedBuilder::new(name, 0)),
            TypeKind::Float8 => Self::Float64(PrimitiveChunkedBuilder::new(name, 0)),
            TypeKind::Bool => Self::Boolean(BooleanChunkedBuilder::new(name, 0)),
            TypeKind::Numeric(declared) => {
                let (precision, scale) = types::digits(declared);
                Self::Decimal { units: PrimitiveChunkedBuilder::new(name, 0), precision, scale }
            }
            TypeKind::Text(_) | TypeKind::Other => Self::Text(StringChunkedBuilder::new(name, 0)),
            TypeKind::Date => Self::Date(PrimitiveChunkedBuilder::new(name, 0)),
            TypeKind::Time => Self::Time(PrimitiveChunkedBuilder::new(name, 0)),
            TypeKind::Timestamp => Self::Timestamp(PrimitiveChunkedBuilder::new(name, 0)),
            TypeKind::TimestampTz => Self::TimestampTz(PrimitiveChunkedBuilder::new(name, 0)),
        }
    }

    /// Appends a value. One that cannot be typed is appended as null, and its fault is given.
    pub(crate) fn push(&mut self, text: Option<&str>) -> Result<(), Fault> {
        match self {
            Self::Int16(column) => append(column, text, integer),
            Self::Int32(column) => append(column, text, integer),
            Self::Int64(column) => append(column, text, integer),
            Self::Float32(column) => append(column, text, float),
            Self::Float64(column) => append(column, text, float),
            Self::Boolean(column) => append(column, text, cell::boolean),
            Self::Decimal { units, precision, scale } => {
                append(units, text, |text| cell::decimal(text, u32::from(*precision), u32::from(*scale)))
            }
            Self::Text(column) => {
                column.append_option(text);
                Ok(())
            }
            Self::Date(column) => append(column, text, cell::date),
            // Polars counts times in nanoseconds.
            Self::Time(column) => append(column, text, |text| cell::time(text).map(|micros| micros * 1000)),
            Self::Timestamp(column) => append(column, text, cell::timestamp),
            Self::TimestampTz(column) => append(column, text, cell::timestamptz),
        }
    }

    pub(crate) fn finish(self) -> Column {
        match self {
            Self::Int16(column) => column.finish().into_column(),
            Self::Int32(column) => column.finish().into_column(),
            Self::Int64(column) => column.finish().into_column(),
            Self::Float32(column) => column.finish().into_column(),
            Self::Float64(column) => column.finish().into_column(),
            Self::Boolean(column) => column.finish().into_column(),
            Self::Decimal { units, precision, scale } => {
                let decimals = units.finish().into_decimal_unchecked(precision.into(), scale.into());
                decimals.into_series().into_column()
            }
            Self::Text(column) => column.finish().into_column(),
            Self::Date(column) => column.finish().into_date().into_series().into_column(),
            Self::Time(column) => column.finish().into_time().into_series().into_column(),
            Self::Timestamp(column) => {
                column.finish().into_datetime(TimeUnit::Microseconds, None).into_series().into_column()
            }
            Self::TimestampTz(column) => {
                let utc = Some(TimeZone::UTC);
                column.finish().into_datetime(TimeUnit::Microseconds, utc).into_series().into_column()
            }
        }
    }
}

fn append<N, T>(
    column: &mut impl ChunkedBuilder<N, T>,
    text: Option<&str>,
    parse: impl Fn(&str) -> Result<N, Fault>,
) -> Result<(), Fault>
where
    T: polars::prelude::PolarsDataType,
{
    let parsed = text.map(parse).transpose();
    match parsed {
        Ok(value) => {
            column.append_option(value);
            Ok(())
        }
        Err(fault) => {
            column.append_null();
            Err(fault)
        }
    }
}

fn integer<N: std::str::FromStr>(text: &str) -> Result<N, Fault> {
    text.parse().map_err(|_| "not an integer in range")
}

fn float<N: std::str::FromStr>(text: &str) -> Result<N, Fault> {
    text.parse().map_err(|_| "not a number")
}
