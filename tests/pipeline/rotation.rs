//! Passwords that change while a run is on its way.

use serde_json::json;
use starlift_testkit::{Blueprint, Cluster, Held, Options, Stack, When, Wire, local_aws, source};

use crate::support::{ONE_SALE, Outcome, change_secret, failures};

const SOURCE: &str = "Project";
const LOADER: &str = "warehouse-db-credentials";
const MIGRATOR: &str = "warehouse-db-migrator";

/// Gives the role of a secret another password, and then the secret.
async fn rotate(stack: &Stack, secret: &str, password: &str) -> Outcome {
    let document = change_secret(stack, secret, |document| document["password"] = json!(password))?;
    let role = document["username"].as_str().ok_or("a role")?;
    Ok(stack.warehouse.connect().await?.batch_execute(&format!("alter role {role} password '{password}'")).await?)
}

/// A run of a sale during which a password is rotated where a connection is held; no attempt fails.
async fn runs_on(stack: &Stack, mut held: Held, secret: &str, password: &str) -> Outcome {
    stack.source.connect().await?.batch_execute(ONE_SALE).await?;
    let execution = stack.start().await?;
    held.reached().await?;
    rotate(stack, secret, password).await?;
    drop(held);
    let run = stack.wait(&execution).await?.succeeded()?;
    assert_eq!(failures(stack, &run)?, (0, 0), "attempts that failed, and ends");
    assert_eq!(run.sum("Load", "versions"), 2, "a sale and its payment");
    Ok(stack.agree().await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_rotated_between_steps_or_while_a_step_connects_fails_no_attempt() -> Outcome {
    let guarded = Cluster::start(Options { password: Some("superuser".to_owned()), ..Options::default() })?;
    let database = guarded.create_database("source").await?;
    source::demo_source(&database.connect().await?, 50).await?;
    let blueprint = Blueprint { warehouse: Some(guarded.clone()), migrated: false, ..Blueprint::default() };
    let stack = Stack::build(local_aws(), database, &blueprint).await?;
    for secret in [SOURCE, LOADER, MIGRATOR] {
        rotate(&stack, secret, "first").await?;
    }
    let (source, warehouse) = (Wire::to(guarded.port()).await?, Wire::to(guarded.port()).await?);
    for (secret, wire) in [(SOURCE, &source), (LOADER, &warehouse)] {
        change_secret(&stack, secret, |document| document["port"] = json!(wire.port()))?;
    }
    stack.migrate()?;
    stack.run().await?.succeeded()?;

    // The function that publishes has connected in Begin, and its process is the same in Load.
    runs_on(&stack, source.hold(When::Said("copy")), LOADER, "second").await?;
    // By the time that the first byte is on the wire, the secret has been read.
    runs_on(&stack, source.hold(When::Sent(0)), SOURCE, "third").await?;
    runs_on(&stack, warehouse.hold(When::Sent(0)), LOADER, "fourth").await
}
