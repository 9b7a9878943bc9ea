//! Any history: whatever is written to the source and however runs are scheduled, the warehouse's history is that of the snapshots.
//!
//! The three handlers run in this process, against a real PostgreSQL on both sides and local AWS. A case is a list of operations, generated
//! ones: writes of several writers, whose transactions stay open over runs, and executions that stop anywhere, go on later, overlap and
//! repeat themselves. After every publication the whole warehouse is held against the oracle ([`oracle`]), and a
//! reader that never stops sees no half of a run and no broken reference ([`reader`]).
//!
//! The seed is printed, and `PROPTEST_RNG_SEED` sets it. A case that failed is shrunk and kept in `history/proptest-regressions`, and tried
//! first from then on. `PROPTEST_CASES` sets how many cases each of the two workers tries.

mod case;
mod execution;
mod handlers;
mod operation;
mod oracle;
mod reader;
mod rows;
mod tally;
mod textbook;
mod worker;
mod writers;

use std::cell::RefCell;
use std::thread;
use std::time::{SystemTime, UNIX_EPOCH};

use proptest::test_runner::{Config, FileFailurePersistence, RngSeed, TestCaseError, TestRunner};

use starlift_testkit::soak;

use crate::tally::Tally;
use crate::worker::{Fallible, Worker};

const WORKERS: u64 = 2;
const CASES_OF_A_WORKER: u32 = 100;

const REGRESSIONS: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/history/proptest-regressions");

/// Statement 17: every history of every key is that of the published snapshots, in order of record id.
#[test]
fn any_history_arrives_as_the_published_snapshots_show_it() {
    let seed = std::env::var("PROPTEST_RNG_SEED")
        .ok()
        .and_then(|text| text.parse().ok())
        .unwrap_or_else(|| SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs());
    eprintln!("PROPTEST_RNG_SEED={seed}");
    let tallies: Vec<Tally> = thread::scope(|scope| {
        let workers: Vec<_> = (0..WORKERS).map(|n| scope.spawn(move || work(seed.wrapping_add(n)))).collect();
        workers.into_iter().map(|worker| worker.join().expect("a worker ends").expect("every history holds")).collect()
    });
    let total = tallies.into_iter().fold(Tally::default(), Tally::plus);
    eprintln!("{total:?}");
    total.lap().report().expect("the report is written");
    // One lap of a soak has too few cases to show everything.
    let is_lap = soak::seed().is_some();
    assert!(is_lap || total.is_varied(), "the generated cases do not show everything any more: {total:?}");
}

/// Tries cases one after the other on servers of its own: an open transaction of another case would hold the horizon back.
fn work(seed: u64) -> Fallible<Tally> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let worker = runtime.block_on(Worker::start())?;
    let given = std::env::var("PROPTEST_CASES").ok().and_then(|text| text.parse().ok());
    let mut runner = TestRunner::new(Config {
        cases: given.unwrap_or(CASES_OF_A_WORKER),
        failure_persistence: Some(Box::new(FileFailurePersistence::Direct(REGRESSIONS))),
        max_shrink_iters: 200,
        rng_seed: RngSeed::Fixed(seed),
        ..Config::default()
    });
    let total = RefCell::new(Tally::default());
    let ran = runner.run(&operation::list(), |operations| {
        let held = runtime.block_on(case::holds(&worker, &operations));
        let tally = held.map_err(|error| {
            // At once, because shrinking takes its time.
            eprintln!("{error}");
            TestCaseError::fail(error.to_string())
        })?;
        total.replace_with(|before| before.plus(tally));
        Ok(())
    });
    ran.map_err(|error| error.to_string())?;
    Ok(total.into_inner())
}
