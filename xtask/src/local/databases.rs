//! The source and the warehouse of a local stack: given by URL, or embedded.

use std::path::Path;

use serde_json::Value;
use starlift_testkit::postgres::{self, Persistent};
use starlift_testkit::{Error, Result, logins};

use super::Options;
use super::home::Home;
use crate::step;

/// The roles that the pipeline has in embedded databases.
const READER: &str = "pipeline_reader";
const LOADER: &str = "pipeline_loader";
const MIGRATOR: &str = "pipeline_migrator";

/// Where a person connects, and the connections that the pipeline's secrets hold.
pub(crate) struct Databases {
    pub(crate) source_url: String,
    pub(crate) warehouse_url: String,
    pub(crate) reader: Value,
    pub(crate) loader: Value,
    pub(crate) migrator: Value,
}

impl Databases {
    /// Starts and fills in whatever no URL is given for. A URL that is given is used as it is, for all that the pipeline
    /// does there.
    ///
    /// # Errors
    /// A URL is not one, or the embedded PostgreSQL does not do as asked.
    pub(crate) async fn ensure(home: &Home, options: &Options, pipeline: &str, folder: &Path) -> Result<Self> {
        let (source_url, reader) = match &options.source {
            Some(url) => (url.clone(), logins::secret(url)?),
            None => source(home, &format!("{pipeline}_source"), folder).await?,
        };
        let (warehouse_url, loader, migrator) = match &options.warehouse {
            Some(url) => (url.clone(), logins::secret(url)?, logins::secret(url)?),
            None => warehouse(home, &format!("{pipeline}_warehouse")).await?,
        };
        Ok(Self { source_url, warehouse_url, reader, loader, migrator })
    }
}

/// A new source gets the tables of the pipeline's demo: a pipeline over a database without its tables would only fail.
async fn source(home: &Home, name: &str, pipeline: &Path) -> Result<(String, Value)> {
    let (url, is_new) = ensure_database(home, name).await?;
    let client = postgres::connect(&url).await?;
    let schema = pipeline.join("demo/schema.sql");
    if is_new && schema.is_file() {
        step::say(&format!("creating the tables of {} in the source", schema.display()));
        postgres::execute_file(&client, &schema).await?;
    }
    logins::create_reader(&url, READER)?;
    let secret = logins::secret(&logins::url_as(&url, READER))?;
    Ok((url, secret))
}

async fn warehouse(home: &Home, name: &str) -> Result<(String, Value, Value)> {
    let (url, _) = ensure_database(home, name).await?;
    logins::create_publishers(&url, MIGRATOR, LOADER)?;
    let loader = logins::secret(&logins::url_as(&url, LOADER))?;
    let migrator = logins::secret(&logins::url_as(&url, MIGRATOR))?;
    Ok((url, loader, migrator))
}

/// Creates a database of the embedded PostgreSQL unless it is there. Returns its URL and whether it is new.
async fn ensure_database(home: &Home, name: &str) -> Result<(String, bool)> {
    let port = home.start_postgres()?;
    let client = postgres::connect(&Persistent::url(port, "postgres")).await?;
    let found = client.query_opt("select from pg_database where datname = $1", &[&name]).await;
    let is_new = found.map_err(Error::sql("look for a database"))?.is_none();
    if is_new {
        postgres::create_database(&client, name, "template0").await?;
        step::say(&format!("created the database {name}"));
    }
    Ok((Persistent::url(port, name), is_new))
}
