//! What `pg_catalog` knows of tables.

use std::collections::BTreeMap;

use starlift_definition::{Column, ColumnType, ForeignKey};
use tokio_postgres::{Client, Row};

use crate::PostgresError;

const TABLES: &str = include_str!("../../../sql/engine/catalog/tables.sql");
const COLUMNS: &str = include_str!("../../../sql/engine/catalog/columns.sql");
const KEYS: &str = include_str!("../../../sql/engine/catalog/keys.sql");

/// One relation as the catalog has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CatalogTable {
    /// Its oid.
    pub oid: u32,
    /// `relkind`: `r` table, `p` partitioned table, `v` view, `m` materialized view, `f` foreign table.
    pub kind: char,
    /// The oids of its leaf partitions, ascending; empty when it is not partitioned.
    pub leaves: Vec<u32>,
    /// Whether its rows lie in heap storage, those of every leaf: only then does a row carry its version.
    pub is_heap: bool,
    /// Whether tables inherit from it that are no partitions: a select gives their rows too.
    pub has_children: bool,
    /// Its columns, in order.
    pub columns: Vec<Column>,
    /// What tells each column from another of its name and type, by name: its `attnum` and its collation, which orders its values.
    pub column_ids: BTreeMap<String, String>,
    /// The columns that are computed when they are read: their values change without a row being written.
    pub virtual_columns: Vec<String>,
    /// Its primary key; empty when it has none.
    pub primary_key: Vec<String>,
    /// Its foreign keys.
    pub foreign_keys: Vec<ForeignKey>,
}

/// The tables with these names in a schema. A name that is not there is not in the answer.
///
/// # Errors
/// The server refuses or does not answer.
pub async fn read_tables(
    client: &Client,
    schema: &str,
    names: &[&str],
) -> Result<BTreeMap<String, CatalogTable>, PostgresError> {
    let failed =
        |error: tokio_postgres::Error| PostgresError::new(format!("reading the catalog of schema {schema}"), &error);
    let relations = client.query(TABLES, &[&schema, &names]).await.map_err(failed)?;
    let oids: Vec<u32> = relations.iter().map(|row| row.get("oid")).collect();
    let columns = client.query(COLUMNS, &[&oids]).await.map_err(failed)?;
    let keys = client.query(KEYS, &[&oids]).await.map_err(failed)?;
    Ok(relations.iter().map(|row| (row.get("name"), table(row, &columns, &keys))).collect())
}

fn table(row: &Row, columns: &[Row], keys: &[Row]) -> CatalogTable {
    let oid: u32 = row.get("oid");
    let kind = row.get::<_, String>("kind").chars().next().unwrap_or(' ');
    let of_table = |other: &&Row| other.get::<_, u32>("relation") == oid;
    let of_kind =
        |wanted: &'static str| keys.iter().filter(of_table).filter(move |key| key.get::<_, String>("kind") == wanted);
    let is_heap = match kind {
        'r' => row.get::<_, String>("access_method") == "heap",
        'p' => row.get("leaves_are_heap"),
        _ => false,
    };
    let columns = || columns.iter().filter(of_table);
    CatalogTable {
        oid,
        kind,
        leaves: row.get("leaves"),
        is_heap,
        has_children: row.get("has_children"),
        columns: columns().map(column).collect(),
        column_ids: columns().map(|column| (column.get("name"), column.get("id"))).collect(),
        virtual_columns: columns().filter(|column| column.get("is_virtual")).map(|column| column.get("name")).collect(),
        primary_key: of_kind("p").next().map(|key| key.get("columns")).unwrap_or_default(),
        foreign_keys: of_kind("f").map(foreign_key).collect(),
    }
}

fn column(row: &Row) -> Column {
    Column {
        name: row.get("name"),
        column_type: ColumnType::new(row.get::<_, String>("type")),
        nullable: row.get("nullable"),
        generated: row.get("generated"),
    }
}

fn foreign_key(row: &Row) -> ForeignKey {
    ForeignKey { columns: row.get("columns"), table: row.get("referred_table"), to: row.get("referred_columns") }
}
