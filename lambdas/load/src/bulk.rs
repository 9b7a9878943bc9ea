//! Bulk loads: foreign keys checked as one set, not row by row, which is ten times faster.
//!
//! When a fact is loaded for the first time its foreign keys are set aside, and as long as it has few rows its secondary indexes too;
//! both are declared again before the publication commits. Between the slices of one load the keys stay `NOT VALID`, which a reader does not
//! notice and every later row is still checked against; the last slice validates them. Afterwards the catalog is what it was
//! (`a_bulk_load_leaves_the_catalog_as_it_was`).

use starlift_failure::Failure;
use tokio_postgres::Client;

use crate::target::{Kind, Target};
use crate::warehouse::{count, failed};

const SET_KEYS_ASIDE: &str = include_str!("../../../sql/engine/load/set_keys_aside.sql");
const RESTORE_KEYS: &str = include_str!("../../../sql/engine/load/restore_keys.sql");
const UNVALIDATED_FACTS: &str = include_str!("../../../sql/engine/load/unvalidated_facts.sql");

/// From how many rows on it is faster: checking them one by one takes seconds.
const BULK_ROWS: u64 = 50_000;

/// Whether the keys of a fact are worth setting aside for these staged rows. `is_in_slices` says whether the base run left more to read:
/// only then may a fact that has rows be a load under way.
pub(crate) async fn is_worth_it(
    client: &Client,
    target: &Target,
    staged: u64,
    is_in_slices: bool,
) -> Result<bool, Failure> {
    let Kind::Fact { record_id, .. } = &target.kind else {
        return Ok(false);
    };
    if staged < BULK_ROWS || !target.is_ordinary {
        return Ok(false);
    }
    let doing = format!("comparing staged rows with {}", target.name);
    let empty = client.query_one(&target.is_empty(), &[]).await.map_err(failed(&doing))?;
    if empty.get(0) {
        return Ok(true);
    }
    if !is_in_slices {
        return Ok(false);
    }
    // A table that is read once more gives rows that are all there.
    let versions = client.query_one(&target.count_versions(record_id), &[]).await.map_err(failed(&doing))?;
    Ok(count(versions.get(0)) >= BULK_ROWS)
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
