//! A model: exactly one `SELECT` over plain names of tables and seeds.
//!
//! The text is parsed once, here, for what every part of the pipeline has to know: which tables a model reads, which columns it uses, which
//! columns it gives. Table functions are refused, because `read_csv('/etc/passwd')` would open the file.

use std::collections::BTreeSet;
use std::ops::ControlFlow;

use sha2::{Digest, Sha256};
use sqlparser::ast::{
    Expr, GroupByExpr, Join, JoinConstraint, JoinOperator, OrderBy, OrderByKind, Query, Select, SelectItem, SetExpr,
    Statement, TableFactor, Visit, Visitor,
};
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;

use crate::{DefinitionError, Trace};

/// The `SELECT` of one dimension or fact.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Model {
    /// The model's name: that of its table in the warehouse and of its file.
    pub name: String,
    /// The text of the file.
    pub sql: String,
    /// The tables and seeds that it reads, each once, in alphabetical order.
    pub relations: Vec<String>,
    /// The columns that its tables must have.
    pub uses: BTreeSet<ColumnUse>,
    /// The columns to read for it: `uses`, and names of inner queries' columns where one of its tables has them too.
    pub reads: BTreeSet<ColumnUse>,
    /// How its rows are traced to those they come from; none when it mixes rows.
    pub trace: Option<Trace>,
    /// The names of its columns, in order.
    pub columns: Vec<String>,
    /// The sha256 of the text, in hexadecimal.
    pub sha256: String,
}

/// A column that a model uses.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ColumnUse {
    /// Written with the table's name or alias: it must be a column of this table.
    Of {
        /// The table.
        table: String,
        /// The column.
        column: String,
    },
    /// Written alone: it must be a column of one of the model's tables.
    Alone(String),
}

impl Model {
    /// The model with this name and text.
    ///
    /// # Errors
    /// The text is not one `SELECT`, reads something else than plain names, or has a column without a name.
    pub fn parse(name: &str, sql: &str) -> Result<Self, DefinitionError> {
        let file = format!("models/{name}.sql");
        let invalid = |message: String| DefinitionError::invalid(&file, message);
        let statements =
            Parser::parse_sql(&GenericDialect, sql).map_err(|error| invalid(format!("is not SQL: {error}")))?;
        let [Statement::Query(query)] = statements.as_slice() else {
            return Err(invalid("a model is exactly one select".to_owned()));
        };
        let mut reader = Reader::default();
        if let ControlFlow::Break(message) = without_own_names(query).visit(&mut reader) {
            return Err(invalid(message));
        }
        let columns = output_columns(query).map_err(invalid)?;
        let local = &reader.local_relations;
        let relations: BTreeSet<&String> =
            reader.tables.iter().map(|(_, table)| table).filter(|table| !local.contains(*table)).collect();
        Ok(Self {
            name: name.to_owned(),
            sql: sql.to_owned(),
            relations: relations.into_iter().cloned().collect(),
            uses: reader.column_uses(|column| !reader.local_columns.contains(column)),
            reads: reader.column_uses(|_| true),
            trace: Trace::of(query),
            columns,
            sha256: format!("{:x}", Sha256::digest(sql)),
        })
    }
}

/// What a walk over the syntax tree gathers.
#[derive(Default)]
struct Reader {
    /// Alias and table of every relation in a `FROM`.
    tables: BTreeSet<(String, String)>,
    /// Names of common table expressions and derived tables.
    local_relations: BTreeSet<String>,
    /// Names that inner queries give to columns.
    local_columns: BTreeSet<String>,
    qualified: BTreeSet<(String, String)>,
    alone: BTreeSet<String>,
}

impl Reader {
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

impl Visitor for Reader {
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

fn output_columns(query: &Query) -> Result<Vec<String>, String> {
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

#[cfg(test)]
mod tests {
    use super::*;

    fn message(sql: &str) -> String {
        Model::parse("dim_staff", sql).expect_err("is refused").to_string()
    }

    #[test]
    fn a_model_knows_its_tables_the_columns_it_uses_and_those_it_gives() {
        let model = Model::parse(
            "dim_staff",
            "select s.staff_id, upper(s.first_name) as first_name, d.location as location, email_address
             from staff s left join department as d using (department_id)",
        )
        .expect("parses");
        assert_eq!(model.relations, ["department", "staff"]);
        assert_eq!(model.columns, ["staff_id", "first_name", "location", "email_address"]);
        let of = |table: &str, column: &str| ColumnUse::Of { table: table.to_owned(), column: column.to_owned() };
        let alone = |column: &str| ColumnUse::Alone(column.to_owned());
        let expected = [
            of("department", "location"),
            of("staff", "first_name"),
            of("staff", "staff_id"),
            alone("department_id"),
            alone("email_address"),
        ];
        assert_eq!(model.uses, expected.into_iter().collect());
    }

    #[test]
    fn a_common_table_expression_is_no_table_of_the_source() {
        let model =
            Model::parse("m", "with big as (select id, n * 2 as m from t) select big.id, m from big").expect("parses");
        assert_eq!(model.relations, ["t"]);
        assert!(!model.uses.contains(&ColumnUse::Alone("m".to_owned())));
    }

    #[test]
    fn a_column_is_used_even_when_the_result_gets_its_name() {
        let model = Model::parse("m", "select cast(due as date) as due, n + 1 as m from t group by m order by due, id")
            .expect("parses");
        let alone = |column: &str| ColumnUse::Alone(column.to_owned());
        assert_eq!(model.uses, [alone("due"), alone("id"), alone("n")].into_iter().collect());
        let inner = Model::parse("m", "with big as (select cast(due as date) as due from t) select due from big")
            .expect("parses");
        assert!(inner.reads.contains(&alone("due")) && inner.uses.is_empty());
    }

    #[test]
    fn a_table_function_is_refused_before_it_opens_a_file() {
        assert!(message("select a from read_csv('/etc/passwd')").contains("no table functions"));
    }

    #[test]
    fn only_one_select_is_a_model() {
        assert!(message("delete from staff").contains("exactly one select"));
        assert!(message("select 1 as a from t; select 2 as b from t").contains("exactly one select"));
        assert!(message("selec 1").contains("models/dim_staff.sql: is not SQL"));
        assert!(message("values (1)").contains("models/dim_staff.sql"));
    }

    #[test]
    fn a_star_a_schema_and_a_nameless_column_are_refused_with_what_to_write() {
        assert!(message("select * from staff").contains("name every column"));
        assert!(message("select a from public.staff").contains("without a schema"));
        assert!(message("select a + 1 from staff").contains("with `as`"));
    }
}
