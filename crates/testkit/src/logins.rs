//! Who the pipeline is on the databases of a stack: a role that reads the source, one that migrates the warehouse and one
//! that publishes into it, each with no more than it needs.

use serde_json::{Value, json};
use tokio_postgres::{Client, Config, config::Host};

use crate::error::{Error, Result};

/// A URL's connection as a secret holds it.
///
/// # Errors
/// When the text is no URL of one TCP server with a user and a database.
pub fn secret(url: &str) -> Result<Value> {
    let config: Config = url.parse().map_err(Error::sql("a connection URL"))?;
    let (Some(Host::Tcp(host)), Some(user), Some(database)) =
        (config.get_hosts().first(), config.get_user(), config.get_dbname())
    else {
        return Err(Error::Malformed(
            "a connection URL has to be postgres://user:password@host:port/database".to_owned(),
        ));
    };
    // Where every connection is trusted there is no password, and a secret has to have one.
    let password = config.get_password().map_or("trusted".into(), |bytes| String::from_utf8_lossy(bytes).into_owned());
    let port = config.get_ports().first().copied().unwrap_or(5432);
    Ok(json!({"host": host, "port": port, "username": user, "password": password, "dbname": database}))
}

/// A superuser's URL with another user in it.
#[must_use]
pub fn url_as(url: &str, user: &str) -> String {
    url.replacen("postgres://postgres", &format!("postgres://{user}"), 1)
}

/// Creates the login that reads a source. It may read all tables, and write none.
///
/// # Errors
/// When the server refuses.
pub async fn create_reader(source: &Client, login: &str) -> Result<()> {
    run_generated(source, include_str!("sql/create_reader.sql"), &[&login]).await
}

/// Creates the logins that migrate a warehouse and publish into it.
///
/// The group roles belong to the whole cluster, and another warehouse's migrator may have made them: so they are made
/// here, and the migrator may grant its own.
///
/// # Errors
/// When the server refuses.
pub async fn create_publishers(warehouse: &Client, migrator: &str, loader: &str) -> Result<()> {
    let groups = include_str!("sql/create_groups.sql");
    warehouse.batch_execute(groups).await.map_err(Error::sql("create the group roles"))?;
    run_generated(warehouse, include_str!("sql/create_publishers.sql"), &[&migrator, &loader]).await
}

/// Runs the statements that a query makes, one per row.
async fn run_generated(
    client: &Client,
    maker: &str,
    names: &[&(dyn tokio_postgres::types::ToSql + Sync)],
) -> Result<()> {
    for row in client.query(maker, names).await.map_err(Error::sql("make a statement"))? {
        let statement: String = row.try_get(0).map_err(Error::sql("make a statement"))?;
        client.batch_execute(&statement).await.map_err(Error::sql(statement))?;
    }
    Ok(())
}
