//! Rows that transform held back, noted in the ledger by key and reason; the rows themselves stay in the processed zone.

use std::path::Path;
use std::time::SystemTime;

use csv::StringRecord;
use starlift_failure::Failure;
use starlift_lake::{HeldRows, Lake, LakeError, Zone};
use tempfile::TempDir;
use tokio_postgres::Client;

use crate::warehouse::failed;

const INSERT_HELD_ROWS: &str = include_str!("../../../sql/engine/load/insert_held_rows.sql");

/// How many rows go into one statement.
const ROWS_AT_ONCE: usize = 1000;

/// The held rows of one model in one part of a run.
pub(crate) struct Held<'a> {
    pub(crate) run: &'a str,
    pub(crate) part: &'a str,
    pub(crate) model: &'a str,
    pub(crate) rows: &'a HeldRows,
    pub(crate) held_at: SystemTime,
}

/// Notes each held row.
pub(crate) async fn note(client: &Client, lake: &Lake, folder: &TempDir, held: &Held<'_>) -> Result<(), Failure> {
    let path = folder.path().join("held.csv");
    lake.download(Zone::Processed, &held.rows.object, &path).await?;
    let mut rows = open(lake, held, &path)?;
    loop {
        let (keys, reasons) = rows.take(ROWS_AT_ONCE)?;
        if keys.is_empty() {
            return Ok(());
        }
        let parameters: [&(dyn tokio_postgres::types::ToSql + Sync); 7] =
            [&held.run, &held.model, &held.part, &held.rows.object.key, &held.held_at, &keys, &reasons];
        client.execute(INSERT_HELD_ROWS, &parameters).await.map_err(failed("writing etl.quarantine"))?;
    }
}

/// A held object being read: of its columns only key and reason, because the others hold the row's values.
struct HeldReader {
    reader: csv::Reader<std::fs::File>,
    key: usize,
    reason: usize,
    unreadable: LakeError,
}

fn open(lake: &Lake, held: &Held<'_>, path: &Path) -> Result<HeldReader, Failure> {
    let unreadable = |reason: &str| LakeError::Unreadable {
        bucket: lake.bucket(Zone::Processed).to_owned(),
        key: held.rows.object.key.clone(),
        reason: reason.to_owned(),
    };
    let mut reader = csv::Reader::from_path(path).map_err(|_| unreadable("it is not CSV"))?;
    let headers = reader.headers().map_err(|_| unreadable("it is not CSV"))?;
    let place = |name: &str| headers.iter().position(|header| header == name);
    let (Some(key), Some(reason)) = (place("key"), place("reason")) else {
        return Err(unreadable("it has no columns key and reason").into());
    };
    Ok(HeldReader { reader, key, reason, unreadable: unreadable("it is not CSV") })
}

impl HeldReader {
    fn take(&mut self, at_most: usize) -> Result<(Vec<String>, Vec<String>), Failure> {
        let (mut keys, mut reasons) = (Vec::new(), Vec::new());
        let mut record = StringRecord::new();
        while keys.len() < at_most {
            match self.reader.read_record(&mut record) {
                Ok(true) => {
                    keys.push(record.get(self.key).unwrap_or_default().to_owned());
                    reasons.push(record.get(self.reason).unwrap_or_default().to_owned());
                }
                Ok(false) => break,
                Err(_) => return Err(Failure::invalid_data(self.unreadable.to_string())),
            }
        }
        Ok((keys, reasons))
    }
}
