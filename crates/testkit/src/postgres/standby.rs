//! A standby that follows a throw-away cluster by streaming replication.

use std::time::Duration;

use super::cluster::Cluster;
use super::database::connect;
use crate::error::{Error, Result, run};
use crate::gate::LIMIT;

impl Cluster {
    /// Makes and starts a streaming standby of this cluster, with the same settings. Takes a few seconds.
    ///
    /// # Errors
    /// When the base backup fails or the standby does not come up.
    pub fn stand_by(&self) -> Result<Self> {
        Self::make(self.options().clone(), |binaries, scratch| {
            let mut backup = binaries.command("pg_basebackup");
            backup.args(["--write-recovery-conf", "--checkpoint=fast", "--no-sync", "--dbname", &self.url("postgres")]);
            run(backup.arg("--pgdata").arg(scratch.join("data")))?;
            Ok(())
        })
    }

    /// Waits until this standby has replayed all that `primary` has written by now.
    ///
    /// # Errors
    /// When one of the two does not answer, or the standby does not come there.
    pub async fn follow(&self, primary: &Self) -> Result<()> {
        let failed = || Error::sql("compare a standby with its primary");
        let (ahead, behind) = (connect(&primary.url("postgres")).await?, connect(&self.url("postgres")).await?);
        let written = ahead.query_one("select pg_current_wal_lsn()::text", &[]).await.map_err(failed())?;
        let written: String = written.get(0);
        let reached = "select pg_last_wal_replay_lsn() >= $1::text::pg_lsn";
        let catch_up = async {
            while !behind.query_one(reached, &[&written]).await.map_err(failed())?.get::<_, bool>(0) {
                tokio::time::sleep(Duration::from_millis(10)).await;
            }
            Ok(())
        };
        let stuck = |_| Error::Malformed(format!("the standby has not come to {written} of its primary"));
        tokio::time::timeout(LIMIT, catch_up).await.map_err(stuck)?
    }
}
