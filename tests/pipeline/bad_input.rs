//! Bad input: the execution fails with the right name, says what to do, and leaves nothing half-written behind.

use std::path::Path;

use serde_json::json;
use starlift_testkit::{Blueprint, Cluster, Options, Stack, local_aws, source};

use crate::support::{Outcome, definition_with, generated, lifted, number};

/// Runs a stack that must fail; checks the name and what the message says.
async fn fails(stack: &Stack, error: &str, said: &[&str]) -> Outcome {
    let failed = stack.run().await?;
    let message = failed.message();
    assert_eq!(failed.error.as_deref(), Some(error), "{message}");
    for text in said {
        assert!(message.contains(text), "{text:?} is not in: {message}");
    }
    Ok(())
}

/// Changes a secret's document in place.
fn change_secret(stack: &Stack, name: &str, change: impl Fn(&mut serde_json::Value)) -> Outcome {
    let got = stack.aws.call("secretsmanager", "get_secret_value", &json!({"SecretId": name}))?;
    let mut document: serde_json::Value = serde_json::from_str(got["SecretString"].as_str().unwrap_or("{}"))?;
    change(&mut document);
    let put = json!({"SecretId": name, "SecretString": document.to_string()});
    stack.aws.call("secretsmanager", "put_secret_value", &put)?;
    Ok(())
}

async fn stack_with(definition: &Path) -> Result<Stack, Box<dyn std::error::Error>> {
    let blueprint = Blueprint { definition: Some(definition.to_owned()), migrated: false, ..Blueprint::default() };
    let stack = Stack::build(local_aws(), generated(50).await?, &blueprint).await?;
    Ok(stack)
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unreachable_source_is_retried_and_then_named() -> Outcome {
    let stack = lifted(50).await?;
    change_secret(&stack, "Project", |secret| secret["port"] = json!(1))?;
    fails(&stack, "Starlift.Transient", &["Project", "127.0.0.1:1"]).await?;
    assert_eq!(number(&stack.warehouse.connect().await?, "select count(*) from etl.run").await?, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_password_is_denied_and_names_the_secret() -> Outcome {
    let guarded = Cluster::start(Options { password: Some("hunter2".to_owned()), ..Options::default() })?;
    let database = guarded.create_database("source").await?;
    source::demo_source(&database.connect().await?, 50).await?;
    // The reading role is made without a password, so the one in the secret is wrong.
    let stack = Stack::over(database).await?;
    fails(&stack, "Starlift.Denied", &["secret Project", "28P01", "password"]).await?;
    let log = stack.logs("ingest")?.join("\n");
    assert!(!log.contains("hunter2"), "the password is in the log");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_missing_secret_is_named() -> Outcome {
    let stack = lifted(50).await?;
    let delete = json!({"SecretId": "Project", "ForceDeleteWithoutRecovery": true});
    stack.aws.call("secretsmanager", "delete_secret", &delete)?;
    fails(&stack, "Starlift.Denied", &["there is no secret Project"]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_warehouse_that_is_not_migrated_says_how_to_migrate() -> Outcome {
    let blueprint = Blueprint { migrated: false, ..Blueprint::default() };
    let stack = Stack::build(local_aws(), generated(50).await?, &blueprint).await?;
    fails(&stack, "Starlift.InvalidDefinition", &["migrate"]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_key_of_the_pipeline_is_named_with_the_valid_ones() -> Outcome {
    let folder = definition_with("pipeline.toml", |text| text.replace("read = \"full\"", "raed = \"full\""))?;
    let stack = stack_with(folder.path()).await?;
    fails(&stack, "Starlift.InvalidDefinition", &["pipeline.toml", "raed", "read"]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_with_a_syntax_error_is_named() -> Outcome {
    let folder = definition_with("models/dim_staff.sql", |text| text.replace("from", "form"))?;
    let stack = stack_with(folder.path()).await?;
    fails(&stack, "Starlift.InvalidDefinition", &["models/dim_staff.sql", "is not SQL"]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_model_without_a_target_table_fails_the_migration() -> Outcome {
    let folder = definition_with("models/dim_extra.sql", |_| "select staff_id from staff".to_owned())?;
    let file = folder.path().join("pipeline.toml");
    let text = std::fs::read_to_string(&file)?;
    std::fs::write(&file, text + "\n[dimensions.dim_extra]\n")?;
    let stack = stack_with(folder.path()).await?;
    let refused = stack.migrate().expect_err("is refused").to_string();
    assert!(refused.contains("Starlift.InvalidDefinition") && refused.contains("no table dim_extra"), "{refused}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_column_missing_in_the_source_is_named_with_its_model() -> Outcome {
    let stack = lifted(50).await?;
    stack.source.connect().await?.batch_execute("alter table staff drop column email_address cascade").await?;
    fails(&stack, "Starlift.SourceChanged", &["email_address", "models/dim_staff.sql"]).await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_bucket_that_refuses_writes_is_named() -> Outcome {
    let stack = lifted(50).await?;
    let bucket = &stack.resources.buckets["ingest"];
    for key in stack.objects("ingest").await?.into_keys() {
        stack.aws.call("s3", "delete_object", &json!({"Bucket": bucket, "Key": key}))?;
    }
    stack.aws.call("s3", "delete_bucket", &json!({"Bucket": bucket}))?;
    stack
        .source
        .connect()
        .await?
        .batch_execute("update sales_order set units_sold = 1 where sales_order_id = 1")
        .await?;
    fails(&stack, "Starlift.Denied", &[bucket]).await?;
    assert_eq!(number(&stack.warehouse.connect().await?, "select count(*) from etl.run").await?, 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_business_key_given_twice_fails_the_run_and_publishes_nothing() -> Outcome {
    let ambiguous = |text: String| text.replace("key = [\"payment_id\"]", "key = [\"counterparty_id\"]");
    let folder = definition_with("pipeline.toml", ambiguous)?;
    let stack = stack_with(folder.path()).await?;
    stack.migrate()?;
    fails(&stack, "Starlift.InvalidData", &["fact_payment", "counterparty_id", "more than once"]).await?;
    assert_eq!(number(&stack.warehouse.connect().await?, "select count(*) from etl.run").await?, 0);
    Ok(())
}
