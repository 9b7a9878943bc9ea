//! One case: operations on a source and a warehouse of its own, and after every publication the comparison with the oracle.
//!
//! Nobody writes while a run reads, so what was committed right before is what the run's snapshot shows. A transaction that is open then is
//! seen by neither.

use std::collections::BTreeMap;

use starlift_lake::messages::{LoadReply, Outcome, Usage};
use tokio_postgres::Client;

use crate::execution::{Call, Execution, Round, State};
use crate::handlers::Handlers;
use crate::operation::{Full, Operation};
use crate::oracle::{History, Publication, Snapshot, check_open};
use crate::reader::Reader;
use crate::rows::{history, ledger, snapshot};
use crate::tally::Tally;
use crate::worker::{Fallible, Worker, World};
use crate::writers::{End, WRITERS, Writer};

/// The cases with so many operations, or a multiple, are replayed too: every second one.
const REPLAYED: usize = 2;

/// Tries one case. At its end all writers commit, and further executions have to bring what is left. Then the warehouse is lost, and a replay has
/// to bring all of it again.
///
/// # Errors
/// A handler failed, or the warehouse is not what the oracle says.
pub(crate) async fn holds(worker: &Worker, operations: &[Operation]) -> Fallible<Tally> {
    let world = worker.world().await?;
    let mut writers = Vec::new();
    for _ in 0..WRITERS {
        writers.push(Writer::connect(&world.source).await?);
    }
    let mut case = Case::new(&world).await?;
    let reader = Reader::start(&world.warehouse).await?;
    let mut executions: Vec<Execution> = Vec::new();
    for operation in operations {
        match operation {
            Operation::Write { writer, change, savepoint, end } => {
                let written = writers[*writer].write(change, *savepoint).await?;
                case.tally.count_written(written);
                writers[*writer].end(*end).await?;
            }
            Operation::End { writer, end } => writers[*writer].end(*end).await?,
            Operation::Start { stop, full } => {
                let mut started = Execution::new(u32::try_from(executions.len())?, *full);
                started.go_on(&mut case, *stop).await?;
                case.tally.count_stopped(&started);
                executions.push(started);
            }
            Operation::Redrive { which, stop } => {
                let mut stopped: Vec<_> = executions.iter_mut().filter(|execution| !execution.has_ended()).collect();
                if !stopped.is_empty() {
                    let place = which % stopped.len();
                    stopped[place].go_on(&mut case, *stop).await?;
                    case.tally.count_stopped(stopped[place]);
                }
            }
            Operation::Repeat { which } => {
                if !executions.is_empty() {
                    executions[which % executions.len()].repeat(&mut case).await?;
                }
            }
        }
    }
    for writer in &mut writers {
        writer.end(End::Commit).await?;
    }
    // Two, because deletions of one table are looked at in every second run.
    for number in [executions.len(), executions.len() + 1] {
        let mut last = Execution::new(u32::try_from(number)?, Full::Nothing);
        last.go_on(&mut case, None).await?;
    }
    case.is_caught_up().await?;
    reader.end().await?;
    if operations.len().is_multiple_of(REPLAYED) {
        let warehouse = worker.new_warehouse(&world).await?;
        case.replay(&warehouse.connect().await?).await?;
    }
    Ok(case.tally)
}

/// A case under way.
pub(crate) struct Case {
    handlers: Handlers,
    source: Client,
    warehouse: Client,
    /// The source as each run read it.
    snapshots: BTreeMap<Round, Snapshot>,
    /// What load answered to each run.
    loaded: BTreeMap<Round, LoadReply>,
    history: History,
    tally: Tally,
}

impl Case {
    async fn new(world: &World) -> Fallible<Self> {
        Ok(Self {
            handlers: Handlers::new(world.context.clone()),
            source: world.source.connect().await?,
            warehouse: world.warehouse.connect().await?,
            snapshots: BTreeMap::new(),
            loaded: BTreeMap::new(),
            history: History::new(),
            tally: Tally::default(),
        })
    }

    /// Makes a call; gives the calls that follow it.
    pub(crate) async fn make(&mut self, call: &Call) -> Fallible<Vec<Call>> {
        let Call { round, full, state } = call;
        let run = round.run();
        let then = |next: State| Call { round: *round, full: *full, state: next };
        match state {
            State::Begin => {
                self.handlers.begin(run).await?;
                Ok(vec![then(State::Ingest)])
            }
            State::Ingest => {
                // A run that has been read before is not read again.
                if !self.snapshots.contains_key(round) {
                    self.snapshots.insert(*round, snapshot(&self.source).await?);
                }
                let reply = self.handlers.ingest(run, *full).await?;
                let parts = reply.parts.into_iter().map(State::Transform);
                Ok(parts.chain([State::Load]).map(then).collect())
            }
            State::Transform(part) => {
                self.handlers.transform(run, part.clone()).await?;
                Ok(Vec::new())
            }
            State::Load => {
                let reply = self.load(*round).await?;
                // What was to be read in full is done when it is published.
                let left = if reply.outcome == Outcome::Published { Full::Nothing } else { *full };
                if !reply.more && left == Full::Nothing {
                    return Ok(Vec::new());
                }
                Ok(vec![Call { round: round.next()?, full: left, state: State::Begin }])
            }
        }
    }

    /// Publishes a run and holds the warehouse against the oracle.
    async fn load(&mut self, round: Round) -> Fallible<LoadReply> {
        let run = round.run();
        let reply = self.handlers.load(run.clone(), false).await?;
        let after = history(&self.warehouse).await?;
        let is_first = !self.loaded.contains_key(&round);
        if is_first && reply.outcome == Outcome::Published {
            let publication = Publication { run: &run, snapshot: &self.snapshots[&round], more: reply.more };
            publication.check(&self.history, &after)?;
        } else if after != self.history {
            return Err(format!("{run} was published before or superseded, and changed the warehouse").into());
        }
        self.history = after;
        self.note(round, &reply)?;
        Ok(reply)
    }

    /// Fails unless the run that started last has been published, leaves nothing over, and shows everything that fits.
    async fn is_caught_up(&self) -> Fallible<()> {
        let quarantined = match self.loaded.last_key_value() {
            Some((_, reply)) if reply.outcome == Outcome::Published && !reply.more => reply.quarantined,
            last => return Err(format!("the last run is not the end: {last:?}").into()),
        };
        let held = check_open(&snapshot(&self.source).await?, &self.history)?;
        if held != quarantined {
            return Err(format!("{quarantined} rows are in the quarantine, and {held} do not fit").into());
        }
        Ok(())
    }

    /// Rebuilds a lost warehouse, and fails unless it is equal.
    async fn replay(&mut self, warehouse: &Client) -> Fallible<()> {
        loop {
            let run = self.handlers.begin_replay("20261120T999999Z-00000000-001".to_owned()).await?;
            for part in self.handlers.ingest_again(run.clone()).await?.parts {
                self.handlers.transform(run.clone(), part).await?;
            }
            let reply = self.handlers.load(run.clone(), true).await?;
            if reply.outcome != Outcome::Published {
                return Err(format!("{run} is superseded in its own replay").into());
            }
            self.tally.count_replayed();
            if !reply.more {
                break;
            }
        }
        let replayed = history(warehouse).await?;
        if replayed != self.history {
            return Err(format!("a replay makes {replayed:#?}, and it was {:#?}", self.history).into());
        }
        let (was, is) = (ledger(&self.warehouse).await?, ledger(warehouse).await?);
        if was != is {
            return Err(format!("a replay notes {is:#?}, and it was {was:#?}").into());
        }
        Ok(())
    }

    fn note(&mut self, round: Round, reply: &LoadReply) -> Fallible<()> {
        let answer = LoadReply { usage: Usage::default(), ..reply.clone() };
        match self.loaded.insert(round, answer.clone()) {
            None => self.tally.count(&answer),
            Some(before) if before == answer => self.tally.count_repeated(),
            Some(before) => return Err(format!("load answered {before:?}, and then {answer:?}").into()),
        }
        Ok(())
    }
}
