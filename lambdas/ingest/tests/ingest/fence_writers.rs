//! Any history of several writers: whoever writes the earliest time that is promised, in whatever transaction, is found by the cursor.
//!
//! In the generated history nobody writes while a run reads, so after a run that leaves nothing over, what was brought is what is committed. The
//! seed is printed, and `PROPTEST_RNG_SEED` sets it.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use tokio_postgres::Client;

use crate::fence::{EARLIEST, fenced_shop};
use crate::world::{Outcome, World};

const WRITERS: i32 = 6;
const OPERATIONS: usize = 400;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Commit,
    RollBack,
    Prepare,
}

#[derive(Clone, Debug)]
enum Operation {
    /// A writer's transaction begins, if none is open. It has a start and no number.
    Begin(usize),
    /// A writer writes so many of its sales, in its open transaction or in a new one, at this time, perhaps under a savepoint.
    Write { writer: usize, count: i32, time: &'static str, savepoint: Option<&'static str> },
    /// A writer ends its transaction, prepared or not.
    End(usize, End),
    /// A run.
    Run,
}

fn operation() -> impl Strategy<Value = Operation> {
    let writer = || 0..usize::try_from(WRITERS).expect("a few");
    let time = prop_oneof![4 => Just(EARLIEST), 1 => Just("now()"), 1 => Just("clock_timestamp()")];
    let savepoint = prop::option::of(prop_oneof![Just("release a"), Just("rollback to a")]);
    let end = prop_oneof![6 => Just(End::Commit), 1 => Just(End::RollBack), 2 => Just(End::Prepare)];
    prop_oneof![
        3 => writer().prop_map(Operation::Begin),
        6 => (writer(), 1..6_i32, time, savepoint)
            .prop_map(|(writer, count, time, savepoint)| Operation::Write { writer, count, time, savepoint }),
        5 => (writer(), end).prop_map(|(writer, end)| Operation::End(writer, end)),
        3 => Just(Operation::Run),
    ]
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Idle,
    Open,
    Prepared,
}

struct Writer {
    client: Client,
    name: String,
    first: i32,
    state: State,
}

impl Writer {
    async fn begin(&mut self) -> Outcome {
        if self.state == State::Prepared {
            self.end(End::Commit).await?;
        }
        if self.state == State::Idle {
            self.client.batch_execute("begin; select now()").await?;
            self.state = State::Open;
        }
        Ok(())
    }

    async fn write(&mut self, count: i32, time: &str, savepoint: Option<&str>) -> Outcome {
        self.begin().await?;
        let write = format!(
            "insert into sale (sale_id, customer_id, item_id, amount, last_updated) \
             select n, 1, 1, 0, {time} from generate_series({0}, {0} + {count} - 1) as n \
             on conflict (sale_id) do update set amount = sale.amount + 1, last_updated = excluded.last_updated",
            self.first
        );
        let statements = match savepoint {
            Some(end) => format!("savepoint a; {write}; {end}"),
            None => write,
        };
        Ok(self.client.batch_execute(&statements).await?)
    }

    async fn end(&mut self, end: End) -> Outcome {
        let name = &self.name;
        let (statement, next) = match (self.state, end) {
            (State::Idle, _) => return Ok(()),
            (State::Open, End::Commit) => ("commit".to_owned(), State::Idle),
            (State::Open, End::RollBack) => ("rollback".to_owned(), State::Idle),
            (State::Open, End::Prepare) => (format!("prepare transaction '{name}'"), State::Prepared),
            (State::Prepared, End::RollBack) => (format!("rollback prepared '{name}'"), State::Idle),
            (State::Prepared, _) => (format!("commit prepared '{name}'"), State::Idle),
        };
        self.client.batch_execute(&statement).await?;
        self.state = next;
        Ok(())
    }
}

async fn run(world: &mut World) -> Outcome {
    if world.run().await?.more { Ok(()) } else { world.all_agree().await }
}

#[tokio::test]
async fn whatever_writers_do_the_cursor_misses_nothing() -> Outcome {
    let given = std::env::var("PROPTEST_RNG_SEED").ok().and_then(|text| text.parse().ok());
    let seed = given.unwrap_or(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs());
    eprintln!("PROPTEST_RNG_SEED={seed}");
    let mut runner = TestRunner::new(Config { rng_seed: RngSeed::Fixed(seed), ..Config::default() });
    let operations = vec(operation(), OPERATIONS).new_tree(&mut runner).map_err(|reason| reason.to_string())?.current();

    let mut world = fenced_shop("timestamptz", "").await?;
    let mut writers = Vec::new();
    for n in 1..=WRITERS {
        let (client, name) = (world.source.connect().await?, format!("{}_{n}", world.source.name()));
        writers.push(Writer { client, name, first: 100 * n, state: State::Idle });
    }
    for operation in operations {
        match operation {
            Operation::Begin(writer) => writers[writer].begin().await?,
            Operation::Write { writer, count, time, savepoint } => {
                writers[writer].write(count, time, savepoint).await?;
            }
            Operation::End(writer, end) => writers[writer].end(end).await?,
            Operation::Run => run(&mut world).await?,
        }
    }
    for writer in &mut writers {
        writer.end(End::Commit).await?;
        writer.end(End::Commit).await?;
    }
    world.catch_up().await?;
    world.all_agree().await
}

#[tokio::test]
async fn while_many_write_without_a_pause_the_cursor_misses_nothing() -> Outcome {
    let mut world = fenced_shop("timestamptz", "").await?;
    world.edit("pipeline.toml", "slice_rows = 10\npart_rows = 4", "")?;
    let is_over = Arc::new(AtomicBool::new(false));
    let mut writing = Vec::new();
    for writer in 1..=WRITERS {
        let (client, is_over) = (world.source.connect().await?, is_over.clone());
        writing.push(tokio::spawn(async move {
            let mut ids = 1_000_000 * writer..;
            while !is_over.load(Ordering::Relaxed) {
                client.batch_execute("begin; select now()").await?;
                // Long beside what a run does before its snapshot.
                for id in ids.by_ref().take(20) {
                    let insert = "insert into sale (sale_id, customer_id, item_id, amount, last_updated)";
                    client.batch_execute(&format!("{insert} values ({id}, 1, 1, 1, {EARLIEST})")).await?;
                }
                client.batch_execute("commit").await?;
            }
            Ok::<_, tokio_postgres::Error>(())
        }));
    }
    for _ in 0..8 {
        world.run().await?;
    }
    is_over.store(true, Ordering::Relaxed);
    for writer in writing {
        writer.await??;
    }
    world.catch_up().await?;
    world.all_agree().await
}
