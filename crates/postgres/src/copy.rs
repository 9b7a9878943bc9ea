//! `COPY` out as a stream of rows, and `COPY` in, binary or as text.

use std::pin::Pin;

use bytes::Bytes;
use futures_util::{SinkExt, Stream, StreamExt};
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::types::{ToSql, Type};
use tokio_postgres::{Client, CopyInSink};

use crate::{Cell, PostgresError};

/// Runs `copy (…) to stdout`. Each item is one row: the server sends a message per data row (the header line is one too).
///
/// # Errors
/// The server refuses the statement; the stream's items are errors when it breaks off later.
pub async fn copy_out(
    client: &Client,
    statement: &str,
    doing: &str,
) -> Result<impl Stream<Item = Result<Bytes, PostgresError>> + use<>, PostgresError> {
    let stream = client.copy_out(statement).await.map_err(|error| PostgresError::new(doing, &error))?;
    let doing = doing.to_owned();
    Ok(stream.map(move |row| row.map_err(|error| PostgresError::new(doing.clone(), &error))))
}

/// A running `copy … from stdin (format csv)`: the bytes are the caller's.
pub struct TextCopyIn {
    sink: Pin<Box<CopyInSink<Bytes>>>,
    doing: String,
}

impl TextCopyIn {
    /// Starts a `COPY` of text.
    ///
    /// # Errors
    /// The server refuses the statement.
    pub async fn start(client: &Client, statement: &str, doing: &str) -> Result<Self, PostgresError> {
        let sink = client.copy_in(statement).await.map_err(|error| PostgresError::new(doing, &error))?;
        Ok(Self { sink: Box::pin(sink), doing: doing.to_owned() })
    }

    /// Appends bytes; a row may go on in the next piece.
    ///
    /// # Errors
    /// The server refuses or the connection breaks.
    pub async fn write(&mut self, piece: Bytes) -> Result<(), PostgresError> {
        self.sink.send(piece).await.map_err(|error| PostgresError::new(self.doing.clone(), &error))
    }

    /// Ends the `COPY`; gives the number of rows that the server took.
    ///
    /// # Errors
    /// The server refuses or the connection breaks.
    pub async fn finish(mut self) -> Result<u64, PostgresError> {
        self.sink.as_mut().finish().await.map_err(|error| PostgresError::new(self.doing.clone(), &error))
    }
}

/// A running `copy … from stdin (format binary)`.
pub struct CopyIn {
    writer: Pin<Box<BinaryCopyInWriter>>,
    doing: String,
}

impl CopyIn {
    /// Starts a binary `COPY` into columns of these types.
    ///
    /// # Errors
    /// The server refuses the statement.
    pub async fn start(client: &Client, statement: &str, types: &[Type], doing: &str) -> Result<Self, PostgresError> {
        let sink: CopyInSink<Bytes> =
            client.copy_in(statement).await.map_err(|error| PostgresError::new(doing, &error))?;
        Ok(Self { writer: Box::pin(BinaryCopyInWriter::new(sink, types)), doing: doing.to_owned() })
    }

    /// Appends one row, a cell per column.
    ///
    /// # Errors
    /// The server refuses or the connection breaks.
    pub async fn write(&mut self, row: &[Cell<'_>]) -> Result<(), PostgresError> {
        // Not an iterator with a closure: held over the await, its lifetime would keep the caller's future from being `Send`.
        let values: Vec<&(dyn ToSql + Sync)> = row.iter().map(|cell| cell as _).collect();
        self.writer.as_mut().write(&values).await.map_err(|error| PostgresError::new(self.doing.clone(), &error))
    }

    /// Ends the `COPY`; gives the number of rows that the server took.
    ///
    /// # Errors
    /// The server refuses or the connection breaks.
    pub async fn finish(mut self) -> Result<u64, PostgresError> {
        self.writer.as_mut().finish().await.map_err(|error| PostgresError::new(self.doing.clone(), &error))
    }
}
