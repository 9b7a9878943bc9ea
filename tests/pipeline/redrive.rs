//! Redrives as an operator does them: by the command that a failed run names, days later, after newer runs, after a hot fix, and once more.

use std::process::Command;

use starlift_testkit::local_aws::{Behaviour, LocalAws};
use starlift_testkit::shim::Clocks;
use starlift_testkit::{Blueprint, workspace};

use crate::fragile::Fragile;
use crate::support::Outcome;

/// A point of failure in each state, and the function that is at work there.
const STATES: [(&str, &str); 5] = [
    ("begin.reply", "load"),
    ("ingest.before_manifest", "ingest"),
    ("transform.before_manifest", "transform"),
    ("load.before_commit", "load"),
    ("export.before_commit", "load"),
];

const DAY: i64 = 86_400;

/// A stack and the command line before it, on a day.
struct Operator {
    fragile: Fragile,
    clocks: Clocks,
    _server: LocalAws,
}

impl Operator {
    async fn lifted() -> Result<Self, Box<dyn std::error::Error>> {
        let clocks = Clocks::new()?;
        let server = LocalAws::start(&Behaviour { environment: clocks.environment(), ..Behaviour::default() })?;
        let blueprint = Blueprint { environment: clocks.environment(), ..Blueprint::default() };
        let fragile = Fragile::lifted_on(&server, blueprint).await?;
        Ok(Self { fragile, clocks, _server: server })
    }

    /// Lets it be so many days later for AWS and all functions.
    fn on_day(&self, day: i64) -> Outcome {
        for name in ["server", "starlift-totesys-ingest", "starlift-totesys-transform", "starlift-totesys-load"] {
            self.clocks.set(name, day * DAY)?;
        }
        Ok(())
    }

    /// Says a command; gives whether it succeeded and what it told.
    fn says(&self, arguments: &[&str]) -> Result<(bool, String), Box<dyn std::error::Error>> {
        let mut command = Command::new(workspace::program("starlift")?);
        command.args(arguments).envs(self.fragile.stack.aws.environment());
        command.env("STARLIFT_STATE_MACHINE", &self.fragile.stack.resources.state_machine);
        let said = command.output()?;
        Ok((said.status.success(), String::from_utf8(said.stderr)?))
    }

    /// Says a command that has to succeed.
    fn succeeds(&self, arguments: &[&str]) -> Outcome {
        let (is_success, told) = self.says(arguments)?;
        assert!(is_success && told.contains("SUCCEEDED"), "{told}");
        Ok(())
    }

    /// Says a command that has to fail, for this reason.
    fn is_refused(&self, arguments: &[&str], reason: &str) -> Outcome {
        let (is_success, told) = self.says(arguments)?;
        assert!(!is_success && told.contains(reason), "not {reason}: {told}");
        Ok(())
    }

    /// Changes the source and says `run`, which has to fail at a point; gives the command that it names to go on.
    async fn fails(&self, point: &str) -> Result<Vec<String>, Box<dyn std::error::Error>> {
        self.fragile.change().await?;
        self.fragile.fail_at(point, "internal always")?;
        let (is_success, told) = self.says(&["run", "--wait"])?;
        assert!(!is_success && told.contains("Starlift.Internal") && told.contains(point), "{told}");
        let command = told.lines().find_map(|line| line.strip_prefix("go on from there with: starlift "));
        let words = command.ok_or("no command")?.split(' ').chain(["--wait"]);
        Ok(words.map(str::to_owned).collect())
    }
}

/// Statement 28.
#[tokio::test(flavor = "multi_thread")]
async fn whatever_state_failed_it_is_redriven_days_later_after_newer_runs_and_a_hot_fix_and_only_once() -> Outcome {
    let operator = Operator::lifted().await?;
    let (fragile, stack) = (&operator.fragile, &operator.fragile.stack);
    for (n, (point, function)) in (0..).zip(STATES) {
        let day = n * 13;
        operator.on_day(day)?;
        let before = fragile.history().await?;
        let command = operator.fails(point).await?;
        let redrive: Vec<&str> = command.iter().map(String::as_str).collect();
        operator.is_refused(&redrive, point)?;

        // A correction of what was not published is no version of its own.
        let (versions, ended) = if point == "export.before_commit" { (6, 4) } else { (5, 3) };
        // What is broken stays broken; the function gets code that is not.
        stack.replace_code(function, &workspace::target().join("lambda")).await?;
        operator.on_day(day + 1)?;
        fragile.change().await?;
        operator.succeeds(&["run", "--wait"])?;
        fragile.is_whole(before, versions, ended).await?;

        operator.on_day(day + 13)?;
        operator.succeeds(&redrive)?;
        fragile.is_whole(before, versions, ended).await?;
        operator.is_refused(&redrive, "cannot be redriven")?;
        fragile.mend();
        fragile.is_quiet().await?;
        println!("{point}: redriven, equal, nothing twice");
        stack.replace_code(function, &workspace::target().join("lambda-fail")).await?;
    }
    fragile.is_written_once()
}

/// AWS redrives an execution for 14 days.
#[tokio::test(flavor = "multi_thread")]
async fn what_can_no_longer_be_redriven_is_run_anew() -> Outcome {
    let operator = Operator::lifted().await?;
    let before = operator.fragile.history().await?;
    let command = operator.fails("load.before_commit").await?;
    operator.fragile.mend();
    operator.on_day(15)?;
    let redrive: Vec<&str> = command.iter().map(String::as_str).collect();
    operator.is_refused(&redrive, "cannot be redriven")?;
    operator.succeeds(&["run", "--wait"])?;
    operator.fragile.is_whole(before, 3, 2).await
}
