//! Rows of a live source in files, as ingest would write them.

use std::fs::File;
use std::io::{BufWriter, Write};

use futures_util::TryStreamExt;
use starlift_models::SourceFiles;
use starlift_postgres::{copy_out, quote, quote_list, quote_table};
use tempfile::TempDir;

use crate::database::Database;
use crate::error::CliError;

/// A folder that goes away with the answer.
///
/// # Errors
/// The machine gives none.
pub(crate) fn work_folder() -> Result<TempDir, CliError> {
    tempfile::tempdir().map_err(|error| CliError::File { path: std::env::temp_dir(), reason: error.kind() })
}

/// Copies a table, or its first rows by primary key, into the one file of `table`.
///
/// # Errors
/// The server refuses or breaks off, or the file cannot be written.
pub(crate) async fn copy_table(
    source: &Database,
    schema: &str,
    name: &str,
    table: &SourceFiles,
    rows: Option<u32>,
) -> Result<(), CliError> {
    let statement = statement(schema, name, table, rows);
    let mut stream = std::pin::pin!(copy_out(&source.session.client, &statement, &format!("reading {name}")).await?);
    for path in &table.files {
        let failed = |error: std::io::Error| CliError::File { path: path.clone(), reason: error.kind() };
        let mut file = BufWriter::new(File::create(path).map_err(failed)?);
        while let Some(row) = stream.try_next().await? {
            file.write_all(&row).map_err(failed)?;
        }
        file.flush().map_err(failed)?;
    }
    Ok(())
}

fn statement(schema: &str, name: &str, table: &SourceFiles, rows: Option<u32>) -> String {
    let columns = quote_list(table.columns.iter().map(|column| column.name.as_str()));
    let from = quote_table(schema, name);
    let key: Vec<String> = table.primary_key.iter().map(|column| quote(column)).collect();
    let order = if key.is_empty() { String::new() } else { format!(" order by {}", key.join(", ")) };
    let limit = rows.map(|rows| format!(" limit {rows}")).unwrap_or_default();
    format!("copy (select {columns} from {from}{order}{limit}) to stdout (format csv, header)")
}

#[cfg(test)]
mod tests {
    use starlift_definition::{Column, ColumnType};

    use super::*;

    #[test]
    fn the_first_rows_are_those_with_the_lowest_keys() {
        let column = Column {
            name: "id".to_owned(),
            column_type: ColumnType::new("integer"),
            nullable: false,
            generated: false,
        };
        let mut table = SourceFiles { columns: vec![column], primary_key: vec!["id".to_owned()], files: Vec::new() };
        assert_eq!(
            statement("public", "t", &table, Some(10)),
            "copy (select \"id\" from \"public\".\"t\" order by \"id\" limit 10) to stdout (format csv, header)"
        );
        table.primary_key.clear();
        assert_eq!(
            statement("public", "t", &table, None),
            "copy (select \"id\" from \"public\".\"t\") to stdout (format csv, header)"
        );
    }
}
