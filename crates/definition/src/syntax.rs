//! The walk over a model's syntax tree: what it may say, which tables and columns it names.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sqlparser::ast::{
    Expr, GroupByExpr, Join, JoinConstraint, JoinOperator, OrderBy, OrderByKind, Query, Select, SelectItem, SetExpr,
    TableFactor, Visit, Visitor,
};

use crate::ColumnUse;

/// What a walk over the syntax tree gathers.
#[derive(Default)]
pub(crate) struct Names {
    /// Alias and table of every relation in a `FROM`.
    tables: BTreeSet<(String, String)>,
    /// Names of common table expressions and derived tables.
    local_relations: BTreeSet<String>,
    /// Names that inner queries give to columns.
    local_columns: BTreeSet<String>,
    qualified: BTreeSet<(String, String)>,
    alone: BTreeSet<String>,
}

impl Names {
    /// The names of a query, or why it is no model.
    pub(crate) fn of(query: &Query) -> Result<Self, String> {
        let mut names = Self::default();
        match without_own_names(query).visit(&mut names) {
            ControlFlow::Break(message) => Err(message),
            ControlFlow::Continue(()) => Ok(names),
        }
    }

    /// The tables and seeds, each once, in alphabetical order.
    pub(crate) fn relations(&self) -> Vec<String> {
        let tables = self.tables.iter().map(|(_, table)| table);
        let relations: BTreeSet<&String> = tables.filter(|table| !self.local_relations.contains(*table)).collect();
        relations.into_iter().cloned().collect()
    }

    /// The columns that the tables must have.
    pub(crate) fn uses(&self) -> BTreeSet<ColumnUse> {
        self.column_uses(|column| !self.local_columns.contains(column))
    }

    /// The columns that the tables may have to give.
    pub(crate) fn reads(&self) -> BTreeSet<ColumnUse> {
        self.column_uses(|_| true)
    }

    fn column_uses(&self, is_of_a_table: impl Fn(&String) -> bool) -> BTreeSet<ColumnUse> {
        let mut uses = BTreeSet::new();
        for (alias, column) in &self.qualified {
            let tables =
                self.tables.iter().filter(|(name, table)| name == alias && !self.local_relations.contains(table));
            uses.extend(tables.map(|(_, table)| ColumnUse::Of { table: table.clone(), column: column.clone() }));
        }
        let alone = self.alone.iter().filter(|column| is_of_a_table(column));
        uses.extend(alone.cloned().map(ColumnUse::Alone));
        uses
    }
}

impl Visitor for Names {
    type Break = String;

    fn pre_visit_query(&mut self, query: &Query) -> ControlFlow<String> {
        if let Some(with) = &query.with {
            self.local_relations.extend(with.cte_tables.iter().map(|table| table.alias.name.value.clone()));
        }
        match query.body.as_ref() {
            SetExpr::Select(_) | SetExpr::Query(_) | SetExpr::SetOperation { .. } => ControlFlow::Continue(()),
            _ => ControlFlow::Break("a model is a select; it writes nothing and has no values list".to_owned()),
        }
    }

    fn pre_visit_select(&mut self, select: &Select) -> ControlFlow<String> {
        for item in &select.projection {
            match item {
                SelectItem::ExprWithAlias { expr, alias } => {
                    // `a.x as x` does not make `x` a name of the model's own: elsewhere it may still be the table's.
                    let is_plain = matches!(expr, Expr::Identifier(name) if name.value == alias.value);
                    if !is_plain {
                        self.local_columns.insert(alias.value.clone());
                    }
                }
                SelectItem::UnnamedExpr(_) => {}
                _ => {
                    return ControlFlow::Break(
                        "name every column instead of `*`: a new column of the source must not change the model"
                            .to_owned(),
                    );
                }
            }
        }
        for join in select.from.iter().flat_map(|from| &from.joins) {
            for name in using_columns(join) {
                self.alone.insert(name);
            }
        }
        ControlFlow::Continue(())
    }

    fn pre_visit_table_factor(&mut self, factor: &TableFactor) -> ControlFlow<String> {
        match factor {
            TableFactor::Table { name, alias, args: None, .. } => {
                let [part] = name.0.as_slice() else {
                    return ControlFlow::Break(format!("{name}: a model names tables and seeds without a schema"));
                };
                let table = part.as_ident().map(|ident| ident.value.clone()).unwrap_or_default();
                let alias = alias.as_ref().map_or_else(|| table.clone(), |alias| alias.name.value.clone());
                self.tables.insert((alias, table));
                ControlFlow::Continue(())
            }
            TableFactor::Derived { alias, .. } => {
                self.local_relations.extend(alias.iter().map(|alias| alias.name.value.clone()));
                ControlFlow::Continue(())
            }
            TableFactor::NestedJoin { .. } => ControlFlow::Continue(()),
            other => ControlFlow::Break(format!("{other}: a model reads plain tables and seeds, no table functions")),
        }
    }

    fn pre_visit_expr(&mut self, expr: &Expr) -> ControlFlow<String> {
        match expr {
            Expr::Identifier(name) => {
                self.alone.insert(name.value.clone());
            }
            Expr::CompoundIdentifier(parts) => {
                let [table, column] = parts.as_slice() else {
                    return ControlFlow::Break(format!("{expr}: write a column as table.column"));
                };
                self.qualified.insert((table.value.clone(), column.value.clone()));
            }
            _ => {}
        }
        ControlFlow::Continue(())
    }
}

/// The query without the names that its own columns get: in `cast(d as date) as d` the `d` inside is the table's. What is grouped or
/// ordered by such a name goes with it.
fn without_own_names(query: &Query) -> Query {
    let mut bare = query.clone();
    let own = remove_names(&mut bare.body);
    let is_own = |expr: &Expr| matches!(expr, Expr::Identifier(name) if own.contains(&name.value));
    if let Some(OrderBy { kind: OrderByKind::Expressions(order), .. }) = &mut bare.order_by {
        order.retain(|item| !is_own(&item.expr));
    }
    bare
}

fn remove_names(body: &mut SetExpr) -> BTreeSet<String> {
    match body {
        SetExpr::Select(select) => {
            let mut own = BTreeSet::new();
            for item in &mut select.projection {
                if let SelectItem::ExprWithAlias { expr, alias } = item {
                    own.insert(alias.value.clone());
                    *item = SelectItem::UnnamedExpr(expr.clone());
                }
            }
            if let GroupByExpr::Expressions(columns, _) = &mut select.group_by {
                columns.retain(|expr| !matches!(expr, Expr::Identifier(name) if own.contains(&name.value)));
            }
            own
        }
        SetExpr::Query(inner) => remove_names(&mut inner.body),
        SetExpr::SetOperation { left, right, .. } => {
            let mut own = remove_names(left);
            own.append(&mut remove_names(right));
            own
        }
        _ => BTreeSet::new(),
    }
}

fn using_columns(join: &Join) -> Vec<String> {
    let constraint = match &join.join_operator {
        JoinOperator::Join(constraint)
        | JoinOperator::Inner(constraint)
        | JoinOperator::Left(constraint)
        | JoinOperator::LeftOuter(constraint)
        | JoinOperator::Right(constraint)
        | JoinOperator::RightOuter(constraint)
        | JoinOperator::FullOuter(constraint) => constraint,
        _ => return Vec::new(),
    };
    let JoinConstraint::Using(names) = constraint else {
        return Vec::new();
    };
    names.iter().filter_map(|name| name.0.last()?.as_ident().map(|ident| ident.value.clone())).collect()
}

/// The names of a query's columns, in order.
pub(crate) fn output_columns(query: &Query) -> Result<Vec<String>, String> {
    let mut body = query.body.as_ref();
    let select = loop {
        match body {
            SetExpr::Select(select) => break select,
            SetExpr::Query(inner) => body = inner.body.as_ref(),
            SetExpr::SetOperation { left, .. } => body = left.as_ref(),
            _ => return Err("a model is a select".to_owned()),
        }
    };
    select.projection.iter().map(output_column).collect()
}

fn output_column(item: &SelectItem) -> Result<String, String> {
    match item {
        SelectItem::ExprWithAlias { alias, .. } => Ok(alias.value.clone()),
        SelectItem::UnnamedExpr(Expr::Identifier(name)) => Ok(name.value.clone()),
        SelectItem::UnnamedExpr(Expr::CompoundIdentifier(parts)) => {
            Ok(parts.last().map(|part| part.value.clone()).unwrap_or_default())
        }
        other => Err(format!("{other}: give the column a name with `as`")),
    }
}
