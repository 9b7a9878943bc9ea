//! Reads one table through one connection. Memory does not depend on the table: rows pass through one by one.

mod full;
mod incremental;
mod keys;
mod totals;

use std::time::Instant;

use starlift_definition::Read;
use starlift_failure::Failure;
use starlift_host::Context;
use starlift_lake::ManifestTable;
use starlift_postgres::{PostgresError, Session};

use crate::plan::TablePlan;
use crate::raw::RawPlace;
use crate::refusal::refusal;

/// What is the same for all tables of a run.
#[derive(Clone, Copy)]
pub(crate) struct Reading<'a> {
    /// The invocation.
    pub(crate) context: &'a Context,
    /// The run.
    pub(crate) run: &'a str,
    /// The horizon of the snapshot.
    pub(crate) horizon: u64,
}

impl<'a> Reading<'a> {
    /// Reads what is new in a table into the raw zone.
    pub(crate) async fn read(&self, session: &Session, plan: &TablePlan<'_>) -> Result<ManifestTable, Failure> {
        let started = Instant::now();
        let table = match plan.read {
            Read::Full => self.read_full(session, plan).await?,
            Read::Incremental => self.read_incremental(session, plan).await?,
        };
        let rows: u64 = table.objects.iter().map(|object| object.rows).sum();
        let bytes: u64 = table.objects.iter().map(|object| object.bytes).sum();
        tracing::info!(
            run = self.run,
            phase = "read",
            table = plan.name,
            read = ?plan.read,
            rows,
            bytes,
            seconds = started.elapsed().as_secs_f64(),
            reset = table.reset,
            "table read"
        );
        Ok(table)
    }

    fn place<'b>(&self, table: &'b str) -> RawPlace<'b>
    where
        'a: 'b,
    {
        RawPlace { lake: &self.context.lake, table, run: self.run, attempt: &self.context.attempt }
    }

    fn refused(&self, plan: &TablePlan<'_>, error: PostgresError) -> Failure {
        let named = format!("{}.{}", plan.schema, plan.name);
        refusal(error, &named, &self.context.definition.pipeline.source.secret)
    }
}
