//! What the warehouse's catalog knows of the target tables, as `catalog.json` carries it.
//!
//! Load's `migrate` action reads it from `pg_catalog`; transform and the checker read it from the control bucket, so that neither needs
//! the warehouse.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::{ColumnType, Definition};

/// The target tables of one pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Catalog {
    /// The version of this shape.
    pub format: u32,
    /// The pipeline's name.
    pub pipeline: String,
    /// Every dimension and fact that has a table, by name.
    pub tables: BTreeMap<String, TargetTable>,
}

/// One dimension or fact in the warehouse.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TargetTable {
    /// Its columns, in the table's order.
    pub columns: Vec<Column>,
    /// Its primary key.
    pub primary_key: Vec<String>,
    /// Its references to dimensions.
    pub foreign_keys: Vec<ForeignKey>,
}

/// One column of a source or target table.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Column {
    /// Its name.
    pub name: String,
    /// Its type.
    #[serde(rename = "type")]
    pub column_type: ColumnType,
    /// Whether it may be NULL.
    pub nullable: bool,
    /// Whether the database gives it a value when none is written: an identity, a default, a generated column.
    #[serde(default)]
    pub generated: bool,
}

/// A reference of a fact to a dimension.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForeignKey {
    /// The referring columns.
    pub columns: Vec<String>,
    /// The table referred to.
    pub table: String,
    /// The columns referred to.
    pub to: Vec<String>,
}

impl Catalog {
    /// The only value of `format` that this version understands.
    pub const FORMAT: u32 = 1;

    /// The pipeline's dimensions, then its facts, each after the tables it refers to.
    #[must_use]
    pub fn load_order<'a>(&'a self, definition: &'a Definition) -> Vec<&'a str> {
        let mut ordered: Vec<&str> = Vec::new();
        let dimensions = definition.pipeline.dimensions.keys();
        for name in dimensions.chain(definition.pipeline.facts.keys()) {
            self.visit(name, &mut ordered);
        }
        ordered
    }

    fn visit<'a>(&'a self, name: &str, ordered: &mut Vec<&'a str>) {
        let Some((name, table)) = self.tables.get_key_value(name) else {
            return;
        };
        if ordered.contains(&name.as_str()) {
            return;
        }
        for foreign_key in table.foreign_keys.iter().filter(|foreign_key| foreign_key.table != *name) {
            self.visit(&foreign_key.table, ordered);
        }
        if !ordered.contains(&name.as_str()) {
            ordered.push(name);
        }
    }
}

impl TargetTable {
    /// The columns that a model has to give: all but a primary key that the database numbers itself.
    pub fn model_columns(&self) -> impl Iterator<Item = &Column> {
        self.columns.iter().filter(|column| !self.is_record_id(column))
    }

    /// The record id: the one primary key column that the database numbers itself.
    #[must_use]
    pub fn record_id(&self) -> Option<&Column> {
        self.columns.iter().find(|column| self.is_record_id(column))
    }

    /// The column of this name.
    #[must_use]
    pub fn column(&self, name: &str) -> Option<&Column> {
        self.columns.iter().find(|column| column.name == name)
    }

    fn is_record_id(&self, column: &Column) -> bool {
        column.generated && self.primary_key.len() == 1 && self.primary_key[0] == column.name
    }
}
