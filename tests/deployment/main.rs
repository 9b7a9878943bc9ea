//! The pipeline as Terraform deploys it: `examples/complete`, applied to a fresh account of local AWS as docs/deploy.md says, run by its
//! schedule, broken, told of, redriven, planned again and destroyed. What the functions do there, they do by the policies that Terraform has
//! made of the templates: they are enforced.
//!
//! One story, because each of its sentences needs what the one before has made, and an apply takes a minute.

mod deployment;
mod egress;
mod inventory;
mod policies;
mod sameness;
mod schedule;
mod world;

use std::process::Command;
use std::time::Instant;

use serde_json::{Value, json};
use starlift_testkit::local_aws::{Behaviour, LocalAws};
use starlift_testkit::{Inbox, workspace};

use deployment::Deployment;
use inventory::{NOT_MADE, inventory, kinds_of_which_there_are_no_more};
use schedule::{Executions, alerts_of};
use world::{WRONG, World};

/// The outcome of a step: any error fails the test with its message.
pub(crate) type Outcome = Result<(), Box<dyn std::error::Error>>;

const MIGRATOR: &str = "warehouse-db-migrator";
const LOADER: &str = "warehouse-db-credentials";

#[tokio::test(flavor = "multi_thread")]
async fn one_apply_deploys_a_pipeline_that_runs_by_its_schedule_tells_of_failures_is_redriven_and_leaves_nothing()
-> Outcome {
    let started = Instant::now();
    let say = |what: &str| println!("{:>5.0} s  {what}", started.elapsed().as_secs_f32());
    let server = LocalAws::start(&Behaviour { enforce_iam: true, ..Behaviour::default() })?;
    let world = World::new(server.account(), 500).await?;
    let inbox = Inbox::new(world.aws.clone())?;
    let before = inventory(&world.aws)?;
    let deployment = Deployment::new(world.aws.clone(), &world.variables)?;

    deployment.apply(false)?.succeeded()?;
    let applied = inventory(&world.aws)?;
    assert_eq!(
        kinds_of_which_there_are_no_more(&before, &applied),
        NOT_MADE,
        "kinds that are not listed would never be missed"
    );
    egress::is_narrow(&world.aws, &before)?;
    let made = applied.len() - before.len();
    say(&format!("the first apply has made {made} things, its secrets are empty, its schedule is off"));

    world.make_roles().await?;
    world.fill_secret("Project", None)?;
    world.fill_secret(LOADER, None)?;
    world.fill_secret(MIGRATOR, Some(WRONG))?;
    let refused = deployment.apply(true)?;
    assert_eq!(refused.code, Some(1), "{}", refused.said);
    let reason = readable(&refused.said)?;
    say(&format!("an apply that cannot migrate the warehouse fails, and says why: {reason}"));

    world.fill_secret(MIGRATOR, None)?;
    deployment.apply(true)?.succeeded()?;
    holds_no_password("the state of Terraform", &deployment.state()?);
    inbox.subscribe(deployment.output("alerts_topic_arn")?.as_str().ok_or("an ARN")?)?;
    say("the next apply has migrated the warehouse, and switched the schedule on");

    let machine = deployment.output("state_machine_arn")?.as_str().ok_or("an ARN")?.to_owned();
    let mut executions = Executions::of(&world.aws, &machine).await;
    executions.next_success().await?;
    world.agree().await?;
    let versions = world.versions().await?;
    say(&format!(
        "the schedule has started an execution that published {versions} versions; the warehouse equals the oracle"
    ));

    world.fill_secret(LOADER, Some(WRONG))?;
    let correction = "update sales_order set units_sold = units_sold + 1 where sales_order_id = 1";
    world.source.connect().await?.batch_execute(correction).await?;
    // There is time for it until the schedule fires again.
    sameness::compare(&world.aws, &deployment.output("buckets")?, &server.account())?;
    say("code, definition, state machine and policies are those of the local stack");
    let failed = executions.next_failure().await?;
    let alert = executions.told_of(&inbox, &failed.arn).await?;
    names_what_a_person_needs(&alert, &machine, &failed.arn);
    say(&format!(
        "the loader's password is wrong; the next execution has failed, and one message says: {}",
        alert["cause"]
    ));

    world.fill_secret(LOADER, None)?;
    redrive(&world, alert["do"].as_str().unwrap_or_default())?;
    world.agree().await?;
    assert_eq!(world.versions().await?, versions + 1, "a correction is one version");
    assert_eq!(alerts_of(&inbox, &failed.arn)?, Vec::<Value>::new(), "it is told once");
    say(
        "the command of the message has redriven it; the correction is one version, and the warehouse equals the oracle",
    );

    let planned = deployment.plan()?;
    assert_eq!(planned.code, Some(0), "a plan after all that changes something: {}", planned.said);
    say("a plan changes nothing");

    remove(&world, &deployment, &executions).await?;
    let mut left = inventory(&world.aws)?;
    assert!(left.remove("DBSnapshots: starlift-totesys-warehouse-final"), "the warehouse went without a last snapshot");
    assert_eq!(left, before, "what is left, and what was there");
    say("destroy has left nothing but the last snapshot of the warehouse");
    Ok(())
}

/// What the function itself says: it names the secret and what to do, and holds no password.
fn readable(said: &str) -> Result<&str, Box<dyn std::error::Error>> {
    holds_no_password("what Terraform says", said);
    let reason = said.lines().find(|line| line.contains("Starlift.Denied")).ok_or_else(|| said.to_owned())?;
    assert!(reason.contains(MIGRATOR) && reason.contains("put the right role and password into the secret"), "{said}");
    Ok(reason.trim())
}

fn holds_no_password(what: &str, text: &str) {
    for password in World::passwords() {
        assert!(!text.contains(&password), "{what} holds a password");
    }
}

/// The run, the step, the error, the cause, and the command that goes on.
fn names_what_a_person_needs(alert: &Value, machine: &str, execution: &str) {
    let text = |field: &str| alert[field].as_str().unwrap_or_default();
    assert_eq!((text("execution"), text("error")), (execution, "Starlift.Denied"), "{alert}");
    // A step that has begun before the password changed fails in the next one.
    let names_step = ["begin of run ", "load of run "].iter().any(|step| text("cause").contains(step));
    assert!(names_step && text("cause").contains(LOADER), "{alert}");
    assert!(text("open").starts_with("https://") && text("open").ends_with(execution), "{alert}");
    let command = format!("starlift redrive --state-machine {machine} {execution}");
    assert!(text("do").contains(&command), "{alert}");
    holds_no_password("the alert", &alert.to_string());
}

/// Does what the message says, as it says it.
fn redrive(world: &World, advice: &str) -> Outcome {
    let command = advice.split("Then: starlift ").nth(1).and_then(|rest| rest.split(". ").next()).ok_or("a command")?;
    let mut starlift = Command::new(workspace::program("starlift")?);
    starlift.args(command.split(' ')).arg("--wait").envs(world.aws.environment());
    let ended = starlift.output()?;
    let told = String::from_utf8_lossy(&ended.stderr);
    assert!(ended.status.success() && told.contains("SUCCEEDED"), "{told}");
    Ok(())
}

/// What docs/deploy.md says under "Changing and removing".
async fn remove(world: &World, deployment: &Deployment, executions: &Executions) -> Outcome {
    deployment.destroy(&["module.starlift.aws_scheduler_schedule.this"])?.succeeded()?;
    executions.none_is_under_way().await?;
    let unprotected = json!({
        "DBInstanceIdentifier": "starlift-totesys-warehouse", "DeletionProtection": false, "ApplyImmediately": true,
    });
    world.aws.call("rds", "modify_db_instance", &unprotected)?;
    for bucket in deployment.output("buckets")?.as_object().ok_or("buckets by zone")?.values() {
        empty(world, bucket)?;
    }
    deployment.destroy(&[])?.succeeded().map(|_| ())
}

/// Removes every version of every object.
fn empty(world: &World, bucket: &Value) -> Outcome {
    let listed = world.aws.call("s3", "list_object_versions", &json!({"Bucket": bucket}))?;
    let versions = ["Versions", "DeleteMarkers"].map(|kind| listed[kind].as_array().cloned().unwrap_or_default());
    let named = |version: &Value| json!({"Key": version["Key"], "VersionId": version["VersionId"]});
    let objects: Vec<_> = versions.iter().flatten().map(named).collect();
    assert!(!objects.is_empty(), "the pipeline has written nothing into {bucket}");
    for some in objects.chunks(1000) {
        world.aws.call("s3", "delete_objects", &json!({"Bucket": bucket, "Delete": {"Objects": some}}))?;
    }
    Ok(())
}
