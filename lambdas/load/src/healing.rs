//! What leaves the quarantine with a run, and how much may stay in it.
//!
//! Every run tries the held rows again: of an incremental table ingest looks for their keys, a model over whole tables is computed again as long
//! as it has held rows. A row that was tried and is not held back again fits, or its source row is gone.

use std::collections::BTreeMap;
use std::time::SystemTime;

use serde_json::Value;
use starlift_definition::{Definition, Settings};
use starlift_failure::{Failure, RUN_ANEW};
use tokio_postgres::Client;
use tokio_postgres::types::ToSql;

use crate::manifests::Manifests;
use crate::warehouse::{count, failed};

const RELEASE_ROWS: &str = include_str!("../../../sql/engine/load/release_rows.sql");
const RELEASE_MODEL: &str = include_str!("../../../sql/engine/load/release_model.sql");
const RELEASE_REMOVED: &str = include_str!("../../../sql/engine/load/release_removed.sql");
const COUNT_HELD: &str = include_str!("../../../sql/engine/load/count_held.sql");

/// From how many held rows on their share is looked at: of ten rows one is a tenth.
const SHARE_FROM: u64 = 100;

/// Releases what this run has tried and not held back again.
pub(crate) async fn release(
    client: &Client,
    definition: &Definition,
    manifests: &Manifests,
    published_at: SystemTime,
) -> Result<(), Failure> {
    let run = manifests.ingest.run.as_str();
    let doing = || failed("releasing rows of etl.quarantine");
    for (table, read) in &manifests.ingest.tables {
        if read.reset.is_some() {
            // Every row is read again from here on: what does not fit is held back anew, under the key that the table has now.
            for model in definition.models_over(table) {
                let parameters: [&(dyn ToSql + Sync); 4] = [&run, &published_at, &model.name, &"settled"];
                client.execute(RELEASE_MODEL, &parameters).await.map_err(doing())?;
            }
        }
        let Some(retried) = &read.retried else {
            continue;
        };
        for model in definition.models_over(table) {
            for (outcome, keys) in [("published", &retried.found), ("gone", &retried.gone)] {
                let keys: Vec<String> = keys.iter().map(Value::to_string).collect();
                client
                    .execute(RELEASE_ROWS, &[&run, &published_at, &model.name, &outcome, &keys])
                    .await
                    .map_err(doing())?;
            }
        }
    }
    let computed = manifests.transforms.iter().flat_map(|transform| &transform.models).map(|output| &output.model);
    let is_whole = |name: &&String| {
        definition.models.get(*name).is_some_and(|model| definition.incremental_table(model).is_none())
    };
    for model in computed.filter(is_whole) {
        // All its rows were computed: what is not held is published, unless the source has it no more.
        client.execute(RELEASE_MODEL, &[&run, &published_at, model, &"settled"]).await.map_err(doing())?;
    }
    let models: Vec<&str> = definition.models.keys().map(String::as_str).collect();
    client.execute(RELEASE_REMOVED, &[&run, &published_at, &models]).await.map_err(doing())?;
    Ok(())
}

/// How many rows are in the quarantine, within these limits where there are any. `brought` says how many rows of each model the run has, those left out that were there already.
///
/// # Errors
/// The run adds more than the settings allow: then it is not a row that is wrong.
pub(crate) async fn count_held(
    client: &Client,
    limits: Option<&Settings>,
    run: &str,
    brought: &BTreeMap<&str, u64>,
) -> Result<u64, Failure> {
    let mut all = 0;
    for row in client.query(COUNT_HELD, &[&run]).await.map_err(failed("counting rows of etl.quarantine"))? {
        let (model, reason): (&str, &str) = (row.get("model"), row.get("reason"));
        let (held, new) = (count(row.get("held")), count(row.get("new")));
        all += held;
        let Some(settings) = limits.filter(|_| new > 0) else {
            continue;
        };
        let rows = brought.get(model).copied().unwrap_or_default();
        let limit = if held > settings.max_held_rows {
            format!(
                "{held} rows of {model} would be in the quarantine, and max_held_rows allows {}",
                settings.max_held_rows
            )
        } else if is_flood(new, rows, settings.max_held_share) {
            format!(
                "{new} of the {rows} rows of {model} in this run would go into the quarantine, and max_held_share allows {} %",
                settings.max_held_share * 100.0
            )
        } else {
            continue;
        };
        return Err(Failure::invalid_data(format!(
            "{limit}; nothing was published. The commonest reason: {reason}. Correct the source or the definition, {RUN_ANEW}"
        )));
    }
    Ok(all)
}

fn is_flood(held: u64, rows: u64, allowed_share: f64) -> bool {
    #[expect(clippy::cast_precision_loss, reason = "a count of rows is far below 2^53")]
    let is_more = held as f64 > allowed_share * rows as f64;
    held >= SHARE_FROM && is_more
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_share_of_few_rows_is_no_flood() {
        assert!(!is_flood(99, 99, 0.1));
        assert!(!is_flood(100, 1000, 0.1));
        assert!(is_flood(100, 999, 0.1));
    }
}
