//! A shop: a source database, an account of local AWS, a definition folder, and the part of load that ingest depends on.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use aws_sdk_s3::types::CreateBucketConfiguration;
use starlift_definition::Definition;
use starlift_failure::Failure;
use starlift_host::{Context, Secrets};
use starlift_ingest::ingest;
use starlift_lake::messages::{FullRead, IngestReply, IngestRequest};
use starlift_lake::{Buckets, IngestManifest, Lake, StoredObject, Tracking, Zone, keys};
use starlift_testkit::aws::Aws;
use starlift_testkit::local_aws::REGION;
use starlift_testkit::{Cluster, Database, Options, local_aws, logins};
use tokio::sync::{Mutex, MutexGuard};

pub(crate) type Outcome = Result<(), Box<dyn std::error::Error>>;
type Rows = BTreeMap<Vec<String>, String>;

/// The folder of the shop's definition, its schema and its catalog.
fn shop() -> &'static Path {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/ingest/shop"))
}

static WORLDS: AtomicU32 = AtomicU32::new(1);

/// Held by a world: a transaction of any database holds the horizon of the whole server back, and with it the number of rows that
/// another test would read again.
static ONE_AT_A_TIME: Mutex<()> = Mutex::const_new(());

/// The server of these tests. Nothing writes on it but they.
fn quiet_cluster() -> Result<&'static Cluster, Box<dyn std::error::Error>> {
    static SHARED: OnceLock<Cluster> = OnceLock::new();
    if let Some(started) = SHARED.get() {
        return Ok(started);
    }
    let settings = vec![("autovacuum".to_owned(), "off".to_owned())];
    let started = Cluster::start(Options { settings, ..Options::default() })?;
    Ok(SHARED.get_or_init(|| started))
}

pub(crate) struct World {
    pub(crate) source: Database,
    pub(crate) lake: Lake,
    pub(crate) aws: Aws,
    secrets: Secrets,
    folder: tempfile::TempDir,
    attempts: AtomicU32,
    runs: AtomicU32,
    delivered: BTreeMap<String, Rows>,
    _alone: MutexGuard<'static, ()>,
}

impl World {
    /// The shop with its few rows, in a database of its own.
    pub(crate) async fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let alone = ONE_AT_A_TIME.lock().await;
        Self::build(quiet_cluster()?.create_database("shop").await?, alone).await
    }

    /// The shop in this empty database.
    pub(crate) async fn over(source: Database) -> Result<Self, Box<dyn std::error::Error>> {
        Self::build(source, ONE_AT_A_TIME.lock().await).await
    }

    async fn build(source: Database, alone: MutexGuard<'static, ()>) -> Result<Self, Box<dyn std::error::Error>> {
        source.execute_file(&shop().join("source.sql")).await?;
        let aws = local_aws().account();
        // Names of buckets are unique across accounts.
        let number = WORLDS.fetch_add(1, Ordering::Relaxed);
        let name = |zone: &str| format!("starlift-shop-{number}-{zone}");
        let s3 = aws.s3().await;
        let here = CreateBucketConfiguration::builder().location_constraint(REGION.into()).build();
        for zone in ["ingest", "processed", "control"] {
            let bucket = s3.create_bucket().bucket(name(zone));
            bucket.create_bucket_configuration(here.clone()).send().await?;
        }
        let buckets = Buckets { ingest: name("ingest"), processed: name("processed"), control: name("control") };
        let lake = Lake::new(s3, buckets);
        let catalog = std::fs::read(shop().join("catalog.json"))?;
        lake.put_new(Zone::Control, keys::CATALOG, catalog).await?;
        let folder = tempfile::tempdir()?;
        copy_folder(shop(), folder.path())?;
        let world = Self {
            lake,
            secrets: Secrets::new(aws.secrets().await),
            source,
            aws,
            folder,
            attempts: AtomicU32::new(0),
            runs: AtomicU32::new(0),
            delivered: BTreeMap::new(),
            _alone: alone,
        };
        world.connect_as(&world.source.url()).await?;
        world.put_tracking(&Tracking::empty("shop")).await?;
        Ok(world)
    }

    /// Puts another connection into the source's secret.
    pub(crate) async fn connect_as(&self, url: &str) -> Outcome {
        let secret = logins::secret(url)?.to_string();
        let client = self.aws.secrets().await;
        let created = client.create_secret().name("shop-source").secret_string(&secret).send().await;
        if created.is_err() {
            client.put_secret_value().secret_id("shop-source").secret_string(&secret).send().await?;
        }
        Ok(())
    }

    /// Rewrites a file of the definition.
    pub(crate) fn edit(&self, file: &str, from: &str, to: &str) -> Outcome {
        let path = self.folder.path().join(file);
        let text = std::fs::read_to_string(&path)?;
        assert!(text.contains(from), "{file} does not hold {from}");
        Ok(std::fs::write(&path, text.replace(from, to))?)
    }

    /// Adds a file to the definition.
    pub(crate) fn write(&self, file: &str, text: &str) -> Outcome {
        let path = self.folder.path().join(file);
        std::fs::create_dir_all(path.parent().unwrap_or(self.folder.path()))?;
        Ok(std::fs::write(path, text)?)
    }

    /// Runs statements on the source.
    pub(crate) async fn execute(&self, statements: &str) -> Outcome {
        Ok(self.source.connect().await?.batch_execute(statements).await?)
    }

    pub(crate) fn next_run(&self) -> String {
        let n = self.runs.fetch_add(1, Ordering::Relaxed) + 1;
        format!("20261120T{n:06}Z-1a2b3c4d-001")
    }

    /// Ingests once.
    pub(crate) async fn ingest(&self, run: &str) -> Result<IngestReply, Failure> {
        self.ingest_with(run, FullRead::default()).await
    }

    /// Ingests once, and reads these tables from the start.
    pub(crate) async fn ingest_with(&self, run: &str, full: FullRead) -> Result<IngestReply, Failure> {
        self.ask(IngestRequest { run: run.to_owned(), full, replaying: false }).await
    }

    /// Ingests as part of a replay.
    pub(crate) async fn replay(&self, run: &str) -> Result<IngestReply, Failure> {
        self.ask(IngestRequest { run: run.to_owned(), full: FullRead::default(), replaying: true }).await
    }

    async fn ask(&self, request: IngestRequest) -> Result<IngestReply, Failure> {
        let attempt = self.attempts.fetch_add(1, Ordering::Relaxed);
        let context = Context {
            lake: self.lake.clone(),
            definition: Arc::new(Definition::load(self.folder.path())?),
            secrets: self.secrets.clone(),
            attempt: format!("attempt{attempt}"),
            deadline: Instant::now() + Duration::from_secs(120),
            work_folder: self.folder.path().to_owned(),
        };
        ingest(context, request).await
    }

    /// Ingests and publishes: takes the rows over, and writes the tracking as load does.
    pub(crate) async fn run(&mut self) -> Result<IngestManifest, Box<dyn std::error::Error>> {
        let run = self.next_run();
        self.run_as(&run).await
    }

    /// As [`World::run`], under this name.
    pub(crate) async fn run_as(&mut self, run: &str) -> Result<IngestManifest, Box<dyn std::error::Error>> {
        self.ingest(run).await?;
        let manifest = self.manifest(run).await?;
        self.publish(&manifest).await?;
        Ok(manifest)
    }

    /// Runs until nothing is left to read; gives the number of runs.
    pub(crate) async fn catch_up(&mut self) -> Result<usize, Box<dyn std::error::Error>> {
        for n in 1..100 {
            if !self.run().await?.more {
                return Ok(n);
            }
        }
        Err("a hundred runs were not enough".into())
    }

    pub(crate) async fn publish(&mut self, manifest: &IngestManifest) -> Outcome {
        for (name, table) in &manifest.tables {
            for object in &table.objects {
                let rows = self.rows(object, &table.state.primary_key).await?;
                self.delivered.entry(name.clone()).or_default().extend(rows);
            }
        }
        let tables = manifest.tables.iter().map(|(name, table)| (name.clone(), table.state.clone())).collect();
        let tracking = Tracking {
            run: Some(manifest.run.clone()),
            number: Some(1),
            source: Some(manifest.source.clone()),
            tables,
            models: manifest.models.clone(),
            ..Tracking::empty("shop")
        };
        self.put_tracking(&tracking).await
    }

    pub(crate) async fn tracking(&self) -> Result<Tracking, Box<dyn std::error::Error>> {
        Ok(self.lake.get_json(Zone::Control, keys::TRACKING).await?.ok_or("no tracking")?)
    }

    pub(crate) async fn put_tracking(&self, tracking: &Tracking) -> Outcome {
        let before = self.lake.get(Zone::Control, keys::TRACKING).await?;
        let etag = before.as_ref().map(|before| before.etag.as_str());
        self.lake.replace_json(Zone::Control, keys::TRACKING, etag, tracking).await?;
        Ok(())
    }

    pub(crate) async fn manifest(&self, run: &str) -> Result<IngestManifest, Box<dyn std::error::Error>> {
        Ok(self.lake.get_json(Zone::Control, &keys::ingest_manifest(run)).await?.ok_or("no manifest")?)
    }

    /// The keys of all raw objects.
    pub(crate) async fn raw_keys(&self) -> Result<Vec<String>, Box<dyn std::error::Error>> {
        let s3 = self.aws.s3().await;
        let listed = s3.list_objects_v2().bucket(self.lake.bucket(Zone::Ingest)).send().await?;
        Ok(listed.contents().iter().filter_map(|object| object.key().map(str::to_owned)).collect())
    }

    /// The lines of an object, with the header.
    pub(crate) async fn lines(&self, object: &StoredObject) -> Result<Vec<String>, Box<dyn std::error::Error>> {
        let fetched = self.lake.get(Zone::Ingest, &object.key).await?.ok_or("no such object")?;
        Ok(String::from_utf8(fetched.bytes.to_vec())?.lines().map(str::to_owned).collect())
    }

    /// The rows of an object by their key, a JSON object each.
    async fn rows(&self, object: &StoredObject, key: &[String]) -> Result<Rows, Box<dyn std::error::Error>> {
        let fetched = self.lake.get(Zone::Ingest, &object.key).await?.ok_or("no such object")?;
        assert_eq!(fetched.bytes.len() as u64, object.bytes, "{}", object.key);
        let mut reader = csv::Reader::from_reader(fetched.bytes.as_ref());
        let header = reader.headers()?.clone();
        let place = |name: &String| header.iter().position(|column| column == name);
        let keys: Option<Vec<usize>> = key.iter().map(place).collect();
        let mut rows = Rows::new();
        let mut count = 0;
        for record in reader.records() {
            let record = record?;
            let values: Vec<String> = keys.iter().flatten().map(|n| record[*n].to_owned()).collect();
            rows.insert(values, record.iter().collect::<Vec<_>>().join("|"));
            count += 1;
        }
        assert_eq!(count, object.rows, "{}", object.key);
        Ok(rows)
    }

    /// Fails unless what the published runs brought is what the table holds now.
    pub(crate) async fn agree(&self, table: &str, query: &str) -> Outcome {
        let client = self.source.connect().await?;
        let mut expected: Vec<String> = client.query(query, &[]).await?.iter().map(|row| row.get(0)).collect();
        let mut brought: Vec<String> =
            self.delivered.get(table).into_iter().flatten().map(|(_, row)| row.clone()).collect();
        expected.sort();
        brought.sort();
        assert_eq!(brought, expected, "{table}");
        Ok(())
    }

    /// As [`World::agree`], for the incremental tables of the shop.
    pub(crate) async fn all_agree(&self) -> Outcome {
        self.agree("customer", "select concat_ws('|', customer_id, name) from customer").await?;
        let sale = "select concat_ws('|', sale_id, customer_id, item_id, amount, last_updated) from sale";
        self.agree("sale", sale).await?;
        self.agree("line", "select concat_ws('|', sale_id, line_no, quantity) from line").await
    }
}

fn copy_folder(from: &Path, to: &Path) -> std::io::Result<()> {
    std::fs::create_dir_all(to)?;
    for entry in std::fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            std::fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
