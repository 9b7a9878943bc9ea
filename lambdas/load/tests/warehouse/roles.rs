//! The logins that an administrator's secret makes: those of `sql/roles/warehouse.sql`, with the passwords of their secrets.

use starlift_failure::FailureKind;
use starlift_lake::messages::{LoadRequest, MigrateReply};
use starlift_load::{Reply, load};
use starlift_testkit::{Cluster, Options, logins, postgres};

use crate::Outcome;
use crate::world::{World, shop};

/// Who is on a server besides its superuser, what they may do, and of which groups they are members.
const ROLES: &str = "
    select rolname || ' ' || rolcanlogin || rolsuper || rolcreaterole || rolcreatedb || ' '
           || coalesce((select string_agg(m.roleid::regrole || ' ' || m.admin_option, ', ' order by 1)
                          from pg_auth_members m where m.member = pg_roles.oid), '')
      from pg_roles where rolname like 'starlift%' or rolname in ('migrate', 'publish') order by 1";
/// What the migrator may do in the database and its schema public, and may hand on.
const RIGHTS: &str = "
    select a.privilege_type || ' ' || a.is_grantable
      from pg_database d cross join aclexplode(d.datacl) a
     where d.datname = current_database() and a.grantee = 'migrate'::regrole
     union all
    select a.privilege_type || ' ' || a.is_grantable
      from pg_namespace n cross join aclexplode(n.nspacl) a
     where n.nspname = 'public' and a.grantee = 'migrate'::regrole
     order by 1";

/// A server with passwords, and on it a database of a role that may make roles and is no superuser, as the master user of RDS.
async fn managed() -> Result<Cluster, Box<dyn std::error::Error>> {
    let server = Cluster::start(Options { password: Some("superuser".to_owned()), ..Options::default() })?;
    let client = postgres::connect(&server.url("postgres")).await?;
    client.batch_execute("create role master login password 'master' createrole createdb").await?;
    client.batch_execute("create database warehouse owner master").await?;
    Ok(server)
}

/// A world whose warehouse is on such a server, where nobody has made its logins.
async fn unprepared(server: &Cluster) -> Result<World, Box<dyn std::error::Error>> {
    let world = World::new(&shop()).await?;
    for (secret, login) in [("shop-migrator", "migrate"), ("shop-loader", "publish")] {
        world.put_secret(secret, &secret_text(server, login, &format!("of {login}"))).await?;
    }
    world.put_secret("administrator", r#"{"username": "master", "password": "master"}"#).await?;
    Ok(world)
}

fn secret_text(server: &Cluster, login: &str, password: &str) -> String {
    let port = server.port();
    format!(
        r#"{{"host": "127.0.0.1", "port": {port}, "username": "{login}", "password": "{password}", "dbname": "warehouse"}}"#
    )
}

async fn migrate(world: &World, administrator: Option<&str>) -> Result<MigrateReply, starlift_failure::Failure> {
    let administrator = administrator.map(str::to_owned);
    match load(world.context.clone(), LoadRequest::Migrate { administrator }).await? {
        Reply::Migrate(reply) => Ok(reply),
        other => panic!("migrate answered {other:?}"),
    }
}

async fn column(server: &Cluster, query: &str) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let rows = postgres::connect(&server.url("warehouse")).await?.query(query, &[]).await?;
    Ok(rows.iter().map(|row| row.get(0)).collect())
}

#[tokio::test]
async fn one_migration_makes_the_logins_of_the_file_and_they_log_in_with_the_passwords_of_their_secrets() -> Outcome {
    let (server, by_hand) = (managed().await?, managed().await?);
    let world = unprepared(&server).await?;
    let first = migrate(&world, Some("administrator")).await?;
    assert_eq!(first.logins, ["migrate", "publish"]);
    assert!(!first.applied.is_empty(), "the migrator has logged in, and migrated");

    let url = logins::url_as(&by_hand.url("warehouse"), "master").replace("superuser", "master");
    logins::run_roles(&url, "warehouse.sql", &[("migrator", "migrate"), ("loader", "publish")])?;
    assert_eq!(column(&server, ROLES).await?, column(&by_hand, ROLES).await?);
    assert_eq!(column(&server, RIGHTS).await?, column(&by_hand, RIGHTS).await?);
    assert_eq!(column(&server, RIGHTS).await?.len(), 4);

    // The secret is what counts: an administrator's migration brings the server in line with it.
    world.put_secret("shop-migrator", &secret_text(&server, "migrate", "another")).await?;
    let failure = migrate(&world, None).await.expect_err("the server knows another password");
    assert_eq!(failure.kind, FailureKind::Denied, "{failure}");
    let second = migrate(&world, Some("administrator")).await?;
    assert!(second.logins.is_empty() && second.applied.is_empty(), "{second:?}");
    migrate(&world, None).await?;
    Ok(())
}

#[tokio::test]
async fn an_administrator_who_may_not_make_roles_is_told_so_and_no_password_is_shown() -> Outcome {
    let server = managed().await?;
    let world = unprepared(&server).await?;
    let superuser = postgres::connect(&server.url("postgres")).await?;
    superuser.batch_execute("alter role master nocreaterole").await?;
    let failure = migrate(&world, Some("administrator")).await.expect_err("no right to make roles");
    assert_eq!(failure.kind, FailureKind::Denied, "{failure}");
    assert!(failure.message.contains("making the group roles"), "{failure}");

    world.put_secret("administrator", "hunter2").await?;
    let malformed = migrate(&world, Some("administrator")).await.expect_err("no JSON");
    assert_eq!(malformed.kind, FailureKind::Denied, "{malformed}");
    assert!(malformed.message.contains("administrator") && !malformed.message.contains("hunter2"), "{malformed}");
    Ok(())
}

#[tokio::test]
async fn an_administrator_who_does_not_own_the_database_is_told_to() -> Outcome {
    let server = managed().await?;
    let world = unprepared(&server).await?;
    let superuser = postgres::connect(&server.url("postgres")).await?;
    superuser.batch_execute("alter database warehouse owner to postgres").await?;
    let failure = migrate(&world, Some("administrator")).await.expect_err("nothing was granted");
    assert_eq!(failure.kind, FailureKind::Denied, "{failure}");
    assert!(failure.message.contains(r#"make it the owner of the database "warehouse""#), "{failure}");

    // What the owner has granted by hand is as good.
    let owner = postgres::connect(&server.url("warehouse")).await?;
    owner
        .batch_execute(
            "grant create, temporary on database warehouse to migrate with grant option;
             grant usage, create on schema public to migrate with grant option",
        )
        .await?;
    assert!(!migrate(&world, Some("administrator")).await?.applied.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_login_by_iam_gets_no_password_and_is_in_the_role_that_takes_tokens() -> Outcome {
    let server = managed().await?;
    let world = unprepared(&server).await?;
    let superuser = postgres::connect(&server.url("postgres")).await?;
    superuser.batch_execute("create role rds_iam; grant rds_iam to master with admin option").await?;
    let text = secret_text(&server, "migrate", "a token").replace('}', r#", "iam": true}"#);
    world.put_secret("shop-migrator", &text).await?;

    // This server is on loopback, where no token is said.
    let failure = migrate(&world, Some("administrator")).await.expect_err("a token in plain text");
    assert!(failure.message.contains("TLS"), "{failure}");
    let password: Option<String> =
        superuser.query_one("select rolpassword from pg_authid where rolname = 'migrate'", &[]).await?.get(0);
    assert_eq!(password, None);
    let takes_tokens = "select pg_has_role('migrate', 'rds_iam', 'usage')";
    assert!(superuser.query_one(takes_tokens, &[]).await?.get::<_, bool>(0));

    world.put_secret("shop-migrator", &secret_text(&server, "migrate", "a password again")).await?;
    migrate(&world, Some("administrator")).await?;
    assert!(!superuser.query_one(takes_tokens, &[]).await?.get::<_, bool>(0), "RDS would take no password");
    Ok(())
}
