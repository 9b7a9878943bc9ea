//! Which columns of a model are columns of its grain, given as they are.
//!
//! By them a row of a fact is found again from the key of its source row, when that row is gone and there is nothing left to compute from.

use std::collections::BTreeMap;

use sqlparser::ast::{Expr, Select, SelectItem, TableFactor};

/// The columns that a select gives unchanged from its first table: their names there, by the names they are given.
///
/// A column that is written without a table is taken for one of the first table: a second table that had it too would make it ambiguous.
pub(crate) fn plain_columns(select: &Select) -> BTreeMap<String, String> {
    let grain = select.from.first().and_then(|from| alias(&from.relation));
    let mut plain = BTreeMap::new();
    for item in &select.projection {
        let (expression, given) = match item {
            SelectItem::ExprWithAlias { expr, alias } => (expr, Some(&alias.value)),
            SelectItem::UnnamedExpr(expr) => (expr, None),
            _ => continue,
        };
        let column = match expression {
            Expr::Identifier(column) => column,
            Expr::CompoundIdentifier(parts) => match parts.as_slice() {
                [table, column] if Some(&table.value) == grain => column,
                _ => continue,
            },
            _ => continue,
        };
        plain.insert(given.unwrap_or(&column.value).clone(), column.value.clone());
    }
    plain
}

/// The name that a table has in the query.
fn alias(factor: &TableFactor) -> Option<&String> {
    match factor {
        TableFactor::Table { alias: Some(alias), .. } => Some(&alias.name.value),
        TableFactor::Table { name, .. } => Some(&name.0.last()?.as_ident()?.value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use crate::Model;

    #[test]
    fn a_column_is_plain_when_it_is_the_grains_and_nothing_is_done_to_it() {
        let sql = "select s.id as sale_id, code, s.n + 1 as n, i.name, upper(s.kind) as kind
                   from sale s left join iso as i on i.code = s.code";
        let plain = Model::parse("m", sql).expect("parses").trace.expect("is traced").plain;
        let pairs: Vec<(&str, &str)> = plain.iter().map(|(given, of)| (given.as_str(), of.as_str())).collect();
        assert_eq!(pairs, [("code", "code"), ("sale_id", "id")]);
    }
}
