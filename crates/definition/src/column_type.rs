//! PostgreSQL column types as the pipeline sees them.
//!
//! A type is kept by the name that `format_type` gives it, so that messages and manifests say what psql says; its
//! [`TypeKind`] is what the pipeline does with it. A type that the pipeline does not compute with is text on the way and is cast
//! back by the warehouse, so no type is ever refused.

use std::fmt;

use serde::{Deserialize, Serialize};

/// A PostgreSQL type by its `format_type` name, for example `numeric(10,2)`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(from = "String", into = "String")]
pub struct ColumnType {
    name: String,
    kind: TypeKind,
}

/// What the pipeline does with values of a type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum TypeKind {
    /// `smallint`
    Int2,
    /// `integer`
    Int4,
    /// `bigint`
    Int8,
    /// `real`
    Float4,
    /// `double precision`
    Float8,
    /// `boolean`
    Bool,
    /// `numeric`, with precision and scale when declared.
    Numeric(Option<(u16, u16)>),
    /// `character varying` and `text`, with the longest length in characters when declared.
    Text(Option<u32>),
    /// `date`
    Date,
    /// `time without time zone`
    Time,
    /// `timestamp without time zone`
    Timestamp,
    /// `timestamp with time zone`
    TimestampTz,
    /// Every other type: text on the way, cast back by the warehouse.
    Other,
}

impl TypeKind {
    /// Whether it is an integer.
    #[must_use]
    pub fn is_integer(self) -> bool {
        matches!(self, Self::Int2 | Self::Int4 | Self::Int8)
    }

    /// Whether a sum of its values is exact: of floating-point numbers it depends on their order.
    #[must_use]
    pub fn has_exact_sum(self) -> bool {
        self.is_integer() || matches!(self, Self::Numeric(_))
    }
}

impl ColumnType {
    /// The type with this `format_type` name. Every name is a type; one that is not known is [`TypeKind::Other`].
    pub fn new(name: impl Into<String>) -> Self {
        let name = name.into();
        let kind = kind_of(&name);
        Self { name, kind }
    }

    /// What the pipeline does with it.
    #[must_use]
    pub fn kind(&self) -> TypeKind {
        self.kind
    }

    /// How many digits behind the seconds a time or timestamp keeps.
    #[must_use]
    pub fn second_digits(&self) -> u32 {
        let declared = split_modifiers(&self.name).1.first().and_then(|digits| u32::try_from(*digits).ok());
        declared.unwrap_or(6)
    }

    /// How many characters a text may have, when that is declared; blanks at the end of a `character(n)` do not count.
    #[must_use]
    pub fn longest_text(&self) -> Option<u32> {
        match (self.kind, split_modifiers(&self.name)) {
            (TypeKind::Text(longest), _) => longest,
            (_, (base, modifiers)) if base == "character" => u32::try_from(*modifiers.first()?).ok(),
            _ => None,
        }
    }

    /// The type that keeps whole what this one, cast to, would round or cut: none when it takes every value as it is.
    #[must_use]
    pub fn without_modifiers(&self) -> Option<String> {
        let (before, rest) = self.name.split_once('(')?;
        let after = rest.split_once(')').map(|(_, after)| after).unwrap_or_default();
        Some(match before {
            "bit" => format!("bit varying{after}"),
            "character" => format!("bpchar{after}"),
            // `interval day to second(3)` leaves fields out, too.
            _ if before.starts_with("interval") => format!("interval{after}"),
            _ => format!("{before}{after}"),
        })
    }

    /// The name as PostgreSQL writes it; it may stand after `::` in a statement.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }
}

fn kind_of(name: &str) -> TypeKind {
    let (base, modifiers) = split_modifiers(name);
    match (base.as_str(), modifiers.as_slice()) {
        ("smallint", []) => TypeKind::Int2,
        ("integer", []) => TypeKind::Int4,
        ("bigint", []) => TypeKind::Int8,
        ("real", []) => TypeKind::Float4,
        ("double precision", []) => TypeKind::Float8,
        ("boolean", []) => TypeKind::Bool,
        ("numeric", []) => TypeKind::Numeric(None),
        ("numeric", [precision, scale]) => match (u16::try_from(*precision), u16::try_from(*scale)) {
            (Ok(precision), Ok(scale)) => TypeKind::Numeric(Some((precision, scale))),
            _ => TypeKind::Other,
        },
        ("text" | "character varying", []) => TypeKind::Text(None),
        ("character varying", [length]) => {
            u32::try_from(*length).map_or(TypeKind::Other, |length| TypeKind::Text(Some(length)))
        }
        ("date", []) => TypeKind::Date,
        ("time without time zone", _) => TypeKind::Time,
        ("timestamp without time zone", _) => TypeKind::Timestamp,
        ("timestamp with time zone", _) => TypeKind::TimestampTz,
        _ => TypeKind::Other,
    }
}

/// Splits `time(3) without time zone` into `time without time zone` and `[3]`.
fn split_modifiers(name: &str) -> (String, Vec<i64>) {
    let Some((before, rest)) = name.split_once('(') else {
        return (name.to_owned(), Vec::new());
    };
    let Some((inside, after)) = rest.split_once(')') else {
        return (name.to_owned(), Vec::new());
    };
    let modifiers: Result<Vec<i64>, _> = inside.split(',').map(|part| part.trim().parse()).collect();
    match modifiers {
        Ok(modifiers) => (format!("{before}{after}"), modifiers),
        Err(_) => (name.to_owned(), Vec::new()),
    }
}

impl fmt::Display for ColumnType {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.name)
    }
}

impl From<String> for ColumnType {
    fn from(name: String) -> Self {
        Self::new(name)
    }
}

impl From<ColumnType> for String {
    fn from(column_type: ColumnType) -> Self {
        column_type.name
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_type_is_known_by_its_format_type_name() {
        let cases = [
            ("integer", TypeKind::Int4),
            ("numeric", TypeKind::Numeric(None)),
            ("numeric(10,2)", TypeKind::Numeric(Some((10, 2)))),
            ("character varying(3)", TypeKind::Text(Some(3))),
            ("time(3) without time zone", TypeKind::Time),
            ("timestamp(3) with time zone", TypeKind::TimestampTz),
            ("numeric(3,-2)", TypeKind::Other),
            ("integer[]", TypeKind::Other),
            ("character(3)", TypeKind::Other),
            ("jsonb", TypeKind::Other),
        ];
        for (name, kind) in cases {
            assert_eq!(ColumnType::new(name).kind(), kind, "{name}");
        }
    }

    #[test]
    fn what_a_type_cuts_or_rounds_is_known() {
        let digits = |name| ColumnType::new(name).second_digits();
        assert_eq!(
            [
                digits("time without time zone"),
                digits("timestamp(3) with time zone"),
                digits("time(0) without time zone")
            ],
            [6, 3, 0]
        );
        let longest = |name| ColumnType::new(name).longest_text();
        assert_eq!(
            [longest("text"), longest("character varying(12)"), longest("character(3)")],
            [None, Some(12), Some(3)]
        );
        let whole = |name| ColumnType::new(name).without_modifiers();
        let cases = [
            ("bit(3)", "bit varying"),
            ("bit varying(3)[]", "bit varying[]"),
            ("interval(0)", "interval"),
            ("interval day to second(3)", "interval"),
            ("numeric(3,-2)", "numeric"),
            ("character varying(3)[]", "character varying[]"),
        ];
        for (name, expected) in cases {
            assert_eq!(whole(name).as_deref(), Some(expected), "{name}");
        }
        assert_eq!([whole("uuid"), whole("integer[]")], [None, None]);
    }

    #[test]
    fn a_type_travels_as_its_name() {
        let column_type = ColumnType::new("numeric(10,2)");
        let json = serde_json::to_string(&column_type).expect("serializes");
        assert_eq!(json, "\"numeric(10,2)\"");
        assert_eq!(serde_json::from_str::<ColumnType>(&json).expect("parses"), column_type);
    }
}
