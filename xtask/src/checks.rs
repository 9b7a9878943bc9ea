//! `cargo xtask test`: every check and every test, in the order in which they fail fastest.

use std::path::PathBuf;
use std::process::Command;

use starlift_testkit::{Result, python, workspace};

use crate::package::{self, Profile};
use crate::{fail_points, readme, step, terraform};

/// The version of cargo-deny that the checks are written for.
const CARGO_DENY: &str = "0.20.2";

/// How many tests of one binary run at once, on the two cores that the limits of this project are about.
const TESTS_AT_ONCE: &str = "4";

/// Runs every check and every test; the last lines are the test runner's own.
///
/// # Errors
/// The first check or test that fails.
pub(crate) fn test() -> Result<()> {
    step::run("checking the format of the code", step::cargo().args(["fmt", "--all", "--check"]))?;
    state_machine()?;
    // First: the build for deployment leaves its binaries, not these.
    fail_points::package()?;
    package::package("sql/totesys".as_ref(), Profile::Dev)?;
    // The examples name the zips, and have to be told when there are none.
    terraform::check()?;
    lint()?;
    readme::check()?;
    dependencies()?;
    // Most tests wait most of the time: for functions, databases, and clocks that faults are measured by.
    let mut tests = step::cargo();
    step::run("running the tests", tests.args(["test", "--workspace"]).env("RUST_TEST_THREADS", TESTS_AT_ONCE))
}

fn lint() -> Result<()> {
    for (what, features) in [("linting with clippy", &[][..]), ("linting the fail points", &fail_points::FEATURES)] {
        let mut clippy = step::cargo();
        clippy.args(["clippy", "--workspace", "--all-targets", "--quiet"]).args(features);
        step::run(what, clippy.args(["--", "--deny", "warnings"]))?;
    }
    let mut rustdoc = step::cargo();
    rustdoc.args(["doc", "--workspace", "--no-deps", "--quiet"]).env("RUSTDOCFLAGS", "--deny warnings");
    step::run("building the documentation", &mut rustdoc)
}

/// The state machine's definition and the local AWS that runs it.
fn state_machine() -> Result<()> {
    let python = python::environment()?.program("python");
    let script = |name: &str| {
        let mut command = Command::new(&python);
        command.current_dir(workspace::root()).arg(format!("local/{name}"));
        command
    };
    step::run("validating the state machine", &mut script("validate_asl.py"))?;
    step::run("linting the state machine", &mut script("lint_asl.py"))?;
    step::run(
        "comparing the README's diagram with the state machine",
        script("diagram.py").args(["--check", "README.md"]),
    )?;
    step::run(
        "comparing the lists of Terraform's inputs and outputs with its files",
        script("module_docs.py").args(["--check", "terraform/README.md"]),
    )?;
    let mut tests = Command::new(&python);
    tests.current_dir(workspace::root()).args(["-m", "unittest", "discover", "--start-directory", "local/tests"]);
    step::run("testing the local AWS", tests.args(["--top-level-directory", "local"]))
}

/// Bans, licenses and sources of the dependencies.
fn dependencies() -> Result<()> {
    let deny = cargo_deny()?;
    let mut check = Command::new(deny);
    check.current_dir(workspace::root()).args(["--workspace", "check", "bans", "licenses", "sources"]);
    step::run("checking the dependencies", &mut check)
}

/// cargo-deny of the pinned version, installed into `target/tools` when it is not there.
fn cargo_deny() -> Result<PathBuf> {
    let root = workspace::target().join("tools");
    let program = root.join("bin/cargo-deny");
    let version = Command::new(&program).arg("--version").output();
    if version.is_ok_and(|output| String::from_utf8_lossy(&output.stdout).contains(CARGO_DENY)) {
        return Ok(program);
    }
    // Unoptimised: it is used once or twice, and built in a third of the time.
    let mut install = step::cargo();
    install.args(["install", "cargo-deny", "--locked", "--debug", "--version", CARGO_DENY, "--root"]).arg(&root);
    step::run("installing cargo-deny (some minutes, once)", &mut install)?;
    Ok(program)
}
