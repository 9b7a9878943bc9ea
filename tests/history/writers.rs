//! Writers on the source, each with a session of its own and with a transaction that may stay open over runs.
//!
//! One thread drives them all, so that none may wait for another: a statement leaves out the rows that another open transaction has written.

use starlift_testkit::{Database, Error, Result};
use tokio_postgres::Client;
use tokio_postgres::types::ToSql;

/// How many there are.
pub(crate) const WRITERS: usize = 3;

/// A table of the source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Table {
    Product,
    Customer,
    Sale,
    Line,
}

/// What one statement does.
#[derive(Clone, Debug)]
pub(crate) enum Change {
    /// Inserts or updates the rows from one key to another. `minute` is where `last_updated` moves to; without one an update leaves it alone.
    Put { table: Table, keys: (i32, i32), value: i32, minute: Option<i32> },
    /// Deletes the rows from one key to another. Rows that others refer to are not deleted.
    Delete { table: Table, keys: (i32, i32) },
}

impl Change {
    /// Gives how many rows are written.
    async fn make(&self, client: &Client) -> Result<u64> {
        let (statement, parameters): (_, Vec<&(dyn ToSql + Sync)>) = match self {
            Self::Put { table, keys: (first, last), value, minute } => match table {
                Table::Product => (include_str!("sql/put_product.sql"), vec![first, last, value]),
                Table::Customer => (include_str!("sql/put_customer.sql"), vec![first, last, value]),
                Table::Sale => (include_str!("sql/put_sale.sql"), vec![first, last, value, minute]),
                Table::Line => (include_str!("sql/put_line.sql"), vec![first, last, value, minute]),
            },
            Self::Delete { table, keys: (first, last) } => match table {
                Table::Sale => (include_str!("sql/delete_sale.sql"), vec![first, last]),
                Table::Line => (include_str!("sql/delete_line.sql"), vec![first, last]),
                Table::Product | Table::Customer => return Err(Error::Malformed(format!("{self:?}"))),
            },
        };
        client.execute(statement, &parameters).await.map_err(Error::sql(format!("{self:?}")))
    }
}

/// Whether a statement runs under a savepoint, with a transaction number of its own, and what becomes of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Savepoint {
    None,
    Released,
    RolledBack,
}

/// What becomes of a transaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum End {
    Commit,
    RollBack,
    StayOpen,
}

/// One writer.
pub(crate) struct Writer {
    client: Client,
    is_open: bool,
}

impl Writer {
    /// Connects to the source.
    pub(crate) async fn connect(source: &Database) -> Result<Self> {
        let writer = Self { client: source.connect().await?, is_open: false };
        // Waiting would be for ever.
        writer.execute("set lock_timeout = '5s'").await?;
        Ok(writer)
    }

    /// Writes, in the open transaction or in a new one; gives how many rows.
    pub(crate) async fn write(&mut self, change: &Change, savepoint: Savepoint) -> Result<u64> {
        if !self.is_open {
            self.execute("begin").await?;
            self.is_open = true;
        }
        if savepoint == Savepoint::None {
            return change.make(&self.client).await;
        }
        self.execute("savepoint nested").await?;
        let written = change.make(&self.client).await?;
        self.execute(if savepoint == Savepoint::Released { "release nested" } else { "rollback to nested" }).await?;
        Ok(written)
    }

    /// Ends the open transaction, or lets it stay open.
    pub(crate) async fn end(&mut self, end: End) -> Result<()> {
        if self.is_open && end != End::StayOpen {
            self.execute(if end == End::Commit { "commit" } else { "rollback" }).await?;
            self.is_open = false;
        }
        Ok(())
    }

    async fn execute(&self, statement: &str) -> Result<()> {
        self.client.batch_execute(statement).await.map_err(Error::sql(statement))
    }
}
