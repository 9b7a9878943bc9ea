//! How the warehouse is, by its ledger: how old the newest snapshot is that it shows, how long the changes of a run can have been on their way,
//! and how many rows wait. Whatever became of the run that is asked for, alarms need the truth of now.
//!
//! Two clocks are compared, both PostgreSQL's and never a function's: the source's, which says when a snapshot was taken, and the warehouse's,
//! which says what time it is. So times are wrong by the difference of these two clocks, and nothing depends on where or when a function runs
//! (`the_age_of_the_warehouse_goes_by_the_clocks_of_the_databases`).
//!
//! A change that a run brings was committed before its snapshot, and after the last one before it that left nothing over. So the time since that
//! one is the most that a change was on its way, to the milliseconds that taking a snapshot takes; but for rows that waited in the quarantine,
//! and for those that are gone from a table whose keys are not read in every run. On a standby the time that it lags behind comes on top.

use starlift_failure::Failure;
use tokio_postgres::Client;

use crate::warehouse::{count, failed};

const CONDITION: &str = include_str!("../../../sql/engine/load/condition.sql");

/// The condition of a warehouse in which something is published.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Condition {
    /// The run published last.
    run: String,
    /// Seconds since its snapshot was taken.
    pub(crate) age: f64,
    /// Seconds since the last snapshot before it that left nothing over; none when there was none.
    change_lag: Option<f64>,
    /// How many rows are in the quarantine.
    pub(crate) quarantined: u64,
}

impl Condition {
    /// The condition now; none before the first publication.
    pub(crate) async fn now(client: &Client) -> Result<Option<Self>, Failure> {
        let row = client.query_opt(CONDITION, &[]).await.map_err(failed("reading how the warehouse is"))?;
        Ok(row.map(|row| Self {
            run: row.get("run"),
            age: row.get("age"),
            change_lag: row.get("change_lag"),
            quarantined: count(row.get("quarantined")),
        }))
    }

    /// The longest that a change of this run can have been on its way, in seconds, when it has just been committed. None when another run was
    /// published after it, or none before it.
    pub(crate) fn change_lag_of(&self, run: &str) -> Option<f64> {
        self.change_lag.filter(|_| self.run == run)
    }
}
