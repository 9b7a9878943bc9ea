//! The steps of a publication, inside its transaction: stage everything, then merge, then note it in the ledger.
//!
//! Locks on the star's tables that a reader has to wait for are taken only after everything is staged: nobody waits for a download.

use std::collections::BTreeMap;
use std::time::{Instant, SystemTime};

use starlift_failure::Failure;
use starlift_host::{Context, fail_point};
use starlift_lake::LakeError;
use starlift_lake::messages::{LoadReply, Outcome, Usage};
use tempfile::TempDir;
use tokio_postgres::Client;

use crate::deletions::SourceKeys;
use crate::ledger::Change;
use crate::manifests::Manifests;
use crate::quarantine::Held;
use crate::staging::Stage;
use crate::target::{Kind, Target};
use crate::warehouse::failed;
use crate::{
    bulk, calendar, catalog, dimensions, facts, fingerprints, healing, ledger, quarantine, reconciliation, references,
    unknown,
};

const PUBLICATION_TIME: &str = include_str!("../../../sql/engine/load/publication_time.sql");
const TIME_OF: &str = include_str!("../../../sql/engine/load/time_of.sql");
const SET_MEMORY: &str = include_str!("../../../sql/engine/load/set_memory.sql");

/// A publication under way.
pub(crate) struct Publication<'a> {
    context: &'a Context,
    client: &'a Client,
    manifests: &'a Manifests,
    folder: TempDir,
    published_at: SystemTime,
    /// Whether it was made before: then it passed the limits of its time.
    is_again: bool,
    targets: Vec<Target>,
}

/// What is staged.
#[derive(Default)]
pub(crate) struct Staged<'a> {
    /// How many rows, by the place of their target.
    rows: BTreeMap<usize, u64>,
    /// The keys that source tables have.
    keys: Vec<SourceKeys<'a>>,
}

impl<'a> Publication<'a> {
    /// Reads what the warehouse looks like now. The time of the publication is the present, unless it was made before, at a time in RFC 3339.
    pub(crate) async fn begin(
        context: &'a Context,
        client: &'a Client,
        manifests: &'a Manifests,
        published_before: Option<&str>,
    ) -> Result<Self, Failure> {
        let star = catalog::read(client, &context.definition).await?;
        let targets = Target::list(&context.definition, &star)?;
        unknown::check(client, &context.definition, &star.catalog).await?;
        client.execute(SET_MEMORY, &[]).await.map_err(failed("setting the memory of the transaction"))?;
        let published_at = match published_before {
            Some(time) => client.query_one(TIME_OF, &[&time]).await,
            None => client.query_one(PUBLICATION_TIME, &[]).await,
        };
        let published_at = published_at.map_err(failed("reading the time"))?;
        let folder = TempDir::new_in(&context.work_folder);
        let folder = folder.map_err(|error| LakeError::WorkFolder(error.kind()))?;
        let published_at = published_at.get("published_at");
        let is_again = published_before.is_some();
        Ok(Self { context, client, manifests, folder, published_at, is_again, targets })
    }

    /// Stages the rows of every model, and notes those that are held back.
    pub(crate) async fn stage(&self) -> Result<Staged<'_>, Failure> {
        let mut staged = Staged::default();
        let objects = self.manifests.objects();
        if let Some(model) = objects.keys().find(|model| !self.targets.iter().any(|target| target.name == **model)) {
            return Err(Failure::invalid_definition(format!(
                "the run has rows of {model}, which this definition or warehouse does not have; start a new execution"
            )));
        }
        let keys = SourceKeys::of_run(&self.context.definition, &self.manifests.ingest, &self.targets)?;
        let has_rows = |target: &&Target| objects.contains_key(target.name.as_str());
        let has_keys = |target: &Target| keys.iter().any(|keys| keys.are_of(target));
        let concerned: Vec<&Target> =
            self.targets.iter().filter(|target| has_rows(target) || has_keys(target)).collect();
        fingerprints::check(self.client, &self.context.definition, &self.manifests.ingest, &concerned).await?;
        let stage = Stage { client: self.client, lake: &self.context.lake, folder: &self.folder };
        for target in &self.targets {
            let started = Instant::now();
            let mut rows = 0;
            if let Some(brought) = objects.get(target.name.as_str()) {
                rows = stage.rows(target, brought).await?;
                staged.rows.insert(target.place, rows);
            }
            let (run, table, seconds) = (self.run(), &target.name, started.elapsed().as_secs_f64());
            tracing::info!(target: "starlift", run, phase = "staged", table, rows, seconds, "staged");
        }
        for (part, model, rows) in self.manifests.held() {
            let held = Held { run: self.run(), part, model, rows, held_at: self.published_at };
            quarantine::note(self.client, &self.context.lake, &self.folder, &held).await?;
        }
        for of_table in keys {
            if of_table.stage(self.client, &self.context.lake).await? {
                staged.keys.push(of_table);
            }
        }
        Ok(staged)
    }

    /// Merges what is staged, each table after those that it refers to.
    pub(crate) async fn merge(&self, staged: &Staged<'_>, accept_deletes: bool) -> Result<Vec<Change>, Failure> {
        let accept_deletes = accept_deletes || self.is_again;
        let mut changes = Vec::new();
        let referring: Vec<&Target> = staged.rows.keys().map(|place| &self.targets[*place]).collect();
        let allowed = (self.context.definition.pipeline.settings.max_deleted_share, accept_deletes);
        for target in &self.targets {
            let started = Instant::now();
            // Before the rows are inserted: the share is one of the versions that the warehouse shows now.
            let gone = match staged.keys.iter().find(|keys| keys.are_of(target)) {
                Some(keys) => keys.close_gone(self.client, self.run(), self.published_at, allowed).await?,
                None => 0,
            };
            fail_point!("load.gone_ended", target.name);
            let merged = match (staged.rows.get(&target.place), &target.kind) {
                (Some(rows), _) => self.merge_rows(target, *rows).await?,
                (None, Kind::Calendar) => calendar::extend(self.client, target, &referring).await?,
                (None, _) => Change::none(&target.name),
            };
            changes.push(Change { closed: merged.closed + gone, deleted: gone, took: started.elapsed(), ..merged });
            fail_point!("load.merged", target.name);
        }
        if !self.manifests.ingest.more {
            bulk::validate_keys(self.client, &self.targets).await?;
        }
        healing::release(self.client, &self.context.definition, self.manifests, self.published_at).await?;
        fail_point!("load.released");
        reconciliation::check(self.client, &self.context.definition, self.manifests, &self.targets).await?;
        Ok(changes)
    }

    async fn merge_rows(&self, target: &Target, rows: u64) -> Result<Change, Failure> {
        let (definition, ingest) = (&self.context.definition, &self.manifests.ingest);
        unknown::refuse_as_row(self.client, target).await?;
        let held = references::hold(self.client, definition, ingest, target, self.published_at).await?;
        let change = match &target.kind {
            Kind::Fact { record_id, .. } => self.insert_versions(target, record_id, rows - held).await?,
            Kind::Dimension | Kind::Calendar => dimensions::merge(self.client, target).await?,
        };
        Ok(Change { held, ..change })
    }

    async fn insert_versions(&self, target: &Target, record_id: &str, rows: u64) -> Result<Change, Failure> {
        let in_bulk = bulk::is_worth_it(self.client, target, rows).await?;
        if in_bulk {
            bulk::set_keys_aside(self.client, target, rows).await?;
        }
        let change = facts::insert(self.client, target, record_id, self.run(), self.published_at).await?;
        if in_bulk {
            bulk::restore_keys(self.client, target, !self.manifests.ingest.more).await?;
        }
        Ok(change)
    }

    /// Writes the ledger on top of `base`, the run published last; gives the answer, which is part of it.
    pub(crate) async fn note(
        &self,
        staged: &Staged<'_>,
        changes: &[Change],
        base: Option<&str>,
    ) -> Result<LoadReply, Failure> {
        let brought = self.brought(staged);
        let settings = &self.context.definition.pipeline.settings;
        let limits = (!self.is_again).then_some(settings);
        let quarantined = healing::count_held(self.client, limits, self.run(), &brought).await?;
        let is_fact = |change: &&Change| self.context.definition.pipeline.facts.contains_key(&change.table);
        let (versions, others): (Vec<&Change>, Vec<&Change>) = changes.iter().partition(is_fact);
        let reply = LoadReply {
            run: self.run().to_owned(),
            outcome: Outcome::Published,
            number: None,
            rows: staged.rows.values().sum(),
            versions: versions.iter().map(|change| change.inserted).sum(),
            deleted: versions.iter().map(|change| change.deleted).sum(),
            dimension_rows: others.iter().map(|change| change.inserted + change.updated).sum(),
            held: self.held_by_transform() + changes.iter().map(|change| change.held).sum::<u64>(),
            quarantined,
            more: self.manifests.ingest.more,
            usage: Usage::default(),
        };
        let ingest = &self.manifests.ingest;
        let number = ledger::publish(self.client, ingest, base, self.published_at, &reply, changes).await?;
        Ok(LoadReply { number: Some(number), ..reply })
    }

    fn run(&self) -> &str {
        &self.manifests.ingest.run
    }

    /// How many rows this run brings of each model, those left out that were in the quarantine before.
    fn brought(&self, staged: &Staged<'_>) -> BTreeMap<&str, u64> {
        let mut brought: BTreeMap<&str, u64> = BTreeMap::new();
        for (place, rows) in &staged.rows {
            *brought.entry(&self.targets[*place].name).or_default() += rows;
        }
        for (_, model, rows) in self.manifests.held() {
            *brought.entry(model).or_default() += rows.object.rows;
        }
        for (table, read) in &self.manifests.ingest.tables {
            let found = read.retried.as_ref().map_or(0, |retried| retried.found.len() as u64);
            for model in self.context.definition.models_over(table) {
                brought.entry(&model.name).and_modify(|rows| *rows = rows.saturating_sub(found));
            }
        }
        brought
    }

    fn held_by_transform(&self) -> u64 {
        self.manifests.held().iter().map(|(_, _, rows)| rows.object.rows).sum()
    }
}
