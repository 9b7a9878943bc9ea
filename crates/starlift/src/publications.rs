//! What the warehouse's ledger says of executions: what each has published, and whether one that did not still matters.
//!
//! A run is named after the start and the id of its execution (`NameRun` in the state machine), so that the two lists meet without asking S3.

use aws_sdk_sfn::primitives::{DateTime, DateTimeFormat};
use serde::Serialize;
use sha2::{Digest, Sha256};
use starlift_postgres::PostgresError;

use crate::database::Database;
use crate::error::CliError;

const PUBLICATIONS: &str = include_str!("../../../sql/engine/cli/publications.sql");

/// How far back publications are looked at: each execution has at most a hundred.
const MOST: i64 = 100_000;

/// One publication.
struct Publication {
    number: i64,
    run: String,
    base: Option<String>,
    horizon: Option<String>,
}

/// The publications of a warehouse, the newest first.
pub(crate) struct Publications(Vec<Publication>);

/// What an execution has published.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Published {
    /// The numbers of its publications, ascending.
    pub(crate) numbers: Vec<i64>,
    /// The run that its first one went on from.
    pub(crate) base: Option<String>,
    /// The horizon of its last one.
    pub(crate) horizon: Option<String>,
    /// The run that was published first after it, whichever execution's it is.
    pub(crate) followed_by: Option<String>,
}

impl Publications {
    /// Reads them from the warehouse of a URL.
    ///
    /// # Errors
    /// The warehouse does not answer or has no ledger.
    pub(crate) async fn read(url: &str) -> Result<Self, CliError> {
        let warehouse = Database::open("--warehouse", url, "runs").await?;
        let rows = warehouse.session.client.query(PUBLICATIONS, &[&MOST]).await;
        let rows = rows.map_err(|error| PostgresError::new("reading the ledger", &error))?;
        let publication = |row: &tokio_postgres::Row| Publication {
            number: row.get("number"),
            run: row.get("run"),
            base: row.get("base"),
            horizon: row.get("horizon"),
        };
        Ok(Self(rows.iter().map(publication).collect()))
    }

    /// What the execution with this ARN, started then, has published.
    pub(crate) fn of(&self, execution: &str, started: &DateTime) -> Published {
        let prefix = run_prefix(execution, started);
        let own: Vec<&Publication> = self.0.iter().filter(|publication| publication.run.starts_with(&prefix)).collect();
        let last = own.first().map(|publication| publication.number);
        // Names sort by the start of their execution: what started later was read later, and holds all that this one has.
        let is_later = |publication: &&Publication| match last {
            Some(number) => publication.number > number,
            None => publication.run > prefix,
        };
        Published {
            numbers: own.iter().rev().map(|publication| publication.number).collect(),
            base: own.last().and_then(|publication| publication.base.clone()),
            horizon: own.first().and_then(|publication| publication.horizon.clone()),
            followed_by: self.0.iter().rfind(is_later).map(|publication| publication.run.clone()),
        }
    }
}

impl Published {
    /// What became of an execution with this status.
    pub(crate) fn outcome(&self, status: &str) -> String {
        match (status, self.numbers.as_slice(), &self.followed_by) {
            ("RUNNING", [], _) => String::new(),
            ("RUNNING" | "SUCCEEDED", [one], _) => format!("publication {one}"),
            ("RUNNING" | "SUCCEEDED", [first, .., last], _) => format!("publications {first} to {last}"),
            ("SUCCEEDED", [], Some(run)) => format!("superseded by {run}"),
            ("SUCCEEDED", [], None) => "superseded".to_owned(),
            (_, _, Some(run)) => format!("no matter: {run} holds what it had"),
            (_, [], None) => "still matters: nothing was published since".to_owned(),
            (_, _, None) => "still matters: published, but not ended".to_owned(),
        }
    }
}

/// What the names of an execution's runs begin with.
fn run_prefix(execution: &str, started: &DateTime) -> String {
    let at = DateTime::from_secs(started.secs()).fmt(DateTimeFormat::DateTime).unwrap_or_default();
    let compact = at.replace(['-', ':'], "");
    let hash = format!("{:x}", Sha256::digest(execution));
    format!("{compact}-{}-", &hash[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publications(runs: &[(i64, String, Option<&str>)]) -> Publications {
        let publication = |(number, run, base): &(i64, String, Option<&str>)| Publication {
            number: *number,
            run: run.clone(),
            base: base.map(str::to_owned),
            horizon: Some(format!("{}", number * 100)),
        };
        Publications(runs.iter().rev().map(publication).collect())
    }

    #[test]
    fn an_execution_is_known_by_the_name_of_its_runs() {
        let (first, second) = (DateTime::from_secs(1_795_178_096), DateTime::from_secs(1_795_178_196));
        let run = |execution: &str, at: &DateTime, round: &str| format!("{}{round}", run_prefix(execution, at));
        assert!(run_prefix("arn:a", &first).starts_with("20261120T123456Z-"));
        let ledger = publications(&[
            (1, run("arn:a", &first, "001"), None),
            (2, run("arn:a", &first, "002"), Some("r1")),
            (5, run("arn:b", &second, "001"), Some("r2")),
        ]);
        let published = ledger.of("arn:a", &first);
        assert_eq!((published.numbers.as_slice(), published.horizon.as_deref()), (&[1, 2][..], Some("200")));
        assert_eq!(published.outcome("SUCCEEDED"), "publications 1 to 2");
        assert_eq!(ledger.of("arn:b", &second).outcome("SUCCEEDED"), "publication 5");
    }

    #[test]
    fn a_failed_execution_matters_until_a_later_one_is_published() {
        let (early, late) = (DateTime::from_secs(1_795_178_096), DateTime::from_secs(1_795_178_196));
        let later = format!("{}001", run_prefix("arn:b", &late));
        let ledger = publications(&[(1, later.clone(), None)]);
        assert_eq!(ledger.of("arn:a", &early).outcome("FAILED"), format!("no matter: {later} holds what it had"));
        assert_eq!(ledger.of("arn:a", &early).outcome("SUCCEEDED"), format!("superseded by {later}"));
        let after = DateTime::from_secs(1_795_179_000);
        assert!(ledger.of("arn:c", &after).outcome("FAILED").starts_with("still matters"));
        assert!(ledger.of("arn:b", &late).outcome("FAILED").starts_with("still matters: published"));
    }
}
