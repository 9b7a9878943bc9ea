//! The run's manifest: written last, only if absent. It alone makes the objects part of the run.

use std::collections::BTreeMap;

use starlift_definition::Model;
use starlift_failure::Failure;
use starlift_host::Context;
use starlift_lake::messages::{IngestReply, Usage};
use starlift_lake::{IngestManifest, ManifestTable, Put, SourcePosition, Zone, keys};

use crate::basis::{Basis, check_origin};
use crate::parts::{due_models, parts};
use crate::waits::Waits;
use crate::waves::{is_behind, is_caught_up};

/// The manifest of a run that has been read before, if it has.
pub(crate) async fn find(context: &Context, run: &str) -> Result<Option<IngestManifest>, Failure> {
    let key = keys::ingest_manifest(run);
    let found: Option<IngestManifest> = context.lake.get_json(Zone::Control, &key).await?;
    if let Some(manifest) = &found {
        let advice = "start a new execution";
        check_origin(context, &key, (manifest.format, IngestManifest::FORMAT), &manifest.pipeline, advice)?;
    }
    Ok(found)
}

/// The manifest of what has been read.
pub(crate) fn assemble(
    context: &Context,
    run: &str,
    basis: Basis,
    source: SourcePosition,
    tables: BTreeMap<String, ManifestTable>,
    waits: &Waits,
) -> IngestManifest {
    let definition = &context.definition;
    let fingerprint = |model| definition.fingerprint(model, &basis.catalog);
    let mut models: BTreeMap<String, String> =
        definition.models.values().map(|model| (model.name.clone(), fingerprint(model))).collect();
    let due = due_models(definition, &tables, &basis.tracking, &models);
    let waits_now = |model: &&Model| waits.of_model(&model.name).any(|table| is_behind(&tables, table));
    let (waiting, due): (Vec<&Model>, Vec<&Model>) = due.into_iter().partition(waits_now);
    for model in waiting {
        tracing::info!(run, model = model.name, "model waits for a dimension in mid-slice");
        // A model whose fingerprint is not published counts as changed: the next run computes it, whatever is new by then.
        models.remove(&model.name);
    }
    IngestManifest {
        format: IngestManifest::FORMAT,
        pipeline: definition.pipeline.name.clone(),
        run: run.to_owned(),
        definition: definition.hash.clone(),
        source,
        parts: parts(definition, &tables, &due),
        more: !tables.values().all(is_caught_up),
        base: basis.tracking.run,
        tables,
        models,
    }
}

/// Writes the manifest. When another attempt was faster, its manifest is the run's.
pub(crate) async fn publish(context: &Context, manifest: IngestManifest) -> Result<IngestManifest, Failure> {
    let key = keys::ingest_manifest(&manifest.run);
    match context.lake.put_new_json(Zone::Control, &key, &manifest).await? {
        Put::Written => Ok(manifest),
        Put::Refused => find(context, &manifest.run).await?.ok_or_else(|| {
            Failure::transient(format!(
                "s3://{}/{key} was written and is gone again",
                context.lake.bucket(Zone::Control)
            ))
        }),
    }
}

/// What the state machine is told of a manifest.
pub(crate) fn reply(manifest: &IngestManifest, usage: Usage) -> IngestReply {
    let changed = manifest.tables.values().filter(|table| !table.objects.is_empty()).count();
    let key_lists = manifest.tables.values().filter(|table| table.keys.is_some()).count();
    let objects = || manifest.tables.values().flat_map(|table| &table.objects);
    IngestReply {
        run: manifest.run.clone(),
        base: manifest.base.clone(),
        parts: manifest.parts.iter().map(|part| part.name.clone()).collect(),
        tables: changed as u64,
        key_lists: key_lists as u64,
        rows: objects().map(|object| object.rows).sum(),
        bytes: objects().map(|object| object.bytes).sum(),
        more: manifest.more,
        usage,
    }
}
