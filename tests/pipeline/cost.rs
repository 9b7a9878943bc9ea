//! What executions cost, by the figures that the functions themselves report.

use std::process::Command;

use serde_json::{Value, json};
use starlift_testkit::{Stack, workspace};

use crate::support::{Outcome, lifted};

/// The states that invoke a function.
const INVOKING: [&str; 5] = ["Begin", "Ingest", "TransformPart", "Load", "Export"];

/// `starlift cost --json` over a stack.
fn cost(stack: &Stack) -> Result<Value, Box<dyn std::error::Error>> {
    let mut command = Command::new(workspace::program("starlift")?);
    command.args(["cost", "--json"]).envs(stack.aws.environment());
    let said = command.env("STARLIFT_STATE_MACHINE", &stack.resources.state_machine).output()?;
    assert!(said.status.success(), "{}", String::from_utf8_lossy(&said.stderr));
    Ok(serde_json::from_slice(&said.stdout)?)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_runs_cost_follows_from_what_their_functions_report() -> Outcome {
    let stack = lifted(50).await?;
    let objects = stack.objects("ingest").await?.len() + stack.objects("processed").await?.len();
    let second = stack.run().await?.succeeded()?;
    let statement = cost(&stack)?;
    let [newest, first] = [&statement["executions"][0], &statement["executions"][1]];
    assert_eq!(newest["execution"], json!(second.arn), "the newest comes first");

    let replies: Vec<&Value> = INVOKING.iter().flat_map(|state| second.outputs(state)).collect();
    let sum = |field: &str| replies.iter().filter_map(|reply| reply["usage"][field].as_f64()).sum::<f64>();
    let seconds = sum("seconds") + sum("init_seconds");
    assert_eq!(newest["invocations"], json!(replies.len()));
    assert!((newest["seconds"].as_f64().unwrap_or_default() - seconds).abs() < 1e-6, "{newest}");
    // All functions of a local stack have the memory of one whole processor.
    assert!(replies.iter().all(|reply| reply["usage"]["memory_mib"] == 1769), "{replies:?}");
    let gb_seconds = newest["arm64_gb_seconds"].as_f64().zip(newest["x86_64_gb_seconds"].as_f64());
    let (arm, x86) = gb_seconds.ok_or("no GB-seconds")?;
    assert!((arm + x86 - seconds * 1769.0 / 1024.0).abs() < 1e-6, "{newest}");
    assert_eq!((arm > 0.0, x86 > 0.0), (cfg!(target_arch = "aarch64"), cfg!(target_arch = "x86_64")));
    assert_eq!(newest["s3_reads"].as_f64(), Some(sum("s3_reads")));
    assert_eq!(statement["sum"]["unpriced"], 0);

    let written = first["s3_writes"].as_u64().unwrap_or_default();
    assert!(written > objects as u64, "{objects} objects and the manifests were written, by {written} requests");
    assert!(first["s3_reads"].as_u64() > Some(0) && first["raw_bytes"].as_u64() > Some(0), "{first}");
    assert!(newest["s3_writes"].as_u64() < Some(written), "a run that finds nothing writes less: {newest}");
    assert!(first["usd"]["total"].as_f64() > newest["usd"]["total"].as_f64(), "{statement}");
    Ok(())
}

/// The time in which a process starts is paid for, and only once.
#[tokio::test(flavor = "multi_thread")]
async fn the_first_answer_of_a_process_tells_what_its_start_took() -> Outcome {
    let stack = lifted(20).await?;
    let ask = |run: &str| stack.invoke("load", &json!({"action": "begin", "run": run}));
    let again = [ask("20240101T000000Z-00000000-001")?, ask("20240101T000000Z-00000000-002")?];
    for answer in again {
        assert_eq!(answer["usage"]["init_seconds"], 0.0, "its process has answered before: {answer}");
    }
    // Other code is another process.
    stack.replace_code("load", &workspace::target().join("lambda-fail")).await?;
    let anew = ask("20240101T000000Z-00000000-003")?;
    assert!(anew["usage"]["init_seconds"].as_f64() > Some(0.0), "{anew}");
    Ok(())
}
