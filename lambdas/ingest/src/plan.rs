//! What a run does with one table.

use starlift_definition::{Column, Read};
use starlift_lake::{Position, ReadState, TableState};
use starlift_postgres::CatalogTable;

/// One table, checked and ready to be read.
#[derive(Debug)]
pub(crate) struct TablePlan<'a> {
    /// Its name.
    pub(crate) name: &'a str,
    /// Its schema.
    pub(crate) schema: &'a str,
    /// What the source's catalog says of it.
    pub(crate) source: &'a CatalogTable,
    /// The columns that are read, in the order of the raw objects.
    pub(crate) columns: Vec<Column>,
    /// How it is read.
    pub(crate) read: Read,
    /// How far the run published last had read it.
    pub(crate) base: Option<&'a TableState>,
    /// Why that does not hold any more, if so.
    pub(crate) reset: Option<String>,
}

impl TablePlan<'_> {
    /// Where the reading of an incremental table goes on.
    pub(crate) fn position(&self) -> Position {
        match self.base.map(|base| &base.read) {
            Some(ReadState::Incremental { position }) if self.reset.is_none() => position.clone(),
            _ => Position::default(),
        }
    }

    /// The state of the table when it has been read this far.
    pub(crate) fn state(&self, read: ReadState) -> TableState {
        let id = |column: &Column| self.source.column_ids.get_key_value(&column.name);
        TableState {
            oid: self.source.oid,
            leaves: self.source.leaves.clone(),
            columns: self.columns.clone(),
            column_ids: self.columns.iter().filter_map(id).map(|(name, id)| (name.clone(), id.clone())).collect(),
            primary_key: self.source.primary_key.clone(),
            read,
        }
    }
}
