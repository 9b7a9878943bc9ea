//! What the control zone keeps of each publication, so that a warehouse that is lost can be rebuilt in the same order and with the same times.
//!
//! The ledger is the truth as long as it is there. An object is written after the commit and before `update_tracking.json`, whose difference
//! from the ledger makes the next attempt write it too (`a_publication_whose_record_was_not_written_is_recorded_by_the_next_begin`).

use starlift_failure::Failure;
use starlift_lake::{IngestManifest, Lake, Published, Zone, keys};

use crate::ledger::LastRun;

/// Records the publication of the run published last. One that is recorded stays as it is.
pub(crate) async fn record(lake: &Lake, pipeline: &str, last: &LastRun) -> Result<(), Failure> {
    // Not the ledger's base: a replay may begin in the middle, where the ledger has none and the run had one.
    let manifest: Option<IngestManifest> = lake.get_json(Zone::Control, &keys::ingest_manifest(&last.run)).await?;
    let Some(IngestManifest { base, .. }) = manifest else {
        tracing::warn!(target: "starlift", run = last.run, "the manifest is gone, so the run cannot be part of a replay");
        return Ok(());
    };
    let publication = Published {
        format: Published::FORMAT,
        pipeline: pipeline.to_owned(),
        run: last.run.clone(),
        base,
        published_at: last.published_at.clone(),
    };
    let key = keys::publication(publication.base.as_deref(), &last.run);
    lake.put_new_json(Zone::Control, &key, &publication).await?;
    Ok(())
}

/// The publication of a run, if it ever was published.
pub(crate) async fn find(lake: &Lake, base: Option<&str>, run: &str) -> Result<Option<Published>, Failure> {
    read(lake, &keys::publication(base, run)).await
}

/// The publication that followed this run, or the first one where there is none. After a restore of the warehouse there may be several;
/// the one published last is on the line that the warehouse went.
pub(crate) async fn following(lake: &Lake, base: Option<&str>) -> Result<Option<Published>, Failure> {
    let mut latest: Option<Published> = None;
    for key in lake.list(Zone::Control, &keys::publications(base)).await? {
        let Some(found) = read(lake, &key).await? else {
            continue;
        };
        if latest.as_ref().is_none_or(|other| other.published_at < found.published_at) {
            latest = Some(found);
        }
    }
    Ok(latest)
}

async fn read(lake: &Lake, key: &str) -> Result<Option<Published>, Failure> {
    let found: Option<Published> = lake.get_json(Zone::Control, key).await?;
    match found {
        Some(publication) if publication.format != Published::FORMAT => Err(Failure::invalid_data(format!(
            "{key} has format {}, and this version understands {}: it was written by a newer version; deploy that one",
            publication.format,
            Published::FORMAT
        ))),
        found => Ok(found),
    }
}
