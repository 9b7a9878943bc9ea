//! `cargo xtask soak`: the proofs at random, again and again, until the time is up or one fails.
//!
//! Each lap draws a seed: first generated histories in one process, then real Lambdas under the state machine that fail, panic and are killed at
//! random points and go on in random ways. Every run of them is compared with the oracle: a row that is lost or doubled fails the lap, and the seed
//! makes it again.

use std::fs::File;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use starlift_testkit::soak::{Lap, REPORT, SEED};
use starlift_testkit::{Error, Result, workspace};

use crate::package::Profile;
use crate::{package_all, step};

/// How long to go on.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// How many minutes; without it until it is interrupted
    #[arg(long, value_name = "N")]
    minutes: Option<u64>,
    /// The seed of the first lap, to make one again
    #[arg(long)]
    seed: Option<u64>,
}

/// The proofs that can be made at random: the test binary and the name of the test.
const PROOFS: [(&str, &str); 2] = [
    ("history", "any_history_arrives_as_the_published_snapshots_show_it"),
    ("pipeline", "fail_points::a_step_that_fails_anywhere_leaves_what_a_run_without_a_failure_leaves"),
];

/// How many histories each worker tries in a lap.
const HISTORIES: &str = "25";

/// Goes on until the time is up.
///
/// # Errors
/// A proof fails; what it said stands in `.local/soak.log`.
pub(crate) fn soak(options: &Options) -> Result<()> {
    package_all("sql/totesys".as_ref(), Profile::Dev)?;
    step::run("building the tests", step::cargo().args(["test", "--workspace", "--no-run", "--quiet"]))?;
    let folder = tempfile::tempdir().map_err(Error::at("a folder"))?;
    let log = workspace::root().join(".local/soak.log");
    let started = Instant::now();
    let limit = options.minutes.map(|minutes| Duration::from_secs(60 * minutes));
    let first_seed = options.seed.unwrap_or_else(now);
    let (mut total, mut laps) = (Lap::default(), 0);
    while limit.is_none_or(|limit| started.elapsed() < limit) {
        let seed = first_seed.wrapping_add(laps);
        for (binary, test) in PROOFS {
            let report = folder.path().join(binary);
            prove(binary, test, seed, &report, &log)?;
            total = total.plus(Lap::read(&report)?);
        }
        laps += 1;
        println!(
            "{:>4} min, {laps} laps (seed {seed}): {} runs, {} faults injected, {} rows written, 0 rows lost, 0 rows doubled",
            started.elapsed().as_secs() / 60,
            total.runs,
            total.faults,
            total.rows_written
        );
    }
    Ok(())
}

fn prove(binary: &str, test: &str, seed: u64, report: &Path, log: &Path) -> Result<()> {
    let output = File::create(log).map_err(Error::at(log))?;
    let errors = output.try_clone().map_err(Error::at(log))?;
    let mut command: Command = step::cargo();
    command
        .args(["test", "--workspace", "--quiet", "--test", binary, "--", "--exact", "--nocapture", test])
        .env("PROPTEST_RNG_SEED", seed.to_string())
        .env("PROPTEST_CASES", HISTORIES)
        .env(SEED, seed.to_string())
        .env(REPORT, report)
        .stdin(Stdio::null())
        .stdout(output)
        .stderr(errors);
    let status = command.status().map_err(|source| Error::NotStarted { program: "cargo test".to_owned(), source })?;
    if status.success() {
        return Ok(());
    }
    let place = log.display();
    let again =
        format!("a row is lost or doubled, or a step failed for good: {place} says which; again with --seed {seed}");
    Err(Error::Program { program: format!("{binary}: {test}"), output: again })
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().as_secs()
}
