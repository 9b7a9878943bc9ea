//! The key of a source row, seen from the target that is made of the row: by it a row is found again that is gone, held back or left out.
//!
//! Values are compared with the type that they have in the source, so that a key that the target could not hold is no error: it is no key of the
//! target's. Only a type that the pipeline does not compute with may be unknown to the warehouse; then the target's is taken.

use starlift_definition::{Column, Definition, TypeKind};
use starlift_lake::IngestManifest;
use starlift_postgres::quote;

use crate::target::Target;

/// A column of a target's key, and the column of the source table that it is.
pub(crate) struct KeyColumn<'a> {
    pub(crate) of_target: &'a Column,
    pub(crate) of_source: &'a Column,
}

/// The columns of a target's key, in the key's order.
///
/// # Errors
/// A source row cannot be told from it; the text says why, after "its key".
pub(crate) fn source_key<'a>(
    definition: &'a Definition,
    manifest: &'a IngestManifest,
    target: &'a Target,
) -> Result<Vec<KeyColumn<'a>>, &'static str> {
    let not_plain = "is given by an expression";
    let model = definition.models.get(&target.name).ok_or(not_plain)?;
    let origin = model.origin(target.key()).ok_or(not_plain)?;
    let grain = model.trace.as_ref().map(|trace| trace.grain.as_str()).unwrap_or_default();
    let state = &manifest.tables.get(grain).ok_or("is that of a seed")?.state;
    let is_primary = state.primary_key.len() == origin.len()
        && state.primary_key.iter().all(|column| origin.contains(&column.as_str()));
    // A model over whole tables is computed as a whole: its rows need not be looked for.
    if definition.incremental_table(model).is_some() && !is_primary {
        return Err("is not the primary key of its source table");
    }
    let column = |(name, of): (&'a String, &&str)| {
        let of_source = state.columns.iter().find(|column| column.name == **of)?;
        Some(KeyColumn { of_target: target.table.column(name)?, of_source })
    };
    target.key().iter().zip(&origin).map(column).collect::<Option<_>>().ok_or("was read for another definition")
}

impl KeyColumn<'_> {
    /// Whether values stay text on the way, because one of the two types is none that the pipeline computes with.
    fn is_text(&self) -> bool {
        let kinds = [self.of_target.column_type.kind(), self.of_source.column_type.kind()];
        kinds.contains(&TypeKind::Other)
    }

    /// The type in which a key of the source is staged.
    pub(crate) fn staged_type(&self) -> &str {
        if self.is_text() { "text" } else { self.of_source.column_type.name() }
    }

    /// A text, or a value of the staged type, as what the target's column is compared with.
    pub(crate) fn comparable(&self, expression: &str) -> String {
        let column_type = if self.is_text() { &self.of_target.column_type } else { &self.of_source.column_type };
        format!("{expression}::{column_type}")
    }

    /// The value in a row of the target, as JSON with the same text as in the raw objects; none where the target writes it otherwise.
    pub(crate) fn json(&self, row: &str) -> Option<String> {
        let name = quote(&self.of_target.name);
        let is_text = |kind| matches!(kind, TypeKind::Text(_) | TypeKind::Other);
        match (self.of_source.column_type.kind(), self.of_target.column_type.kind()) {
            (source, target) if source.is_integer() && target.is_integer() => Some(format!("{row}.{name}")),
            (source, target) if is_text(source) && is_text(target) => Some(format!("{row}.{name}::text")),
            (TypeKind::Date, TypeKind::Date) => Some(format!("{row}.{name}::text")),
            _ => None,
        }
    }
}
