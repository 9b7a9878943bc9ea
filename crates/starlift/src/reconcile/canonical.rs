//! One text for each value, on both sides: values that the pipeline takes for equal have equal texts.

use starlift_definition::{ColumnType, TypeKind};

/// How a value of the source and the value of the warehouse that it became are written as the same text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// Both as text.
    Text,
    /// Both as numbers without zeros at their end: scales may differ.
    Number,
    /// Both as floating-point numbers without a negative zero, which equals the other one.
    Float(&'static str),
    /// The source's as it is copied out, the warehouse's as text: a cast would lose the blanks of a `character(n)`.
    Copied,
}

/// Which of the two databases.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Side {
    Source,
    Warehouse,
}

impl Way {
    /// The way for a column of the source that a column of the warehouse keeps; none where equal values may have different texts.
    pub(crate) fn between(source: &ColumnType, target: &ColumnType) -> Option<Self> {
        use TypeKind::{Bool, Date, Float4, Float8, Other, Text, Time, Timestamp, TimestampTz};
        match (source.kind(), target.kind()) {
            (of, to) if of.is_integer() && to.is_integer() => Some(Self::Text),
            (of, to) if of.has_exact_sum() && to.has_exact_sum() => Some(Self::Number),
            (Float4, Float4) => Some(Self::Float("real")),
            (Float8, Float8) => Some(Self::Float("double precision")),
            (Text(_), Text(_))
            | (Bool, Bool)
            | (Date, Date)
            | (Time, Time)
            | (Timestamp, Timestamp)
            | (TimestampTz, TimestampTz) => Some(Self::Text),
            (Other, Other) if source.name() == target.name() => Some(Self::Text),
            (Other, Text(_)) => Some(Self::Copied),
            _ => None,
        }
    }

    /// The text of an expression; null stays null.
    pub(crate) fn text(self, side: Side, expression: &str) -> String {
        match (self, side) {
            (Self::Text, _) | (Self::Copied, Side::Warehouse) => format!("({expression})::text"),
            (Self::Number, _) => format!("trim_scale(({expression})::numeric)::text"),
            (Self::Float(name), _) => format!("(({expression}) + 0::{name})::text"),
            (Self::Copied, Side::Source) => {
                format!("case when ({expression}) is not null then format('%s', ({expression})) end")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_types_with_one_text_for_equal_values_are_compared() {
        let between = |source, target| Way::between(&ColumnType::new(source), &ColumnType::new(target));
        let cases = [
            ("integer", "bigint", Some(Way::Text)),
            ("integer", "numeric(10,2)", Some(Way::Number)),
            ("numeric", "numeric(10,2)", Some(Way::Number)),
            ("real", "real", Some(Way::Float("real"))),
            ("real", "double precision", None),
            ("text", "character varying(3)", Some(Way::Text)),
            ("character(3)", "text", Some(Way::Copied)),
            ("character(3)", "character(3)", Some(Way::Text)),
            ("text", "uuid", None),
            ("timestamp without time zone", "date", None),
            ("jsonb", "jsonb", Some(Way::Text)),
        ];
        for (source, target, expected) in cases {
            assert_eq!(between(source, target), expected, "{source} to {target}");
        }
    }
}
