//! A stack whose every wire a test can cut: source, warehouse and S3 are behind proxies, and the warehouse's disk can be full.

use std::collections::BTreeMap;

use serde_json::json;
use starlift_testkit::execution::Execution;
use starlift_testkit::{Blueprint, Cluster, Gateway, Options, Wire, local_aws};

use crate::fragile::Fragile;
use crate::reader::Reader;
use crate::support::{Outcome, change_secret, failures};

/// Designs so long that copying them takes more than the buffers of a connection hold, 12 MB: a server is still in mid-copy when its wire is
/// held, and their object is uploaded in parts.
const LONG_DESIGNS: &str = "
    insert into design (design_name, file_location, file_name)
    select 'Long', '/long', repeat(md5(n::text), 128) from generate_series(1, 3000) as n";

/// In the designs, in bytes of a connection.
pub(crate) const MID_COPY: u64 = 1_000_000;

/// As many attempts as the state machine makes at a step that fails as `Starlift.Transient`.
pub(crate) const ATTEMPTS: usize = 7;

/// A stack with fail points and wires, whose first runs are published.
pub(crate) struct Wired {
    pub(crate) fragile: Fragile,
    pub(crate) source: Wire,
    pub(crate) warehouse: Wire,
    pub(crate) s3: Gateway,
}

impl Wired {
    /// Over fifty generated sales orders and what belongs to them, and long designs.
    pub(crate) async fn lifted() -> Result<Self, Box<dyn std::error::Error>> {
        let cluster = Cluster::start(Options { can_fill: true, ..Options::default() })?;
        let s3 = Gateway::to(local_aws().port()).await?;
        let blueprint = Blueprint {
            warehouse: Some(cluster.clone()),
            environment: BTreeMap::from([("AWS_ENDPOINT_URL_S3".to_owned(), s3.endpoint())]),
            ..Blueprint::default()
        };
        let fragile = Fragile::lifted_on(local_aws(), blueprint).await?;
        let source = Wire::to(fragile.stack.source.cluster().port()).await?;
        let warehouse = Wire::to(cluster.port()).await?;
        for (secret, wire) in [("Project", &source), ("warehouse-db-credentials", &warehouse)] {
            change_secret(&fragile.stack, secret, |document| document["port"] = json!(wire.port()))?;
        }
        fragile.source.batch_execute(LONG_DESIGNS).await?;
        fragile.stack.run().await?.succeeded()?;
        Ok(Self { fragile, source, warehouse, s3 })
    }

    /// Changes the source and lets a run meet what is planned; gives how it ended.
    ///
    /// `act` is what happens while it runs.
    pub(crate) async fn run_during(
        &self,
        act: impl AsyncFnOnce() -> Outcome,
    ) -> Result<Execution, Box<dyn std::error::Error>> {
        self.fragile.change().await?;
        let execution = self.fragile.stack.start().await?;
        act().await?;
        Ok(self.fragile.stack.wait(&execution).await?)
    }

    /// Fails unless this execution has failed in these attempts and by this name, and has published nothing. Its alert is the one that its
    /// status is FAILED.
    pub(crate) async fn has_failed(
        &self,
        failed: &Execution,
        before: (i64, i64),
        (error, said): (&str, &str),
        attempts: usize,
    ) -> Outcome {
        let message = failed.message();
        assert_eq!((failed.status.as_str(), failed.error.as_deref()), ("FAILED", Some(error)), "{message}");
        assert!(message.contains(said), "{said:?} is not in: {message}");
        assert_eq!(failures(&self.fragile.stack, failed)?, (attempts, 1), "attempts that failed, and ends: {message}");
        assert_eq!(self.fragile.history().await?, before, "a failed run published something");
        Ok(())
    }

    /// Fails unless the warehouse equals the oracle and has exactly what one change makes.
    pub(crate) async fn is_whole(&self, before: (i64, i64)) -> Outcome {
        self.fragile.is_whole(before, 3, 2).await
    }

    /// Fails unless nothing of all that has happened is left: a run without changes is quiet, no key was written twice, and the reader has
    /// seen whole runs only.
    pub(crate) async fn ends_well(&self, reader: Reader) -> Outcome {
        self.fragile.is_quiet().await?;
        self.fragile.is_written_once()?;
        reader.end().await
    }
}
