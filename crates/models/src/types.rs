//! The types of PostgreSQL beside those of Polars, and what may be assigned to what.

use polars::prelude::{DataType, TimeUnit, TimeZone};
use starlift_definition::TypeKind;

/// The most digits of a decimal.
const DIGITS: u16 = 38;
/// The decimals of a `numeric` without declared scale.
const SCALE: u16 = 18;

/// The type in which values of a column are computed and stored.
pub(crate) fn data_type(kind: TypeKind) -> DataType {
    match kind {
        TypeKind::Int2 => DataType::Int16,
        TypeKind::Int4 => DataType::Int32,
        TypeKind::Int8 => DataType::Int64,
        TypeKind::Float4 => DataType::Float32,
        TypeKind::Float8 => DataType::Float64,
        TypeKind::Bool => DataType::Boolean,
        TypeKind::Numeric(declared) => {
            let (precision, scale) = digits(declared);
            DataType::Decimal(precision.into(), scale.into())
        }
        TypeKind::Text(_) | TypeKind::Other => DataType::String,
        TypeKind::Date => DataType::Date,
        TypeKind::Time => DataType::Time,
        TypeKind::Timestamp => DataType::Datetime(TimeUnit::Microseconds, None),
        TypeKind::TimestampTz => DataType::Datetime(TimeUnit::Microseconds, Some(TimeZone::UTC)),
    }
}

/// Precision and scale in which a `numeric` is kept. A scale above the precision (`numeric(2,4)`) is legal in PostgreSQL.
pub(crate) fn digits(declared: Option<(u16, u16)>) -> (u16, u16) {
    let (precision, scale) = declared.unwrap_or((DIGITS, SCALE));
    let scale = scale.min(DIGITS);
    (precision.clamp(scale.max(1), DIGITS), scale)
}

/// Whether a model's column may fill a target column: the same type, a wider one, text for a type that the warehouse casts back.
/// Never a float for a numeric: it would not be exact.
pub(crate) fn is_assignable(from: &DataType, to: TypeKind) -> bool {
    use DataType::{
        Boolean, Date, Datetime, Decimal, Float32, Float64, Int8, Int16, Int32, Int64, Null, String, Time, UInt8,
        UInt16, UInt32,
    };
    let is_utc = |zone: &Option<TimeZone>| zone.as_ref() == Some(&TimeZone::UTC);
    match to {
        _ if *from == Null => true,
        TypeKind::Int2 => matches!(from, Int8 | UInt8 | Int16),
        TypeKind::Int4 => matches!(from, Int8 | UInt8 | Int16 | UInt16 | Int32),
        TypeKind::Int8 => matches!(from, Int8 | UInt8 | Int16 | UInt16 | Int32 | UInt32 | Int64),
        TypeKind::Float4 => matches!(from, Float32),
        TypeKind::Float8 => matches!(from, Float32 | Float64),
        TypeKind::Bool => *from == Boolean,
        TypeKind::Numeric(_) => {
            matches!(from, Int8 | UInt8 | Int16 | UInt16 | Int32 | UInt32 | Int64 | Decimal(..))
        }
        TypeKind::Text(_) | TypeKind::Other => *from == String,
        TypeKind::Date => *from == Date,
        TypeKind::Time => *from == Time,
        TypeKind::Timestamp => matches!(from, Datetime(_, None)),
        TypeKind::TimestampTz => matches!(from, Datetime(_, zone) if is_utc(zone)),
    }
}

/// A Polars type by the name that the author of a model knows.
pub(crate) fn sql_name(data_type: &DataType) -> String {
    let name = match data_type {
        DataType::Int8 | DataType::UInt8 | DataType::Int16 => "smallint",
        DataType::UInt16 | DataType::Int32 => "integer",
        DataType::UInt32 | DataType::Int64 => "bigint",
        DataType::Float32 => "real",
        DataType::Float64 => "double precision",
        DataType::Boolean => "boolean",
        DataType::Decimal(precision, scale) => return format!("numeric({precision},{scale})"),
        DataType::String => "text",
        DataType::Date => "date",
        DataType::Time => "time without time zone",
        DataType::Datetime(_, None) => "timestamp without time zone",
        DataType::Datetime(_, Some(_)) => "timestamp with time zone",
        other => return other.to_string(),
    };
    name.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers_widen_and_never_narrow() {
        assert!(is_assignable(&DataType::Int16, TypeKind::Int8));
        assert!(is_assignable(&DataType::UInt32, TypeKind::Int8));
        assert!(!is_assignable(&DataType::UInt32, TypeKind::Int4));
        assert!(!is_assignable(&DataType::Int64, TypeKind::Int4));
    }

    #[test]
    fn a_float_never_fills_a_numeric() {
        assert!(!is_assignable(&DataType::Float64, TypeKind::Numeric(None)));
        assert!(is_assignable(&DataType::Int32, TypeKind::Numeric(Some((10, 2)))));
    }

    #[test]
    fn text_fills_every_type_that_the_warehouse_casts_back_and_no_other() {
        assert!(is_assignable(&DataType::String, TypeKind::Other));
        assert!(!is_assignable(&DataType::String, TypeKind::Date));
        assert!(!is_assignable(&DataType::Date, TypeKind::Text(None)));
    }

    #[test]
    fn a_numeric_is_kept_in_at_most_38_digits() {
        assert_eq!(digits(None), (38, 18));
        assert_eq!(digits(Some((10, 2))), (10, 2));
        assert_eq!(digits(Some((1000, 50))), (38, 38));
        assert_eq!(digits(Some((2, 4))), (4, 4));
    }
}
