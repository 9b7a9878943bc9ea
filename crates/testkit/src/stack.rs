//! A whole pipeline for one test: an account of local AWS, a source, a warehouse, and the real Lambdas between them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use aws_sdk_s3::primitives::ByteStream;
use serde_json::{Value, json};
use starlift_definition::Pipeline;

use crate::aws::{Aws, refusal};
use crate::error::{Error, Result};
use crate::execution::{self, Execution};
use crate::local_aws::{LocalAws, local_aws};
use crate::oracle::Oracle;
use crate::postgres::{Cluster, Database, cluster};
use crate::provision::{Document, Resources, provision};
use crate::{logins, workspace};

/// How a stack differs from the usual one.
#[derive(Clone, Debug)]
pub struct Blueprint {
    /// The pipeline's folder: names and secrets are read from its `pipeline.toml`.
    pub pipeline: PathBuf,
    /// A definition for the functions other than the one in their zips.
    pub definition: Option<PathBuf>,
    /// The folder of the zips.
    pub zips: PathBuf,
    /// Environment variables of every function.
    pub environment: BTreeMap<String, String>,
    /// The server of the warehouse; without it the one that the tests share.
    pub warehouse: Option<Cluster>,
    /// Whether the warehouse is migrated before the test begins.
    pub migrated: bool,
}

impl Default for Blueprint {
    fn default() -> Self {
        Self {
            pipeline: workspace::pipeline("totesys"),
            definition: None,
            zips: workspace::target().join("lambda"),
            environment: BTreeMap::new(),
            warehouse: None,
            migrated: true,
        }
    }
}

/// A provisioned pipeline. Its databases go with it when the test succeeds.
#[derive(Debug)]
pub struct Stack {
    /// The account of local AWS.
    pub aws: Aws,
    /// The source.
    pub source: Database,
    /// The warehouse.
    pub warehouse: Database,
    /// What has been made on local AWS.
    pub resources: Resources,
    /// What the warehouse must hold.
    pub oracle: Oracle,
    states: aws_sdk_sfn::Client,
    s3: aws_sdk_s3::Client,
}

impl Stack {
    /// The usual stack over a source, on the test binary's shared servers.
    ///
    /// # Errors
    /// As [`Stack::build`].
    pub async fn over(source: Database) -> Result<Self> {
        Self::build(local_aws(), source, &Blueprint::default()).await
    }

    /// Makes a stack over a source, with a warehouse of its own.
    ///
    /// # Errors
    /// When a zip is missing, the definition cannot be read, or a server refuses.
    pub async fn build(server: &LocalAws, source: Database, blueprint: &Blueprint) -> Result<Self> {
        let warehouse = blueprint.warehouse.as_ref().unwrap_or_else(|| cluster()).create_database("warehouse").await?;
        let pipeline = read_pipeline(&blueprint.pipeline)?;
        let aws = server.account();

        let name = warehouse.name();
        let (reader, migrator, loader) =
            (format!("{name}_reader"), format!("{name}_migrator"), format!("{name}_loader"));
        logins::create_reader(&source.url(), &reader)?;
        logins::create_publishers(&warehouse.url(), &migrator, &loader)?;

        let mut document = Document::of(&pipeline.name, &blueprint.zips);
        // Accounts share one namespace of buckets, as on AWS.
        for bucket in document.buckets.values_mut() {
            *bucket = format!("{bucket}-{}", aws.access_key());
        }
        let secret_as = |database: &Database, login: &str| logins::secret(&logins::url_as(&database.url(), login));
        document.add_secret(&pipeline.source.secret, secret_as(&source, &reader)?, "ingest");
        document.add_secret(&pipeline.warehouse.secret, secret_as(&warehouse, &loader)?, "load");
        if let Some(secret) = &pipeline.warehouse.migrator_secret {
            document.add_secret(secret, secret_as(&warehouse, &migrator)?, "load");
        }
        document.environment = blueprint.environment.clone();
        if let Some(folder) = &blueprint.definition {
            document.environment.insert("STARLIFT_DEFINITION".into(), folder.display().to_string());
        }
        let resources = provision(&aws, &document, false)?;
        let (states, s3) = (aws.states().await, aws.s3().await);
        let oracle = Oracle::read(&blueprint.pipeline.join("demo/oracle"))?;
        let stack = Self { aws, source, warehouse, resources, oracle, states, s3 };
        if blueprint.migrated {
            stack.migrate()?;
        }
        Ok(stack)
    }

    /// Brings the warehouse's schema up to date through the load function. Returns its answer.
    ///
    /// # Errors
    /// When the function fails.
    pub fn migrate(&self) -> Result<Value> {
        self.invoke("load", &json!({"action": "migrate"}))
    }

    /// Loses the warehouse, and makes an empty one of its name, migrated.
    ///
    /// # Errors
    /// When the server refuses, or the function fails.
    pub async fn lose_warehouse(&self) -> Result<()> {
        self.warehouse.lose().await?;
        let name = self.warehouse.name();
        let (migrator, loader) = (format!("{name}_migrator"), format!("{name}_loader"));
        logins::create_publishers(&self.warehouse.url(), &migrator, &loader)?;
        self.migrate().map(|_| ())
    }

    /// Removes the objects of a zone whose keys are meant.
    ///
    /// # Errors
    /// When local AWS refuses.
    pub async fn remove_objects(&self, zone: &str, is_meant: impl Fn(&str) -> bool) -> Result<()> {
        for key in self.objects(zone).await?.into_keys().filter(|key| is_meant(key)) {
            let bucket = &self.resources.buckets[zone];
            self.s3.delete_object().bucket(bucket).key(key).send().await.map_err(refusal("DeleteObject"))?;
        }
        Ok(())
    }

    /// Gives every function another definition, as a deployment does.
    ///
    /// # Errors
    /// When local AWS refuses.
    pub fn deploy(&self, definition: &Path) -> Result<()> {
        for function in self.resources.functions.values() {
            let named = json!({"FunctionName": function});
            let configuration = self.aws.call("lambda", "get_function_configuration", &named)?;
            let mut environment = configuration["Environment"].clone();
            environment["Variables"]["STARLIFT_DEFINITION"] = json!(definition);
            let change = json!({"FunctionName": function, "Environment": environment});
            self.aws.call("lambda", "update_function_configuration", &change)?;
        }
        Ok(())
    }

    /// Gives a function other code, as a hot fix does: a folder of zips that has its own.
    ///
    /// # Errors
    /// When there is no such zip, or local AWS refuses.
    pub async fn replace_code(&self, function: &str, zips: &Path) -> Result<()> {
        const KEY: &str = "code.zip";
        let (zip, bucket) = (zips.join(format!("{function}.zip")), &self.resources.buckets["control"]);
        let code = ByteStream::from(std::fs::read(&zip).map_err(Error::at(&zip))?);
        let put = self.s3.put_object().bucket(bucket).key(KEY).body(code).send().await;
        put.map_err(refusal("PutObject"))?;
        let update = json!({"FunctionName": self.resources.functions[function], "S3Bucket": bucket, "S3Key": KEY});
        self.aws.call("lambda", "update_function_code", &update)?;
        let deleted = self.s3.delete_object().bucket(bucket).key(KEY).send().await;
        deleted.map_err(refusal("DeleteObject"))?;
        Ok(())
    }

    /// Invokes `ingest`, `transform` or `load` by itself.
    ///
    /// # Errors
    /// When the function fails; the message holds its `errorType` and `errorMessage`.
    pub fn invoke(&self, function: &str, payload: &Value) -> Result<Value> {
        self.aws.invoke(&self.resources.functions[function], payload)
    }

    /// Starts an execution and waits for its end, whatever that is.
    ///
    /// # Errors
    /// When local AWS refuses.
    pub async fn run(&self) -> Result<Execution> {
        let arn = self.start().await?;
        self.wait(&arn).await
    }

    /// Starts an execution that is asked more than usual, and waits for its end.
    ///
    /// # Errors
    /// When local AWS refuses.
    pub async fn run_with(&self, input: &Value) -> Result<Execution> {
        let arn = self.start_with(input).await?;
        self.wait(&arn).await
    }

    /// Starts an execution that is asked more than usual, without waiting for it. Returns its ARN.
    ///
    /// # Errors
    /// When local AWS refuses.
    pub async fn start_with(&self, input: &Value) -> Result<String> {
        execution::start(&self.states, &self.resources.state_machine, input).await
    }

    /// Starts an execution without waiting for it. Returns its ARN.
    ///
    /// # Errors
    /// When local AWS refuses.
    pub async fn start(&self) -> Result<String> {
        self.start_with(&json!({})).await
    }

    /// Waits for the end of an execution.
    ///
    /// # Errors
    /// When local AWS refuses.
    pub async fn wait(&self, execution: &str) -> Result<Execution> {
        execution::wait(&self.states, execution).await
    }

    /// Redrives a failed execution and waits for its end.
    ///
    /// # Errors
    /// When local AWS refuses.
    pub async fn redrive(&self, execution: &str) -> Result<Execution> {
        execution::redrive(&self.states, execution).await?;
        self.wait(execution).await
    }

    /// Fails unless the warehouse holds exactly what the source says it must.
    ///
    /// # Errors
    /// The differences, or that the comparison was not possible.
    pub async fn agree(&self) -> Result<()> {
        self.oracle.agree(&self.source.connect().await?, &self.warehouse.connect().await?).await
    }

    /// The keys of all objects in the `ingest`, `processed` or `control` bucket, with their entity tags.
    ///
    /// # Errors
    /// When local AWS refuses.
    pub async fn objects(&self, zone: &str) -> Result<BTreeMap<String, String>> {
        let mut pages = self.s3.list_objects_v2().bucket(&self.resources.buckets[zone]).into_paginator().send();
        let mut found = BTreeMap::new();
        while let Some(page) = pages.next().await {
            for object in page.map_err(refusal("ListObjectsV2"))?.contents.unwrap_or_default() {
                found.insert(object.key.unwrap_or_default(), object.e_tag.unwrap_or_default());
            }
        }
        Ok(found)
    }

    /// The content of an object.
    ///
    /// # Errors
    /// When there is none.
    pub async fn object(&self, zone: &str, key: &str) -> Result<Vec<u8>> {
        let got = self.s3.get_object().bucket(&self.resources.buckets[zone]).key(key).send().await;
        let body = got.map_err(refusal("GetObject"))?.body.collect().await;
        Ok(body.map_err(refusal("GetObject"))?.to_vec())
    }

    /// Writes an object, as somebody who may do everything.
    ///
    /// # Errors
    /// When local AWS refuses.
    pub async fn put_object(&self, zone: &str, key: &str, content: Vec<u8>) -> Result<()> {
        let put = self.s3.put_object().bucket(&self.resources.buckets[zone]).key(key).body(content.into());
        put.send().await.map_err(refusal("PutObject"))?;
        Ok(())
    }

    /// What a function has logged.
    ///
    /// # Errors
    /// When local AWS refuses.
    pub fn logs(&self, function: &str) -> Result<Vec<String>> {
        self.aws.log_lines(&self.resources.log_groups[function])
    }
}

/// The `pipeline.toml` of a folder.
///
/// # Errors
/// When it cannot be read.
pub fn read_pipeline(folder: &Path) -> Result<Pipeline> {
    let file = folder.join("pipeline.toml");
    let text = std::fs::read_to_string(&file).map_err(Error::at(&file))?;
    Pipeline::parse("pipeline.toml", &text).map_err(|error| Error::Malformed(error.to_string()))
}
