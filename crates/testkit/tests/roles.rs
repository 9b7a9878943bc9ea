//! The roles of `sql/roles`, made by a user with the rights of an RDS master user, can do what they are for and nothing more.

use starlift_testkit::{Cluster, Options, logins, postgres};
use tokio_postgres::Client;

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// A server with a database that belongs to a role which may make roles and databases, and is no superuser.
async fn managed(database: &str) -> Result<(Cluster, String), Box<dyn std::error::Error>> {
    let server = Cluster::start(Options::default())?;
    let client = postgres::connect(&server.url("postgres")).await?;
    client.batch_execute("create role master login createrole createdb").await?;
    client.batch_execute(&format!("create database {database} owner master")).await?;
    let url = logins::url_as(&server.url(database), "master");
    Ok((server, url))
}

async fn assert_refused(client: &Client, statements: &[&str]) {
    for statement in statements {
        let error = client.batch_execute(statement).await.expect_err(statement);
        assert_eq!(error.code().map(|code| code.code()), Some("42501"), "{statement}: {error:?}");
    }
}

#[tokio::test]
async fn a_sources_login_reads_the_tables_of_its_schema_also_later_ones_and_sees_statistics_only_when_granted()
-> Outcome {
    let (server, url) = managed("source").await?;
    let master = postgres::connect(&url).await?;
    master
        .batch_execute("create table before (n int); create schema private; create table private.pay (n int)")
        .await?;
    for _ in 0..2 {
        logins::run_roles(&url, "source.sql", &[("login", "Ingest 1")])?;
    }
    master.batch_execute("create table later (n int)").await?;

    let reader = postgres::connect(&url.replace("master", "Ingest%201")).await?;
    reader
        .batch_execute("begin; lock table before, later in access share mode; select from before, later; commit")
        .await?;
    let refused =
        ["insert into later values (1)", "delete from before", "create table mine ()", "select from private.pay"];
    assert_refused(&reader, &refused).await;

    let statistics = "select pg_has_role(current_user, 'pg_read_all_stats', 'usage')";
    assert!(!reader.query_one(statistics, &[]).await?.get::<_, bool>(0));
    logins::run_roles(&server.url("source"), "source_statistics.sql", &[("login", "Ingest 1")])?;
    assert!(reader.query_one(statistics, &[]).await?.get::<_, bool>(0));
    Ok(())
}

#[tokio::test]
async fn a_warehouses_migrator_makes_schemas_and_hands_on_rights_and_neither_login_owns_the_database_or_makes_roles()
-> Outcome {
    let (_server, url) = managed("warehouse").await?;
    for _ in 0..2 {
        logins::run_roles(&url, "warehouse.sql", &[("migrator", "migrate"), ("loader", "publish")])?;
        logins::run_roles(&url, "warehouse_reader.sql", &[("login", "reports")])?;
    }
    let [migrator, loader, reader] = ["migrate", "publish", "reports"].map(|login| url.replace("master", login));
    let (migrator, loader) = (postgres::connect(&migrator).await?, postgres::connect(&loader).await?);
    migrator
        .batch_execute(
            "create schema etl;
             grant usage, create on schema etl, public to starlift_migrator;
             grant usage on schema etl, public to starlift_loader, starlift_reader;
             grant temporary on database warehouse to starlift_loader;
             set role starlift_migrator;
             create table etl.run (n int); create table dim_x (n int);
             grant select, insert on etl.run to starlift_loader;
             grant select on dim_x to starlift_reader;
             reset role",
        )
        .await?;
    assert_refused(&migrator, &["create role other", "drop database warehouse", "alter role publish createrole"]).await;
    loader.batch_execute("create temporary table staged (n int); insert into etl.run values (1)").await?;
    assert_refused(
        &loader,
        &["drop table etl.run", "delete from etl.run", "create table mine ()", "create role other"],
    )
    .await;
    let reader = postgres::connect(&reader).await?;
    reader.batch_execute("select from dim_x").await?;
    assert_refused(&reader, &["select from etl.run", "insert into dim_x values (1)"]).await;
    Ok(())
}
