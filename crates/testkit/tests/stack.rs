//! A stack carries executions through the real state machine; here over functions that only answer.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use aws_sdk_sfn::types::ExecutionStatus;
use serde_json::json;
use starlift_testkit::{Blueprint, Stack, cluster, local_aws, postgres, python, workspace};

type Outcome = Result<(), Box<dyn std::error::Error>>;

const ZIP: &str = "
import sys, zipfile
for name in ('ingest', 'transform', 'load'):
    with zipfile.ZipFile(f'{sys.argv[2]}/{name}.zip', 'w') as archive:
        entry = zipfile.ZipInfo('bootstrap')
        entry.external_attr = 0o755 << 16
        archive.writestr(entry, open(sys.argv[1]).read())
";

/// Makes the fake functions fail as told: see `local/tests/fake_function.py`.
fn behave(folder: &Path, failures: &serde_json::Value) -> std::io::Result<()> {
    let behaviour = json!({"rounds": 2, "parts": ["dim_staff", "payment-1"], "failures": failures, "filler": 0});
    fs::write(folder.join("behaviour.json"), behaviour.to_string())?;
    fs::write(folder.join("events.jsonl"), "")
}

async fn stack(folder: &Path) -> Result<Stack, Box<dyn std::error::Error>> {
    let fake = workspace::root().join("local/tests/fake_function.py");
    let mut zip = Command::new(python::environment()?.program("python"));
    starlift_testkit::error::run(zip.args(["-c", ZIP]).arg(fake).arg(folder))?;
    behave(folder, &json!({}))?;
    let source = cluster().create_database("source").await?;
    let environment = [("FAKE_FOLDER".to_owned(), folder.display().to_string())].into();
    let blueprint = Blueprint { zips: PathBuf::from(folder), environment, migrated: false, ..Blueprint::default() };
    Ok(Stack::build(local_aws(), source, &blueprint).await?)
}

#[tokio::test]
async fn a_run_shows_what_each_state_handed_on() -> Outcome {
    let folder = tempfile::tempdir()?;
    let stack = stack(folder.path()).await?;
    let execution = stack.run().await?.succeeded()?;
    assert_eq!(execution.sum("Ingest", "rows"), 20, "two rounds of ten rows");
    assert_eq!(execution.outputs("TransformPart").count(), 4);
    assert_eq!(execution.output["tables"], 1);
    assert!(stack.logs("load")?.iter().any(|line| line.contains("answering")));
    assert!(stack.objects("ingest").await?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_failed_run_says_why_and_goes_on_when_it_is_redriven() -> Outcome {
    let folder = tempfile::tempdir()?;
    let stack = stack(folder.path()).await?;
    behave(folder.path(), &json!({"payment-1": {"error": "Starlift.InvalidData", "times": 1}}))?;
    let failed = stack.run().await?;
    assert_eq!(
        (failed.status.clone(), failed.error.as_deref()),
        (ExecutionStatus::Failed, Some("Starlift.InvalidData"))
    );
    assert_eq!(failed.message(), "as planned");
    stack.redrive(&failed.arn).await?.succeeded()?;
    Ok(())
}

#[tokio::test]
async fn the_pipelines_logins_can_do_no_more_than_they_need() -> Outcome {
    let folder = tempfile::tempdir()?;
    let stack = stack(folder.path()).await?;
    stack.source.connect().await?.batch_execute("create table given (n int)").await?;
    let secrets = stack.aws.secrets().await;
    let secret = secrets.get_secret_value().secret_id("Project").send().await?;
    let login: serde_json::Value = serde_json::from_str(secret.secret_string().ok_or("no secret")?)?;
    let user = login["username"].as_str().ok_or("no user")?;
    let reader = postgres::connect(&starlift_testkit::logins::url_as(&stack.source.url(), user)).await?;
    reader.batch_execute("select * from given").await?;
    let refused = reader.batch_execute("insert into given values (1)").await;
    assert_eq!(refused.err().and_then(|error| Some(error.code()?.code().to_owned())).as_deref(), Some("42501"));
    Ok(())
}
