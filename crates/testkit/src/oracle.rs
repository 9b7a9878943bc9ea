//! Does the warehouse hold what it must? The answer comes from the source alone.
//!
//! The oracle's views compute from the source what each dimension and each `current_<fact>` must hold. Their rows are
//! streamed into temporary tables next to the warehouse's and compared by `EXCEPT ALL`, both ways, so memory stays flat.
//! Everything happens in transactions that are rolled back: neither database keeps a trace. Proven by
//! `a_changed_a_missing_and_a_surplus_row_are_each_found`.

use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};
use std::pin::pin;

use futures_util::{SinkExt, TryStreamExt};
use tokio_postgres::Client;

use crate::error::{Error, Result};
use crate::postgres::execute_file;

/// The warehouse's only table that may hold more than the oracle expects: the calendar has no gaps.
const CALENDAR: &str = "dim_date";

/// How a table of the warehouse differs from what the source says it must hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The table or view of the warehouse.
    pub table: String,
    /// How many rows it lacks. A row with one wrong value is missing and surplus.
    pub missing: i64,
    /// How many rows it has too many.
    pub surplus: i64,
    /// Keys of some of these rows.
    pub keys: Vec<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { table, missing, surplus, keys } = self;
        write!(out, "{table}: {missing} rows missing, {surplus} surplus, for instance {}", keys.join(", "))
    }
}

/// A view of the oracle.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct View {
    /// Its name: `o_dim_<x>` or `o_fact_<x>`.
    pub name: String,
    /// The table or view of the warehouse that must hold the same rows: `dim_<x>` or `current_<x>`.
    pub measures: String,
}

/// A folder of views named `o_dim_<x>` and `o_fact_<x>`, and what a scenario says differently.
#[derive(Clone, Debug)]
pub struct Oracle {
    files: Vec<PathBuf>,
}

impl Oracle {
    /// The oracle whose views the SQL files of a folder create, in the order of their names.
    ///
    /// # Errors
    /// When the folder cannot be read.
    pub fn read(folder: &Path) -> Result<Self> {
        let entries = fs::read_dir(folder).map_err(Error::at(folder))?;
        let mut files: Vec<PathBuf> = entries
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|e| e == "sql"))
            .collect();
        files.sort();
        Ok(Self { files })
    }

    /// Adds a file that replaces views: what a scenario expects where the source alone cannot say it.
    #[must_use]
    pub fn with(mut self, file: PathBuf) -> Self {
        self.files.push(file);
        self
    }

    /// Compares a warehouse with its source. Empty means equal.
    ///
    /// # Errors
    /// When a view cannot be created over the source or a table is missing in the warehouse.
    pub async fn differences(&self, source: &Client, warehouse: &Client) -> Result<Vec<Difference>> {
        let mut found = Vec::new();
        for view in self.open(source).await? {
            found.extend(compare(source, warehouse, &view.name, &view.measures).await?);
        }
        self.close(source).await?;
        Ok(found)
    }

    /// Opens a transaction of the source in which the views are there, and lists them.
    ///
    /// # Errors
    /// When a view cannot be created over the source.
    pub async fn open(&self, source: &Client) -> Result<Vec<View>> {
        source.batch_execute(include_str!("sql/open_oracle.sql")).await.map_err(Error::sql("open the oracle"))?;
        for file in &self.files {
            execute_file(source, file).await?;
        }
        let listed = source.query(include_str!("sql/oracle_views.sql"), &[]).await;
        let rows = listed.map_err(Error::sql("list the oracle's views"))?;
        Ok(rows.iter().map(|row| View { name: row.get("view"), measures: row.get("table") }).collect())
    }

    /// Rolls back what [`Oracle::open`] has opened.
    ///
    /// # Errors
    /// When the connection is gone.
    pub async fn close(&self, source: &Client) -> Result<()> {
        source.batch_execute("rollback").await.map_err(Error::sql("close the oracle"))
    }

    /// As [`Oracle::differences`], for a test: fails with the differences in the message.
    ///
    /// # Errors
    /// When there is a difference or the comparison itself fails.
    pub async fn agree(&self, source: &Client, warehouse: &Client) -> Result<()> {
        let differences = self.differences(source, warehouse).await?;
        if differences.is_empty() {
            return Ok(());
        }
        let lines: Vec<String> = differences.iter().map(ToString::to_string).collect();
        Err(Error::Malformed(format!("the warehouse differs from its source\n  {}", lines.join("\n  "))))
    }
}

async fn compare(source: &Client, warehouse: &Client, view: &str, table: &str) -> Result<Option<Difference>> {
    let context = || format!("compare {table} with {view}");
    let shape = source.prepare(&format!("select * from {view}")).await.map_err(Error::sql(context()))?;
    let columns: Vec<&str> = shape.columns().iter().map(|column| column.name()).collect();
    let types: Vec<&str> = shape.columns().iter().map(|column| column.type_().name()).collect();

    warehouse.batch_execute(include_str!("sql/open_comparison.sql")).await.map_err(Error::sql(context()))?;
    let create = generated(warehouse, include_str!("sql/create_expected.sql"), &[&view, &columns, &types]).await?;
    warehouse.batch_execute(&create).await.map_err(Error::sql(context()))?;
    copy_across(source, warehouse, view).await?;
    let (missing, mut keys) = surplus(warehouse, view, table, &columns).await?;
    let (mut surplus, more_keys) = surplus(warehouse, table, view, &columns).await?;
    warehouse.batch_execute("rollback").await.map_err(Error::sql(context()))?;

    if table == CALENDAR {
        surplus = 0;
    } else {
        keys.extend(more_keys);
    }
    if missing == 0 && surplus == 0 {
        return Ok(None);
    }
    keys.sort();
    keys.dedup();
    Ok(Some(Difference { table: table.to_owned(), missing, surplus, keys }))
}

/// How many rows `one` has that `other` has not, and the least and greatest of their keys.
async fn surplus(warehouse: &Client, one: &str, other: &str, columns: &[&str]) -> Result<(i64, Vec<String>)> {
    let statement = generated(warehouse, include_str!("sql/count_surplus.sql"), &[&one, &other, &columns]).await?;
    let row = warehouse.query_one(&statement, &[]).await.map_err(Error::sql(format!("compare {one} with {other}")))?;
    let keys = [row.get::<_, Option<String>>(1), row.get::<_, Option<String>>(2)];
    Ok((row.get(0), keys.into_iter().flatten().collect()))
}

async fn copy_across(source: &Client, warehouse: &Client, view: &str) -> Result<()> {
    let context = || format!("copy {view}");
    let rows =
        source.copy_out(&format!("copy (select * from {view}) to stdout")).await.map_err(Error::sql(context()))?;
    let sink = warehouse.copy_in(&format!("copy {view} from stdin")).await.map_err(Error::sql(context()))?;
    let (mut rows, mut sink) = (pin!(rows), pin!(sink));
    while let Some(piece) = rows.try_next().await.map_err(Error::sql(context()))? {
        sink.send(piece).await.map_err(Error::sql(context()))?;
    }
    sink.finish().await.map_err(Error::sql(context()))?;
    Ok(())
}

/// A statement that the server makes, so that the server quotes the names in it.
async fn generated(
    client: &Client,
    maker: &str,
    names: &[&(dyn tokio_postgres::types::ToSql + Sync)],
) -> Result<String> {
    let row = client.query_one(maker, names).await.map_err(Error::sql("make a statement"))?;
    row.try_get(0).map_err(Error::sql("make a statement"))
}
