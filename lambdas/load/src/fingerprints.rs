//! Whether the rows of a run still are what the definition and the warehouse ask for.
//!
//! Transform held back what the target tables of that time would have changed. A table that was altered since, by a narrower scale for
//! example, would round what it was promised to hold (`a_target_that_was_narrowed_after_transform_fails_the_run`).

use starlift_definition::Definition;
use starlift_failure::{Failure, RUN_ANEW};
use starlift_lake::IngestManifest;
use tokio_postgres::Client;

use crate::catalog;
use crate::target::Target;
use crate::warehouse::failed;

/// Compares the fingerprints that the run was read for with those of today, for the targets that have rows in it. Their tables can
/// then not be altered until the transaction ends.
///
/// # Errors
/// A fingerprint differs; the message names the model.
pub(crate) async fn check(
    client: &Client,
    definition: &Definition,
    manifest: &IngestManifest,
    targets: &[&Target],
) -> Result<(), Failure> {
    if targets.is_empty() {
        return Ok(());
    }
    // The lock that staging takes too, only earlier: the catalog is read under it.
    let tables: Vec<String> = targets.iter().map(|target| target.qualified()).collect();
    let statement = format!("lock table {} in access share mode", tables.join(", "));
    client.batch_execute(&statement).await.map_err(failed("locking the tables of the run against changes"))?;
    let star = catalog::read(client, definition).await?;
    for target in targets {
        let (Some(model), Some(read_for)) = (definition.models.get(&target.name), manifest.models.get(&target.name))
        else {
            continue;
        };
        if definition.fingerprint(model, &star.catalog) != *read_for {
            return Err(Failure::invalid_definition(format!(
                "the definition of {0} (models/{0}.sql, a seed, an excluded column) or its target table was changed after this run was \
                 read; deploy all functions in one version, migrate, {RUN_ANEW}",
                target.name
            )));
        }
    }
    Ok(())
}
