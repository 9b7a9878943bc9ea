//! What a table adds up to, in the snapshot that its rows are read in: load compares it with what it is about to show.

use starlift_failure::Failure;
use starlift_lake::{KeyList, Totals};
use starlift_postgres::{PostgresError, Session};

use crate::plan::TablePlan;
use crate::read::Reading;
use crate::statement;

impl Reading<'_> {
    /// Whether a table with these keys is added up in this run.
    pub(super) fn is_added_up(&self, plan: &TablePlan<'_>, keys: &KeyList) -> bool {
        let pipeline = &self.context.definition.pipeline;
        let is_asked = pipeline.tables.get(plan.name).is_some_and(|table| table.reconcile);
        is_asked || keys.object.rows <= pipeline.settings.reconcile_rows
    }

    /// Adds a table up, without the rows whose keys have been set as held.
    pub(super) async fn total(
        &self,
        session: &Session,
        plan: &TablePlan<'_>,
        without_held: bool,
    ) -> Result<Totals, Failure> {
        let row = session.client.query_one(&statement::totals(plan, without_held), &[]).await.map_err(|error| {
            self.refused(plan, PostgresError::new(format!("adding up table {}", plan.name), &error))
        })?;
        let rows: i64 = row.get(0);
        let sum = |(n, column): (usize, &&str)| ((*column).to_owned(), row.get(n));
        Ok(Totals { rows: rows.unsigned_abs(), sums: (1..).zip(&plan.measures).map(sum).collect() })
    }
}
