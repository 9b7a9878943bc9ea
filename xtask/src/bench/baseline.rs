//! The least there is to do: the rows of the star, by binary `COPY` from source to warehouse, in one transaction that makes
//! keys and indexes afterwards.

use std::pin::pin;
use std::time::{Duration, Instant};

use starlift_testkit::oracle::Oracle;
use starlift_testkit::postgres::pipe;
use starlift_testkit::{Error, Result};
use tokio_postgres::Client;

/// Copies into empty tables. Returns the number of rows and how long it took.
pub(super) async fn copy_star(oracle: &Oracle, source: &Client, warehouse: &Client) -> Result<(u64, Duration)> {
    let views = oracle.open(source).await?;
    let started = Instant::now();
    execute(warehouse, "begin").await?;
    let keys = warehouse.query(include_str!("keys.sql"), &[]).await.map_err(Error::sql("list the keys"))?;
    for key in keys.iter().rev() {
        execute(warehouse, key.get("remove")).await?;
    }
    let mut rows = 0;
    for view in views {
        let table = view.name.trim_start_matches("o_");
        let shape = source.prepare(&format!("select * from {}", view.name)).await.map_err(Error::sql(table))?;
        let columns: Vec<&str> = shape.columns().iter().map(|column| column.name()).collect();
        let out = source.copy_out(&format!("copy (select * from {}) to stdout binary", view.name)).await;
        let into = warehouse.copy_in(&format!("copy {table} ({}) from stdin binary", columns.join(", "))).await;
        rows += pipe(pin!(out.map_err(Error::sql(table))?), pin!(into.map_err(Error::sql(table))?)).await?;
    }
    for key in &keys {
        execute(warehouse, key.get("make")).await?;
    }
    execute(warehouse, "commit").await?;
    let took = started.elapsed();
    oracle.close(source).await?;
    Ok((rows, took))
}

async fn execute(client: &Client, statement: &str) -> Result<()> {
    client.batch_execute(statement).await.map_err(Error::sql(statement))
}
