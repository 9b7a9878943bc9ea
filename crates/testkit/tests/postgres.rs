//! Throw-away PostgreSQL, as the other tests use it.

use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::Duration;

use starlift_testkit::supervise::{self, Signal};
use starlift_testkit::{Cluster, Options, Version, cluster, postgres};

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[tokio::test]
async fn a_database_is_empty_and_gone_after_its_test() -> Outcome {
    let database = cluster().create_database("fleeting").await?;
    let name = database.name().to_owned();
    let client = database.connect().await?;
    let tables: i64 = client.query_one("select count(*) from pg_tables where schemaname = 'public'", &[]).await?.get(0);
    assert_eq!(tables, 0);
    drop(database);
    let outside = postgres::connect(&cluster().url("postgres")).await?;
    let left: i64 = outside.query_one("select count(*) from pg_database where datname = $1", &[&name]).await?.get(0);
    assert_eq!(left, 0);
    Ok(())
}

#[tokio::test]
async fn a_database_made_from_a_template_holds_its_rows() -> Outcome {
    let template = cluster().create_database("template").await?;
    template.connect().await?.batch_execute("create table given as select 7 as n").await?;
    let copy = loop {
        // The template's connection ends a moment after its client.
        match cluster().create_from("copy", &template).await {
            Err(error) if error.to_string().contains("55006") => tokio::task::yield_now().await,
            outcome => break outcome?,
        }
    };
    let n: i32 = copy.connect().await?.query_one("select n from given", &[]).await?.get(0);
    assert_eq!(n, 7);
    Ok(())
}

#[tokio::test]
async fn a_database_is_kept_when_its_test_panics() -> Outcome {
    let own = Cluster::start(Options::default())?;
    let database = own.create_database("evidence").await?;
    let name = database.name().to_owned();
    let failing = thread::spawn(move || {
        let _held = database;
        panic!("a failing test");
    });
    assert!(failing.join().is_err());
    let outside = postgres::connect(&own.url("postgres")).await?;
    let left: i64 = outside.query_one("select count(*) from pg_database where datname = $1", &[&name]).await?.get(0);
    assert_eq!(left, 1);
    let data: String = outside.query_one("show data_directory", &[]).await?.get(0);
    drop(own);
    let scratch = Path::new(&data).parent().ok_or("a data directory without a parent")?;
    assert!(scratch.join("data/PG_VERSION").exists(), "the evidence is still there");
    std::fs::remove_dir_all(scratch)?;
    Ok(())
}

#[tokio::test]
async fn postgresql_18_asks_for_the_password_it_was_made_with() -> Outcome {
    let options = Options { version: Version::V18, password: Some("s3cret".into()), ..Options::default() };
    let locked = Cluster::start(options)?;
    let client = postgres::connect(&locked.url("postgres")).await?;
    let version: String = client.query_one("show server_version", &[]).await?.get(0);
    assert!(version.starts_with("18."), "{version}");
    let refused = postgres::connect(&locked.url("postgres").replace("s3cret", "guess")).await;
    assert!(refused.err().ok_or("a wrong password was accepted")?.to_string().contains("28P01"));
    Ok(())
}

#[tokio::test]
async fn a_restored_cluster_has_forgotten_what_came_after_the_backup() -> Outcome {
    let own = Cluster::start(Options::default())?;
    own.back_up()?;
    postgres::connect(&own.url("postgres")).await?.batch_execute("create table late ()").await?;
    own.restore()?;
    let client = postgres::connect(&own.url("postgres")).await?;
    let late: bool = client.query_one("select to_regclass('late') is not null", &[]).await?.get(0);
    assert!(!late);
    Ok(())
}

#[test]
fn a_server_ends_when_the_process_that_started_it_is_killed() -> Outcome {
    let scratch = tempfile::tempdir()?.keep();
    let mut starter = Command::new("sleep").arg("1000").stdout(Stdio::piped()).spawn()?;
    let pipe = starter.stdout.take().ok_or("no pipe")?;
    let mut server = supervise::command(Signal::Term, Some(&scratch), Path::new("sleep"))
        .arg("1000")
        .stdin(pipe)
        .process_group(0)
        .spawn()?;
    starter.kill()?;
    starter.wait()?;
    assert!(!server.wait()?.success());
    while scratch.exists() {
        thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

#[tokio::test]
async fn a_standby_shows_what_its_primary_has_committed_and_cannot_be_written() -> Outcome {
    let primary = Cluster::start(Options { password: Some("secret".into()), ..Options::default() })?;
    let standby = primary.stand_by()?;
    let database = primary.create_database("followed").await?;
    database.connect().await?.batch_execute("create table given as select 7 as n").await?;
    standby.follow(&primary).await?;
    let client = postgres::connect(&standby.url(database.name())).await?;
    let n: i32 = client.query_one("select n from given", &[]).await?.get(0);
    assert_eq!(n, 7);
    let refused = client.batch_execute("insert into given values (8)").await.expect_err("is read only");
    assert_eq!(refused.code().map(tokio_postgres::error::SqlState::code), Some("25006"));
    Ok(())
}
