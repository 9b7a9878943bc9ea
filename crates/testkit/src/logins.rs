//! Who the pipeline is on the databases of a stack: a role that reads the source, one that migrates the warehouse and one that publishes into
//! it, made by the files of `sql/roles`, which a DBA runs as well. Proven by `tests/roles.rs`.

use serde_json::{Value, json};
use tokio_postgres::{Config, config::Host};

use crate::error::{Error, Result, run};
use crate::postgres::psql;
use crate::workspace;

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

/// Creates the login that reads a source, in the database of a URL whose user owns the tables.
///
/// # Errors
/// When the server refuses.
pub fn create_reader(source: &str, login: &str) -> Result<()> {
    run_roles(source, "source.sql", &[("login", login)])
}

/// Creates the logins that migrate a warehouse and publish into it, in the database of a URL whose user owns it.
///
/// # Errors
/// When the server refuses.
pub fn create_publishers(warehouse: &str, migrator: &str, loader: &str) -> Result<()> {
    run_roles(warehouse, "warehouse.sql", &[("migrator", migrator), ("loader", loader)])
}

/// Runs a file of `sql/roles` with these variables of psql.
///
/// # Errors
/// When the server refuses.
pub fn run_roles(url: &str, file: &str, variables: &[(&str, &str)]) -> Result<()> {
    let mut command = psql(url)?;
    for (name, value) in variables {
        command.arg(format!("--set={name}={value}"));
    }
    run(command.arg("--file").arg(workspace::root().join("sql/roles").join(file))).map(|_| ())
}
