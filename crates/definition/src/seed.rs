//! Seeds: small constant tables that a model may join. Every column is text.

use std::path::Path;

use sha2::{Digest, Sha256};

use crate::DefinitionError;

/// One CSV file of `seeds/`, with a header line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seed {
    /// The table's name in models: the file's name without `.csv`.
    pub name: String,
    /// The columns, in the file's order.
    pub columns: Vec<String>,
    /// The file's bytes: CSV with a header, an empty field is NULL.
    pub csv: Vec<u8>,
    /// The sha256 of the bytes, in hexadecimal.
    pub sha256: String,
}

impl Seed {
    pub(crate) fn read(path: &Path, name: &str) -> Result<Self, DefinitionError> {
        let csv = std::fs::read(path)
            .map_err(|error| DefinitionError::Unreadable { path: path.to_owned(), reason: error.kind() })?;
        let file = format!("seeds/{name}.csv");
        let mut reader = csv::Reader::from_reader(csv.as_slice());
        let header =
            reader.headers().map_err(|_| DefinitionError::invalid(&file, "the header line is not CSV in UTF-8"))?;
        let columns: Vec<String> = header.iter().map(str::to_owned).collect();
        for (row, record) in reader.records().enumerate() {
            if record.is_err() {
                let message = format!("row {} is not UTF-8 or has not {} fields", row + 1, columns.len());
                return Err(DefinitionError::invalid(&file, message));
            }
        }
        let sha256 = format!("{:x}", Sha256::digest(&csv));
        Ok(Self { name: name.to_owned(), columns, csv, sha256 })
    }
}
