//! What the control zone keeps of each publication, so that a warehouse that is lost can be rebuilt in the same order and with the same times.
//!
//! The ledger is the truth as long as it is there. An object is written after the commit and before `update_tracking.json`, whose difference
//! from the ledger makes the next attempt write it too (`a_publication_whose_record_was_not_written_is_recorded_by_the_next_begin`).

use starlift_failure::Failure;
use starlift_lake::{IngestManifest, Lake, Published, Zone, keys};
use tokio_postgres::Client;

use crate::line::Line;
use crate::warehouse::failed;

const PUBLICATIONS: &str = include_str!("../../../sql/engine/load/publications.sql");

/// Records the publication of a run, at a time in RFC 3339. One that is recorded stays as it is.
pub(crate) async fn record(lake: &Lake, pipeline: &str, run: &str, published_at: &str) -> Result<(), Failure> {
    // Not the ledger's base: a replay may begin in the middle, where the ledger has none and the run had one.
    let manifest: Option<IngestManifest> = lake.get_json(Zone::Control, &keys::ingest_manifest(run)).await?;
    let Some(IngestManifest { base, .. }) = manifest else {
        tracing::warn!(target: "starlift", run, "the manifest is gone, so the run cannot be part of a replay");
        return Ok(());
    };
    let published = Published {
        format: Published::FORMAT,
        pipeline: pipeline.to_owned(),
        run: run.to_owned(),
        base,
        published_at: published_at.to_owned(),
    };
    lake.put_new_json(Zone::Control, &keys::publication(published.base.as_deref(), run), &published).await?;
    Ok(())
}

/// Records every publication of the ledger that is not: those of a version that kept no records.
pub(crate) async fn record_all(client: &Client, lake: &Lake, pipeline: &str) -> Result<(), Failure> {
    let line = line(lake).await?;
    for row in client.query(PUBLICATIONS, &[]).await.map_err(failed("reading the ledger"))? {
        let run: &str = row.get("run");
        if !line.has(run) {
            record(lake, pipeline, run, row.get("published_at")).await?;
        }
    }
    Ok(())
}

/// The line of all publications that are recorded.
pub(crate) async fn line(lake: &Lake) -> Result<Line, Failure> {
    Ok(Line::of_keys(&lake.list(Zone::Control, keys::PUBLICATIONS).await?))
}

/// The record of a run's publication, if there is one.
pub(crate) async fn find(lake: &Lake, base: Option<&str>, run: &str) -> Result<Option<Published>, Failure> {
    let key = keys::publication(base, run);
    let found: Option<Published> = lake.get_json(Zone::Control, &key).await?;
    match found {
        Some(published) if published.format != Published::FORMAT => Err(Failure::invalid_data(format!(
            "{key} has format {}, and this version understands {}: it was written by a newer version; deploy that one",
            published.format,
            Published::FORMAT
        ))),
        found => Ok(found),
    }
}
