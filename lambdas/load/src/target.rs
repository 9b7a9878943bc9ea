//! Dimensions and facts as load sees them: what is checked here, the statements rely on.

use std::collections::BTreeSet;

use starlift_definition::{Column, Definition, ForeignKey, Generate, TargetTable};
use starlift_failure::Failure;

use crate::calendar;
use crate::catalog::Star;

/// A dimension or fact of the warehouse.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    /// Its table.
    pub(crate) name: String,
    /// Its table's schema.
    pub(crate) schema: String,
    /// Its columns and keys.
    pub(crate) table: TargetTable,
    /// What it is.
    pub(crate) kind: Kind,
    /// Its references that point to an unknown member while the row that they mean is missing.
    pub(crate) unknown_references: Vec<ForeignKey>,
    /// The columns by which such references find its own unknown member.
    pub(crate) unknown_columns: BTreeSet<String>,
    /// Its table's oid.
    pub(crate) oid: u32,
    /// Whether it is an ordinary table: only then can its keys be dropped and declared again.
    pub(crate) is_ordinary: bool,
    /// Its place in the load order; temporary tables are named after it, because a table's own name may be too long to extend.
    pub(crate) place: usize,
}

/// What a target is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// The latest value of each row.
    Dimension,
    /// One row for each date.
    Calendar,
    /// Every version of each row.
    Fact {
        /// The business key.
        key: Vec<String>,
        /// The column that numbers the versions.
        record_id: String,
    },
}

/// The table in schema `etl` that notes which versions of a fact are closed.
pub(crate) fn closed_table(fact: &str) -> String {
    format!("closed_{fact}")
}

impl Target {
    /// The pipeline's targets, each after the tables it refers to.
    ///
    /// # Errors
    /// A table cannot be loaded as the definition says; the message names it and says what it needs.
    pub(crate) fn list(definition: &Definition, star: &Star) -> Result<Vec<Self>, Failure> {
        let ordered = star.catalog.load_order(definition);
        ordered.iter().enumerate().map(|(place, name)| Self::new(definition, star, name, place)).collect()
    }

    fn new(definition: &Definition, star: &Star, name: &str, place: usize) -> Result<Self, Failure> {
        let unfit = |message: String| Failure::invalid_definition(format!("warehouse/: table {name} {message}"));
        let table = star.catalog.tables[name].clone();
        let kind = match (definition.pipeline.facts.get(name), definition.pipeline.dimensions.get(name)) {
            (Some(fact), _) => {
                let Some(record_id) = table.record_id() else {
                    return Err(unfit(
                        "has no record id; a fact needs a serial or identity column as primary key".into(),
                    ));
                };
                let nullable = |key: &&String| table.column(key).is_none_or(|column| column.nullable);
                if let Some(key) = fact.key.iter().find(nullable) {
                    return Err(unfit(format!("has no column {key} that is not null; a business key needs it")));
                }
                if !star.closed.contains_key(&closed_table(name)) {
                    let closed = closed_table(name);
                    return Err(unfit(format!("has no etl.{closed}; a fact needs it for its closed versions")));
                }
                Kind::Fact { key: fact.key.clone(), record_id: record_id.name.clone() }
            }
            (None, dimension) => {
                if table.primary_key.is_empty() || table.record_id().is_some() {
                    return Err(unfit("has no primary key that its model gives; a dimension needs one".into()));
                }
                match dimension.and_then(|dimension| dimension.generate) {
                    Some(Generate::Calendar) => calendar::check(&table).map(|()| Kind::Calendar).map_err(unfit)?,
                    None => Kind::Dimension,
                }
            }
        };
        let unknown_references = definition.unknown_references(name, &table).into_iter().cloned().collect();
        let referring = definition.all_unknown_references(&star.catalog).filter(|reference| reference.table == name);
        let unknown_columns = referring.flat_map(|reference| reference.to.clone()).collect();
        let relation = &star.relations[name];
        let (oid, is_ordinary) = (relation.oid, relation.kind == 'r');
        let schema = definition.pipeline.warehouse.schema.clone();
        let name = name.to_owned();
        Ok(Self { name, schema, table, kind, unknown_references, unknown_columns, oid, is_ordinary, place })
    }

    /// The columns that are staged: those that the model gives.
    pub(crate) fn columns(&self) -> impl Iterator<Item = &Column> {
        self.table.model_columns()
    }

    /// What names a row: a dimension's primary key, a fact's business key.
    pub(crate) fn key(&self) -> &[String] {
        match &self.kind {
            Kind::Fact { key, .. } => key,
            Kind::Dimension | Kind::Calendar => &self.table.primary_key,
        }
    }

    /// The references to other tables.
    pub(crate) fn references(&self) -> impl Iterator<Item = &ForeignKey> {
        self.table.foreign_keys.iter().filter(|foreign_key| foreign_key.table != self.name)
    }

    /// Whether a column may point to an unknown member.
    pub(crate) fn may_be_unknown(&self, column: &str) -> bool {
        self.unknown_references.iter().any(|reference| reference.columns.iter().any(|name| name == column))
    }

    /// The columns that refer to a calendar.
    pub(crate) fn dates_in(&self, calendar: &Self) -> impl Iterator<Item = &str> {
        let of_calendar =
            |foreign_key: &&ForeignKey| foreign_key.table == calendar.name && foreign_key.columns.len() == 1;
        self.table.foreign_keys.iter().filter(of_calendar).map(|foreign_key| foreign_key.columns[0].as_str())
    }
}
