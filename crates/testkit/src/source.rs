//! Filling a totesys source: by the demo's deterministic generator, or from a folder of captured tables.

use std::path::{Path, PathBuf};

use bytes::BytesMut;
use futures_util::SinkExt;
use tokio::io::{AsyncBufReadExt, AsyncReadExt, BufReader};
use tokio_postgres::Client;

use crate::error::{Error, Result};
use crate::postgres::execute_file;
use crate::workspace;

/// The tables of totesys, referred-to before referring.
pub const TABLES: [&str; 11] = [
    "address",
    "counterparty",
    "currency",
    "department",
    "design",
    "staff",
    "payment_type",
    "sales_order",
    "purchase_order",
    "transaction",
    "payment",
];

const PIECE: usize = 256 * 1024;

/// The folder of captured tables to test with, where the environment variable `STARLIFT_CAPTURE` names one.
#[must_use]
pub fn capture_dir() -> Option<PathBuf> {
    std::env::var_os("STARLIFT_CAPTURE").map(PathBuf::from)
}

/// A file of the demo, such as `schema.sql`.
#[must_use]
pub fn demo_file(name: &str) -> PathBuf {
    workspace::pipeline("totesys").join("demo").join(name)
}

/// Creates the tables of totesys, empty.
///
/// # Errors
/// When a statement fails, for one because they are there already.
pub async fn create_tables(client: &Client) -> Result<()> {
    execute_file(client, &demo_file("schema.sql")).await
}

/// Creates the tables and generates `rows` sales orders with all that belongs to them; the same rows every time.
///
/// # Errors
/// When a statement fails.
pub async fn demo_source(client: &Client, rows: u32) -> Result<()> {
    create_tables(client).await?;
    generate(client, rows).await
}

/// Fills empty tables as [`demo_source`] does.
///
/// # Errors
/// When a statement fails.
pub async fn generate(client: &Client, rows: u32) -> Result<()> {
    client
        .execute("select set_config('starlift.rows', $1, false)", &[&rows.to_string()])
        .await
        .map_err(Error::sql("set starlift.rows"))?;
    execute_file(client, &demo_file("generate.sql")).await?;
    execute_file(client, &demo_file("reset_sequences.sql")).await
}

/// Lets one more working day pass in a source that has at least 50 sales orders.
///
/// # Errors
/// When a statement fails.
pub async fn day_of_changes(client: &Client) -> Result<()> {
    execute_file(client, &demo_file("day_of_changes.sql")).await
}

/// Creates the tables and fills them from a folder of `<table>.csv`, as `COPY … (FORMAT csv, HEADER)` writes them.
/// Identity columns go on after the highest value.
///
/// # Errors
/// When a file is missing or a row is refused.
pub async fn capture_source(client: &Client, folder: &Path) -> Result<()> {
    create_tables(client).await?;
    copy_capture(client, folder).await
}

/// Fills empty tables as [`capture_source`] does.
///
/// # Errors
/// When a file is missing or a row is refused.
pub async fn copy_capture(client: &Client, folder: &Path) -> Result<()> {
    for table in TABLES {
        copy_csv(client, table, &folder.join(format!("{table}.csv"))).await?;
    }
    execute_file(client, &demo_file("reset_sequences.sql")).await?;
    client.batch_execute("analyze").await.map_err(Error::sql("analyze"))
}

/// Streams a CSV file into a table, by the column names of its first line. Returns the number of rows.
///
/// # Errors
/// When the file cannot be read or a row is refused.
pub async fn copy_csv(client: &Client, table: &str, file: &Path) -> Result<u64> {
    let context = || file.display().to_string();
    let mut reader = BufReader::new(tokio::fs::File::open(file).await.map_err(Error::at(file))?);
    let mut header = String::new();
    reader.read_line(&mut header).await.map_err(Error::at(file))?;
    let columns: Vec<&str> = header.trim_end().split(',').collect();
    let statement: String = client
        .query_one(include_str!("sql/copy_statement.sql"), &[&table, &columns])
        .await
        .and_then(|row| row.try_get(0))
        .map_err(Error::sql(context()))?;

    let sink = client.copy_in(&statement).await.map_err(Error::sql(context()))?;
    let mut sink = std::pin::pin!(sink);
    loop {
        let mut piece = BytesMut::with_capacity(PIECE);
        if reader.read_buf(&mut piece).await.map_err(Error::at(file))? == 0 {
            return sink.finish().await.map_err(Error::sql(context()));
        }
        sink.send(piece.freeze()).await.map_err(Error::sql(context()))?;
    }
}
