//! What of a model can be compared with its source table without computing the model: its key and the columns that it gives as they are.

use std::collections::BTreeMap;

use starlift_definition::{Catalog, Column, Definition, Deletes, Model, UNKNOWN_MEMBER};
use starlift_lake::Fences;
use starlift_postgres::{CatalogTable, quote_table};

use super::canonical::Way;
use crate::catalogs::SourceTables;

/// A column of the warehouse that is a column of the source.
#[derive(Debug)]
pub(crate) struct Pair<'a> {
    pub(crate) source: &'a Column,
    pub(crate) target: &'a Column,
    pub(crate) way: Way,
}

/// The cursor column by which the next run reads a table.
#[derive(Debug)]
pub(crate) struct Cursor<'a> {
    pub(crate) column: &'a Column,
    /// As the ledger has it beside a fence.
    pub(crate) identity: String,
}

/// A comparison of what the warehouse shows of a model with its source table.
#[derive(Debug)]
pub(crate) struct Plan<'a> {
    /// The model.
    pub(crate) model: &'a str,
    /// Its source table.
    pub(crate) table: &'a str,
    /// The source table, quoted and with its schema.
    pub(crate) source: String,
    /// What shows the rows of the warehouse: the dimension, or the fact's view of open versions.
    pub(crate) shown_by: String,
    /// The same, quoted and with its schema.
    pub(crate) warehouse: String,
    /// The primary key of the source table.
    pub(crate) key: Vec<Pair<'a>>,
    /// The other columns that are compared.
    pub(crate) columns: Vec<Pair<'a>>,
    /// Those that are not.
    pub(crate) not_compared: Vec<&'a str>,
    /// Those that may point to an unknown member.
    pub(crate) unknown_columns: Vec<&'a str>,
    /// Whether a dimension has an unknown member, which no source row makes.
    pub(crate) has_unknown_member: bool,
    /// Whether rows of the source carry their version.
    pub(crate) has_versions: bool,
    /// The cursor column of the source table, if the definition names one.
    pub(crate) cursor: Option<Cursor<'a>>,
    /// Whether the warehouse keeps rows that are gone from the source.
    pub(crate) keeps_gone: bool,
    /// Whether some runs do not look at what is gone.
    pub(crate) looks_at_times: bool,
    /// Whether the model may leave rows of the source out.
    pub(crate) leaves_out: bool,
}

/// The view of a fact's open versions.
pub(crate) fn view_of(fact: &str) -> String {
    format!("current_{}", fact.strip_prefix("fact_").unwrap_or(fact))
}

impl<'a> Plan<'a> {
    /// The plan for a model. `views` are the views of open versions that the warehouse has.
    ///
    /// # Errors
    /// The model cannot be compared; the text says why.
    pub(crate) fn of(
        definition: &'a Definition,
        model: &'a Model,
        source: &'a SourceTables,
        catalog: &'a Catalog,
        views: &BTreeMap<String, CatalogTable>,
    ) -> Result<Self, String> {
        let pipeline = &definition.pipeline;
        let trace = model.trace.as_ref().ok_or("one of its rows may come from several rows")?;
        let (table, read) = pipeline.tables.get_key_value(&trace.grain).ok_or("its rows come from a seed")?;
        let found = source.tables.get(table).ok_or_else(|| format!("the source has no table {table}"))?;
        let target = catalog.tables.get(&model.name).ok_or("the warehouse has no such table")?;
        let fact = pipeline.facts.get(&model.name);
        let shown_by = if fact.is_some() { view_of(&model.name) } else { model.name.clone() };
        if fact.is_some() && !views.contains_key(&shown_by) {
            return Err(format!("the warehouse has no view {shown_by} of its open versions"));
        }
        let business_key = fact.map_or(&target.primary_key, |fact| &fact.key);
        let origin = model.origin(business_key).ok_or("its key is given by an expression")?;
        let is_primary = origin.len() == found.primary_key.len()
            && found.primary_key.iter().all(|column| origin.contains(&column.as_str()));
        if !is_primary {
            return Err(format!("its key is not the primary key of {table}"));
        }
        let pair = |given: &'a Column| {
            let name = trace.plain.get(&given.name)?;
            let of = found.columns.iter().find(|column| column.name == *name)?;
            Some(Pair { source: of, target: given, way: Way::between(&of.column_type, &given.column_type)? })
        };
        let (mut key, mut columns, mut not_compared) = (Vec::new(), Vec::new(), Vec::new());
        for column in target.model_columns() {
            match (pair(column), business_key.contains(&column.name)) {
                (Some(pair), true) => key.push(pair),
                (Some(pair), false) => columns.push(pair),
                (None, true) => return Err(format!("{} of its key has another type in {table}", column.name)),
                (None, false) => not_compared.push(column.name.as_str()),
            }
        }
        let references = definition.unknown_references(&model.name, target);
        Ok(Self {
            model: &model.name,
            table,
            source: quote_table(&pipeline.source.schema, table),
            warehouse: quote_table(&pipeline.warehouse.schema, &shown_by),
            shown_by,
            key,
            columns,
            not_compared,
            unknown_columns: references.iter().flat_map(|reference| &reference.columns).map(String::as_str).collect(),
            has_unknown_member: definition.all_unknown_references(catalog).any(|to| to.table == model.name),
            has_versions: found.is_heap,
            cursor: found.columns.iter().find(|column| read.cursor.as_ref() == Some(&column.name)).map(|column| {
                let id = found.column_ids.get(&column.name).map(String::as_str).unwrap_or_default();
                Cursor { column, identity: Fences::identity(column, id, read.overlap_minutes) }
            }),
            keeps_gone: fact.is_none() || read.deletes == Deletes::Ignore,
            looks_at_times: read.deletes_every > 1,
            leaves_out: !trace.keeps_every_row,
        })
    }

    /// Whether this key is that of the dimension's unknown member.
    pub(crate) fn is_unknown_member(&self, key: &[String]) -> bool {
        self.has_unknown_member && *key == [UNKNOWN_MEMBER.to_string()]
    }
}
