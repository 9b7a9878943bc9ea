//! `cargo xtask`: build, start, demonstrate, test. Everything that is needed besides Rust, a C compiler and Python is set up by the
//! commands themselves, into `.local/` and `target/`.

mod archive;
mod bench;
mod checks;
mod cross;
mod demo;
mod fail_points;
mod glibc;
mod local;
mod package;
mod readme;
mod reproducible;
mod sbom;
mod soak;
mod stages;
mod step;
mod terraform;
mod verify;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand};
use starlift_testkit::Result;

use crate::cross::Architecture;
use crate::package::Profile;

/// Build, start, demonstrate, test Starlift.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the three Lambdas and zip them with the definition into target/lambda/, each with its bill of materials, and for tests into
    /// target/lambda-fail/ too.
    Package {
        /// The pipeline's folder.
        #[arg(long, default_value = "sql/totesys")]
        pipeline: PathBuf,
        /// Build as for deployment: slow to build, fast to run.
        #[arg(long)]
        release: bool,
        /// For which processor of AWS; this machine's unless it is given.
        #[arg(long, requires = "release")]
        architecture: Option<Architecture>,
        /// Build a second time, in another folder, and fail if a zip differs.
        #[arg(long)]
        verify: bool,
    },
    /// A whole pipeline on this machine.
    #[command(subcommand)]
    Local(Local),
    /// Show the whole way of a row, from nothing.
    Demo(demo::Options),
    /// Measure speed and memory, and compare with a plain copy.
    Bench(bench::Options),
    /// Make the proofs at random until the time is up.
    Soak(soak::Options),
    /// Check the Terraform module: a part of test.
    Terraform,
    /// Run every check and every test.
    Test,
}

#[derive(Subcommand)]
enum Local {
    /// Start it, or bring it up to date.
    Up(local::Options),
    /// Say what runs.
    Status,
    /// Stop it. The data stays.
    Down,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.command {
        Command::Package { pipeline, release, architecture, verify } => {
            let profile = architecture.map_or_else(|| Profile::of(release), Profile::Release);
            package_and_verify(&pipeline, profile, verify)
        }
        Command::Local(Local::Up(options)) => local::up(&options).await,
        Command::Local(Local::Status) => match local::status() {
            Ok(false) => return ExitCode::FAILURE,
            other => other.map(|_| ()),
        },
        Command::Local(Local::Down) => local::down(),
        Command::Demo(options) => demo::demo(&options).await,
        Command::Bench(options) => bench::bench(&options).await,
        Command::Soak(options) => soak::soak(&options),
        Command::Terraform => terraform::check(),
        Command::Test => checks::test(),
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\nerror: {error}");
            ExitCode::FAILURE
        }
    }
}

/// What is deployed, and, unless it is built for that, what the tests need.
fn package_all(pipeline: &Path, profile: Profile) -> Result<Vec<PathBuf>> {
    if profile == Profile::Dev {
        fail_points::package()?;
    }
    package::package(pipeline, profile)
}

fn package_and_verify(pipeline: &Path, profile: Profile, verify: bool) -> Result<()> {
    let zips = package_all(pipeline, profile)?;
    if verify { verify::verify(pipeline, profile, &zips) } else { Ok(()) }
}
