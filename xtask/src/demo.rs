//! `cargo xtask demo`: the whole way of a row, from nothing.
//!
//! A local stack of its own, a source with demo data, a run, a question to the star schema, a day of changes, a second
//! run, and the history of an order that changed. After each run the warehouse is compared with its source.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

use starlift_testkit::aws::Aws;
use starlift_testkit::oracle::Oracle;
use starlift_testkit::postgres::{connect, psql};
use starlift_testkit::{Error, Result, execution, source, workspace};

use crate::local::home::Home;
use crate::local::stack_file::StackFile;
use crate::local::{self, ACCESS_KEY};
use crate::stages::Stages;
use crate::step;

/// The pipeline that the demo shows.
const PIPELINE: &str = "sql/totesys";

/// What the demo shows.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// How many sales orders to generate; there are 3.2 times as many rows of other tables.
    #[arg(long, default_value_t = 10_000, value_name = "N")]
    rows: u32,
    /// Take the source's rows from a folder with a CSV file for each table instead.
    #[arg(long, value_name = "FOLDER")]
    capture: Option<PathBuf>,
    /// Take the Lambdas' zips from a folder instead of building them.
    #[arg(long, value_name = "FOLDER")]
    zips: Option<PathBuf>,
    /// Leave the stack up, and say how to connect.
    #[arg(long)]
    keep: bool,
}

/// Shows the pipeline at work. Stops what it started, also after a failure, unless it is told to keep it.
///
/// # Errors
/// A local stack is up already, or something does not work or does not hold.
pub(crate) async fn demo(options: &Options) -> Result<()> {
    let _alone = Home::lock()?;
    if Home::all().iter().any(Home::is_up) {
        return Err(Error::Missing("a local stack is up; stop it first with: cargo xtask local down".into()));
    }
    let started = Instant::now();
    let home = Home::demo();
    home.clear()?;
    // Ctrl-C ends what is going on and then, like every failure, the stack.
    let shown = tokio::select! {
        shown = show(&home, options) => shown,
        _ = tokio::signal::ctrl_c() => Err(Error::Missing("interrupted".into())),
    };
    if options.keep {
        if let Some(stack) = StackFile::read() {
            eprintln!("\n{stack}\nconnect with   {}", connect_command(&stack.warehouse_url)?);
            eprintln!("stop it with   cargo xtask local down");
        }
    } else {
        local::stop_all()?;
    }
    shown?;
    step::say(&format!("the demo took {:.1} s", started.elapsed().as_secs_f64()));
    Ok(())
}

async fn show(home: &Home, options: &Options) -> Result<()> {
    let zips = options.zips.clone();
    let up = local::Options { pipeline: PIPELINE.into(), source: None, warehouse: None, release: false, zips };
    let stack = local::start(home, &up).await?;
    fill(&stack, options).await?;

    let first = run(&stack).await?;
    compare(&stack).await?;
    ask(&stack, "revenue by month, from the star schema", "revenue_by_month.sql")?;

    step::say("a working day passes in the source: new orders, payments, corrections");
    source::day_of_changes(&connect(&stack.source_url).await?).await?;
    let second = run(&stack).await?;
    compare(&stack).await?;
    ask(&stack, "the versions of an order that was corrected", "history_of_changed_order.sql")?;

    println!("\nFirst run\n{first}\nSecond run\n{second}");
    Ok(())
}

async fn fill(stack: &StackFile, options: &Options) -> Result<()> {
    let client = connect(&stack.source_url).await?;
    if let Some(folder) = &options.capture {
        step::say(&format!("copying {} into the source", folder.display()));
        return source::copy_capture(&client, folder).await;
    }
    step::say(&format!("generating {} sales orders and what belongs to them", options.rows));
    source::generate(&client, options.rows).await
}

/// Runs the pipeline by the operator's command line, which the build of the Lambdas has made too.
async fn run(stack: &StackFile) -> Result<Stages> {
    let program = workspace::target().join("debug/starlift");
    let mut command = Command::new(program);
    command.current_dir(workspace::root()).args(["run", "--wait"]).env_remove("STARLIFT_STATE_MACHINE");
    step::run("starlift run --wait", &mut command)?;
    let aws = Aws::new(stack.resources.endpoint.clone(), stack.resources.region.clone(), ACCESS_KEY.into());
    let states = aws.states().await;
    let latest = execution::latest(&states, &stack.resources.state_machine).await?;
    Ok(Stages::of(&execution::wait(&states, &latest).await?))
}

async fn compare(stack: &StackFile) -> Result<()> {
    let oracle = Oracle::read(&demo_folder().join("oracle"))?;
    oracle.agree(&connect(&stack.source_url).await?, &connect(&stack.warehouse_url).await?).await?;
    step::say("every dimension and every current fact equals what the source says it must be");
    Ok(())
}

/// Shows a query of the demo and its result, as psql prints it.
fn ask(stack: &StackFile, what: &str, file: &str) -> Result<()> {
    let path = demo_folder().join("queries").join(file);
    step::say(&format!("{what} ({PIPELINE}/demo/queries/{file})"));
    let mut command = psql(&stack.warehouse_url)?;
    command.stdin(Stdio::from(File::open(&path).map_err(Error::at(&path))?));
    print!("{}", starlift_testkit::error::run_with_input(&mut command)?);
    Ok(())
}

fn connect_command(url: &str) -> Result<String> {
    let command = psql(url)?;
    Ok(format!("{} {url}", Path::new(command.get_program()).display()))
}

fn demo_folder() -> PathBuf {
    workspace::root().join(PIPELINE).join("demo")
}
