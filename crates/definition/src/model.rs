//! A model: exactly one `SELECT` over plain names of tables and seeds.
//!
//! The text is parsed once, here, for what every part of the pipeline has to know: which tables a model reads, which columns it uses, which
//! columns it gives. Table functions are refused, because `read_csv('/etc/passwd')` would open the file.

use std::collections::BTreeSet;

use sha2::{Digest, Sha256};
use sqlparser::ast::Statement;
use sqlparser::dialect::GenericDialect;
use sqlparser::parser::Parser;

use crate::mixing::mixing_function;
use crate::syntax::{Names, output_columns};
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
    /// A function in it that may mix rows, as it is written.
    pub mixing_function: Option<String>,
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
        let names = Names::of(query).map_err(invalid)?;
        let columns = output_columns(query).map_err(invalid)?;
        Ok(Self {
            name: name.to_owned(),
            sql: sql.to_owned(),
            relations: names.relations(),
            uses: names.uses(),
            reads: names.reads(),
            trace: Trace::of(query),
            mixing_function: mixing_function(query),
            columns,
            sha256: format!("{:x}", Sha256::digest(sql)),
        })
    }

    /// The columns of the model's grain that these columns of the model are; none where one of them is given in another way.
    #[must_use]
    pub fn origin(&self, columns: &[String]) -> Option<Vec<&str>> {
        let plain = &self.trace.as_ref()?.plain;
        columns.iter().map(|column| plain.get(column).map(String::as_str)).collect()
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
