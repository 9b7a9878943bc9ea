//! The last gate before a commit: what the warehouse is about to show adds up to what the source had in the snapshot of the run.
//!
//! Rows and sums are compared, exactly, for facts whose deletions are detected: the others keep what the source has deleted. Rows that were in the
//! quarantine when the run began are left out on both sides; when the run holds back another one, that fact is compared by the next run. A row
//! that the run publishes with an unknown member counts; only the columns that may point to one are then not added up.

use serde_json::Value;
use starlift_definition::{Column, Definition};
use starlift_failure::Failure;
use starlift_lake::{ManifestTable, Totals};
use tokio_postgres::Client;
use tokio_postgres::types::ToSql;

use crate::manifests::Manifests;
use crate::source_key::{KeyColumn, source_key};
use crate::target::{Kind, Target};
use crate::warehouse::{count, failed};

const NEWLY_HELD: &str = include_str!("../../../sql/engine/load/newly_held.sql");

/// Compares the facts of a run with what their tables add up to.
///
/// # Errors
/// A number of rows or a sum differs; the message names table, measure and both figures.
pub(crate) async fn check(
    client: &Client,
    definition: &Definition,
    manifests: &Manifests,
    targets: &[Target],
) -> Result<(), Failure> {
    for (table, read) in &manifests.ingest.tables {
        let Some(totals) = &read.totals else {
            continue;
        };
        for (fact, _) in definition.facts_over(table) {
            let Some(target) = targets.iter().find(|target| target.name == fact.name) else {
                continue;
            };
            let Ok(key) = source_key(definition, &manifests.ingest, target) else {
                continue;
            };
            let Some(plain) = fact.trace.as_ref().map(|trace| &trace.plain) else {
                continue;
            };
            let left_out = left_out(read);
            let newly_held = client.query_one(NEWLY_HELD, &[&target.name, &left_out]).await;
            let newly_held = newly_held.map_err(failed("reading etl.quarantine"))?;
            let (waiting, unknown) = (count(newly_held.get("held")), count(newly_held.get("unknown")));
            if waiting > 0 {
                let run = &manifests.ingest.run;
                tracing::warn!(target: "starlift", run, table = target.name, waiting, "not compared: rows are newly held back");
                continue;
            }
            let is_replaced = |given: &String| unknown > 0 && target.may_be_unknown(given);
            let summed = |(given, of): (&String, &String)| Some((totals.sums.get(of)?, exact(target, given)?));
            let comparison = Comparison {
                table,
                target,
                totals,
                measures: plain.iter().filter(|(given, _)| !is_replaced(given)).filter_map(summed).collect(),
                key,
                left_out,
            };
            comparison.run(client).await?;
        }
    }
    Ok(())
}

/// The keys of rows that were in the quarantine when the run began.
fn left_out(read: &ManifestTable) -> Vec<String> {
    read.retried.iter().flat_map(|retried| retried.found.iter().chain(&retried.gone)).map(Value::to_string).collect()
}

/// A column of a target whose sum is exact.
fn exact<'a>(target: &'a Target, name: &str) -> Option<&'a Column> {
    target.table.column(name).filter(|column| column.column_type.kind().has_exact_sum())
}

struct Comparison<'a> {
    table: &'a str,
    target: &'a Target,
    totals: &'a Totals,
    /// The sum in the source, and the column that has to have it.
    measures: Vec<(&'a Option<String>, &'a Column)>,
    key: Vec<KeyColumn<'a>>,
    left_out: Vec<String>,
}

impl Comparison<'_> {
    async fn run(&self, client: &Client) -> Result<(), Failure> {
        let Kind::Fact { record_id, .. } = &self.target.kind else {
            return Ok(());
        };
        let columns: Vec<&Column> = self.measures.iter().map(|(_, column)| *column).collect();
        let names: Vec<&str> = self.key.iter().map(|column| column.of_source.name.as_str()).collect();
        let expected: Vec<&Option<String>> = self.measures.iter().map(|(sum, _)| *sum).collect();
        let statement = self.target.open_totals(record_id, &columns, &self.key);
        let parameters: [&(dyn ToSql + Sync); 3] = [&expected, &names, &self.left_out];
        let doing = format!("adding up {}", self.target.name);
        let row = client.query_one(&statement, &parameters).await.map_err(failed(doing))?;
        let rows = count(row.get(0));
        if rows != self.totals.rows {
            return Err(self.differs("the number of rows", &rows.to_string(), &self.totals.rows.to_string()));
        }
        for (n, (sum, column)) in self.measures.iter().enumerate() {
            let (shown, is_other): (Option<String>, bool) = (row.get(1 + 2 * n), row.get(2 + 2 * n));
            if is_other {
                let measure = format!("the sum of {}", column.name);
                return Err(self.differs(&measure, figure(&shown), figure(sum)));
            }
        }
        Ok(())
    }

    fn differs(&self, measure: &str, shown: &str, expected: &str) -> Failure {
        let (fact, table) = (&self.target.name, self.table);
        Failure::invalid_data(format!(
            "{measure} of {fact} would be {shown}, and in source table {table} it is {expected}; nothing was published: read the table anew with \
             `starlift run --full {table}`, and when it differs again, please report it"
        ))
    }
}

fn figure(sum: &Option<String>) -> &str {
    sum.as_deref().unwrap_or("null")
}
