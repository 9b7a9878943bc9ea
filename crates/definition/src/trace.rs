//! Where the rows of a model come from.
//!
//! In a plain `select … from a left join b …` every row comes from exactly one row of `a`, the model's grain. Then a row that cannot be
//! computed can be held back alone, and an increment of `a` gives exactly its own rows. Whatever mixes rows (grouping,
//! `distinct`, windows, limits, subqueries, a second use of the grain) has no such grain.

use std::collections::BTreeMap;

use sqlparser::ast::{
    Expr, GroupByExpr, Ident, JoinOperator, Query, Select, SelectItem, SetExpr, TableFactor, TableWithJoins,
};

use crate::mixing;
use crate::origin::plain_columns;

/// How each row of a model is traced to the row it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trace {
    /// The table or seed whose rows the model's rows come from, one each: the first in `FROM`.
    pub grain: String,
    /// The model's text with [`Trace::ROW`], a column that the grain is given, as its last column.
    pub sql: String,
    /// Whether every row of the grain gives one: nothing filters, and only left joins join.
    pub keeps_every_row: bool,
    /// The columns that are given as the grain has them: their names there, by their names in the model.
    pub plain: BTreeMap<String, String>,
}

impl Trace {
    /// The name of the column that numbers the grain's rows.
    pub const ROW: &str = "starlift_row";

    /// The trace of this query, or none when one of its rows can come from several rows.
    pub(crate) fn of(query: &Query) -> Option<Self> {
        let mut traced = query.clone();
        let is_bounded = query.with.is_some() || query.limit_clause.is_some() || query.fetch.is_some();
        let SetExpr::Select(select) = traced.body.as_mut() else {
            return None;
        };
        if is_bounded || mixes_rows(select) || mixing::mixes_rows(query) {
            return None;
        }
        let grain = grain(&select.from)?;
        let keeps_every_row = select.selection.is_none() && only_left_joins(&select.from);
        let plain = plain_columns(select);
        select.projection.push(SelectItem::UnnamedExpr(Expr::Identifier(Ident::new(Self::ROW))));
        Some(Self { grain, sql: traced.to_string(), keeps_every_row, plain })
    }
}

fn mixes_rows(select: &Select) -> bool {
    let is_grouped = !matches!(&select.group_by, GroupByExpr::Expressions(columns, _) if columns.is_empty());
    is_grouped
        || select.distinct.is_some()
        || select.top.is_some()
        || select.having.is_some()
        || select.qualify.is_some()
}

/// The first table, if every join keeps or drops its rows one by one and it is used only once.
fn grain(from: &[TableWithJoins]) -> Option<String> {
    let grain = plain_table(&from.first()?.relation)?;
    let mut others = Vec::new();
    for (position, item) in from.iter().enumerate() {
        if position > 0 {
            others.push(plain_table(&item.relation)?);
        }
        for join in &item.joins {
            let keeps_rows_apart = matches!(
                join.join_operator,
                JoinOperator::Join(_)
                    | JoinOperator::Inner(_)
                    | JoinOperator::Left(_)
                    | JoinOperator::LeftOuter(_)
                    | JoinOperator::CrossJoin(_)
            );
            others.push(plain_table(&join.relation).filter(|_| keeps_rows_apart)?);
        }
    }
    (!others.contains(&grain)).then_some(grain)
}

fn only_left_joins(from: &[TableWithJoins]) -> bool {
    let is_left = |operator: &JoinOperator| matches!(operator, JoinOperator::Left(_) | JoinOperator::LeftOuter(_));
    from.len() == 1 && from.iter().all(|item| item.joins.iter().all(|join| is_left(&join.join_operator)))
}

fn plain_table(factor: &TableFactor) -> Option<String> {
    let TableFactor::Table { name, .. } = factor else {
        return None;
    };
    Some(name.0.last()?.as_ident()?.value.clone())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Model;

    fn trace(sql: &str) -> Option<Trace> {
        Model::parse("m", sql).expect("parses").trace
    }

    #[test]
    fn a_plain_select_is_traced_to_its_first_table() {
        let trace =
            trace("select s.id, upper(d.name) as name from staff s left join department d using (id) where d.id > 1");
        let trace = trace.expect("is traced");
        assert_eq!(trace.grain, "staff");
        assert!(trace.sql.contains("upper(d.name) AS name, starlift_row FROM staff"), "{}", trace.sql);
    }

    #[test]
    fn a_model_that_mixes_rows_has_no_trace() {
        let mixing = [
            "select a, max(b) as b from t group by a",
            "select count(*) as n from t",
            "select distinct a from t",
            "select a, row_number() over (order by a) as n from t",
            "select a from t limit 1",
            "select a from t where a in (select b from u)",
            "with u as (select a from t) select a from u",
            "select a from (select a from t) as u",
            "select a from t union all select a from u",
            "select t.a, u.b from t join t as u on t.a = u.b",
            "select t.a from t right join u on t.a = u.a",
            "select first_value(a) as a from t",
            "select var_samp(a) as a from t",
            "select a, row_number() as n from t",
            "select upper(a) filter (where b) as a from t",
        ];
        for sql in mixing {
            assert_eq!(trace(sql), None, "{sql}");
        }
    }
}
