//! The least there is to do: the rows of the star, by binary `COPY` from source to warehouse, in one transaction that makes
//! keys and indexes afterwards.
//!
//! psql carries the rows: this program is built without optimisation, and would be measured instead of the copy.

use std::fmt::Write;
use std::path::Path;
use std::time::{Duration, Instant};

use starlift_testkit::oracle::Oracle;
use starlift_testkit::postgres::psql;
use starlift_testkit::{Database, Error, Result};
use tokio_postgres::Client;

/// The schema in which the oracle's views are.
const VIEWS: &str = "starlift_oracle";

/// Copies into the empty tables of a warehouse. Leaves the oracle's views in the source. Returns the number of rows and how
/// long it took.
pub(super) async fn copy_star(oracle: &Oracle, source: &Database, warehouse: &Database) -> Result<(u64, Duration)> {
    let script = script(oracle, source, &warehouse.connect().await?).await?;
    let file = tempfile::NamedTempFile::new().map_err(Error::at(std::env::temp_dir()))?;
    std::fs::write(file.path(), script).map_err(Error::at(file.path()))?;
    let started = Instant::now();
    let input = file.reopen().map_err(Error::at(file.path()))?;
    let said = starlift_testkit::error::run_with_input(psql(&warehouse.url())?.stdin(input))?;
    let took = started.elapsed();
    let rows = said.lines().filter_map(|line| line.strip_prefix("COPY ")?.parse::<u64>().ok()).sum();
    Ok((rows, took))
}

async fn script(oracle: &Oracle, source: &Database, warehouse: &Client) -> Result<String> {
    let keys = warehouse.query(include_str!("keys.sql"), &[]).await.map_err(Error::sql("list the keys"))?;
    let client = source.connect().await?;
    let mut text = String::from("\\set QUIET off\nbegin;\n");
    for key in keys.iter().rev() {
        line(&mut text, &format!("{};", key.get::<_, &str>("remove")));
    }
    let reader = psql(&source.url())?;
    let reader = Path::new(reader.get_program()).display();
    for view in oracle.open(&client).await? {
        let table = view.name.trim_start_matches("o_");
        let shape = client.prepare(&format!("select * from {}", view.name)).await.map_err(Error::sql(table))?;
        let columns: Vec<&str> = shape.columns().iter().map(|column| column.name()).collect();
        let columns = columns.join(", ");
        let copy = format!("copy (select {columns} from {VIEWS}.{}) to stdout (format binary)", view.name);
        let program = format!("{reader} --no-psqlrc --quiet --command \"{copy}\" {}", source.url());
        line(&mut text, &format!("\\copy {table} ({columns}) from program '{program}' (format binary)"));
    }
    client.batch_execute("commit").await.map_err(Error::sql("keep the oracle's views"))?;
    for key in &keys {
        line(&mut text, &format!("{};", key.get::<_, &str>("make")));
    }
    line(&mut text, "commit;");
    Ok(text)
}

fn line(text: &mut String, statement: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "{statement}");
}
