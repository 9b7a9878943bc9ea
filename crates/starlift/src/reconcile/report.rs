//! What was compared and found, for a person and as JSON: keys and names of columns, never a value.

use serde::Serialize;

use super::passes::Outline;
use super::plan::Plan;
use super::tally::{Explanation, Finding, Found, Tally};
use crate::text::{cell, count, number};

/// What was compared.
#[derive(Serialize)]
pub(crate) struct Report {
    /// The run published last.
    pub(crate) run: String,
    pub(crate) models: Vec<Compared>,
    pub(crate) skipped: Vec<Skipped>,
}

/// A model that was compared.
#[derive(Serialize)]
pub(crate) struct Compared {
    model: String,
    table: String,
    shown_by: String,
    rows_in_source: u64,
    rows_in_warehouse: u64,
    compared_columns: usize,
    columns_not_compared: Vec<String>,
    #[serde(flatten)]
    tally: Tally,
}

/// A model that was not compared.
#[derive(Serialize)]
pub(crate) struct Skipped {
    pub(crate) model: String,
    pub(crate) reason: String,
}

impl Report {
    /// What should have been compared and was not, if so: some of the models that were `named`, or all. Nothing is known of it then, and a schedule
    /// that looks at the exit code must not take that for well.
    pub(crate) fn lack(&self, named: &[String]) -> Option<String> {
        let skipped = self.skipped.iter().map(|skipped| skipped.model.as_str());
        let named: Vec<&str> = skipped.filter(|model| named.iter().any(|name| name == model)).collect();
        if !named.is_empty() {
            return Some(format!("named and not compared: {}", named.join(", ")));
        }
        self.models.is_empty().then(|| "no model was compared".to_owned())
    }
}

impl Compared {
    pub(crate) fn new(plan: &Plan<'_>, outline: &Outline, tally: Tally) -> Self {
        Self {
            model: plan.model.to_owned(),
            table: plan.table.to_owned(),
            shown_by: plan.shown_by.clone(),
            rows_in_source: outline.in_source,
            rows_in_warehouse: outline.in_warehouse,
            compared_columns: plan.key.len() + plan.columns.len(),
            columns_not_compared: plan.not_compared.iter().map(|name| (*name).to_owned()).collect(),
            tally,
        }
    }

    /// Whether no row differs.
    pub(crate) fn is_well(&self) -> bool {
        self.tally.rows() == 0
    }

    /// The lines for a person.
    pub(crate) fn rendered(&self) -> String {
        let Self { model, table, shown_by, tally, .. } = self;
        let columns = count(self.compared_columns as u64, "column");
        let mut lines = if self.is_well() {
            vec![format!("ok       {model}: {} of {table}, {columns} compared", count(self.rows_in_source, "row"))]
        } else {
            let (differ, of, shown) =
                (number(tally.rows()), number(self.rows_in_source), number(self.rows_in_warehouse));
            vec![format!(
                "finding  {model}: {differ} rows differ; {table} has {of} rows, {shown_by} {shown}; {columns} compared"
            )]
        };
        lines.extend(listed("only in the source", &tally.only_in_source));
        lines.extend(listed("only in the warehouse", &tally.only_in_warehouse));
        lines.extend(listed("differs", &tally.different));
        for (explanation, rows) in &tally.explained {
            lines.push(format!("explained: {} {}", count(*rows, "row"), meaning(*explanation)));
        }
        if !self.columns_not_compared.is_empty() {
            lines.push(format!(
                "not compared, because computed or of another type: {}",
                self.columns_not_compared.join(", ")
            ));
        }
        lines.join("\n         ") + "\n"
    }

    /// What to do about what was found.
    pub(crate) fn advice(&self) -> Option<String> {
        if self.is_well() {
            return None;
        }
        let Self { table, .. } = self;
        let gone = "a row that was deleted since the last run is only in the warehouse until the next one: ";
        let gone = if self.tally.only_in_warehouse.rows > 0 {
            format!("{gone}`starlift run`, and compare again; ")
        } else {
            String::new()
        };
        Some(format!("{gone}`starlift run --full {table}` reads {table} anew and puts right what differs"))
    }
}

impl Skipped {
    /// The line for a person.
    pub(crate) fn rendered(&self) -> String {
        format!("skipped  {}: {}\n", self.model, self.reason)
    }
}

fn listed(what: &str, found: &Found) -> Vec<String> {
    let line = |finding: &Finding| {
        let key: Vec<String> =
            finding.key.iter().map(|(name, value)| format!("{name}={}", cell(Some(value)))).collect();
        let columns =
            if finding.columns.is_empty() { String::new() } else { format!(" in {}", finding.columns.join(", ")) };
        format!("{what}: {}{columns}", key.join(", "))
    };
    let mut lines: Vec<String> = found.keys.iter().map(line).collect();
    let left = found.rows - found.keys.len() as u64;
    if left > 0 {
        lines.push(format!("{what}: {} more", number(left)));
    }
    lines
}

fn meaning(explanation: Explanation) -> &'static str {
    match explanation {
        Explanation::HeldBack => "in the quarantine (`starlift quarantine`)",
        Explanation::UnknownMember => "with unknown members",
        Explanation::NextRun => "written since the horizon of the last run, so that the next one reads them",
        Explanation::KeptThoughGone => "gone from the source and kept, as asked for",
        Explanation::LaterRun => {
            "only in the warehouse, and the last run has not looked at what is gone: a later one does"
        }
        Explanation::LeftOut => "not in the warehouse, and the model may leave rows out",
    }
}
