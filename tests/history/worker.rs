//! What the cases of one thread share: a PostgreSQL server, the templates of their databases, and an account of local AWS.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use aws_sdk_s3::types::{BucketLocationConstraint, CreateBucketConfiguration};
use starlift_definition::Definition;
use starlift_host::{Context, Secrets};
use starlift_lake::messages::LoadRequest;
use starlift_lake::{Buckets, Lake, Zone, keys};
use starlift_load::load;
use starlift_testkit::aws::Aws;
use starlift_testkit::{Cluster, Database, Options, local_aws, logins, workspace};
use tempfile::TempDir;

pub(crate) type Fallible<T> = Result<T, Box<dyn std::error::Error + Send + Sync>>;

const MIGRATOR: &str = "shop_migrator";
const LOADER: &str = "shop_loader";

/// The folder of the small pipeline.
fn shop() -> PathBuf {
    workspace::root().join("tests/history/shop")
}

pub(crate) struct Worker {
    cluster: Cluster,
    source: Database,
    warehouse: Database,
    aws: Aws,
    s3: aws_sdk_s3::Client,
    secrets: aws_sdk_secretsmanager::Client,
    definition: Arc<Definition>,
    /// `catalog.json`, which the migration wrote.
    catalog: Vec<u8>,
    folder: TempDir,
}

/// The databases of a case, and the context in which its handlers are called.
pub(crate) struct World {
    pub(crate) source: Database,
    pub(crate) warehouse: Database,
    pub(crate) context: Context,
}

impl Worker {
    /// Starts the server, and makes a source and a migrated warehouse to copy.
    pub(crate) async fn start() -> Fallible<Self> {
        // Nobody but the case takes transaction numbers, so that a case is the same when it is tried again.
        let settings = vec![("autovacuum".to_owned(), "off".to_owned())];
        let cluster = Cluster::start(Options { settings, ..Options::default() })?;
        let source = cluster.create_database("source").await?;
        source.execute_file(&shop().join("source/schema.sql")).await?;
        let warehouse = cluster.create_database("warehouse").await?;
        logins::create_publishers(&warehouse.url(), MIGRATOR, LOADER)?;
        let aws = local_aws().account();
        let (s3, secrets) = (aws.s3().await, aws.secrets().await);
        for (name, url) in secret_urls(&source, &warehouse) {
            secrets.create_secret().name(name).secret_string(logins::secret(&url)?.to_string()).send().await?;
        }
        let definition = Arc::new(Definition::load(&shop())?);
        let folder = tempfile::tempdir()?;
        let mut worker = Self { cluster, source, warehouse, aws, s3, secrets, definition, catalog: Vec::new(), folder };
        let context = worker.context("template").await?;
        load(context.clone(), LoadRequest::Migrate { administrator: None }).await?;
        let catalog = context.lake.get(Zone::Control, keys::CATALOG).await?.ok_or("no catalog.json")?;
        worker.catalog = catalog.bytes.to_vec();
        Ok(worker)
    }

    /// A source, a migrated warehouse and buckets that nobody has used.
    pub(crate) async fn world(&self) -> Fallible<World> {
        let source = self.cluster.create_from("source", &self.source).await?;
        let warehouse = self.cluster.create_from("warehouse", &self.warehouse).await?;
        self.name_in_secrets(&source, &warehouse).await?;
        let context = self.context(source.name()).await?;
        context.lake.put_new(Zone::Control, keys::CATALOG, self.catalog.clone()).await?;
        Ok(World { source, warehouse, context })
    }

    /// An empty, migrated warehouse in the place of a world's.
    pub(crate) async fn new_warehouse(&self, world: &World) -> Fallible<Database> {
        let warehouse = self.cluster.create_from("warehouse", &self.warehouse).await?;
        self.name_in_secrets(&world.source, &warehouse).await?;
        Ok(warehouse)
    }

    async fn name_in_secrets(&self, source: &Database, warehouse: &Database) -> Fallible<()> {
        for (name, url) in secret_urls(source, warehouse) {
            let secret = logins::secret(&url)?.to_string();
            self.secrets.put_secret_value().secret_id(name).secret_string(secret).send().await?;
        }
        Ok(())
    }

    async fn context(&self, name: &str) -> Fallible<Context> {
        // Buckets of all accounts share one space of names.
        let bucket = |zone: &str| format!("{}-{}-{zone}", name.replace('_', "-"), self.aws.access_key());
        let buckets = Buckets { ingest: bucket("ingest"), processed: bucket("processed"), control: bucket("control") };
        let place = CreateBucketConfiguration::builder().location_constraint(BucketLocationConstraint::EuWest2).build();
        for zone in [&buckets.ingest, &buckets.processed, &buckets.control] {
            self.s3.create_bucket().bucket(zone).create_bucket_configuration(place.clone()).send().await?;
        }
        Ok(Context {
            lake: Lake::new(self.s3.clone(), buckets),
            definition: self.definition.clone(),
            secrets: Secrets::new(self.secrets.clone()),
            attempt: String::new(),
            deadline: Instant::now() + Duration::from_secs(600),
            work_folder: self.folder.path().to_owned(),
        })
    }
}

fn secret_urls(source: &Database, warehouse: &Database) -> [(&'static str, String); 3] {
    [
        ("shop-source", source.url()),
        ("shop-migrator", logins::url_as(&warehouse.url(), MIGRATOR)),
        ("shop-loader", logins::url_as(&warehouse.url(), LOADER)),
    ]
}
