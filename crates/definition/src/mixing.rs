//! What in an expression may mix rows: a subquery, a window, and every function that is not known to compute a value of one row alone.
//!
//! The functions are listed, and not those that mix, so that one that Polars SQL gains counts as mixing until somebody has looked at it.

use std::ops::ControlFlow;

use sqlparser::ast::{Expr, Query, Visit, Visitor};

/// The functions of Polars SQL that compute a value of one row alone. Every other one may mix rows.
const ROW_BY_ROW: [&str; 77] = [
    "abs",
    "acos",
    "acosd",
    "asin",
    "asind",
    "atan",
    "atan2",
    "atan2d",
    "atand",
    "bit_length",
    "cbrt",
    "ceil",
    "ceiling",
    "char_length",
    "character_length",
    "coalesce",
    "concat",
    "concat_ws",
    "cos",
    "cosd",
    "cot",
    "cotd",
    "date",
    "date_part",
    "datetime",
    "degrees",
    "div",
    "ends_with",
    "exp",
    "floor",
    "greatest",
    "if",
    "ifnull",
    "initcap",
    "least",
    "left",
    "length",
    "ln",
    "log",
    "log10",
    "log1p",
    "log2",
    "lower",
    "lpad",
    "ltrim",
    "mod",
    "normalize",
    "nullif",
    "octet_length",
    "pi",
    "pow",
    "power",
    "radians",
    "regexp_like",
    "replace",
    "reverse",
    "right",
    "round",
    "rpad",
    "rtrim",
    "sign",
    "sin",
    "sind",
    "split_part",
    "sqrt",
    "starts_with",
    "strftime",
    "strpos",
    "strptime",
    "substr",
    "tan",
    "tand",
    "time",
    "timestamp",
    "trunc",
    "truncate",
    "upper",
];

/// Whether an expression of a query may mix rows.
pub(crate) fn mixes_rows(query: &Query) -> bool {
    query.visit(&mut RowMixer::default()).is_break()
}

/// The first function of a query that may mix rows, if nothing before it does.
pub(crate) fn mixing_function(query: &Query) -> Option<String> {
    match query.visit(&mut RowMixer::default()) {
        ControlFlow::Break(Mixing::Function(name)) => Some(name),
        _ => None,
    }
}

/// Stops at the first subquery, window, or function that may mix rows.
#[derive(Default)]
struct RowMixer {
    queries: usize,
}

/// What may mix rows.
enum Mixing {
    Subquery,
    Function(String),
}

impl Visitor for RowMixer {
    type Break = Mixing;

    fn pre_visit_query(&mut self, _: &Query) -> ControlFlow<Mixing> {
        self.queries += 1;
        if self.queries > 1 { ControlFlow::Break(Mixing::Subquery) } else { ControlFlow::Continue(()) }
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<Mixing> {
        let Expr::Function(function) = expr else {
            return ControlFlow::Continue(());
        };
        let name = function.name.to_string();
        let is_plain = function.over.is_none() && function.filter.is_none();
        if is_plain && ROW_BY_ROW.contains(&name.to_ascii_lowercase().as_str()) {
            return ControlFlow::Continue(());
        }
        ControlFlow::Break(Mixing::Function(name))
    }
}

#[cfg(test)]
mod tests {
    use crate::Model;

    #[test]
    fn what_may_mix_rows_is_named_when_it_is_a_function() {
        let function = |sql: &str| Model::parse("m", sql).expect("parses").mixing_function;
        assert_eq!(function("select Lower(a) as a, first_value(b) as b from t").as_deref(), Some("first_value"));
        assert_eq!(function("select lower(trim(a)) as a from t where ceil(b) > 1"), None);
        assert_eq!(function("select a from t where a in (select b from u)"), None);
    }
}
