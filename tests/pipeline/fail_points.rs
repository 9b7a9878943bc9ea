//! Every point of failure: at each of them a step fails, panics or is killed, is retried, redriven or run anew, and what is left is what a run
//! without a failure would have left.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::Path;

use proptest::collection::vec;
use proptest::prelude::Strategy;
use proptest::sample::select;
use proptest::strategy::ValueTree;
use proptest::test_runner::{Config, RngSeed, TestRunner};
use starlift_testkit::{soak, workspace};

use crate::fragile::Fragile;
use crate::reader::Reader;
use crate::support::Outcome;

/// The points, in the order in which a run comes to them, and what is there when it fails at one.
const POINTS: [(&str, &str); 28] = [
    ("begin.reply", "`update_tracking.json` is in line with the ledger"),
    ("ingest.table_written", "raw objects of a whole table, which no manifest names"),
    ("ingest.rows_written", "raw objects of an increment, which no manifest names"),
    ("ingest.keys_written", "a key list, which no manifest names"),
    ("ingest.before_manifest", "all raw objects; the run has not been read"),
    ("ingest.manifest_written", "the run has been read, and nobody was told"),
    ("ingest.reply", "the same, and the metrics are out"),
    ("transform.rows_written", "Parquet that no manifest names"),
    ("transform.quarantine_written", "the same, and held rows"),
    ("transform.before_manifest", "all objects of a part; the part has not been made"),
    ("transform.manifest_written", "the part has been made, and nobody was told"),
    ("transform.reply", "the same, and the metrics are out"),
    ("load.staged", "a transaction with rows in temporary tables"),
    ("load.merged.dim_date", "the same, and the calendar is longer"),
    ("load.merged.dim_design", "the same, and a dimension is merged"),
    ("load.gone_ended.fact_payment", "the same, and the version of a deleted row has ended"),
    ("load.merged.fact_payment", "the same, and a fact has new versions"),
    ("load.merged.fact_sales_order", "the same, and the last fact has new versions"),
    ("load.released", "the same, and rows have left the quarantine"),
    ("load.before_ledger", "the same, and all adds up and is checked"),
    ("load.before_commit", "the same, and the ledger has the run"),
    ("load.committed", "the run is published; `update_tracking.json` is behind"),
    ("load.publication_recorded", "the run is published and recorded; `update_tracking.json` tells of the run before"),
    ("load.tracking_written", "the run is published, and nobody was told"),
    ("load.reply", "the same, and the metrics are out"),
    ("export.extract_written", "an extract that the ledger does not know"),
    ("export.before_commit", "all extracts, none of which the ledger knows"),
    ("export.reply", "the extracts are noted, and nobody was told"),
];

/// Where what has happened and what is known of it differ most: there every kind of failure is gone on from in every way.
const DELICATE: [&str; 4] =
    ["ingest.manifest_written", "transform.manifest_written", "load.before_commit", "load.committed"];

/// How a step fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Error,
    Panic,
    Kill,
}

/// How it goes on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Way {
    /// The state machine invokes the step again with the same input.
    Retried,
    /// The execution fails and is redriven.
    Redriven,
    /// The execution fails and stays as it is; a new one is started.
    Anew,
}

/// The state machine retries no panic.
const CASES: [(Kind, Way); 8] = [
    (Kind::Error, Way::Retried),
    (Kind::Error, Way::Redriven),
    (Kind::Error, Way::Anew),
    (Kind::Panic, Way::Redriven),
    (Kind::Panic, Way::Anew),
    (Kind::Kill, Way::Retried),
    (Kind::Kill, Way::Redriven),
    (Kind::Kill, Way::Anew),
];

/// What is done at the n-th point: each kind of failure once, in ways that change from point to point.
fn cases(n: usize, point: &str) -> Vec<(Kind, Way)> {
    if DELICATE.contains(&point) {
        return CASES.to_vec();
    }
    vec![CASES[n % 3], CASES[3 + n % 2], CASES[5 + (n + 1) % 3]]
}

impl fmt::Display for Kind {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Error => "error",
            Self::Panic => "panic",
            Self::Kill => "kill",
        })
    }
}

impl fmt::Display for Way {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Retried => "retried",
            Self::Redriven => "redriven",
            Self::Anew => "run anew",
        })
    }
}

/// Whether a run that comes to this point is published.
fn is_published(point: &str) -> bool {
    let place = |wanted| POINTS.iter().position(|(name, _)| *name == wanted);
    place(point) >= place("load.committed")
}

/// A held row: a date that does not exist.
const HOLD: &str = "
    insert into sales_order
        (created_at, last_updated, design_id, staff_id, counterparty_id, units_sold, unit_price, currency_id, agreed_delivery_date,
         agreed_payment_date, agreed_delivery_location_id)
    values ('2023-01-02 09:00:00', '2023-01-02 09:00:00', 1, 1, 1, 1000, 2.5, 1, '2024-02-30', '2023-01-05', 1)";

const REPAIR: &str =
    "update sales_order set agreed_delivery_date = '2024-02-29' where agreed_delivery_date = '2024-02-30'";

/// Fails a run at a point, goes on, and looks at what is left.
async fn fail_and_go_on(fragile: &Fragile, point: &str, (kind, way): (Kind, Way)) -> Outcome {
    let (stack, before) = (&fragile.stack, fragile.history().await?);
    let repaired = i64::from(["load.released", "transform.quarantine_written"].contains(&point));
    let (versions, ended) = (3 + repaired, 2);
    if point == "load.released" {
        fragile.source.batch_execute(HOLD).await?;
        stack.run().await?.succeeded()?;
        fragile.source.batch_execute(REPAIR).await?;
    } else if point == "transform.quarantine_written" {
        fragile.source.batch_execute(HOLD).await?;
    }
    fragile.change().await?;
    if way == Way::Retried {
        fragile.fail_at(point, if kind == Kind::Kill { "kill" } else { "transient" })?;
        stack.run().await?.succeeded()?;
        assert!(!fragile.mend(), "no run comes to {point}");
    } else {
        // The state machine retries a kill once, and the second attempt may find the work done: it is killed before it says so.
        let and_reply = format!("{point},{}.reply", point.split('.').next().unwrap_or_default());
        let (points, how, error) = match kind {
            Kind::Error => (point, "internal always", "Starlift.Internal"),
            Kind::Panic => (point, "panic always", "Starlift.Internal"),
            Kind::Kill => (and_reply.as_str(), "kill always", "Runtime.ExitError"),
        };
        fragile.fail_at(points, how)?;
        let failed = stack.run().await?;
        fragile.mend();
        assert_eq!(failed.error.as_deref(), Some(error), "no run fails at {point}: {}", failed.message());
        assert!(kind != Kind::Error || failed.message().contains(point), "not at {point}: {}", failed.message());
        let published = if is_published(point) { (before.0 + versions, before.1 + ended) } else { before };
        assert_eq!(fragile.history().await?, published, "all or nothing is published when it fails at {point}");
        match way {
            Way::Redriven => stack.redrive(&failed.arn).await?.succeeded()?,
            Way::Retried | Way::Anew => stack.run().await?.succeeded()?,
        };
    }
    if point == "transform.quarantine_written" {
        fragile.source.batch_execute(REPAIR).await?;
        stack.run().await?.succeeded()?;
    }
    fragile.is_whole(before, versions, ended).await
}

/// The list, or as many cases at random.
fn plan() -> Vec<(&'static str, Vec<(Kind, Way)>)> {
    let Some(seed) = soak::seed() else {
        return POINTS.iter().enumerate().map(|(n, (point, _))| (*point, cases(n, point))).collect();
    };
    let mut runner = TestRunner::new(Config { rng_seed: RngSeed::Fixed(seed), ..Config::default() });
    let any = (select(POINTS.map(|(point, _)| point).to_vec()), vec(select(CASES.to_vec()), 3));
    let drawn = |_| any.new_tree(&mut runner).expect("there are points").current();
    (0..POINTS.len()).map(drawn).collect()
}

/// Statement 26, and 30 while everything fails.
#[tokio::test(flavor = "multi_thread")]
async fn a_step_that_fails_anywhere_leaves_what_a_run_without_a_failure_leaves() -> Outcome {
    let fragile = Fragile::lifted().await?;
    let reader = Reader::start(&fragile.stack);
    let mut faults = 0;
    for (point, chosen) in plan() {
        for (kind, way) in chosen {
            let outcome = fail_and_go_on(&fragile, point, (kind, way)).await;
            outcome.map_err(|error| format!("{point}, {kind}, {way}: {error}"))?;
            println!("{point:<30} {kind} {way}: equal, nothing twice");
            faults += 1;
        }
        fragile.is_quiet().await?;
    }
    reader.end().await?;
    fragile.is_written_once()?;
    Ok(fragile.lap(faults).await?.report()?)
}

/// The points in the source text of the Lambdas.
fn points_of(folder: &Path, found: &mut BTreeSet<String>) -> Outcome {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            points_of(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path)?;
            let names = text.split("fail_point!(\"").skip(1).filter_map(|rest| rest.split('"').next());
            found.extend(names.map(str::to_owned));
        }
    }
    Ok(())
}

#[test]
fn the_points_of_the_lambdas_are_those_of_the_list() -> Outcome {
    let mut found = BTreeSet::new();
    points_of(&workspace::root().join("lambdas"), &mut found)?;
    // A third part of a name is the table that the step has come to.
    let name = |point: &str| point.split('.').take(2).collect::<Vec<_>>().join(".");
    let listed: BTreeSet<String> = POINTS.iter().map(|(point, _)| name(point)).collect();
    assert_eq!(found, listed);
    Ok(())
}

#[test]
fn the_points_of_the_failure_model_are_those_of_the_list() -> Outcome {
    let document = fs::read_to_string(workspace::root().join("docs/failure-model.md"))?;
    let (_, after) =
        document.split_once("<!-- points of failure: tests/pipeline/fail_points.rs -->").ok_or("a table")?;
    let (table, _) = after.split_once("<!-- /points of failure -->").ok_or("its end")?;
    let shown: Vec<&str> = table.lines().filter(|line| line.starts_with("| `")).collect();
    let row = |(n, (point, there)): (usize, &(&str, &str))| {
        let done = cases(n, point).iter().map(|(kind, way)| format!("{kind} {way}")).collect::<Vec<_>>();
        format!("| `{point}` | {there} | {} |", done.join(", "))
    };
    let listed: Vec<String> = POINTS.iter().enumerate().map(row).collect();
    assert_eq!(shown, listed, "the table has to be:\n{}", listed.join("\n"));
    Ok(())
}
