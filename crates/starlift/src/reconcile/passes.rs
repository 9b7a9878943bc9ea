//! Two passes over both databases: hashes of buckets of rows first, then the rows of the buckets that differ, side by side.
//!
//! Neither side sends a row as long as its bucket is equal. The second pass streams both sides in one order, so memory depends on nothing but
//! the number of buckets.

use std::collections::BTreeMap;
use std::pin::Pin;

use futures_util::{StreamExt, TryFutureExt};
use starlift_postgres::PostgresError;
use tokio_postgres::types::ToSql;
use tokio_postgres::{Client, RowStream};

use super::canonical::Side;
use super::plan::Plan;
use super::snapshots::{LastRead, Snapshots};
use super::statements;
use crate::error::CliError;

/// What the first pass found.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Outline {
    /// How many rows the source has.
    pub(crate) in_source: u64,
    /// How many rows the warehouse shows.
    pub(crate) in_warehouse: u64,
    /// The buckets that differ.
    pub(crate) buckets: Vec<i32>,
}

/// A row that is not the same on both sides.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Difference {
    OnlyInSource(Entry),
    OnlyInWarehouse(Entry),
    /// As the source has it, with the columns that differ.
    Columns(Entry, Vec<Differing>),
}

/// A column that is not the same on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Differing {
    pub(crate) place: usize,
    /// Whether it points to an unknown member in the warehouse, where it may.
    pub(crate) is_unknown: bool,
}

/// A row, by its key and the hashes of its columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) place: i64,
    /// The key as one text.
    pub(crate) record: String,
    /// The key's values.
    pub(crate) key: Vec<String>,
    pub(crate) columns: Vec<Option<i64>>,
    /// Whether each column points to an unknown member.
    pub(crate) unknown: Vec<bool>,
    /// Whether the next run reads it.
    pub(crate) is_new: bool,
}

type Buckets = BTreeMap<i32, (i64, Option<String>)>;

/// The first pass.
///
/// # Errors
/// A server refuses or does not answer.
pub(crate) async fn outline(snapshots: &Snapshots, plan: &Plan<'_>) -> Result<Outline, CliError> {
    let read = |client, side| buckets(client, plan, side);
    let (source, warehouse) = tokio::try_join!(
        read(&snapshots.source.session.client, Side::Source),
        read(&snapshots.warehouse.session.client, Side::Warehouse)
    )?;
    let rows = |buckets: &Buckets| buckets.values().map(|(rows, _)| rows.cast_unsigned()).sum();
    let either = source.keys().chain(warehouse.keys().filter(|bucket| !source.contains_key(bucket)));
    let differing = either.filter(|bucket| source.get(bucket) != warehouse.get(bucket)).copied().collect();
    Ok(Outline { in_source: rows(&source), in_warehouse: rows(&warehouse), buckets: differing })
}

async fn buckets(client: &Client, plan: &Plan<'_>, side: Side) -> Result<Buckets, CliError> {
    let rows = client.query(&statements::buckets(plan, side), &[]).map_err(|error| failed(plan, side, &error)).await?;
    Ok(rows.iter().map(|row| (row.get("bucket"), (row.get("rows"), row.get("sum")))).collect())
}

/// The second pass: gives each row of these buckets that is not the same on both sides.
///
/// # Errors
/// A server refuses or breaks off.
pub(crate) async fn differences(
    snapshots: &Snapshots,
    (plan, last): (&Plan<'_>, &LastRead),
    buckets: &[i32],
    mut found: impl FnMut(Difference),
) -> Result<(), CliError> {
    let open = |client, side| Entries::open(client, side, (plan, last), buckets);
    let mut source = open(&snapshots.source.session.client, Side::Source).await?;
    let mut warehouse = open(&snapshots.warehouse.session.client, Side::Warehouse).await?;
    let (mut left, mut right) = (source.next().await?, warehouse.next().await?);
    loop {
        let order = match (&left, &right) {
            (None, None) => return Ok(()),
            (Some(_), None) => std::cmp::Ordering::Less,
            (None, Some(_)) => std::cmp::Ordering::Greater,
            (Some(left), Some(right)) => (left.place, &left.record).cmp(&(right.place, &right.record)),
        };
        let of_source = if order.is_le() { std::mem::replace(&mut left, source.next().await?) } else { None };
        let of_warehouse = if order.is_ge() { std::mem::replace(&mut right, warehouse.next().await?) } else { None };
        match (of_source, of_warehouse) {
            (Some(entry), None) => found(Difference::OnlyInSource(entry)),
            (None, Some(entry)) => found(Difference::OnlyInWarehouse(entry)),
            (Some(entry), Some(shown)) => {
                let pairs = entry.columns.iter().zip(&shown.columns).enumerate();
                let differing = pairs.filter(|(_, (of, to))| of != to);
                let told = |(place, _)| Differing { place, is_unknown: shown.unknown[place] };
                let columns: Vec<Differing> = differing.map(told).collect();
                if !columns.is_empty() {
                    found(Difference::Columns(entry, columns));
                }
            }
            (None, None) => {}
        }
    }
}

/// The rows of one side, as they come.
struct Entries<'a> {
    rows: Pin<Box<RowStream>>,
    plan: &'a Plan<'a>,
    side: Side,
}

impl<'a> Entries<'a> {
    async fn open(
        client: &Client,
        side: Side,
        (plan, last): (&'a Plan<'a>, &LastRead),
        buckets: &[i32],
    ) -> Result<Self, CliError> {
        let (horizon, fence) = (last.horizon.to_string(), last.fence(plan.cursor.as_ref()));
        let parameters: [&(dyn ToSql + Sync); 3] = [&buckets, &horizon, &fence];
        let rows = client.query_raw(&statements::rows(plan, side), parameters).await;
        let rows = Box::pin(rows.map_err(|error| failed(plan, side, &error))?);
        Ok(Self { rows, plan, side })
    }

    async fn next(&mut self) -> Result<Option<Entry>, CliError> {
        let Some(row) = self.rows.next().await else {
            return Ok(None);
        };
        let row = row.map_err(|error| failed(self.plan, self.side, &error))?;
        Ok(Some(Entry {
            place: row.get("place"),
            record: row.get("record"),
            key: row.get("key"),
            columns: row.get("columns"),
            unknown: row.get("unknown"),
            is_new: row.get("is_new"),
        }))
    }
}

fn failed(plan: &Plan<'_>, side: Side, error: &tokio_postgres::Error) -> CliError {
    let of = match side {
        Side::Source => plan.table,
        Side::Warehouse => &plan.shown_by,
    };
    PostgresError::new(format!("comparing {of}"), error).into()
}
