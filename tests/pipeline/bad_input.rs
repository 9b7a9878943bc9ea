//! Bad input: the execution fails with the right name and says what to do. It leaves nothing half-written that a later run would
//! believe: when the fault is mended, the next run brings everything.

use std::path::Path;

use serde_json::{Value, json};
use starlift_testkit::local_aws::{Behaviour, LocalAws};
use starlift_testkit::{Blueprint, Cluster, Options, Stack, local_aws, source, workspace};

use crate::support::{ONE_SALE, Outcome, change_secret, definition_with, generated, lifted, number, put_secret};

const PUBLICATIONS: &str = "select count(*) from etl.run";

/// Runs a stack that must fail; checks the name, what the message says, and that nothing was published. Gives the execution's ARN.
async fn fails(stack: &Stack, error: &str, said: &[&str]) -> Result<String, Box<dyn std::error::Error>> {
    let client = stack.warehouse.connect().await?;
    let published = number(&client, PUBLICATIONS).await.ok();
    let failed = stack.run().await?;
    let message = failed.message();
    assert_eq!(failed.error.as_deref(), Some(error), "{message}");
    for text in said {
        assert!(message.contains(text), "{text:?} is not in: {message}");
    }
    assert_eq!(number(&client, PUBLICATIONS).await.ok(), published, "a failed run published something");
    Ok(failed.arn)
}

/// Redrives an execution whose fault is mended, and compares the warehouse with the source.
async fn goes_on(stack: &Stack, execution: &str) -> Outcome {
    stack.redrive(execution).await?.succeeded()?;
    stack.agree().await?;
    Ok(())
}

/// Runs a stack whose fault is mended, and compares the warehouse with the source.
async fn recovers(stack: &Stack) -> Outcome {
    stack.run().await?.succeeded()?;
    stack.agree().await?;
    Ok(())
}

async fn stack_with(definition: &Path) -> Result<Stack, Box<dyn std::error::Error>> {
    let blueprint = Blueprint { definition: Some(definition.to_owned()), migrated: false, ..Blueprint::default() };
    Ok(Stack::build(local_aws(), generated(50).await?, &blueprint).await?)
}

/// Deploys the reference definition, migrates by it and runs.
async fn recovers_by_deployment(stack: &Stack) -> Outcome {
    stack.deploy(&workspace::pipeline("totesys"))?;
    stack.migrate()?;
    recovers(stack).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_source_is_retried_and_then_named() -> Outcome {
    let stack = lifted(50).await?;
    let before = change_secret(&stack, "Project", |secret| secret["port"] = json!(1))?;
    stack.source.connect().await?.batch_execute(ONE_SALE).await?;
    let failed = fails(&stack, "Starlift.Transient", &["Project", "127.0.0.1:1"]).await?;
    put_secret(&stack, "Project", &before)?;
    goes_on(&stack, &failed).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_denied_and_names_the_secret() -> Outcome {
    let guarded = Cluster::start(Options { password: Some("hunter2".to_owned()), ..Options::default() })?;
    let database = guarded.create_database("source").await?;
    source::demo_source(&database.connect().await?, 50).await?;
    // The reading role is made without a password, so the one in the secret is wrong.
    let stack = Stack::over(database).await?;
    let failed = fails(&stack, "Starlift.Denied", &["secret Project", "28P01", "password"]).await?;
    let log = stack.logs("ingest")?.join("\n");
    assert!(!log.contains("hunter2"), "the password is in the log");

    let before = change_secret(&stack, "Project", |secret| secret["password"] = json!("right"))?;
    let reader = before["username"].as_str().ok_or("a username")?;
    stack.source.connect().await?.batch_execute(&format!("alter role {reader} password 'right'")).await?;
    goes_on(&stack, &failed).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_secret_is_named() -> Outcome {
    let stack = lifted(50).await?;
    let before = change_secret(&stack, "Project", |_| {})?;
    let delete = json!({"SecretId": "Project", "ForceDeleteWithoutRecovery": true});
    stack.aws.call("secretsmanager", "delete_secret", &delete)?;
    fails(&stack, "Starlift.Denied", &["there is no secret Project"]).await?;
    let create = json!({"Name": "Project", "SecretString": before.to_string()});
    stack.aws.call("secretsmanager", "create_secret", &create)?;
    recovers(&stack).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_warehouse_that_is_not_migrated_says_how_to_migrate() -> Outcome {
    let blueprint = Blueprint { migrated: false, ..Blueprint::default() };
    let stack = Stack::build(local_aws(), generated(50).await?, &blueprint).await?;
    fails(&stack, "Starlift.InvalidDefinition", &["migrate"]).await?;
    stack.migrate()?;
    recovers(&stack).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_key_of_the_pipeline_is_named_with_the_valid_ones() -> Outcome {
    let folder = definition_with("pipeline.toml", |text| text.replace("read = \"full\"", "raed = \"full\""))?;
    let stack = stack_with(folder.path()).await?;
    fails(&stack, "Starlift.InvalidDefinition", &["pipeline.toml", "raed", "read"]).await?;
    recovers_by_deployment(&stack).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_with_a_syntax_error_is_named() -> Outcome {
    let folder = definition_with("models/dim_staff.sql", |text| text.replace("from", "form"))?;
    let stack = stack_with(folder.path()).await?;
    fails(&stack, "Starlift.InvalidDefinition", &["models/dim_staff.sql", "is not SQL"]).await?;
    recovers_by_deployment(&stack).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_without_a_target_table_fails_the_migration_and_the_run() -> Outcome {
    let folder = definition_with("models/dim_extra.sql", |_| "select staff_id from staff".to_owned())?;
    let file = folder.path().join("pipeline.toml");
    let text = std::fs::read_to_string(&file)?;
    std::fs::write(&file, text + "\n[dimensions.dim_extra]\n")?;
    let stack = lifted(50).await?;
    stack.deploy(folder.path())?;
    let refused = stack.migrate().expect_err("is refused").to_string();
    assert!(refused.contains("Starlift.InvalidDefinition") && refused.contains("no table dim_extra"), "{refused}");
    fails(&stack, "Starlift.InvalidDefinition", &["models/dim_extra.sql", "no table dim_extra"]).await?;
    recovers_by_deployment(&stack).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_missing_in_the_source_is_named_with_its_model() -> Outcome {
    let stack = lifted(50).await?;
    let client = stack.source.connect().await?;
    client.batch_execute("alter table staff drop column email_address cascade").await?;
    fails(&stack, "Starlift.SourceChanged", &["email_address", "models/dim_staff.sql"]).await?;
    client.batch_execute("alter table staff add column email_address varchar not null default 'a@b.c'").await?;
    // The oracle's view went with the column: made anew, it sees the new one.
    recovers(&stack).await
}

/// Changes the policy of a function's role; gives what it was.
fn change_policy(stack: &Stack, role: &str, change: impl Fn(&mut Value)) -> Result<Value, Box<dyn std::error::Error>> {
    let named = json!({"RoleName": role, "PolicyName": "starlift"});
    let before = stack.aws.call("iam", "get_role_policy", &named)?["PolicyDocument"].clone();
    let mut policy = before.clone();
    change(&mut policy);
    put_policy(stack, role, &policy)?;
    Ok(before)
}

fn put_policy(stack: &Stack, role: &str, policy: &Value) -> Outcome {
    let put = json!({"RoleName": role, "PolicyName": "starlift", "PolicyDocument": policy.to_string()});
    stack.aws.call("iam", "put_role_policy", &put)?;
    Ok(())
}

/// With the functions' policies enforced; the run before shows that they allow enough.
#[tokio::test(flavor = "multi_thread")]
async fn buckets_that_refuse_writes_are_named() -> Outcome {
    let server = LocalAws::start(&Behaviour { enforce_iam: true, ..Behaviour::default() })?;
    let stack = Stack::build(&server, generated(50).await?, &Blueprint::default()).await?;
    recovers(&stack).await?;
    let client = stack.source.connect().await?;
    let writing = [
        ("ingest", "ingest", "WriteRawObjects"),
        ("transform", "processed", "WriteProcessedObjects"),
        ("ingest", "control", "WriteManifests"),
    ];
    for (function, zone, right) in writing {
        let bucket = &stack.resources.buckets[zone];
        client.batch_execute(ONE_SALE).await?;
        let role = format!("starlift-totesys-{function}");
        let before = change_policy(&stack, &role, |policy| {
            policy["Statement"].as_array_mut().into_iter().for_each(|found| found.retain(|one| one["Sid"] != right));
        })?;
        let failed = fails(&stack, "Starlift.Denied", &[bucket]).await?;
        put_policy(&stack, &role, &before)?;
        goes_on(&stack, &failed).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_warehouse_that_refuses_a_row_is_named_and_the_redrive_publishes_the_same_run() -> Outcome {
    let stack = lifted(50).await?;
    stack.source.connect().await?.batch_execute(ONE_SALE).await?;
    let client = stack.warehouse.connect().await?;
    client.batch_execute("revoke insert on fact_sales_order from starlift_loader").await?;
    let failed = fails(&stack, "Starlift.Denied", &["fact_sales_order", "grant"]).await?;
    client.batch_execute("grant insert on fact_sales_order to starlift_loader").await?;
    goes_on(&stack, &failed).await?;
    assert_eq!(number(&client, PUBLICATIONS).await?, 2);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_business_key_given_twice_fails_the_run_and_publishes_nothing() -> Outcome {
    // Deletions are told by the primary key, so a table with another one is not looked at for them.
    let ambiguous = |text: String| {
        let text = text.replace("key = [\"payment_id\"]", "key = [\"counterparty_id\"]");
        text.replace("deletes = \"detect\", exclude", "exclude")
    };
    let folder = definition_with("pipeline.toml", ambiguous)?;
    let stack = stack_with(folder.path()).await?;
    stack.migrate()?;
    fails(&stack, "Starlift.InvalidData", &["fact_payment", "counterparty_id", "more than once"]).await?;
    recovers_by_deployment(&stack).await
}
