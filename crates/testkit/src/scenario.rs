//! Scenarios: folders of SQL that anyone can add to without writing Rust.
//!
//! ```text
//! tests/scenarios/<name>/
//!   README         one sentence: what must hold
//!   source.sql     changes the source's 50 generated sales orders and what belongs to them
//!   change-1.sql   changes the source; change-2.sql and so on after it. An only one may be called change.sql
//!   oracle.sql     replaces views of the oracle, where the source alone cannot say what must hold
//!   expect.sql     queries of the warehouse, each of which must return no row; expect-*.sql likewise
//! ```
//!
//! The source is generated and changed, the pipeline runs and the warehouse is compared with the oracle; the same after each change;
//! the expectations are looked at last. Proven by `a_scenario_fails_when_an_expectation_returns_a_row`.

use std::fs;
use std::path::{Path, PathBuf};

use tokio_postgres::SimpleQueryMessage;

use crate::error::{Error, Result};
use crate::postgres::{Database, cluster, execute_file};
use crate::source;
use crate::stack::Stack;

/// Sales orders that every scenario begins with: as few as the day of changes needs.
const ORDERS: u32 = 50;

/// A scenario's folder.
#[derive(Clone, Debug)]
pub struct Scenario {
    folder: PathBuf,
    changes: Vec<PathBuf>,
    expectations: Vec<PathBuf>,
}

/// The scenarios of a folder, by name.
///
/// # Errors
/// When a folder cannot be read, or holds a file that no scenario has: a misspelt one would be passed over in silence.
pub fn scenarios(folder: &Path) -> Result<Vec<Scenario>> {
    let mut folders = list(folder)?;
    folders.retain(|path| path.is_dir());
    folders.iter().map(|path| Scenario::read(path)).collect()
}

impl Scenario {
    /// Reads what a scenario consists of.
    ///
    /// # Errors
    /// As [`scenarios`].
    pub fn read(folder: &Path) -> Result<Self> {
        let (mut changes, mut expectations) = (Vec::new(), Vec::new());
        for path in list(folder)? {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            match name.strip_suffix(".sql") {
                Some("source" | "oracle") => {}
                Some(stem) if stem == "expect" || stem.starts_with("expect-") => expectations.push(path.clone()),
                Some(stem) => changes.push((number_of(stem).ok_or_else(|| stray(&path))?, path.clone())),
                None if name.starts_with("README") => {}
                None => return Err(stray(&path)),
            }
        }
        changes.sort();
        let changes = changes.into_iter().map(|(_, path)| path).collect();
        Ok(Self { folder: folder.to_owned(), changes, expectations })
    }

    /// The folder's name.
    #[must_use]
    pub fn name(&self) -> String {
        self.folder.file_name().unwrap_or_default().to_string_lossy().into_owned()
    }

    /// A source with generated tables of totesys, changed by `source.sql`.
    ///
    /// # Errors
    /// When a statement fails.
    pub async fn source(&self) -> Result<Database> {
        let database = cluster().create_database("source").await?;
        let client = database.connect().await?;
        source::demo_source(&client, ORDERS).await?;
        execute_file(&client, &self.folder.join("source.sql")).await?;
        Ok(database)
    }

    /// Plays the scenario on a stack over its source.
    ///
    /// # Errors
    /// What does not hold, and after which file.
    pub async fn play(&self, mut stack: Stack) -> Result<Stack> {
        let oracle = self.folder.join("oracle.sql");
        if oracle.is_file() {
            stack.oracle = stack.oracle.with(oracle);
        }
        self.lift(&stack, "source.sql").await?;
        for change in &self.changes {
            stack.source.execute_file(change).await?;
            self.lift(&stack, &change.file_name().unwrap_or_default().to_string_lossy()).await?;
        }
        for file in &self.expectations {
            self.expect(&stack.warehouse, file).await?;
        }
        Ok(stack)
    }

    async fn lift(&self, stack: &Stack, after: &str) -> Result<()> {
        let failed = |error: Error| Error::Malformed(format!("{}, after {after}: {error}", self.name()));
        stack.run().await?.succeeded().map_err(failed)?;
        stack.agree().await.map_err(failed)
    }

    /// Runs each query of a file. The file goes to the server as it is: only the server can tell its statements apart.
    async fn expect(&self, warehouse: &Database, file: &Path) -> Result<()> {
        expect_no_row(warehouse, file).await.map_err(|error| Error::Malformed(format!("{}: {error}", self.name())))
    }
}

/// Runs each query of a file on a database and fails when one returns a row.
///
/// # Errors
/// Which query of the file returned how many rows, or that one failed.
pub async fn expect_no_row(database: &Database, file: &Path) -> Result<()> {
    let text = tokio::fs::read_to_string(file).await.map_err(Error::at(file))?;
    let client = database.connect().await?;
    let messages = client.simple_query(&text).await.map_err(Error::sql(file.display().to_string()))?;
    let results = messages.iter().filter_map(|message| match message {
        SimpleQueryMessage::CommandComplete(rows) => Some(*rows),
        _ => None,
    });
    for (number, rows) in (1..).zip(results) {
        if rows > 0 {
            return Err(Error::Malformed(format!("{}: query {number} returned {rows} rows", file.display())));
        }
    }
    Ok(())
}

/// `change` and `change-1` are the first change, `change-2` the second.
fn number_of(stem: &str) -> Option<u32> {
    match stem.strip_prefix("change")? {
        "" => Some(1),
        rest => rest.strip_prefix('-')?.parse().ok(),
    }
}

fn stray(path: &Path) -> Error {
    Error::Malformed(format!(
        "{} is no part of a scenario: there are README, source.sql, change.sql, change-<n>.sql, oracle.sql, expect.sql, \
         expect-<name>.sql",
        path.display()
    ))
}

fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let entries = fs::read_dir(folder).map_err(Error::at(folder))?;
    let mut paths: Vec<PathBuf> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    Ok(paths)
}
