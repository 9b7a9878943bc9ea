//! A stack whose functions fail where a test asks for it: their zips have the fail points of
//! [host](../../crates/host/src/fail_points.rs).

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde_json::{Value, json};
use starlift_testkit::local_aws::LocalAws;
use starlift_testkit::soak::Lap;
use starlift_testkit::{Blueprint, Cluster, Options, Stack, local_aws, source, workspace};
use tempfile::TempDir;
use tokio_postgres::Client;

use crate::support::{ONE_SALE, Outcome};

/// A sale, a correction, a date that is new to the calendar, a dimension row and a payment that is gone: three versions begin and two end.
const CHANGE: &str = "
    update sales_order set units_sold = units_sold + 1,
           agreed_delivery_date = (date '2030-01-01' + (select count(*) from sales_order)::int)::text
     where sales_order_id = 1;
    update design set design_name = 'Design ' || (select count(*) from sales_order) where design_id = 1;
    delete from payment where payment_id = (select min(payment_id) from payment);";

/// How many versions of facts there are, and how many of them have ended.
const HISTORY: &str = "
    select (select count(*) from fact_sales_order) + (select count(*) from fact_payment)
         + (select count(*) from fact_purchase_order) as versions,
           (select count(*) from etl.closed_fact_sales_order) + (select count(*) from etl.closed_fact_payment)
         + (select count(*) from etl.closed_fact_purchase_order) as ended";

/// The same as the ledger has it.
const NOTED: &str = "
    select coalesce(sum(inserted), 0)::bigint as versions, coalesce(sum(closed), 0)::bigint as ended
      from etl.run_table where table_name like 'fact%'";

/// How many rows have been written since the source is there; the statistics may be a second late.
const WRITTEN: &str = "select coalesce(sum(n_tup_ins + n_tup_upd + n_tup_del), 0)::bigint from pg_stat_user_tables";

/// A stack with fail points whose first run is published.
pub(crate) struct Fragile {
    pub(crate) stack: Stack,
    pub(crate) source: Client,
    fuse: PathBuf,
    _folder: TempDir,
    /// The source's own: a transaction of another test would hold back the horizon, and rows would be read again.
    _cluster: Cluster,
}

impl Fragile {
    /// Over fifty generated sales orders and what belongs to them.
    pub(crate) async fn lifted() -> Result<Self, Box<dyn std::error::Error>> {
        Self::lifted_on(local_aws(), Blueprint::default()).await
    }

    /// The same on another AWS, or with another warehouse or environment.
    pub(crate) async fn lifted_on(server: &LocalAws, blueprint: Blueprint) -> Result<Self, Box<dyn std::error::Error>> {
        let cluster = Cluster::start(Options::default())?;
        let database = cluster.create_database("source").await?;
        source::demo_source(&database.connect().await?, 50).await?;
        let folder = tempfile::tempdir()?;
        let fuse = folder.path().join("fuse");
        let mut blueprint = Blueprint { zips: workspace::target().join("lambda-fail"), ..blueprint };
        blueprint.environment.insert("STARLIFT_FAIL_POINT".to_owned(), fuse.display().to_string());
        let stack = Stack::build(server, database, &blueprint).await?;
        for zone in ["ingest", "processed"] {
            let versioning =
                json!({"Bucket": stack.resources.buckets[zone], "VersioningConfiguration": {"Status": "Enabled"}});
            stack.aws.call("s3", "put_bucket_versioning", &versioning)?;
        }
        stack.run().await?.succeeded()?;
        let source = stack.source.connect().await?;
        Ok(Self { stack, source, fuse, _folder: folder, _cluster: cluster })
    }

    /// From now on a step fails at this point, or at several with commas between: `transient`, `internal`, `panic` or `kill`, once, with
    /// a number so often, or with `always` every time.
    pub(crate) fn fail_at(&self, points: &str, how: &str) -> Outcome {
        Ok(std::fs::write(&self.fuse, format!("{points} {how}"))?)
    }

    /// Nothing is to fail any more; gives whether something was still to.
    pub(crate) fn mend(&self) -> bool {
        std::fs::remove_file(&self.fuse).is_ok()
    }

    /// Changes the source by what makes three versions begin and two end.
    pub(crate) async fn change(&self) -> Outcome {
        let source = self.stack.source.connect().await?;
        source.batch_execute(ONE_SALE).await?;
        Ok(source.batch_execute(CHANGE).await?)
    }

    /// How many versions there are, and how many have ended. Fails unless the ledger says the same.
    pub(crate) async fn history(&self) -> Result<(i64, i64), Box<dyn std::error::Error>> {
        let warehouse = self.stack.warehouse.connect().await?;
        let [held, noted] = [warehouse.query_one(HISTORY, &[]).await?, warehouse.query_one(NOTED, &[]).await?]
            .map(|row| (row.get("versions"), row.get("ended")));
        assert_eq!(held, noted, "the facts, and what the ledger says of them");
        Ok(held)
    }

    /// Fails unless the warehouse equals the oracle, `versions` more have begun and `ended` more have ended than in the history before, and
    /// what the control bucket says of the warehouse is so.
    pub(crate) async fn is_whole(&self, before: (i64, i64), versions: i64, ended: i64) -> Outcome {
        self.stack.agree().await?;
        let after = self.history().await?;
        assert_eq!(after, (before.0 + versions, before.1 + ended), "versions, and how many have ended");
        let tracking: Value = serde_json::from_slice(&self.stack.object("control", "update_tracking.json").await?)?;
        let warehouse = self.stack.warehouse.connect().await?;
        let last = warehouse.query_one("select run from etl.run order by number desc limit 1", &[]).await?;
        assert_eq!(tracking["run"], last.get::<_, &str>(0), "update_tracking.json is not in line with the ledger");
        let extract = String::from_utf8(self.stack.object("control", "extracts/fact_payment.csv").await?)?;
        let rows = warehouse.query_one("select count(*) from fact_payment", &[]).await?;
        assert_eq!(i64::try_from(extract.lines().count())? - 1, rows.get::<_, i64>(0), "the extract is not the table");
        Ok(())
    }

    /// Fails unless a run of the unchanged source writes no object and no version.
    pub(crate) async fn is_quiet(&self) -> Outcome {
        let objects = |zone| self.stack.objects(zone);
        let before = (objects("ingest").await?, objects("processed").await?, self.history().await?);
        self.stack.run().await?.succeeded()?;
        assert_eq!((objects("ingest").await?, objects("processed").await?, self.history().await?), before);
        Ok(())
    }

    /// What was done, for a soak.
    pub(crate) async fn lap(&self, faults: u64) -> Result<Lap, Box<dyn std::error::Error>> {
        let runs = self
            .stack
            .warehouse
            .connect()
            .await?
            .query_one("select count(*) from etl.run", &[])
            .await?
            .get::<_, i64>(0);
        let written = self.source.query_one(WRITTEN, &[]).await?.get::<_, i64>(0);
        Ok(Lap { runs: runs.cast_unsigned(), faults, rows_written: written.cast_unsigned() })
    }

    /// Fails if a key of the raw or processed zone was ever written twice: the store itself keeps every version.
    pub(crate) fn is_written_once(&self) -> Outcome {
        for zone in ["ingest", "processed"] {
            let bucket = json!({"Bucket": self.stack.resources.buckets[zone]});
            let listed = self.stack.aws.call("s3", "list_object_versions", &bucket)?;
            let mut versions: BTreeMap<&str, usize> = BTreeMap::new();
            for version in listed["Versions"].as_array().into_iter().flatten() {
                *versions.entry(version["Key"].as_str().unwrap_or_default()).or_default() += 1;
            }
            let twice: Vec<_> = versions.iter().filter(|(_, count)| **count > 1).collect();
            assert!(!versions.is_empty() && twice.is_empty(), "{zone}: {twice:?}");
        }
        Ok(())
    }
}
