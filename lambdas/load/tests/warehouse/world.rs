//! A warehouse, buckets and secrets of its own for each test, and runs as ingest and transform leave them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use starlift_definition::{Catalog, Column, ColumnType, Definition};
use starlift_failure::Failure;
use starlift_host::{Context, Secrets};
use starlift_lake::messages::{BeginReply, ExportReply, LoadReply, LoadRequest, MigrateReply, ReplayRequest};
use starlift_lake::{
    Buckets, HeldRows, IngestManifest, Lake, ManifestTable, ModelOutput, Part, Position, ReadState, Retried,
    SourcePosition, StoredObject, TableState, Totals, TransformManifest, Zone, keys,
};
use starlift_load::{Reply, load};
use starlift_testkit::aws::Aws;
use starlift_testkit::{Database, cluster, local_aws, logins};
use tokio_postgres::Client;

use crate::rows::Rows;

type Fallible<T> = Result<T, Box<dyn std::error::Error>>;

/// The folder of the small pipeline.
pub(crate) fn shop() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/shop")
}

/// One test's world.
pub(crate) struct World {
    pub(crate) context: Context,
    pub(crate) warehouse: Database,
    /// The superuser's session in the warehouse.
    pub(crate) client: Client,
    s3: aws_sdk_s3::Client,
    aws: Aws,
}

impl World {
    /// A world with an empty warehouse, for the pipeline in a folder.
    pub(crate) async fn new(folder: &Path) -> Fallible<Self> {
        let warehouse = cluster().create_database("load").await?;
        let (migrator, loader) = (format!("{}_migrator", warehouse.name()), format!("{}_loader", warehouse.name()));
        let client = warehouse.connect().await?;
        logins::create_publishers(&warehouse.url(), &migrator, &loader)?;
        let aws = local_aws().account();
        let secrets = aws.secrets().await;
        for (name, login) in [("shop-migrator", &migrator), ("shop-loader", &loader)] {
            let text = logins::secret(&logins::url_as(&warehouse.url(), login))?.to_string();
            secrets.create_secret().name(name).secret_string(text).send().await?;
        }
        let s3 = aws.s3().await;
        // Buckets of all accounts share one space of names.
        let bucket = |zone: &str| format!("{}-{zone}", warehouse.name().replace('_', "-"));
        let buckets = Buckets { ingest: bucket("ingest"), processed: bucket("processed"), control: bucket("control") };
        for name in [&buckets.ingest, &buckets.processed, &buckets.control] {
            let place = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::EuWest2);
            s3.create_bucket().bucket(name).create_bucket_configuration(place.build()).send().await?;
        }
        let context = Context {
            lake: Lake::new(s3.clone(), buckets),
            definition: Arc::new(Definition::load(folder)?),
            secrets: Secrets::new(secrets),
            attempt: "test".to_owned(),
            deadline: Instant::now() + Duration::from_secs(600),
            work_folder: std::env::temp_dir(),
        };
        Ok(Self { context, warehouse, client, s3, aws })
    }

    /// Gives a secret another text, or makes it.
    pub(crate) async fn put_secret(&self, name: &str, text: &str) -> Fallible<()> {
        let secrets = self.aws.secrets().await;
        if secrets.put_secret_value().secret_id(name).secret_string(text).send().await.is_err() {
            secrets.create_secret().name(name).secret_string(text).send().await?;
        }
        Ok(())
    }

    /// A world with a migrated warehouse for the small pipeline.
    pub(crate) async fn migrated() -> Fallible<Self> {
        let world = Self::new(&shop()).await?;
        world.migrate().await?;
        Ok(world)
    }

    /// The same world with an empty, migrated warehouse.
    pub(crate) async fn with_a_new_warehouse(self) -> Fallible<Self> {
        self.warehouse.lose().await?;
        let client = self.warehouse.connect().await?;
        let login = |role: &str| format!("{}_{role}", self.warehouse.name());
        logins::create_publishers(&self.warehouse.url(), &login("migrator"), &login("loader"))?;
        let world = Self { client, ..self };
        world.migrate().await?;
        Ok(world)
    }

    pub(crate) async fn migrate(&self) -> Result<MigrateReply, Failure> {
        match load(self.context.clone(), LoadRequest::Migrate { administrator: None }).await? {
            Reply::Migrate(reply) => Ok(reply),
            other => panic!("migrate answered {other:?}"),
        }
    }

    pub(crate) async fn begin(&self, run: &str) -> Result<BeginReply, Failure> {
        self.begin_replay(run, ReplayRequest::default()).await
    }

    pub(crate) async fn begin_replay(&self, run: &str, replay: ReplayRequest) -> Result<BeginReply, Failure> {
        match load(self.context.clone(), LoadRequest::Begin { run: run.to_owned(), replay }).await? {
            Reply::Begin(reply) => Ok(reply),
            other => panic!("begin answered {other:?}"),
        }
    }

    pub(crate) async fn load(&self, run: &str) -> Result<LoadReply, Failure> {
        self.load_with(run, false).await
    }

    pub(crate) async fn load_with(&self, run: &str, accept_deletes: bool) -> Result<LoadReply, Failure> {
        self.ask_load(LoadRequest::Load { run: run.to_owned(), accept_deletes, replaying: false }).await
    }

    pub(crate) async fn load_again(&self, run: &str) -> Result<LoadReply, Failure> {
        self.ask_load(LoadRequest::Load { run: run.to_owned(), accept_deletes: false, replaying: true }).await
    }

    async fn ask_load(&self, request: LoadRequest) -> Result<LoadReply, Failure> {
        match load(self.context.clone(), request).await? {
            Reply::Load(reply) => Ok(reply),
            other => panic!("load answered {other:?}"),
        }
    }

    pub(crate) async fn export(&self) -> Result<ExportReply, Failure> {
        match load(self.context.clone(), LoadRequest::Export { run: "export".to_owned() }).await? {
            Reply::Export(reply) => Ok(reply),
            other => panic!("export answered {other:?}"),
        }
    }

    /// Writes a run and publishes it.
    pub(crate) async fn publish(&self, run: &Run) -> Fallible<LoadReply> {
        self.write(run).await?;
        Ok(self.load(&run.name).await?)
    }

    /// Writes the objects and manifests of a run, as ingest and transform leave them.
    pub(crate) async fn write(&self, run: &Run) -> Fallible<()> {
        let mut parts = Vec::new();
        for (n, rows) in run.rows.iter().enumerate() {
            let part = format!("{}-{n}", rows.model());
            let content = rows.parquet()?;
            let object =
                self.store(|sha256| keys::processed(rows.model(), &run.name, &part, sha256), rows.count(), &content);
            let output = ModelOutput { model: rows.model().to_owned(), object: Some(object.await?), held: None };
            parts.push((part, output));
        }
        if let Some((model, csv)) = &run.held {
            let part = format!("{model}-held");
            let rows = csv.lines().count() - 1;
            let object =
                self.store(|sha256| keys::quarantine(model, &run.name, &part, sha256), rows, csv.as_bytes()).await?;
            let held = HeldRows { reasons: BTreeMap::from([("price: null".to_owned(), object.rows)]), object };
            parts.push((part, ModelOutput { model: (*model).to_owned(), object: None, held: Some(held) }));
        }
        for (part, output) in &parts {
            let manifest = TransformManifest {
                format: TransformManifest::FORMAT,
                run: run.name.clone(),
                part: part.clone(),
                models: vec![output.clone()],
            };
            self.context
                .lake
                .put_new_json(Zone::Control, &keys::transform_manifest(&run.name, part), &manifest)
                .await?;
        }
        let parts =
            parts.into_iter().map(|(name, output)| Part { name, models: vec![output.model], inputs: BTreeMap::new() });
        let mut manifest = run.manifest(parts.collect(), self.fingerprints().await?);
        if let Some(sales) = &run.sales_there {
            let mut upload = self.context.lake.create(Zone::Ingest, keys::raw_keys("sale", &run.name, "test"));
            upload.write(format!("sale_id\n{}", sales.join("\n")).as_bytes()).await?;
            let keys = Some(upload.finish(sales.len() as u64).await?);
            manifest.tables.entry("sale".to_owned()).and_modify(|table| table.keys = keys);
        }
        if run.reset {
            let reason = Some("it was asked for".to_owned());
            manifest.tables.entry("sale".to_owned()).and_modify(|table| table.reset = reason);
        }
        if let Some(totals) = &run.totals {
            manifest.tables.entry("sale".to_owned()).and_modify(|table| table.totals = Some(totals.clone()));
        }
        if let Some(retried) = &run.retried {
            manifest.tables.entry("sale".to_owned()).and_modify(|table| table.retried = Some(retried.clone()));
        }
        self.context.lake.put_new_json(Zone::Control, &keys::ingest_manifest(&run.name), &manifest).await?;
        Ok(())
    }

    /// The fingerprints that ingest takes from `catalog.json`; none before the first migration.
    async fn fingerprints(&self) -> Fallible<BTreeMap<String, String>> {
        let found: Option<Catalog> = self.context.lake.get_json(Zone::Control, keys::CATALOG).await?;
        let definition = &self.context.definition;
        let models = found.iter().flat_map(|catalog| definition.models.values().map(move |model| (model, catalog)));
        Ok(models.map(|(model, catalog)| (model.name.clone(), definition.fingerprint(model, catalog))).collect())
    }

    async fn store(&self, key: impl FnOnce(&str) -> String, rows: usize, content: &[u8]) -> Fallible<StoredObject> {
        // The key holds the hash of the content, so the content is hashed by an upload that is given up.
        let mut hashing = self.context.lake.create(Zone::Processed, "hash");
        hashing.write(content).await?;
        let sha256 = hashing.sha256();
        hashing.abort().await?;
        let mut upload = self.context.lake.create(Zone::Processed, key(&sha256));
        upload.write(content).await?;
        Ok(upload.finish(rows as u64).await?)
    }

    pub(crate) async fn remove(&self, zone: Zone, key: &str) -> Fallible<()> {
        self.s3.delete_object().bucket(self.context.lake.bucket(zone)).key(key).send().await?;
        Ok(())
    }

    /// The first column of a query, as text.
    pub(crate) async fn column(&self, query: &str) -> Fallible<Vec<Option<String>>> {
        let rows =
            self.client.query(&format!("select (found.value)::text from ({query}) as found (value)"), &[]).await?;
        Ok(rows.iter().map(|row| row.get(0)).collect())
    }

    /// The one value of a query, as text.
    pub(crate) async fn value(&self, query: &str) -> Fallible<String> {
        let values = self.column(query).await?;
        let [value] = values.as_slice() else {
            return Err(format!("{} rows: {query}", values.len()).into());
        };
        Ok(value.clone().unwrap_or_default())
    }
}

/// A run as ingest and transform leave it.
#[derive(Clone, Debug)]
pub(crate) struct Run {
    pub(crate) name: String,
    pub(crate) base: Option<String>,
    pub(crate) rows: Vec<Rows>,
    pub(crate) held: Option<(&'static str, String)>,
    /// The keys that the source has, if ingest read them.
    pub(crate) sales_there: Option<Vec<&'static str>>,
    /// The held sales that were looked for.
    pub(crate) retried: Option<Retried>,
    /// What the sales in the source add up to, if ingest has added them up.
    pub(crate) totals: Option<Totals>,
    /// Whether the sales are read from their start.
    pub(crate) reset: bool,
    pub(crate) more: bool,
}

impl Run {
    /// A run on top of another, or of nothing.
    pub(crate) fn new(name: &str, base: Option<&str>, rows: Vec<Rows>) -> Self {
        Self {
            name: name.to_owned(),
            base: base.map(str::to_owned),
            rows,
            held: None,
            sales_there: None,
            retried: None,
            totals: None,
            reset: false,
            more: false,
        }
    }

    /// The same under another name.
    pub(crate) fn named(self, name: &str) -> Self {
        Self { name: name.to_owned(), ..self }
    }

    fn manifest(&self, parts: Vec<Part>, models: BTreeMap<String, String>) -> IngestManifest {
        IngestManifest {
            format: IngestManifest::FORMAT,
            pipeline: "shop".to_owned(),
            run: self.name.clone(),
            base: self.base.clone(),
            definition: "0".repeat(64),
            source: SourcePosition {
                system_identifier: "7400000000000000000".to_owned(),
                database: 16_384,
                timeline: 1,
                in_recovery: false,
                started_at: "2024-08-19 00:00:00+00".to_owned(),
                wal_position: u64::MAX,
                next_transaction: 1_000,
                horizon: 990,
                taken_at: "2024-08-19T00:00:00Z".to_owned(),
                other_tables: None,
            },
            tables: BTreeMap::from([("sale".to_owned(), table())]),
            models,
            parts,
            more: self.more,
        }
    }
}

fn table() -> ManifestTable {
    let read = ReadState::Incremental { position: Position { high: Some(990), ..Position::default() } };
    let primary_key = vec!["sale_id".to_owned()];
    // Wider than the fact's: a key that the fact could not hold is no key of it.
    let column_type = ColumnType::new("bigint");
    let columns = vec![Column { name: "sale_id".to_owned(), column_type, nullable: false, generated: false }];
    let column_ids = BTreeMap::new();
    let state = TableState { oid: 16_385, leaves: Vec::new(), columns, column_ids, primary_key, keys: None, read };
    ManifestTable { state, objects: Vec::new(), keys: None, totals: None, retried: None, reset: None }
}
