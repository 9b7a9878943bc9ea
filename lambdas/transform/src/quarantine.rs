//! Rows held back, as CSV that tells the key, the reason and the row as the source has it.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use serde_json::{Map, Value};
use starlift_definition::TypeKind;
use starlift_failure::Failure;
use starlift_lake::LakeError;
use starlift_models::{SourceFiles, visit_records, write_record};

use crate::{HeldFile, LocalFile};

/// Writes the rows with these numbers: `key`, `reason`, `table`, then the columns of the table. `held` says why for each.
pub(crate) fn write(
    path: PathBuf,
    table: &str,
    source: &SourceFiles,
    held: &BTreeMap<u32, String>,
) -> Result<HeldFile, Failure> {
    let unwritable = |error: std::io::Error| LakeError::WorkFolder(error.kind());
    let mut output = BufWriter::new(File::create(&path).map_err(unwritable)?);
    let columns = source.columns.iter().map(|column| column.name.as_str());
    let header = ["key", "reason", "table"].into_iter().chain(columns);
    write_record(&mut output, header.map(Some)).map_err(unwritable)?;
    let mut reasons: BTreeMap<String, u64> = BTreeMap::new();
    visit_records(table, source, held.keys().copied(), |row, record| {
        let values: Vec<Option<&str>> = record.values().collect();
        let reason = held[&row].as_str();
        *reasons.entry(reason.to_owned()).or_default() += 1;
        let key = key(source, &values, row).to_string();
        let told = [Some(key.as_str()), Some(reason), Some(table)];
        write_record(&mut output, told.into_iter().chain(values.iter().copied()))
    })?;
    output.flush().map_err(unwritable)?;
    Ok(HeldFile { file: LocalFile::measure(path, held.len() as u64)?, reasons })
}

/// The row's primary key as JSON, or its number in the raw objects where the table has none.
fn key(source: &SourceFiles, values: &[Option<&str>], row: u32) -> Value {
    let mut key = Map::new();
    for (column, value) in source.columns.iter().zip(values) {
        if source.primary_key.contains(&column.name) {
            key.insert(column.name.clone(), json(column.column_type.kind(), *value));
        }
    }
    if key.is_empty() {
        key.insert("row".to_owned(), Value::from(row));
    }
    Value::Object(key)
}

fn json(kind: TypeKind, value: Option<&str>) -> Value {
    let Some(text) = value else {
        return Value::Null;
    };
    match kind {
        TypeKind::Int2 | TypeKind::Int4 | TypeKind::Int8 => text.parse::<i64>().map_or(Value::from(text), Value::from),
        _ => Value::from(text),
    }
}
