//! The source held against the definition and the base run, before anything is written.
//!
//! Invariant: whatever a model uses is there, under its name and with its type, or the run ends here. Extra tables and columns do
//! not disturb. Proven by the tests of `tests/ingest/source_changes.rs`.

use std::collections::{BTreeMap, BTreeSet};

use starlift_definition::{Column, Definition, Deletes, Model, SourceTable, check_source_columns};
use starlift_failure::Failure;
use starlift_lake::messages::FullRead;
use starlift_lake::{ReadState, SourcePosition, TableState};
use starlift_postgres::CatalogTable;

use crate::basis::Basis;
use crate::columns::{gained, is_widening, retyped, taken};
use crate::drift::{new_tables, since};
use crate::fence::{Cursor, Moment};
use crate::plan::TablePlan;
use crate::reset::{TableNow, check_standby, source_reason, table_reason};
use crate::snapshot::Snapshot;

/// What the run does with each table of the definition. `asked` are the tables that a person wants to have read from the start.
pub(crate) fn survey<'a>(
    definition: &'a Definition,
    basis: &'a Basis,
    snapshot: &'a Snapshot,
    asked: &'a FullRead,
) -> Result<Vec<TablePlan<'a>>, Failure> {
    if let FullRead::Tables(names) = asked {
        refuse_unknown(definition, names)?;
    }
    let base = basis.tracking.source.as_ref();
    check_standby(base, &snapshot.before)?;
    let surveyor = Surveyor {
        definition,
        basis,
        asked,
        moment: snapshot.moment.as_ref(),
        next_transaction: snapshot.position.next_transaction,
        source_reason: source_reason(base, &snapshot.position),
    };
    let mut plans = Vec::new();
    for (name, table) in &definition.pipeline.tables {
        let source = snapshot.tables.get(name).ok_or_else(|| {
            Failure::source_changed(format!("table {name} went away while it was looked at; start a new execution"))
        })?;
        let mut plan = surveyor.plan(name, table, source)?;
        if let Some(message) = source.unreadable(table, &plan.columns) {
            return Err(Failure::invalid_definition(format!("pipeline.toml: [tables] {name}: {message}")));
        }
        let undetectable = |(fact, key): (&Model, Vec<&str>)| source.undetectable_deletes(&fact.name, &key);
        if let Some(message) = definition.facts_with_deletes(name).find_map(undetectable) {
            return Err(Failure::invalid_definition(format!("pipeline.toml: [tables] {name}: {message}")));
        }
        plan.cursor = surveyor.cursor(table, &plan)?;
        plans.push(plan);
    }
    let read: BTreeMap<String, Vec<Column>> =
        plans.iter().map(|plan| (plan.name.to_owned(), plan.columns.clone())).collect();
    check_source_columns(definition, &read).map_err(|message| {
        let changes: Vec<String> = plans.iter().flat_map(TablePlan::changed_columns).collect();
        let changes = match changes.as_slice() {
            [] => String::new(),
            all => format!(" (changed{}: {})", since(&basis.tracking), all.join(", ")),
        };
        Failure::source_changed(format!("{message}{changes}; give the column back its name, or change the model"))
    })?;
    report(&plans, base, &snapshot.position);
    Ok(plans)
}

/// Tells of what changed and disturbs nothing.
fn report(plans: &[TablePlan<'_>], base: Option<&SourcePosition>, now: &SourcePosition) {
    for change in plans.iter().flat_map(TablePlan::changed_columns) {
        tracing::warn!(change, "the source has changed, and no model is concerned");
    }
    for table in base.iter().flat_map(|base| new_tables(base, now)) {
        tracing::warn!(table, "the source has a new table: reported, not taken until pipeline.toml names it");
    }
}

fn refuse_unknown(definition: &Definition, names: &[String]) -> Result<(), Failure> {
    let tables = &definition.pipeline.tables;
    match names.iter().find(|name| !tables.contains_key(*name)) {
        Some(name) => Err(Failure::invalid_definition(format!(
            "{name}, which was to be read from the start, is no table of pipeline.toml; start a new execution and name some of {}",
            tables.keys().map(String::as_str).collect::<Vec<_>>().join(", ")
        ))),
        None => Ok(()),
    }
}

struct Surveyor<'a> {
    definition: &'a Definition,
    basis: &'a Basis,
    asked: &'a FullRead,
    moment: Option<&'a Moment>,
    next_transaction: u64,
    source_reason: Option<String>,
}

impl<'a> Surveyor<'a> {
    fn plan(&self, name: &'a str, table: &'a SourceTable, source: &'a CatalogTable) -> Result<TablePlan<'a>, Failure> {
        let base = self.basis.tracking.tables.get(name);
        let models: Vec<&Model> = self.definition.models_over(name).collect();
        let mut retyped_column = None;
        for model in &models {
            retyped_column = self.retyped_column(name, model, base, source)?.or(retyped_column);
        }
        let now = TableNow {
            table: source,
            read: table.read,
            next_transaction: self.next_transaction,
            changed_model: models.iter().find(|model| self.is_changed(model)).map(|model| model.name.as_str()),
            retyped_column,
        };
        let asked = self.asked.includes(name).then(|| "it was asked for".to_owned());
        let rewrite = asked.is_some();
        let reset = self.source_reason.clone().or_else(|| table_reason(base, &now)).or(asked);
        // A model that did not change did without the columns that are new; the key is what the table is read by.
        let known = base.map(|state| state.columns.as_slice());
        let known = known.filter(|known| now.changed_model.is_none() && have_all(known, &source.primary_key));
        for column in known.map(|known| gained(&source.columns, known, &table.exclude)).unwrap_or_default() {
            tracing::warn!(
                table = name,
                column,
                "the source has a new column: reported, not taken until a model changes"
            );
        }
        let columns = taken(&source.columns, known, &table.exclude);
        let schema = self.definition.pipeline.source.schema.as_str();
        let held = models.iter().filter_map(|model| self.basis.tracking.held.get(&model.name)).flatten().collect();
        let measures = measures(self.definition, name, &columns);
        let keys_every = (table.deletes == Deletes::Detect).then_some(table.deletes_every);
        Ok(TablePlan {
            name,
            schema,
            source,
            columns,
            read: table.read,
            base,
            reset,
            rewrite,
            held,
            measures,
            keys_every,
            cursor: None,
        })
    }

    /// The cursor of a table that can be read as `wanted`.
    fn cursor(&self, wanted: &SourceTable, plan: &TablePlan<'a>) -> Result<Option<Cursor<'a>>, Failure> {
        let named = |column: &&Column| wanted.cursor.as_ref() == Some(&column.name);
        let (Some(column), Some(moment)) = (plan.source.columns.iter().find(named), self.moment) else {
            return Ok(None);
        };
        let id = plan.source.column_ids.get(&column.name).map(String::as_str).unwrap_or_default();
        let secret = self.definition.pipeline.source.secret.as_str();
        let cursor = Cursor::new(plan.name, wanted, (column, id), (moment, secret))?;
        let base = match plan.base.filter(|_| plan.reset.is_none()).map(|base| &base.read) {
            Some(ReadState::Incremental { position }) => position.fences.as_ref(),
            _ => None,
        };
        Ok(Some(cursor.since(plan.name, base)))
    }

    fn is_changed(&self, model: &Model) -> bool {
        let fingerprint = self.definition.fingerprint(model, &self.basis.catalog);
        self.basis.tracking.models.get(&model.name) != Some(&fingerprint)
    }

    /// A used column that was widened. Another change of a type is refused, unless the model was changed too.
    fn retyped_column(
        &self,
        table: &str,
        model: &Model,
        base: Option<&'a TableState>,
        source: &'a CatalogTable,
    ) -> Result<Option<&'a str>, Failure> {
        let Some(base) = base else {
            return Ok(None);
        };
        let changes = retyped(self.definition, model, table, &base.columns, &source.columns);
        let refused = changes.iter().find(|change| !is_widening(change.was, change.now));
        match refused {
            Some(change) if !self.is_changed(model) => Err(Failure::source_changed(format!(
                "column {table}.{} was {} and is {} now{}, and models/{}.sql uses it; give it back its type, or change the model, \
                 which accepts the new type and reads the table again",
                change.column,
                change.was,
                change.now,
                since(&self.basis.tracking),
                model.name
            ))),
            _ => Ok(changes.first().map(|change| change.column)),
        }
    }
}

/// The columns of a table that a fact keeps as they are and that have an exact sum.
fn measures<'a>(definition: &'a Definition, table: &'a str, columns: &[Column]) -> Vec<&'a str> {
    let is_exact =
        |name: &&str| columns.iter().any(|column| column.name == *name && column.column_type.kind().has_exact_sum());
    let facts = definition.facts_with_deletes(table);
    let kept = facts.filter_map(|(fact, _)| fact.trace.as_ref()).flat_map(|trace| trace.plain.values());
    let distinct: BTreeSet<&str> = kept.map(String::as_str).filter(is_exact).collect();
    distinct.into_iter().collect()
}

fn have_all(columns: &[Column], names: &[String]) -> bool {
    names.iter().all(|name| columns.iter().any(|column| column.name == *name))
}
