//! Unknown members: the row of a dimension, with the key -1, that facts point to while the row that they mean is missing.
//!
//! Only references to dimensions that a model fills can point there, by one integer column. A calendar has no day -1; a column of the business
//! key names the row of the fact itself; a column that refers twice means two rows, of which one may be there: such references go on waiting.

use crate::{Catalog, Definition, DefinitionError, ForeignKey, OnMissingDimension, TargetTable};

/// The key of every unknown member.
pub const UNKNOWN_MEMBER: i32 = -1;

impl Definition {
    /// The references of a fact that point to an unknown member while the row that they mean is missing; none unless the fact asks for it.
    #[must_use]
    pub fn unknown_references<'a>(&self, name: &str, table: &'a TargetTable) -> Vec<&'a ForeignKey> {
        let Some(fact) = self.pipeline.facts.get(name).filter(|fact| fact.shows_unknown()) else {
            return Vec::new();
        };
        let is_free = |reference: &&ForeignKey| {
            let [column] = reference.columns.as_slice() else {
                return false;
            };
            let uses = table.foreign_keys.iter().filter(|other| other.columns.contains(column)).count();
            uses == 1 && !fact.key.contains(column)
        };
        let references = table.foreign_keys.iter().filter(|reference| self.has_model_rows(&reference.table));
        references.filter(is_free).collect()
    }

    /// Every reference that may point to an unknown member.
    pub fn all_unknown_references<'a>(&self, catalog: &'a Catalog) -> impl Iterator<Item = &'a ForeignKey> {
        let facts = self.pipeline.facts.keys().filter_map(|name| catalog.tables.get_key_value(name));
        facts.flat_map(|(name, table)| self.unknown_references(name, table))
    }

    fn has_model_rows(&self, name: &str) -> bool {
        self.pipeline.dimensions.get(name).is_some_and(|dimension| dimension.generate.is_none())
    }
}

/// By its key a row is found again when the row that it means has arrived.
pub(crate) fn check_key(definition: &Definition) -> Result<(), DefinitionError> {
    for (name, _) in definition.pipeline.facts.iter().filter(|(_, fact)| fact.shows_unknown()) {
        let model = definition.models.get(name);
        if model.and_then(|model| model.origin(definition.business_key(model)?)).is_none() {
            return refused(
                name,
                "needs the fact's key to be columns of its source table as they are, without any expression",
            );
        }
    }
    Ok(())
}

/// What the setting needs of the warehouse's tables.
pub(crate) fn check_references(definition: &Definition, catalog: &Catalog) -> Result<(), DefinitionError> {
    for (name, _) in definition.pipeline.facts.iter().filter(|(_, fact)| fact.shows_unknown()) {
        let Some(table) = catalog.tables.get(name) else {
            continue;
        };
        let is_integer = |of: &TargetTable, columns: &[String]| match columns {
            [column] => of.column(column).is_some_and(|column| column.column_type.kind().is_integer()),
            _ => false,
        };
        let is_unfit = |reference: &&ForeignKey| {
            let referred = catalog.tables.get(&reference.table);
            definition.has_model_rows(&reference.table)
                && !(is_integer(table, &reference.columns)
                    && referred.is_some_and(|referred| is_integer(referred, &reference.to)))
        };
        if let Some(reference) = table.foreign_keys.iter().find(is_unfit) {
            let (columns, to) = (reference.columns.join(", "), &reference.table);
            let message = format!(
                "needs references of one integer column each, because an unknown member has the key {UNKNOWN_MEMBER}; it refers to {to} by {columns}"
            );
            return refused(name, &message);
        }
        if definition.unknown_references(name, table).is_empty() {
            let message = "has no use: the fact has no foreign key to a dimension with a model, by a column that is not in its business key and \
                           refers once";
            return refused(name, message);
        }
    }
    Ok(())
}

fn refused(name: &str, message: &str) -> Result<(), DefinitionError> {
    let setting = OnMissingDimension::UNKNOWN_SETTING;
    Err(DefinitionError::invalid("pipeline.toml", format!("[facts.{name}] {setting} {message}")))
}
