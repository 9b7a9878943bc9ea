//! A secret that changes while a connection is being made: it is read once more when the server refuses, and not otherwise.

use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};
use starlift_failure::{Failure, FailureKind};
use starlift_postgres::{SessionOptions, connect_by_secret};
use starlift_testkit::{Cluster, Options};

type Outcome = Result<(), Box<dyn std::error::Error>>;

/// A server with two users of one group, as rotation with alternating users has them: one may log in, the other's password is new.
async fn alternating() -> Result<Cluster, Box<dyn std::error::Error>> {
    let server = Cluster::start(Options { password: Some("superuser".to_owned()), ..Options::default() })?;
    let client = starlift_testkit::postgres::connect(&server.url("postgres")).await?;
    client
        .batch_execute(
            "create role loaders;
             create role load_a login password 'new-a' in role loaders;
             create role load_b login password 'new-b' in role loaders;
             create role load_c nologin password 'new-c' in role loaders",
        )
        .await?;
    Ok(server)
}

/// Connects while the secret says these things one after another. Gives the user that it came to and how often the secret was read.
async fn connect(server: &Cluster, said: &[Value]) -> (Result<String, Failure>, usize) {
    let minute = Duration::from_secs(60);
    let options = SessionOptions {
        application_name: "starlift/test".to_owned(),
        read_only: true,
        statement_timeout: minute,
        idle_in_transaction_timeout: minute,
        lock_timeout: minute,
    };
    let reads = Mutex::new(0);
    let read = || {
        let mut count = reads.lock().expect("no panic");
        let mut document = said[(*count).min(said.len() - 1)].clone();
        *count += 1;
        document["host"] = json!("127.0.0.1");
        document["port"] = json!(server.port());
        document["dbname"] = json!("postgres");
        std::future::ready(Ok(document.to_string()))
    };
    let session = connect_by_secret("Project", read, &options).await;
    let user = match session {
        Ok(session) => Ok(session.client.query_one("select current_user::text", &[]).await.expect("an answer").get(0)),
        Err(failure) => Err(failure),
    };
    let count = *reads.lock().expect("no panic");
    (user, count)
}

fn login(username: &str, password: &str) -> Value {
    json!({"username": username, "password": password})
}

#[tokio::test(flavor = "multi_thread")]
async fn a_refused_login_is_tried_once_more_as_the_secret_says_then_with_another_password_or_user() -> Outcome {
    let server = alternating().await?;
    let rotated = [
        (login("load_a", "old-a"), login("load_a", "new-a"), "load_a"),
        (login("load_a", "old-a"), login("load_b", "new-b"), "load_b"),
        (login("load_c", "new-c"), login("load_b", "new-b"), "load_b"),
        (login("gone", "old"), login("load_b", "new-b"), "load_b"),
    ];
    for (before, after, user) in rotated {
        let (connected, reads) = connect(&server, &[before, after]).await;
        assert_eq!((connected?.as_str(), reads), (user, 2));
    }
    let (connected, reads) = connect(&server, &[login("load_b", "new-b")]).await;
    assert_eq!((connected?.as_str(), reads), ("load_b", 1));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_login_that_is_refused_twice_is_denied_and_names_the_secret_and_no_password() -> Outcome {
    let server = alternating().await?;
    let (refused, reads) = connect(&server, &[login("load_a", "hunter2"), login("load_b", "hunter3")]).await;
    let failure = refused.expect_err("both passwords are wrong");
    assert_eq!((failure.kind, reads), (FailureKind::Denied, 2));
    assert!(failure.message.contains("secret Project") && !failure.message.contains("hunter"), "{failure}");
    Ok(())
}
