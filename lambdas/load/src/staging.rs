//! Rows on their way: from Parquet objects by binary `COPY` into a temporary table for each target.

use std::path::Path;

use starlift_definition::Column;
use starlift_failure::{Failure, RUN_ANEW};
use starlift_lake::{Lake, StoredObject, Zone};
use starlift_postgres::CopyIn;
use tempfile::TempDir;
use tokio_postgres::Client;

use crate::parquet_rows::Batches;
use crate::target::Target;
use crate::warehouse::{count, failed, refused};

/// Where staged rows come from.
pub(crate) struct Stage<'a> {
    /// The session, in the publication's transaction.
    pub(crate) client: &'a Client,
    /// The zones.
    pub(crate) lake: &'a Lake,
    /// A folder for one object at a time; it goes when the publication ends.
    pub(crate) folder: &'a TempDir,
}

impl Stage<'_> {
    /// Stages all rows of a target; gives their number.
    ///
    /// # Errors
    /// An object is not what its manifest says, a column would change a value, or a key is staged twice; the message names table and columns.
    pub(crate) async fn rows(&self, target: &Target, objects: &[&StoredObject]) -> Result<u64, Failure> {
        let doing = format!("staging rows of {}", target.name);
        self.client.batch_execute(&target.create_stage()).await.map_err(failed(&doing))?;
        let mut rows = 0;
        for object in objects {
            rows += self.object(target, object, &doing).await?;
        }
        self.client.batch_execute(&target.analyze_stage()).await.map_err(failed(&doing))?;
        self.refuse_changed_values(target).await?;
        self.refuse_repeated_keys(target).await?;
        Ok(rows)
    }

    async fn object(&self, target: &Target, object: &StoredObject, doing: &str) -> Result<u64, Failure> {
        let path = self.folder.path().join("object.parquet");
        self.lake.download(Zone::Processed, object, &path).await?;
        let rows = self.copy(target, &path, &object.key, doing).await?;
        if rows != object.rows {
            return Err(Failure::invalid_data(format!(
                "{} holds {rows} rows and its manifest says {}; start a new execution",
                object.key, object.rows
            )));
        }
        Ok(rows)
    }

    async fn copy(&self, target: &Target, path: &Path, key: &str, doing: &str) -> Result<u64, Failure> {
        let columns: Vec<&Column> = target.columns().collect();
        let mut batches = Batches::open(path, key, &columns)?;
        let (statement, types) = target.copy_into_stage();
        let mut copy = CopyIn::start(self.client, &statement, &types, doing).await.map_err(refused)?;
        while let Some(rows) = batches.next().await {
            let rows = rows?;
            let mut cells = Vec::with_capacity(columns.len());
            for row in 0..rows.count() {
                rows.read(row, &mut cells);
                copy.write(&cells).await.map_err(refused)?;
            }
        }
        copy.finish().await.map_err(refused)
    }

    /// Transform holds back what a target would change, but for types that only the warehouse computes with.
    async fn refuse_changed_values(&self, target: &Target) -> Result<(), Failure> {
        let Some((statement, columns)) = target.changed_values() else {
            return Ok(());
        };
        let doing = format!("comparing values of {} with the types of their columns", target.name);
        let row = self.client.query_one(&statement, &[]).await.map_err(failed(doing))?;
        for (n, column) in columns.iter().enumerate() {
            let changed = count(row.get(n));
            if changed > 0 {
                return Err(Failure::invalid_data(format!(
                    "column {column} of {} would round or cut {changed} values; widen it in a new file of warehouse/, or correct the values in \
                     the source, {RUN_ANEW}",
                    target.name
                )));
            }
        }
        Ok(())
    }

    async fn refuse_repeated_keys(&self, target: &Target) -> Result<(), Failure> {
        let doing = format!("looking for repeated keys of {}", target.name);
        let row = self.client.query_one(&target.repeated_keys(), &[]).await.map_err(failed(doing))?;
        let repeated = count(row.get(0));
        if repeated == 0 {
            return Ok(());
        }
        Err(Failure::invalid_data(format!(
            "models/{}.sql gives {repeated} values of its key ({}) more than once; correct its join, or the duplicates in its source, {RUN_ANEW}",
            target.name,
            target.key().join(", ")
        )))
    }
}
