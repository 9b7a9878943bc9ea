//! Publishes runs into the warehouse: one transaction per run, all or nothing, exactly once in effect.
//!
//! Four actions. `migrate` brings the warehouse's schema up to date; `begin` says which run was published last; `load` publishes a
//! run; `export` writes extracts of what changed.
//!
//! Invariants: publications form one line, like fast-forward pushes, and a second attempt changes nothing
//! (`a_run_loaded_twice_changes_nothing`, `an_old_run_cannot_set_a_dimension_back`); a version of a fact is never altered
//! (`values_a_b_a_are_three_versions`).

mod begin;
mod bulk;
mod calendar;
mod catalog;
mod checks;
mod condition;
mod deletions;
mod dimensions;
mod export;
mod facts;
mod fingerprints;
mod healing;
mod ledger;
mod line;
mod manifests;
mod migrate;
mod migrations;
mod parquet_rows;
mod preview;
mod publication;
mod publish;
mod published;
mod quarantine;
mod reconciliation;
mod references;
mod replay;
mod roles;
mod source_key;
mod spreadsheet;
mod staging;
mod statements;
mod target;
mod tracking;
mod unknown;
mod warehouse;

use serde::Serialize;
use starlift_failure::Failure;
use starlift_host::Context;
use starlift_lake::messages::{BeginReply, ExportReply, LoadReply, LoadRequest, MigrateReply};

use crate::publish::Wish;

/// What load answers, by what it was asked.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(untagged)]
pub enum Reply {
    /// To `begin`.
    Begin(BeginReply),
    /// To `load`.
    Load(LoadReply),
    /// To `export`.
    Export(ExportReply),
    /// To `migrate`.
    Migrate(MigrateReply),
}

/// Does one action. Every action may be asked again, with the same effect.
///
/// # Errors
/// The action failed; the failure says who acts. Nothing is published unless all of the run is.
pub async fn load(context: Context, request: LoadRequest) -> Result<Reply, Failure> {
    match request {
        LoadRequest::Begin { run, replay } => begin::begin(&context, &run, &replay).await.map(Reply::Begin),
        LoadRequest::Load { run, accept_deletes, replaying } => {
            publish::publish(&context, &run, Wish { accept_deletes, replaying }).await.map(Reply::Load)
        }
        LoadRequest::Export { run } => export::export(&context, &run).await.map(Reply::Export),
        LoadRequest::Migrate { administrator } => {
            migrate::migrate(&context, administrator.as_deref()).await.map(Reply::Migrate)
        }
    }
}
