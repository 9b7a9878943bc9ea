//! The publication of a run: one transaction of the warehouse, all or nothing, exactly once in effect.
//!
//! `READ COMMITTED`, because under a stricter level the snapshot would be older than the lock. The order of the steps is the design's;
//! locks on the star's tables are taken after everything is staged.

use std::collections::BTreeMap;
use std::time::SystemTime;

use starlift_failure::Failure;
use starlift_host::{Context, Metric, Stopwatch, Unit, emit};
use starlift_lake::messages::{LoadReply, Outcome, Usage};
use tempfile::TempDir;
use tokio_postgres::{Client, IsolationLevel};

use crate::ledger::{Change, LastRun};
use crate::manifests::Manifests;
use crate::quarantine::Held;
use crate::staging::Stage;
use crate::target::{Kind, Target};
use crate::warehouse::failed;
use crate::{calendar, catalog, checks, dimensions, facts, ledger, quarantine, references, tracking, warehouse};

const PUBLICATION_TIME: &str = include_str!("../../../sql/engine/load/publication_time.sql");
const SET_MEMORY: &str = include_str!("../../../sql/engine/load/set_memory.sql");

/// Publishes a run, or says what became of it.
pub(crate) async fn publish(context: &Context, run: &str) -> Result<LoadReply, Failure> {
    let stopwatch = Stopwatch::start();
    let pipeline = &context.definition.pipeline;
    let mut session = warehouse::connect(context, &pipeline.warehouse.secret, run).await?;
    let reply = match ledger::find(&session.client, run).await? {
        Some(reply) => reply,
        None => {
            // Before the transaction: a run has as many manifests as parts, and a silent transaction is ended by the server.
            let manifests = Manifests::read(&context.lake, &pipeline.name, run).await?;
            publish_in_transaction(context, &mut session.client, &manifests).await?
        }
    };
    // A fault from here on leaves the run published: a second attempt finds it in the ledger and comes here again.
    tracking::align(&session.client, &context.lake, &pipeline.name).await?;
    let reply = LoadReply { usage: stopwatch.usage(), ..reply };
    report(&pipeline.name, &reply);
    Ok(reply)
}

async fn publish_in_transaction(
    context: &Context,
    client: &mut Client,
    manifests: &Manifests,
) -> Result<LoadReply, Failure> {
    let transaction = client.build_transaction().isolation_level(IsolationLevel::ReadCommitted);
    let transaction = transaction.start().await.map_err(failed("beginning the publication"))?;
    let open = transaction.client();
    warehouse::lock_transaction(open, &context.definition.pipeline.name).await?;
    if let Some(reply) = ledger::find(open, &manifests.ingest.run).await? {
        return Ok(reply);
    }
    let last = ledger::last(open).await?;
    if last.as_ref().map(|last| &last.run) != manifests.ingest.base.as_ref() {
        return superseded(open, manifests, last.as_ref()).await;
    }
    let publication = Publication::begin(context, open, manifests).await?;
    let staged = publication.stage().await?;
    let changes = publication.merge(&staged).await?;
    checks::run(open, &context.definition).await?;
    let reply = publication.note(&staged, &changes).await?;
    transaction.commit().await.map_err(failed("committing the publication"))?;
    Ok(reply)
}

/// The run that got ahead was read from the same base or a later one, so it contains everything that this one has.
async fn superseded(client: &Client, manifests: &Manifests, last: Option<&LastRun>) -> Result<LoadReply, Failure> {
    let (run, base) = (&manifests.ingest.run, manifests.ingest.base.as_deref());
    let published_last = last.map(|last| last.run.as_str());
    let is_known = match base {
        Some(base) => ledger::find(client, base).await?.is_some(),
        None => true,
    };
    if is_known {
        tracing::warn!(target: "starlift", run, base, published_last, "superseded: nothing is published");
    } else {
        tracing::error!(
            target: "starlift", run, base, published_last,
            "the ledger does not know the base of this run: the warehouse was restored to an earlier state; nothing is published"
        );
    }
    Ok(LoadReply {
        run: run.clone(),
        outcome: Outcome::Superseded,
        number: None,
        rows: 0,
        versions: 0,
        dimension_rows: 0,
        held: 0,
        more: false,
        usage: Usage::default(),
    })
}

/// A publication under way.
struct Publication<'a> {
    context: &'a Context,
    client: &'a Client,
    manifests: &'a Manifests,
    folder: TempDir,
    published_at: SystemTime,
    targets: Vec<Target>,
}

/// The places of the targets that have staged rows, and how many.
type Staged = BTreeMap<usize, u64>;

impl<'a> Publication<'a> {
    async fn begin(context: &'a Context, client: &'a Client, manifests: &'a Manifests) -> Result<Self, Failure> {
        let star = catalog::read(client, &context.definition).await?;
        let targets = Target::list(&context.definition, &star)?;
        client.execute(SET_MEMORY, &[]).await.map_err(failed("setting the memory of the transaction"))?;
        let published_at = client.query_one(PUBLICATION_TIME, &[]).await.map_err(failed("reading the time"))?;
        let folder = TempDir::new_in(&context.work_folder);
        let folder = folder.map_err(|error| starlift_lake::LakeError::WorkFolder(error.kind()))?;
        let published_at = published_at.get("published_at");
        Ok(Self { context, client, manifests, folder, published_at, targets })
    }

    async fn stage(&self) -> Result<Staged, Failure> {
        let mut staged = Staged::new();
        let objects = self.manifests.objects();
        if let Some(model) = objects.keys().find(|model| !self.targets.iter().any(|target| target.name == **model)) {
            return Err(Failure::invalid_definition(format!(
                "the run has rows of {model}, which this definition or warehouse does not have; start a new execution"
            )));
        }
        let stage = Stage { client: self.client, lake: &self.context.lake, folder: &self.folder };
        for target in &self.targets {
            let Some(objects) = objects.get(target.name.as_str()) else {
                continue;
            };
            let rows = stage.rows(target, objects).await?;
            tracing::info!(target: "starlift", run = self.run(), table = target.name, rows, "staged");
            staged.insert(target.place, rows);
        }
        Ok(staged)
    }

    async fn merge(&self, staged: &Staged) -> Result<Vec<Change>, Failure> {
        let mut changes = Vec::new();
        let held = self.held();
        for target in &self.targets {
            if target.kind == Kind::Calendar {
                let referring: Vec<&Target> = staged.keys().map(|place| &self.targets[*place]).collect();
                changes.push(calendar::extend(self.client, target, &referring).await?);
            }
            if !staged.contains_key(&target.place) {
                continue;
            }
            references::check(self.client, target, &held).await?;
            let change = match &target.kind {
                Kind::Fact { record_id, .. } => {
                    facts::insert(self.client, target, record_id, self.run(), self.published_at).await?
                }
                Kind::Dimension | Kind::Calendar => dimensions::merge(self.client, target).await?,
            };
            let Change { table, inserted, updated, closed, .. } = &change;
            tracing::info!(target: "starlift", run = self.run(), table, inserted, updated, closed, "merged");
            changes.push(change);
        }
        Ok(changes)
    }

    /// Writes the ledger; gives the answer, which is part of it.
    async fn note(&self, staged: &Staged, changes: &[Change]) -> Result<LoadReply, Failure> {
        let is_fact = |change: &&Change| self.context.definition.pipeline.facts.contains_key(&change.table);
        let (versions, others): (Vec<&Change>, Vec<&Change>) = changes.iter().partition(is_fact);
        let reply = LoadReply {
            run: self.run().to_owned(),
            outcome: Outcome::Published,
            number: None,
            rows: staged.values().sum(),
            versions: versions.iter().map(|change| change.inserted).sum(),
            dimension_rows: others.iter().map(|change| change.inserted + change.updated).sum(),
            held: self.held().values().sum(),
            more: self.manifests.ingest.more,
            usage: Usage::default(),
        };
        let ingest = &self.manifests.ingest;
        let number = ledger::publish(self.client, ingest, self.published_at, &reply, changes).await?;
        for (part, model, rows) in self.manifests.held() {
            let held = Held { run: self.run(), part, model, rows, held_at: self.published_at };
            quarantine::note(self.client, &self.context.lake, &self.folder, &held).await?;
        }
        Ok(LoadReply { number: Some(number), ..reply })
    }

    fn run(&self) -> &str {
        &self.manifests.ingest.run
    }

    /// How many rows of each model are held back.
    fn held(&self) -> BTreeMap<&str, u64> {
        let mut held = BTreeMap::new();
        for (_, model, rows) in self.manifests.held() {
            *held.entry(model).or_default() += rows.object.rows;
        }
        held
    }
}

fn report(pipeline: &str, reply: &LoadReply) {
    // Metrics are doubles; a count has no more than 53 bits.
    #[expect(clippy::cast_precision_loss, reason = "a count of rows is far below 2^53")]
    let count = |name, value: u64| Metric { name, unit: Unit::Count, value: value as f64 };
    let metrics = [
        count("RowsStaged", reply.rows),
        count("VersionsInserted", reply.versions),
        count("DimensionRowsWritten", reply.dimension_rows),
        count("RowsHeld", reply.held),
        Metric { name: "Seconds", unit: Unit::Seconds, value: reply.usage.seconds },
    ];
    emit(pipeline, "load", &reply.run, &metrics);
    tracing::info!(
        target: "starlift", run = reply.run, outcome = ?reply.outcome, number = reply.number, rows = reply.rows,
        versions = reply.versions, dimension_rows = reply.dimension_rows, held = reply.held, more = reply.more, "load ended"
    );
}
