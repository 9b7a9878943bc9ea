//! Rows into raw objects: a stream is cut into objects of a limited number of rows, each with the header line.

use bytes::Bytes;
use starlift_failure::Failure;
use starlift_host::fail_point;
use starlift_lake::{Lake, StoredObject, Upload, Zone, keys};

/// Where the objects of one table and run go.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RawPlace<'a> {
    /// The zones.
    pub(crate) lake: &'a Lake,
    /// The table.
    pub(crate) table: &'a str,
    /// The run.
    pub(crate) run: &'a str,
    /// The attempt.
    pub(crate) attempt: &'a str,
}

impl RawPlace<'_> {
    /// Begins the n-th object, from 1.
    pub(crate) fn create(&self, n: usize) -> Upload {
        self.lake.create(Zone::Ingest, keys::raw(self.table, self.run, self.attempt, n))
    }

    /// Begins the object with the table's keys.
    pub(crate) fn create_keys(&self) -> Upload {
        self.lake.create(Zone::Ingest, keys::raw_keys(self.table, self.run, self.attempt))
    }
}

/// Writes the rows of an incremental table. Without rows there is no object.
pub(crate) struct RawObjects<'a> {
    place: RawPlace<'a>,
    part_rows: u64,
    header: Bytes,
    open: Option<(Upload, u64)>,
    written: Vec<StoredObject>,
}

impl<'a> RawObjects<'a> {
    /// Objects of at most `part_rows` rows.
    pub(crate) fn new(place: RawPlace<'a>, part_rows: u64) -> Self {
        Self { place, part_rows, header: Bytes::new(), open: None, written: Vec::new() }
    }

    /// Sets the header line, which every object begins with.
    pub(crate) fn set_header(&mut self, header: Bytes) {
        self.header = header;
    }

    /// Appends one row as the source wrote it.
    pub(crate) async fn write(&mut self, row: &[u8]) -> Result<(), Failure> {
        let (mut upload, rows) = match self.open.take() {
            Some(open) => open,
            None => {
                let mut upload = self.place.create(self.written.len() + 1);
                upload.write(&self.header).await?;
                (upload, 0)
            }
        };
        upload.write(row).await?;
        self.open = Some((upload, rows + 1));
        if rows + 1 >= self.part_rows { self.cut().await } else { Ok(()) }
    }

    /// Makes the last object visible; gives all of them in order.
    pub(crate) async fn finish(mut self) -> Result<Vec<StoredObject>, Failure> {
        self.cut().await?;
        Ok(self.written)
    }

    async fn cut(&mut self) -> Result<(), Failure> {
        if let Some((upload, rows)) = self.open.take() {
            self.written.push(upload.finish(rows).await?);
            fail_point!("ingest.rows_written");
        }
        Ok(())
    }
}
