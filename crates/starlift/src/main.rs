//! The operator's command line: starts, watches and redrives executions; checks definitions and shows what models give.
//!
//! Results go to standard output, everything said along the way to standard error. A command that did what was asked ends with 0, one
//! that found or met a failure with 1, a command line that says nothing sensible with 2.

mod arn;
mod catalogs;
mod check;
mod cost;
mod database;
mod error;
mod event;
mod findings;
#[cfg(test)]
mod fixture;
mod follow;
mod history;
mod options;
mod publications;
mod quarantine;
mod reconcile;
mod redrive;
mod replay;
mod reply;
mod report;
mod run;
mod runs;
mod sample;
mod show;
mod stack;
mod target;
mod text;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::CliError;

#[derive(Parser)]
#[command(
    version,
    about = "Lifts an operational PostgreSQL database into a star schema: runs the pipeline and checks its definition"
)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Start an execution of the pipeline
    Run(run::Arguments),
    /// List executions, the newest first, and what each has published
    ///
    /// What they have published is read in the warehouse that is named, or in that of the local stack.
    Runs(runs::Arguments),
    /// Add up what the last executions cost, from their own figures
    ///
    /// What is paid by the month, whether anything runs or not, is not in it.
    Cost(cost::Arguments),
    /// Let an execution that failed go on where it failed
    Redrive(redrive::Arguments),
    /// Rebuild an empty warehouse from what was read before
    Replay(replay::Arguments),
    /// List the rows that are held back or point to an unknown member, with the reason of each
    ///
    /// They are read in the warehouse that is named, or in that of the local stack.
    Quarantine(quarantine::Arguments),
    /// Compare the rows of the warehouse with those of the source, key by key where they differ
    ///
    /// Without --source and --warehouse those of the local stack are compared.
    Reconcile(reconcile::Arguments),
    /// Check a definition, against a live source and warehouse where they are named
    Check(check::Arguments),
    /// Show the first rows that a model gives, computed from a live source
    ///
    /// Without --source that of the local stack is read; with --warehouse the rows have to fit its target table, without it the model's own types
    /// are taken.
    Show(show::Arguments),
}

#[tokio::main]
async fn main() -> ExitCode {
    match dispatch(CommandLine::parse().command).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Runs a command; gives whether what it looked at is well.
async fn dispatch(command: Command) -> Result<bool, CliError> {
    match command {
        Command::Run(arguments) => run::run(arguments).await,
        Command::Runs(arguments) => runs::run(arguments).await,
        Command::Cost(arguments) => cost::run(arguments).await,
        Command::Redrive(arguments) => redrive::run(arguments).await,
        Command::Replay(arguments) => replay::run(arguments).await,
        Command::Quarantine(arguments) => quarantine::run(arguments).await,
        Command::Reconcile(arguments) => reconcile::run(arguments).await,
        Command::Check(arguments) => check::run(arguments).await,
        Command::Show(arguments) => show::run(arguments).await,
    }
}
