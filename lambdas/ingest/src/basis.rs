//! What a run starts from: the tracking that Begin wrote, and the warehouse's catalog that migrate wrote.

use serde::de::DeserializeOwned;
use starlift_definition::{Catalog, check_catalog};
use starlift_failure::Failure;
use starlift_host::Context;
use starlift_lake::{Tracking, Zone, keys};

const BEGIN_AGAIN: &str = "start a new execution; Begin writes it again";
const MIGRATE: &str = "the warehouse is not migrated; invoke the function load with {\"action\":\"migrate\"}";

/// All that a run knows of the past and of the warehouse.
pub(crate) struct Basis {
    /// What the run published last had read.
    pub(crate) tracking: Tracking,
    /// The target tables.
    pub(crate) catalog: Catalog,
}

impl Basis {
    /// Reads both from the control zone, and checks that the models fit the target tables.
    pub(crate) async fn read(context: &Context) -> Result<Self, Failure> {
        let tracking: Tracking = read(context, keys::TRACKING, BEGIN_AGAIN).await?;
        check_origin(context, keys::TRACKING, (tracking.format, Tracking::FORMAT), &tracking.pipeline, BEGIN_AGAIN)?;
        let catalog: Catalog = read(context, keys::CATALOG, MIGRATE).await?;
        check_origin(context, keys::CATALOG, (catalog.format, Catalog::FORMAT), &catalog.pipeline, MIGRATE)?;
        check_catalog(&context.definition, &catalog)?;
        Ok(Self { tracking, catalog })
    }
}

async fn read<T: DeserializeOwned>(context: &Context, key: &str, advice: &str) -> Result<T, Failure> {
    let read = context.lake.get_json(Zone::Control, key).await;
    let found = read.map_err(|error| {
        let failure = Failure::from(error);
        Failure::new(failure.kind, format!("{}; {advice}", failure.message))
    })?;
    found.ok_or_else(|| Failure::invalid_data(format!("{} is not there: {advice}", place(context, key))))
}

/// Refuses a document of another version, or of a pipeline that shares the bucket by mistake.
pub(crate) fn check_origin(
    context: &Context,
    key: &str,
    (format, understood): (u32, u32),
    pipeline: &str,
    advice: &str,
) -> Result<(), Failure> {
    let place = place(context, key);
    if format != understood {
        let message = format!("{place} has format {format}, and this version understands {understood}: {advice}");
        return Err(Failure::invalid_data(message));
    }
    let own = &context.definition.pipeline.name;
    if pipeline != own {
        let message = format!("{place} belongs to pipeline {pipeline}, not to {own}: give each its own control bucket");
        return Err(Failure::denied(message));
    }
    Ok(())
}

fn place(context: &Context, key: &str) -> String {
    format!("s3://{}/{key}", context.lake.bucket(Zone::Control))
}
