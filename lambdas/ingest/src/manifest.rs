//! The run's manifest: written last, only if absent. It alone makes the objects part of the run.

use std::collections::BTreeMap;

use starlift_failure::Failure;
use starlift_host::Context;
use starlift_lake::messages::{IngestReply, Usage};
use starlift_lake::{IngestManifest, ManifestTable, Put, SourcePosition, Zone, keys};

use crate::basis::{Basis, check_origin};
use crate::parts::parts;
use crate::waves::is_caught_up;

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
) -> IngestManifest {
    let definition = &context.definition;
    let fingerprint = |model| definition.fingerprint(model, &basis.catalog);
    let models: BTreeMap<String, String> =
        definition.models.values().map(|model| (model.name.clone(), fingerprint(model))).collect();
    IngestManifest {
        format: IngestManifest::FORMAT,
        pipeline: definition.pipeline.name.clone(),
        run: run.to_owned(),
        definition: definition.hash.clone(),
        source,
        parts: parts(definition, &tables, &basis.tracking.models, &models),
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
    let objects = || manifest.tables.values().flat_map(|table| &table.objects);
    IngestReply {
        run: manifest.run.clone(),
        base: manifest.base.clone(),
        parts: manifest.parts.iter().map(|part| part.name.clone()).collect(),
        tables: changed as u64,
        rows: objects().map(|object| object.rows).sum(),
        bytes: objects().map(|object| object.bytes).sum(),
        more: manifest.more,
        usage,
    }
}
