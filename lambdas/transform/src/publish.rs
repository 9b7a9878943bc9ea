//! Puts a part's files into the processed zone and writes its manifest.

use starlift_failure::Failure;
use starlift_host::{Context, fail_point};
use starlift_lake::{HeldRows, LakeError, ModelOutput, Put, StoredObject, TransformManifest, Zone, keys};

use crate::{LocalFile, ModelFiles, check_format};

/// The part's manifest, if it has been written.
pub(crate) async fn find(context: &Context, run: &str, part: &str) -> Result<Option<TransformManifest>, Failure> {
    let key = keys::transform_manifest(run, part);
    let found: Option<TransformManifest> = context.lake.get_json(Zone::Control, &key).await?;
    if let Some(manifest) = &found {
        check_format(&key, manifest.format, TransformManifest::FORMAT)?;
    }
    Ok(found)
}

/// Whether every object of a manifest is there.
pub(crate) async fn is_whole(context: &Context, manifest: &TransformManifest) -> Result<bool, Failure> {
    for output in &manifest.models {
        let held = output.held.as_ref().map(|held| &held.object);
        for object in output.object.iter().chain(held) {
            if !context.lake.exists(Zone::Processed, &object.key).await? {
                return Ok(false);
            }
        }
    }
    Ok(true)
}

/// Uploads the files and writes the manifest. When there is one, of another attempt or of a run whose objects had expired, that one holds.
///
/// # Errors
/// The manifest that is there names other objects: the run was made by another version.
pub(crate) async fn publish(
    context: &Context,
    run: &str,
    part: &str,
    models: Vec<ModelFiles>,
) -> Result<TransformManifest, Failure> {
    let mut outputs = Vec::new();
    for ModelFiles { model, rows, held } in models {
        let object = match rows {
            Some(file) => {
                let key = keys::processed(&model, run, part, &file.sha256);
                let stored = upload(context, &file, key).await?;
                fail_point!("transform.rows_written");
                Some(stored)
            }
            None => None,
        };
        let held = match held {
            Some(held) => {
                let key = keys::quarantine(&model, run, part, &held.file.sha256);
                let kept = upload(context, &held.file, key).await?;
                fail_point!("transform.quarantine_written");
                tracing::warn!(run, table = model, part, rows = kept.rows, object = kept.key, "rows were held back");
                Some(HeldRows { object: kept, reasons: held.reasons })
            }
            None => None,
        };
        outputs.push(ModelOutput { model, object, held });
    }
    let manifest = TransformManifest {
        format: TransformManifest::FORMAT,
        run: run.to_owned(),
        part: part.to_owned(),
        models: outputs,
    };
    fail_point!("transform.before_manifest");
    let key = keys::transform_manifest(run, part);
    if context.lake.put_new_json(Zone::Control, &key, &manifest).await? == Put::Written {
        fail_point!("transform.manifest_written");
        return Ok(manifest);
    }
    let first = find(context, run, part).await?;
    let first = first.ok_or_else(|| Failure::transient(format!("{key} was written and removed by somebody else")))?;
    if !is_whole(context, &first).await? {
        return Err(Failure::invalid_data(format!(
            "{key} names objects that are gone, and this version makes other bytes of the same rows; remove that manifest, and then redrive the \
             execution: the part is made anew"
        )));
    }
    Ok(first)
}

/// The key says the content: an object that is already there is this one.
async fn upload(context: &Context, file: &LocalFile, key: String) -> Result<StoredObject, Failure> {
    let content = tokio::fs::read(&file.path).await.map_err(|error| LakeError::WorkFolder(error.kind()))?;
    context.lake.put_new(Zone::Processed, &key, content).await?;
    Ok(StoredObject { key, rows: file.rows, bytes: file.bytes, sha256: file.sha256.clone() })
}
