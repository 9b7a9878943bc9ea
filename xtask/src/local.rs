//! `cargo xtask local up | status | down`: a whole pipeline on this machine that outlives the command.
//!
//! `up` may be repeated: what is there and right is kept. `down` stops exactly what `up` started, and keeps the data.

pub(crate) mod databases;
pub(crate) mod home;
pub(crate) mod server;
pub(crate) mod stack_file;

use std::path::PathBuf;

use serde_json::json;
use starlift_testkit::aws::Aws;
use starlift_testkit::local_aws::{self, REGION};
use starlift_testkit::provision::{Document, provision};
use starlift_testkit::{Error, Result, stack, workspace};

use crate::package::{self, Profile};
use crate::step;
use databases::Databases;
use home::Home;
use stack_file::StackFile;

/// An access key of the default account, which the command line uses too.
pub(crate) const ACCESS_KEY: &str = "test";

/// What a local stack is made of.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// The pipeline's folder.
    #[arg(long, default_value = "sql/totesys", value_name = "FOLDER")]
    pub(crate) pipeline: PathBuf,
    /// A source database; without it an embedded PostgreSQL holds one.
    #[arg(long, value_name = "URL")]
    pub(crate) source: Option<String>,
    /// A warehouse database; without it an embedded PostgreSQL holds one.
    #[arg(long, value_name = "URL")]
    pub(crate) warehouse: Option<String>,
    /// Build the Lambdas as for deployment: slow to build, fast to run.
    #[arg(long)]
    pub(crate) release: bool,
    /// Take the Lambdas' zips from a folder instead of building them: those of a deployment, for example.
    #[arg(long, value_name = "FOLDER", conflicts_with = "release")]
    pub(crate) zips: Option<PathBuf>,
}

/// `local up`: see [`start`].
///
/// # Errors
/// As [`start`], or the demo's stack is up.
pub(crate) async fn up(options: &Options) -> Result<()> {
    let _alone = Home::lock()?;
    if Home::demo().is_up() {
        return Err(Error::Missing("the demo's stack is up; stop it first with: cargo xtask local down".into()));
    }
    println!("{}", start(&Home::stack(), options).await?);
    Ok(())
}

/// The folder of the zips: those that are given, or those of a build. The command line is built either way.
fn zips(options: &Options) -> Result<PathBuf> {
    let Some(folder) = &options.zips else {
        package::package(&options.pipeline, Profile::of(options.release))?;
        return Ok(workspace::target().join("lambda"));
    };
    step::run("building what is not in the zips", step::cargo().args(["build", "--workspace"]))?;
    std::path::absolute(folder).map_err(Error::at(folder))
}

/// Starts what does not run, makes what is not there, migrates the warehouse and describes it in `.local/stack.json`.
///
/// # Errors
/// The first step that fails; what it started before stays and is kept by the next call.
pub(crate) async fn start(home: &Home, options: &Options) -> Result<StackFile> {
    let folder = workspace::root().join(&options.pipeline);
    let pipeline = stack::read_pipeline(&folder)?;
    let zips = zips(options)?;
    let databases = Databases::ensure(home, options, &pipeline.name, &folder).await?;
    let port = server::ensure(home)?;

    step::say("making the pipeline's resources on local AWS");
    let aws = Aws::new(local_aws::endpoint(port), REGION.to_owned(), ACCESS_KEY.to_owned());
    let mut document = Document::of(&pipeline.name, &zips);
    document.add_secret(&pipeline.source.secret, databases.reader, "ingest");
    document.add_secret(&pipeline.warehouse.secret, databases.loader, "load");
    if let Some(secret) = &pipeline.warehouse.migrator_secret {
        document.add_secret(secret, databases.migrator, "load");
    }
    let resources = provision(&aws, &document, true)?;

    step::say("migrating the warehouse");
    let answer = aws.invoke(&resources.functions["load"], &json!({"action": "migrate"}))?;
    let applied = answer["applied"].as_array().map_or(0, Vec::len);
    eprintln!("    {applied} migrations applied");

    let stack = StackFile::new(resources, databases.source_url, databases.warehouse_url, options.pipeline.clone());
    stack.write()?;
    step::say(&format!("the local stack is up, described in {}", StackFile::path().display()));
    Ok(stack)
}

/// Says what runs. Returns whether all of a stack does.
///
/// # Errors
/// PostgreSQL's programs are not to be had.
pub(crate) fn status() -> Result<bool> {
    let mut complete = false;
    for home in Home::all() {
        let (aws, postgres) = (server::running(&home), home.postgres_port()?);
        if aws.is_none() && postgres.is_none() {
            continue;
        }
        println!("{}", home.folder().display());
        println!("  local AWS   {}", aws.map_or("not running".into(), local_aws::endpoint));
        println!("  PostgreSQL  {}", postgres.map_or("not running".into(), |port| format!("127.0.0.1:{port}")));
        complete |= aws.is_some();
    }
    match StackFile::read() {
        Some(stack) if complete => println!("{stack}"),
        _ => println!("no local stack is up; start one with: cargo xtask local up"),
    }
    Ok(complete && StackFile::read().is_some())
}

/// `local down`: see [`stop_all`].
///
/// # Errors
/// As [`stop_all`].
pub(crate) fn down() -> Result<()> {
    let _alone = Home::lock()?;
    stop_all()
}

/// Stops every local stack of this repository. The data stays.
///
/// # Errors
/// Something that was started does not stop.
pub(crate) fn stop_all() -> Result<()> {
    let mut stopped = false;
    for home in Home::all() {
        stopped |= server::stop(&home)?;
        stopped |= home.stop_postgres()?;
    }
    StackFile::remove()?;
    step::say(if stopped { "the local stack is down; its data stays in .local" } else { "nothing was running" });
    Ok(())
}
