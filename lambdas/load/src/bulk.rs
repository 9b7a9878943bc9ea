//! Bulk loads: foreign keys checked as one set, not row by row, which is ten times faster.
//!
//! When a fact is loaded for the first time its foreign keys are set aside, and as long as it has few rows its secondary indexes too;
//! both are declared again before the publication commits. Between the slices of that load the keys stay `NOT VALID`, which a reader does not
//! notice and every later row is still checked against; the last slice validates them. Afterwards the catalog is what it was
//! (`a_bulk_load_leaves_the_catalog_as_it_was`), and stays so (`a_fact_that_is_loaded_keeps_its_keys_however_many_rows_come`).

use starlift_failure::Failure;
use tokio_postgres::Client;

use crate::target::{Kind, Target};
use crate::warehouse::failed;

const SET_KEYS_ASIDE: &str = include_str!("../../../sql/engine/load/set_keys_aside.sql");
const RESTORE_KEYS: &str = include_str!("../../../sql/engine/load/restore_keys.sql");
const HAS_WAITING_KEYS: &str = include_str!("../../../sql/engine/load/has_waiting_keys.sql");
const UNVALIDATED_FACTS: &str = include_str!("../../../sql/engine/load/unvalidated_facts.sql");

/// From how many rows on it is faster: checking them one by one takes seconds.
const BULK_ROWS: u64 = 50_000;

/// Whether the keys of a fact are to be set aside for these staged rows: they are many, and a first load of the fact begins or goes on.
///
/// A fact that was loaded completely is in use. However many of its rows change at once, its keys stay valid and its readers do not wait.
pub(crate) async fn is_worth_it(client: &Client, target: &Target, staged: u64) -> Result<bool, Failure> {
    if !matches!(target.kind, Kind::Fact { .. }) || staged < BULK_ROWS || !target.is_ordinary {
        return Ok(false);
    }
    let doing = format!("looking whether {} is loaded for the first time", target.name);
    let empty = client.query_one(&target.is_empty(), &[]).await.map_err(failed(&doing))?;
    if empty.get(0) {
        return Ok(true);
    }
    let waiting = client.query_one(HAS_WAITING_KEYS, &[&target.qualified()]).await.map_err(failed(doing))?;
    Ok(waiting.get(0))
}

/// Drops a fact's keys until these rows are in it.
///
/// # Errors
/// Somebody uses the fact, or a dimension that it refers to, and does not stop within seconds.
pub(crate) async fn set_keys_aside(client: &Client, target: &Target, rows: u64) -> Result<(), Failure> {
    let doing = format!("setting the keys of {} aside", target.name);
    client.execute(SET_KEYS_ASIDE, &[&target.qualified(), &rows.cast_signed()]).await.map_err(failed(doing))?;
    tracing::info!(target: "starlift", table = target.name, "set its keys aside");
    Ok(())
}

/// Declares a fact's keys again.
pub(crate) async fn restore_keys(client: &Client, target: &Target, validate: bool) -> Result<(), Failure> {
    let doing = format!("declaring the keys of {} again", target.name);
    client.execute(RESTORE_KEYS, &[&target.qualified(), &validate]).await.map_err(failed(doing))?;
    tracing::info!(target: "starlift", table = target.name, validate, "declared its keys again");
    Ok(())
}

/// Validates the keys that earlier slices left not valid.
pub(crate) async fn validate_keys(client: &Client, targets: &[Target]) -> Result<(), Failure> {
    let facts = client.query(UNVALIDATED_FACTS, &[]).await.map_err(failed("reading etl.key_aside"))?;
    for fact in facts {
        if let Some(target) = targets.iter().find(|target| target.oid == fact.get::<_, u32>("fact")) {
            restore_keys(client, target, true).await?;
        }
    }
    Ok(())
}
