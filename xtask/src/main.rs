//! `cargo xtask`: build, start, demonstrate, test. Everything that is needed besides Rust, a C compiler and Python is set up by the
//! commands themselves, into `.local/` and `target/`.

mod checks;
mod package;
mod step;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

/// Build, start, demonstrate, test Starlift.
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Build the three Lambdas and zip them with the definition into target/lambda/.
    Package {
        /// The pipeline's folder.
        #[arg(long, default_value = "sql/totesys")]
        pipeline: std::path::PathBuf,
        /// Build as for deployment: slow to build, fast to run.
        #[arg(long)]
        release: bool,
    },
    /// Run every check and every test.
    Test,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let outcome = match arguments.command {
        Command::Package { pipeline, release } => {
            package::package(&pipeline, package::Profile::of(release)).map(|_| ())
        }
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
