//! A value on its way into a binary `COPY`.

use std::error::Error;

use bytes::{BufMut, BytesMut};
use starlift_definition::TypeKind;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};

/// Days from 1970-01-01 to 2000-01-01, PostgreSQL's day zero.
const POSTGRES_EPOCH_DAYS: i32 = 10_957;
/// The same in microseconds.
const POSTGRES_EPOCH_MICROSECONDS: i64 = POSTGRES_EPOCH_DAYS as i64 * 86_400_000_000;

/// One value of one column.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cell<'a> {
    /// NULL.
    Null,
    /// `smallint`
    Int2(i16),
    /// `integer`
    Int4(i32),
    /// `bigint`
    Int8(i64),
    /// `real`
    Float4(f32),
    /// `double precision`
    Float8(f64),
    /// `boolean`
    Bool(bool),
    /// `numeric`: the value is `unscaled / 10^scale`.
    Numeric {
        /// All digits as an integer.
        unscaled: i128,
        /// How many of them stand behind the point.
        scale: u16,
    },
    /// `text`
    Text(&'a str),
    /// `date`, in days since 1970-01-01.
    Date(i32),
    /// `time`, in microseconds since midnight.
    Time(i64),
    /// `timestamp` and `timestamptz`, in microseconds since 1970-01-01 (UTC).
    Timestamp(i64),
}

/// The wire type in which values of a kind are staged. What the pipeline does not compute with is staged as text.
#[must_use]
pub fn binary_type(kind: TypeKind) -> Type {
    match kind {
        TypeKind::Int2 => Type::INT2,
        TypeKind::Int4 => Type::INT4,
        TypeKind::Int8 => Type::INT8,
        TypeKind::Float4 => Type::FLOAT4,
        TypeKind::Float8 => Type::FLOAT8,
        TypeKind::Bool => Type::BOOL,
        TypeKind::Numeric(_) => Type::NUMERIC,
        TypeKind::Text(_) | TypeKind::Other => Type::TEXT,
        TypeKind::Date => Type::DATE,
        TypeKind::Time => Type::TIME,
        TypeKind::Timestamp => Type::TIMESTAMP,
        TypeKind::TimestampTz => Type::TIMESTAMPTZ,
    }
}

impl ToSql for Cell<'_> {
    fn to_sql(&self, _: &Type, out: &mut BytesMut) -> Result<IsNull, Box<dyn Error + Sync + Send>> {
        match *self {
            Cell::Null => return Ok(IsNull::Yes),
            Cell::Int2(value) => out.put_i16(value),
            Cell::Int4(value) => out.put_i32(value),
            Cell::Int8(value) => out.put_i64(value),
            Cell::Float4(value) => out.put_f32(value),
            Cell::Float8(value) => out.put_f64(value),
            Cell::Bool(value) => out.put_u8(u8::from(value)),
            Cell::Numeric { unscaled, scale } => put_numeric(out, unscaled, scale),
            Cell::Text(value) => out.put_slice(value.as_bytes()),
            Cell::Date(days) => out.put_i32(days - POSTGRES_EPOCH_DAYS),
            Cell::Time(microseconds) => out.put_i64(microseconds),
            Cell::Timestamp(microseconds) => out.put_i64(microseconds - POSTGRES_EPOCH_MICROSECONDS),
        }
        Ok(IsNull::No)
    }

    fn accepts(_: &Type) -> bool {
        // The types of a COPY come from `binary_type` of the same columns that the cells are read from.
        true
    }

    to_sql_checked!();
}

/// PostgreSQL's wire form of a numeric: base 10,000 digits around the point. Zeros at the end of the fraction are dropped down to the
/// value's own scale, as `3.45` and not `3.450000000000000000`.
fn put_numeric(out: &mut BytesMut, unscaled: i128, scale: u16) {
    let (mut magnitude, mut scale) = (unscaled.unsigned_abs(), scale);
    while scale > 0 && magnitude % 10 == 0 {
        magnitude /= 10;
        scale -= 1;
    }
    let display_scale = scale;
    let mut groups: Vec<i16> = Vec::with_capacity(11);
    // The last digits behind the point, filled up to a whole group of four.
    let rest = u32::from(scale % 4);
    if rest > 0 {
        let last = magnitude % 10_u128.pow(rest) * 10_u128.pow(4 - rest);
        groups.push(i16::try_from(last).unwrap_or_default());
        magnitude /= 10_u128.pow(rest);
    }
    while magnitude > 0 {
        groups.push(i16::try_from(magnitude % 10_000).unwrap_or_default());
        magnitude /= 10_000;
    }
    let fraction_groups = i16::try_from(scale.div_ceil(4)).unwrap_or_default();
    let count = i16::try_from(groups.len()).unwrap_or_default();
    let trailing_zeros = groups.iter().take_while(|group| **group == 0).count();
    out.put_i16(count - i16::try_from(trailing_zeros).unwrap_or_default());
    out.put_i16(if count == 0 { 0 } else { count - fraction_groups - 1 });
    out.put_u16(if unscaled < 0 { 0x4000 } else { 0x0000 });
    out.put_u16(display_scale);
    for group in groups.iter().skip(trailing_zeros).rev() {
        out.put_i16(*group);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn wire(cell: Cell<'_>) -> Vec<u8> {
        let mut out = BytesMut::new();
        cell.to_sql(&Type::NUMERIC, &mut out).expect("encodes");
        out.to_vec()
    }

    fn numeric(fields: &[i16]) -> Vec<u8> {
        fields.iter().flat_map(|field| field.to_be_bytes()).collect()
    }

    #[test]
    fn a_numeric_has_the_groups_weight_sign_and_scale_of_postgresql() {
        // digits, weight, sign, scale, groups: as pg_send of the same literals gives them.
        let cases: [(i128, u16, &[i16]); 7] = [
            (0, 2, &[0, 0, 0, 0]),
            (345, 2, &[2, 0, 0, 2, 3, 4500]),
            (3_450_000_000_000_000_000, 18, &[2, 0, 0, 2, 3, 4500]),
            (-1, 0, &[1, 0, 0x4000, 0, 1]),
            (10_000, 0, &[1, 1, 0, 0, 1]),
            (1, 4, &[1, -1, 0, 4, 1]),
            (1, 18, &[1, -5, 0, 18, 100]),
        ];
        for (unscaled, scale, expected) in cases {
            assert_eq!(wire(Cell::Numeric { unscaled, scale }), numeric(expected), "{unscaled} / 10^{scale}");
        }
    }
}
