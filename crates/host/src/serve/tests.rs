//! What Step Functions sees of each way in which an invocation can end.

use std::collections::BTreeMap;
use std::sync::Mutex;

use serde::Deserialize;
use serde_json::json;
use starlift_definition::Pipeline;
use starlift_failure::FailureKind;
use starlift_lake::Buckets;
use tokio::sync::oneshot;

use super::*;

const PIPELINE: &str = r#"
    format = 1
    name = "shop"
    [source]
    secret = "shop-source"
    [warehouse]
    secret = "shop-warehouse"
    [tables]
    sale = { read = "incremental" }
"#;

/// Longer than any test needs.
const MINUTE: Duration = Duration::from_secs(60);

#[derive(Deserialize)]
struct Request {
    run: String,
}

/// A world whose clients are never used.
fn started() -> Result<Context, Failure> {
    let bare = aws_sdk_s3::Config::builder().behavior_version(BehaviorVersion::latest()).build();
    let secrets = aws_sdk_secretsmanager::Config::builder().behavior_version(BehaviorVersion::latest()).build();
    let [ingest, processed, control] = ["ingest", "processed", "control"].map(str::to_owned);
    let definition = Definition {
        root: std::env::temp_dir(),
        pipeline: Pipeline::parse("pipeline.toml", PIPELINE).expect("parses"),
        models: BTreeMap::new(),
        seeds: BTreeMap::new(),
        hash: String::new(),
    };
    Ok(Context {
        lake: Lake::new(aws_sdk_s3::Client::from_conf(bare), Buckets { ingest, processed, control }),
        definition: Arc::new(definition),
        secrets: Secrets::new(aws_sdk_secretsmanager::Client::from_conf(secrets)),
        attempt: String::new(),
        deadline: Instant::now(),
        work_folder: std::env::temp_dir(),
    })
}

/// An event of an invocation that has this long, what is kept for the answer not counted.
fn event(payload: Value, time: Duration) -> LambdaEvent<Value> {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    let mut lambda = lambda_runtime::Context::default();
    lambda.deadline = u64::try_from((now + time + GIVE_UP_BEFORE).as_millis()).expect("it is before the year 3000");
    lambda.request_id = "6a7b8c9d-0000-1111-2222-333344445555".to_owned();
    LambdaEvent::new(payload, lambda)
}

#[tokio::test]
async fn a_handler_gets_the_request_and_the_name_and_deadline_of_its_invocation() {
    let handler = |context: Context, request: Request| async move {
        Ok((request.run, context.attempt, context.deadline.saturating_duration_since(Instant::now()) > GIVE_UP_BEFORE))
    };
    let answer = answer_one(&started(), &handler, event(json!({"run": "r1"}), MINUTE)).await;
    assert_eq!(answer, Ok(("r1".to_owned(), "6a7b8c9d0000".to_owned(), true)));
}

#[tokio::test]
async fn a_failure_is_answered_as_it_is() {
    let handler = |_: Context, _: Request| async { Err::<(), _>(Failure::invalid_data("2 rows of sale")) };
    let answer = answer_one(&started(), &handler, event(json!({"run": "r1"}), MINUTE)).await;
    assert_eq!(answer, Err(Failure::invalid_data("2 rows of sale")));
}

#[tokio::test]
async fn a_handler_that_runs_into_its_deadline_passes_by_itself_and_does_not_go_on() {
    let (held, dropped) = oneshot::channel::<()>();
    let held = Mutex::new(Some(held));
    let handler = |_: Context, _: Request| {
        let held = held.lock().expect("nobody panics").take();
        async move {
            std::future::pending::<()>().await;
            drop(held);
            Ok(())
        }
    };
    let answer = answer_one(&started(), &handler, event(json!({"run": "r1"}), Duration::from_millis(20))).await;
    let failure = answer.expect_err("it has no end");
    assert_eq!(failure.kind, FailureKind::Transient);
    // The step may have committed before, so nothing is said about what was published.
    assert!(failure.message.contains("deadline") && !failure.message.contains("nothing was published"), "{failure}");
    // The sender is dropped without a value when the task is.
    let ended = tokio::time::timeout(MINUTE, dropped).await;
    assert!(matches!(ended, Ok(Err(_))), "the task goes on beside the next invocation");
}

#[test]
fn a_deadline_that_only_a_wrong_clock_can_see_leaves_the_time_that_lambda_gives_at_most() {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970");
    let two_hours = Duration::from_secs(7200);
    for seen in [now - two_hours, now + two_hours] {
        assert_eq!(time_left(u64::try_from(seen.as_millis()).expect("it is before the year 3000")), LONGEST);
    }
    let right = u64::try_from((now + MINUTE).as_millis()).expect("it is before the year 3000");
    assert!(time_left(right) <= MINUTE && !time_left(right).is_zero());
}

#[tokio::test]
async fn a_panic_is_internal_and_its_text_is_not_told() {
    let handler = |_: Context, request: Request| async move {
        assert_ne!(request.run, "r1", "card 4711");
        Ok(())
    };
    let answer = answer_one(&started(), &handler, event(json!({"run": "r1"}), MINUTE)).await;
    let failure = answer.expect_err("it panicked");
    assert_eq!(failure.kind, FailureKind::Internal);
    assert!(failure.message.contains("panicked") && !failure.message.contains("4711"), "{failure}");
}

#[tokio::test]
async fn an_event_that_cannot_be_parsed_is_internal_and_is_not_quoted() {
    let handler = |_: Context, _: Request| async { Ok(()) };
    for payload in [json!({"run": ["card 4711"]}), json!("card 4711"), json!({"card 4711": "r1"})] {
        let failure = answer_one(&started(), &handler, event(payload, MINUTE)).await.expect_err("is no request");
        assert_eq!(failure.kind, FailureKind::Internal);
        assert!(!failure.message.contains("4711"), "{failure}");
    }
}

#[tokio::test]
async fn a_fault_at_the_start_is_the_answer_to_every_event() {
    let fault = Failure::denied("environment variable STARLIFT_CONTROL_BUCKET is not set; set it on the function");
    let handler = |_: Context, _: Request| async { Ok(()) };
    for payload in [json!({"run": "r1"}), json!({"run": "r2"}), json!("no request")] {
        let answer = answer_one(&Err(fault.clone()), &handler, event(payload, MINUTE)).await;
        assert_eq!(answer, Err(fault.clone()));
    }
}
