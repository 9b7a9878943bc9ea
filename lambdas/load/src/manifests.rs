//! The manifests of a run: they alone say which objects are part of it.

use std::collections::BTreeMap;

use futures_util::{StreamExt, TryStreamExt, stream};
use starlift_failure::Failure;
use starlift_lake::{HeldRows, IngestManifest, Lake, LakeError, StoredObject, TransformManifest, Zone, keys};

/// How many manifests are read at the same time.
const READ_AT_ONCE: usize = 16;

/// Everything that is to be published with a run.
#[derive(Debug)]
pub(crate) struct Manifests {
    /// What ingest read.
    pub(crate) ingest: IngestManifest,
    /// What transform made of each part, in the manifest's order.
    pub(crate) transforms: Vec<TransformManifest>,
}

impl Manifests {
    /// Reads the manifest of a run and that of each of its parts.
    ///
    /// # Errors
    /// One is missing, or was written by another version or for another pipeline; the message names it.
    pub(crate) async fn read(lake: &Lake, pipeline: &str, run: &str) -> Result<Self, Failure> {
        let key = keys::ingest_manifest(run);
        let found: Option<IngestManifest> = lake.get_json(Zone::Control, &key).await?;
        let ingest = found.ok_or_else(|| absent(lake, &key, "ingest has not finished this run, or it was removed"))?;
        if ingest.format != IngestManifest::FORMAT || ingest.pipeline != pipeline || ingest.run != run {
            return Err(foreign(lake, &key));
        }
        let names = ingest.parts.iter().map(|part| part.name.clone());
        let reading = stream::iter(names.collect::<Vec<_>>()).map(|part| read_part(lake, run, part));
        let transforms = reading.buffered(READ_AT_ONCE).try_collect().await?;
        Ok(Self { ingest, transforms })
    }

    /// The objects of each model, in the order of the parts.
    pub(crate) fn objects(&self) -> BTreeMap<&str, Vec<&StoredObject>> {
        let mut objects: BTreeMap<&str, Vec<&StoredObject>> = BTreeMap::new();
        for output in self.transforms.iter().flat_map(|transform| &transform.models) {
            if let Some(object) = &output.object {
                objects.entry(&output.model).or_default().push(object);
            }
        }
        objects
    }

    /// The rows that were held back, with their part and model.
    pub(crate) fn held(&self) -> Vec<(&str, &str, &HeldRows)> {
        let mut held = Vec::new();
        for transform in &self.transforms {
            for output in &transform.models {
                held.extend(output.held.as_ref().map(|rows| (transform.part.as_str(), output.model.as_str(), rows)));
            }
        }
        held
    }
}

async fn read_part(lake: &Lake, run: &str, part: String) -> Result<TransformManifest, Failure> {
    let key = keys::transform_manifest(run, &part);
    let found: Option<TransformManifest> = lake.get_json(Zone::Control, &key).await?;
    let reason = format!("transform has not finished part {part}, or it was removed");
    let transform = found.ok_or_else(|| absent(lake, &key, &reason))?;
    if transform.format != TransformManifest::FORMAT || transform.run != run || transform.part != part {
        return Err(foreign(lake, &key));
    }
    Ok(transform)
}

/// The state machine comes to load only when the steps before it have written their manifests, and a redrive does not go back to them.
fn absent(lake: &Lake, key: &str, reason: &str) -> Failure {
    let bucket = lake.bucket(Zone::Control).to_owned();
    let advice = format!("{reason}; start a new execution with `starlift run`");
    LakeError::Absent { bucket, key: key.to_owned(), advice }.into()
}

fn foreign(lake: &Lake, key: &str) -> Failure {
    let bucket = lake.bucket(Zone::Control).to_owned();
    let reason = "it is of another format, pipeline, run or part".to_owned();
    LakeError::Unreadable { bucket, key: key.to_owned(), reason }.into()
}
