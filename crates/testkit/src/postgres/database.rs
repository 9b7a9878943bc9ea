//! One database per test.

use std::path::Path;
use std::thread;

use tokio_postgres::{Client, NoTls};

use super::cluster::Cluster;
use crate::error::{Error, Result};

/// A database of its own. Dropped with this handle; kept, and named on standard error, when the test is panicking.
#[derive(Debug)]
pub struct Database {
    cluster: Cluster,
    name: String,
}

impl Cluster {
    /// Creates an empty database whose name begins with `prefix`.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn create_database(&self, prefix: &str) -> Result<Database> {
        self.create(prefix, "template0").await
    }

    /// Creates a copy of a database, to which nothing may be connected meanwhile.
    ///
    /// # Errors
    /// When the server refuses, for one because something is connected to the template.
    pub async fn create_from(&self, prefix: &str, template: &Database) -> Result<Database> {
        self.create(prefix, &template.name).await
    }

    async fn create(&self, prefix: &str, template: &str) -> Result<Database> {
        let name = self.fresh_name(prefix);
        create_database(&connect(&self.url("postgres")).await?, &name, template).await?;
        Ok(Database { cluster: self.clone(), name })
    }
}

impl Database {
    /// The name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The superuser's connection URL.
    #[must_use]
    pub fn url(&self) -> String {
        self.cluster.url(&self.name)
    }

    /// The cluster it is in.
    #[must_use]
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Connects as the superuser.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn connect(&self) -> Result<Client> {
        connect(&self.url()).await
    }

    /// Drops the database, whoever is connected to it, and makes an empty one of its name.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn lose(&self) -> Result<()> {
        self.replace_by("template0").await
    }

    /// Drops the database, whoever is connected to it, and makes a copy of another one under its name.
    ///
    /// # Errors
    /// When the server refuses.
    pub async fn restore(&self, backup: &Self) -> Result<()> {
        self.replace_by(&backup.name).await
    }

    async fn replace_by(&self, template: &str) -> Result<()> {
        let client = connect(&self.cluster.url("postgres")).await?;
        drop_with(&client, &self.name).await?;
        create_database(&client, &self.name, template).await
    }

    /// Runs the statements of a file.
    ///
    /// # Errors
    /// When the file cannot be read or a statement fails; the message names the file.
    pub async fn execute_file(&self, file: &Path) -> Result<()> {
        execute_file(&self.connect().await?, file).await
    }
}

impl Drop for Database {
    fn drop(&mut self) {
        if thread::panicking() {
            self.cluster.keep(&self.name);
            return;
        }
        // A thread of its own, because this one may be inside a runtime that must not be blocked on another.
        let (url, name) = (self.cluster.url("postgres"), self.name.clone());
        let dropped = thread::spawn(move || drop_database(&url, &name)).join();
        if let Ok(Err(error)) = dropped {
            eprintln!("database {} was not dropped: {error}", self.name);
        }
    }
}

/// Creates a database from a template.
///
/// # Errors
/// When the server refuses.
pub async fn create_database(client: &Client, name: &str, template: &str) -> Result<()> {
    let statement: String = client
        .query_one("select format('create database %I template %I', $1::text, $2::text)", &[&name, &template])
        .await
        .and_then(|row| row.try_get(0))
        .map_err(Error::sql("create database"))?;
    client.batch_execute(&statement).await.map_err(Error::sql(statement))
}

/// Connects without TLS and lets the connection run in a task of its own.
///
/// # Errors
/// When the URL is not one or the server refuses.
pub async fn connect(url: &str) -> Result<Client> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await.map_err(Error::sql("connect"))?;
    tokio::spawn(async move {
        // The client's next call reports what ended the connection.
        let _ = connection.await;
    });
    Ok(client)
}

/// Runs the statements of a file.
///
/// # Errors
/// As [`Database::execute_file`].
pub async fn execute_file(client: &Client, file: &Path) -> Result<()> {
    let statements = tokio::fs::read_to_string(file).await.map_err(Error::at(file))?;
    client.batch_execute(&statements).await.map_err(Error::sql(file.display().to_string()))
}

fn drop_database(url: &str, name: &str) -> Result<()> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(Error::at("a tokio runtime"))?;
    runtime.block_on(async { drop_with(&connect(url).await?, name).await })
}

async fn drop_with(client: &Client, name: &str) -> Result<()> {
    let statement: String = client
        .query_one("select format('drop database if exists %I with (force)', $1::text)", &[&name])
        .await
        .and_then(|row| row.try_get(0))
        .map_err(Error::sql("drop database"))?;
    client.batch_execute(&statement).await.map_err(Error::sql(statement))
}
