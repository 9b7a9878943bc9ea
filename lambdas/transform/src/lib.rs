//! Transform: one part of a run's raw objects becomes the rows of its dimensions and facts.
//!
//! Invariants: the result is a pure function of the part and the catalog ([`run_part`]), and an object's name says its content, so that
//! a second attempt finds what the first one left; only the manifest, written last and only if absent, makes objects part of the run.

mod local_file;
mod part;
mod publish;
mod quarantine;

use std::collections::BTreeMap;
use std::path::PathBuf;

use starlift_definition::Catalog;
use starlift_failure::Failure;
use starlift_host::{Context, Metric, Metrics, Stopwatch, fail_point};
use starlift_lake::messages::{TransformReply, TransformRequest, Usage};
use starlift_lake::{IngestManifest, LakeError, Part, TransformManifest, Zone, keys};

pub use local_file::LocalFile;
pub use part::{HeldFile, ModelFiles, PartRun, run_part};

/// Makes the rows of one part. A part that has a manifest is not made again, unless objects of it are gone: the zone is only what the raw zone
/// and the models make of each other.
///
/// # Errors
/// A manifest or the catalog is absent, the models do not fit them, or the data has a fault that cannot be held back row by row. No
/// manifest is written then.
pub async fn transform(context: Context, request: TransformRequest) -> Result<TransformReply, Failure> {
    let stopwatch = Stopwatch::start();
    let TransformRequest { run, part } = request;
    let done = publish::find(&context, &run, &part).await?;
    if let Some(done) = &done
        && publish::is_whole(&context, done).await?
    {
        tracing::info!(run, part, "this part has been transformed before");
        fail_point!("transform.reply");
        return Ok(reply(done, stopwatch.usage()));
    }
    let manifest = ingest_manifest(&context, &run).await?;
    let catalog = catalog(&context).await?;
    let work = manifest.parts.iter().find(|found| found.name == part).ok_or_else(|| {
        Failure::invalid_data(format!("run {run} has no part {part}; state machine and function differ in version"))
    })?;
    let folder = tempfile::tempdir_in(&context.work_folder).map_err(|error| LakeError::WorkFolder(error.kind()))?;
    let part_run = PartRun {
        run: run.clone(),
        definition: context.definition.clone(),
        part: work.clone(),
        tables: manifest.tables,
        catalog,
        folder: folder.path().to_owned(),
        deadline: Some(context.deadline),
    };
    check_fingerprints(&part_run, &manifest.models)?;
    let files = download(&context, &part_run.part, &part_run.folder).await?;
    context.time_left()?;
    // Polars computes on threads of its own and blocks this one. It goes on when the invocation is given up, but not past the deadline.
    let models = tokio::task::spawn_blocking(move || run_part(&part_run, &files)).await.map_err(|_| {
        Failure::internal("transform panicked; the place stands in the function's log; please report it")
    })??;
    let written = publish::publish(&context, &run, &part, models).await?;
    let reply = reply(&written, stopwatch.usage());
    report(&manifest.pipeline, work, &written, &reply);
    fail_point!("transform.reply");
    Ok(reply)
}

async fn ingest_manifest(context: &Context, run: &str) -> Result<IngestManifest, Failure> {
    let key = keys::ingest_manifest(run);
    let advice = "ingest has not finished this run, or it was removed; start a new execution with `starlift run`";
    let manifest: IngestManifest = required(context, &key, advice).await?;
    check_format(&key, manifest.format, IngestManifest::FORMAT)?;
    Ok(manifest)
}

async fn catalog(context: &Context) -> Result<Catalog, Failure> {
    let catalog: Catalog =
        required(context, keys::CATALOG, "run the load Lambda's migrate action, and then start a new execution")
            .await?;
    check_format(keys::CATALOG, catalog.format, Catalog::FORMAT)?;
    Ok(catalog)
}

async fn required<T: serde::de::DeserializeOwned>(context: &Context, key: &str, advice: &str) -> Result<T, Failure> {
    let found = context.lake.get_json(Zone::Control, key).await?;
    let bucket = context.lake.bucket(Zone::Control);
    found.ok_or_else(|| {
        LakeError::Absent { bucket: bucket.to_owned(), key: key.to_owned(), advice: advice.to_owned() }.into()
    })
}

pub(crate) fn check_format(key: &str, found: u32, understood: u32) -> Result<(), Failure> {
    if found == understood {
        return Ok(());
    }
    Err(Failure::invalid_data(format!(
        "{key} has format {found}, and this version understands {understood}; deploy all functions in one version, migrate, and start a new execution"
    )))
}

/// The ledger will say that the rows of a model were computed as ingest's fingerprint says, and then nothing reads them again: so they
/// have to be.
fn check_fingerprints(part_run: &PartRun, fingerprints: &BTreeMap<String, String>) -> Result<(), Failure> {
    let changed = part_run.part.models.iter().find(|name| {
        let model = part_run.definition.models.get(*name);
        let fingerprint = model.map(|model| part_run.definition.fingerprint(model, &part_run.catalog));
        fingerprint.as_ref() != fingerprints.get(*name)
    });
    match changed {
        None => Ok(()),
        Some(name) => Err(Failure::invalid_definition(format!(
            "models/{name}.sql, a seed of it or its target table is not what it was when this run was read: deploy all functions in one \
             version and start a new execution"
        ))),
    }
}

/// Copies the part's raw objects into the folder: the files of each table, in the manifest's order.
async fn download(
    context: &Context,
    part: &Part,
    folder: &std::path::Path,
) -> Result<BTreeMap<String, Vec<PathBuf>>, Failure> {
    let mut files = BTreeMap::new();
    for (table, objects) in &part.inputs {
        let mut paths = Vec::new();
        for (number, object) in objects.iter().enumerate() {
            let path = folder.join(format!("{table}-{number}.csv"));
            context.lake.download(Zone::Ingest, object, &path).await?;
            paths.push(path);
        }
        files.insert(table.clone(), paths);
    }
    Ok(files)
}

fn reply(manifest: &TransformManifest, usage: Usage) -> TransformReply {
    let rows = manifest.models.iter().filter_map(|model| model.object.as_ref()).map(|object| object.rows).sum();
    let held = manifest.models.iter().filter_map(|model| model.held.as_ref()).map(|held| held.object.rows).sum();
    let objects = manifest.models.iter().filter(|model| model.object.is_some()).count() as u64;
    TransformReply { run: manifest.run.clone(), part: manifest.part.clone(), rows, held, objects, usage }
}

fn report(pipeline: &str, part: &Part, written: &TransformManifest, reply: &TransformReply) {
    let read = || part.inputs.values().flatten();
    let written = || written.models.iter().filter_map(|model| model.object.as_ref());
    Metrics::of(&reply.usage)
        .count(Metric::RowsRead, read().map(|object| object.rows).sum())
        .count(Metric::BytesRead, read().map(|object| object.bytes).sum())
        .count(Metric::RowsWritten, reply.rows)
        .count(Metric::BytesWritten, written().map(|object| object.bytes).sum())
        .count(Metric::RowsHeld, reply.held)
        .emit(pipeline, "transform", Some(&reply.run));
}
