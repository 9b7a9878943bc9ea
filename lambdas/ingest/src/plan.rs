//! What a run does with one table.

use serde_json::Value;
use starlift_definition::{Column, Read};
use starlift_lake::{KeyList, Position, ReadState, TableState};
use starlift_postgres::CatalogTable;

use crate::drift::changed_columns;
use crate::fence::Cursor;
use crate::held::HeldKeys;

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
    /// Whether a whole table is stored again, though its content is the same.
    pub(crate) rewrite: bool,
    /// The keys of its rows in the quarantine.
    pub(crate) held: Vec<&'a Value>,
    /// The columns to add up: those that facts keep as they are.
    pub(crate) measures: Vec<&'a str>,
    /// Every how many runs its keys are read, if deletions are detected.
    pub(crate) keys_every: Option<u32>,
    /// The column that an index finds new rows by, if it has one.
    pub(crate) cursor: Option<Cursor<'a>>,
}

impl TablePlan<'_> {
    /// Where the reading of an incremental table goes on.
    pub(crate) fn position(&self) -> Position {
        match self.base.map(|base| &base.read) {
            Some(ReadState::Incremental { position }) if self.reset.is_none() => {
                let fences = self.cursor.as_ref().and_then(Cursor::fences);
                Position { fences: fences.cloned(), ..position.clone() }
            }
            _ => Position::default(),
        }
    }

    /// What became of its columns since the base run.
    pub(crate) fn changed_columns(&self) -> Vec<String> {
        self.base.map(|base| changed_columns(self.name, base, self.source)).unwrap_or_default()
    }

    /// The held keys to look for: none when the table is read from its start, because every key is then still to come.
    pub(crate) fn held_keys(&self) -> Option<HeldKeys<'_>> {
        let keys = HeldKeys::new(&self.source.primary_key, &self.held);
        (self.position() != Position::default() && !keys.is_empty()).then_some(keys)
    }

    /// The keys that the table had when they were read last, one run older now.
    pub(crate) fn keys(&self) -> Option<KeyList> {
        let keys = self.base.filter(|_| self.reset.is_none() && self.keys_every.is_some())?.keys.as_ref()?;
        Some(KeyList { age: keys.age.saturating_add(1), ..keys.clone() })
    }

    /// The state of the table when it has been read this far and its keys were these.
    pub(crate) fn state(&self, read: ReadState, keys: Option<KeyList>) -> TableState {
        let id = |column: &Column| self.source.column_ids.get_key_value(&column.name);
        TableState {
            oid: self.source.oid,
            leaves: self.source.leaves.clone(),
            columns: self.columns.clone(),
            column_ids: self.columns.iter().filter_map(id).map(|(name, id)| (name.clone(), id.clone())).collect(),
            primary_key: self.source.primary_key.clone(),
            keys,
            read,
        }
    }
}

#[cfg(test)]
impl<'a> TablePlan<'a> {
    /// An incremental table of which nothing is known yet.
    pub(crate) fn of(schema: &'a str, name: &'a str, source: &'a CatalogTable) -> Self {
        Self {
            name,
            schema,
            source,
            columns: source.columns.clone(),
            read: Read::Incremental,
            base: None,
            reset: None,
            rewrite: false,
            held: Vec::new(),
            measures: Vec::new(),
            keys_every: None,
            cursor: None,
        }
    }
}
