//! What the warehouse's ledger says of executions: what each has published, and whether one that did not still matters.
//!
//! A run is named after the start and the id of its execution (`NameRun` in the state machine), so that the two lists meet without asking S3.

use aws_sdk_sfn::primitives::DateTime;
use serde::Serialize;
use sha2::{Digest, Sha256};
use starlift_postgres::PostgresError;

use crate::database::Database;
use crate::error::CliError;
use crate::report::instant;

const PUBLICATIONS: &str = include_str!("../../../sql/engine/cli/publications.sql");

/// How far back publications are looked at: each execution has at most a hundred.
const MOST: i64 = 100_000;

/// One publication.
struct Publication {
    number: i64,
    run: String,
    base: Option<String>,
    horizon: Option<String>,
    /// When its snapshot of the source was taken, in RFC 3339.
    taken_at: String,
    /// When it was published, in RFC 3339.
    published_at: String,
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
    /// The run of another execution that was published first after it had started.
    pub(crate) overtaken_by: Option<String>,
    /// The run of another execution that read the source first after it had ended, and was published.
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
            taken_at: row.get("taken_at"),
            published_at: row.get("published_at"),
        };
        Ok(Self(rows.iter().map(publication).collect()))
    }

    /// What the execution with this ARN, started and ended then, has published.
    pub(crate) fn of(&self, execution: &str, started: &DateTime, ended: Option<&DateTime>) -> Published {
        let prefix = run_prefix(execution, started);
        let (own, others): (Vec<&Publication>, Vec<&Publication>) =
            self.0.iter().partition(|publication| publication.run.starts_with(&prefix));
        let since = instant(started);
        let overtook = |publication: &&&Publication| publication.published_at >= since;
        // Only what was read after the execution had ended is sure to hold all that it has read.
        let ended = ended.map(instant);
        let is_later = |publication: &&&Publication| ended.as_ref().is_some_and(|ended| publication.taken_at > *ended);
        let name = |publication: &&Publication| publication.run.clone();
        Published {
            numbers: own.iter().rev().map(|publication| publication.number).collect(),
            base: own.last().and_then(|publication| publication.base.clone()),
            horizon: own.first().and_then(|publication| publication.horizon.clone()),
            overtaken_by: others.iter().rfind(overtook).map(name),
            followed_by: others.iter().rfind(is_later).map(name),
        }
    }
}

impl Published {
    /// What became of an execution with this status.
    pub(crate) fn outcome(&self, status: &str) -> String {
        match (status, self.numbers.as_slice()) {
            ("RUNNING", []) => String::new(),
            ("RUNNING" | "SUCCEEDED", [one]) => format!("publication {one}"),
            ("RUNNING" | "SUCCEEDED", [first, .., last]) => format!("publications {first} to {last}"),
            ("SUCCEEDED", []) => {
                let by = self.overtaken_by.as_ref().map(|run| format!(" by {run}")).unwrap_or_default();
                format!("superseded{by}")
            }
            (_, numbers) => match &self.followed_by {
                Some(run) => format!("no matter: {run} read the source later"),
                None if numbers.is_empty() => "still matters: nothing was read and published since".to_owned(),
                None => "still matters: published, but not ended".to_owned(),
            },
        }
    }
}

/// What the names of an execution's runs begin with.
fn run_prefix(execution: &str, started: &DateTime) -> String {
    let compact = instant(started).replace(['-', ':'], "");
    let hash = format!("{:x}", Sha256::digest(execution));
    format!("{compact}-{}-", &hash[..8])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publication(number: i64, run: &str, taken_at: &str, published_at: &str) -> Publication {
        Publication {
            number,
            run: run.to_owned(),
            base: (number > 1).then(|| "r0".to_owned()),
            horizon: Some(format!("{}", number * 100)),
            taken_at: taken_at.to_owned(),
            published_at: published_at.to_owned(),
        }
    }

    #[test]
    fn an_execution_is_known_by_the_name_of_its_runs() {
        let (first, second) = (DateTime::from_secs(1_795_178_096), DateTime::from_secs(1_795_178_196));
        let run = |execution: &str, at: &DateTime, round: &str| format!("{}{round}", run_prefix(execution, at));
        assert!(run_prefix("arn:a", &first).starts_with("20261120T123456Z-"));
        let ledger = Publications(vec![
            publication(5, &run("arn:b", &second, "001"), "2026-11-20T12:37:00Z", "2026-11-20T12:37:10Z"),
            publication(2, &run("arn:a", &first, "002"), "2026-11-20T12:35:20Z", "2026-11-20T12:35:30Z"),
            publication(1, &run("arn:a", &first, "001"), "2026-11-20T12:35:00Z", "2026-11-20T12:35:10Z"),
        ]);
        let published = ledger.of("arn:a", &first, None);
        assert_eq!((published.numbers.as_slice(), published.horizon.as_deref()), (&[1, 2][..], Some("200")));
        assert_eq!((published.base.as_deref(), published.outcome("SUCCEEDED").as_str()), (None, "publications 1 to 2"));
        assert_eq!(ledger.of("arn:b", &second, None).outcome("SUCCEEDED"), "publication 5");
    }

    #[test]
    fn a_failed_execution_matters_until_the_source_was_read_again_after_it_had_ended() {
        // Started at 12:34:56, ended at 12:36:36.
        let (started, ended) = (DateTime::from_secs(1_795_178_096), DateTime::from_secs(1_795_178_196));
        let became = |taken_at: &str, status: &str| {
            let ledger = Publications(vec![publication(1, "other", taken_at, "2026-11-20T12:37:00Z")]);
            ledger.of("arn:a", &started, Some(&ended)).outcome(status)
        };
        assert_eq!(became("2026-11-20T12:36:50.5Z", "FAILED"), "no matter: other read the source later");
        // Published since, but read before: it need not hold what the failed one has read.
        assert!(became("2026-11-20T12:36:00.5Z", "FAILED").starts_with("still matters: nothing was read"));
        assert_eq!(became("2026-11-20T12:36:00.5Z", "SUCCEEDED"), "superseded by other");
    }
}
