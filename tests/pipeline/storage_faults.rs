//! What befalls requests to S3: they are refused, torn, done without an answer, never answered. The SDK tries again, then the state machine
//! does, then the execution fails under the right name; what S3 has done without saying so is not done twice.

use serde_json::{Value, json};
use starlift_testkit::Outage;

use crate::reader::Reader;
use crate::support::{Outcome, failures};
use crate::wired::{ATTEMPTS, Wired};

/// How often the SDK sends a request before it gives up.
const SDK_ATTEMPTS: usize = 3;

const ALWAYS: usize = usize::MAX;

/// Objects of both zones, whole and in parts, manifests and the tracking: method and a part of the path.
const WRITES: [(&str, &str); 7] = [
    ("PUT", "/sales_order/"),
    ("PUT", "partNumber="),
    ("POST", "uploadId="),
    ("PUT", "/ingest.json"),
    ("PUT", "/fact_payment/"),
    ("PUT", "/transform-dim_design"),
    ("PUT", "/update_tracking.json"),
];

const READS: [(&str, &str); 4] =
    [("GET", "/design/"), ("GET", "/dim_design/"), ("GET", "/ingest.json"), ("GET", "/update_tracking.json")];

/// A run in which each of these requests fails so often, and which is published nevertheless. Gives how many attempts at steps have failed.
async fn passes(
    wired: &Wired,
    requests: &[(&'static str, &'static str)],
    outage: Outage,
    times: usize,
) -> Result<usize, Box<dyn std::error::Error>> {
    let before = wired.fragile.history().await?;
    for (method, part) in requests {
        wired.s3.fail(method, *part, outage, times);
    }
    let run = wired.run_during(async || Ok(())).await?;
    let (left, failed) = (wired.s3.mend(), failures(&wired.fragile.stack, &run)?.0);
    run.succeeded()?;
    assert_eq!(left, Vec::<String>::new(), "nobody asks so often");
    wired.is_whole(before).await?;
    println!("{outage:?} {times} times: {failed} attempts failed, equal, nothing twice");
    Ok(failed)
}

/// Statement 32, S3.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_to_s3_that_fails_costs_a_retry_or_a_redrive_and_no_row() -> Outcome {
    let wired = Wired::lifted().await?;
    let reader = Reader::start(&wired.fragile.stack);
    let everything = [&WRITES[..], &READS].concat();
    assert_eq!(passes(&wired, &everything, Outage::Refused(500, "InternalError"), 1).await?, 0, "the SDK tries again");
    assert_eq!(passes(&wired, &everything, Outage::Refused(503, "SlowDown"), 1).await?, 0, "the SDK tries again");
    assert_eq!(passes(&wired, &WRITES, Outage::TornRequest, 1).await?, 0, "the SDK tries again");
    let objects = &READS[..2];
    assert!(
        passes(&wired, objects, Outage::TornAnswer, 1).await? >= objects.len(),
        "rows were read before the answer tore"
    );
    // The object is there, so the SDK's second request for the same key is refused; the next attempt writes under another key.
    assert!(
        passes(&wired, &WRITES, Outage::LostAnswer, 1).await? >= 1,
        "a raw object is never taken for the attempt's own"
    );
    // More often than the SDK tries: the state machine does.
    let failed =
        passes(&wired, &[("PUT", "/fact_sales_order/")], Outage::Refused(503, "SlowDown"), SDK_ATTEMPTS).await?;
    assert_eq!(failed, 1, "the state machine tries again");
    fails(&wired).await?;
    is_silent(&wired).await?;
    wired.ends_well(reader).await
}

/// What does not pass by itself, or passes too late.
async fn fails(wired: &Wired) -> Outcome {
    let refusals = [
        (("PUT", "/payment/"), Outage::Refused(503, "SlowDown"), ("Starlift.Transient", "SlowDown"), ATTEMPTS),
        (
            ("PUT", "/transform-dim_design"),
            Outage::Refused(403, "AccessDenied"),
            ("Starlift.Denied", "AccessDenied"),
            1,
        ),
        (("GET", "/ingest.json"), Outage::Refused(400, "ExpiredToken"), ("Starlift.Denied", "ExpiredToken"), 1),
    ];
    for ((method, part), outage, named, attempts) in refusals {
        let before = wired.fragile.history().await?;
        wired.s3.fail(method, part, outage, ALWAYS);
        let failed = wired.run_during(async || Ok(())).await?;
        wired.s3.mend();
        wired.has_failed(&failed, before, named, attempts).await?;
        wired.fragile.stack.redrive(&failed.arn).await?.succeeded()?;
        wired.is_whole(before).await?;
        println!("{method} {part}: {outage:?} always, failed, redriven, equal, nothing twice");
    }
    Ok(())
}

/// The step gives up before Lambda ends it, and the next attempt does it all.
async fn is_silent(wired: &Wired) -> Outcome {
    let stack = &wired.fragile.stack;
    let function = &stack.resources.functions["ingest"];
    let usual = stack.aws.call("lambda", "get_function_configuration", &json!({"FunctionName": function}))?;
    let set = |timeout: &Value| {
        let change = json!({"FunctionName": function, "Timeout": timeout});
        stack.aws.call("lambda", "update_function_configuration", &change)
    };
    // Enough to work in on a slow machine, and what a step keeps for its answer.
    set(&json!(40))?;
    let failed = passes(wired, &[("PUT", "/sales_order/")], Outage::Silence, 1).await?;
    set(&usual["Timeout"])?;
    assert!(failed >= 1, "the step got an answer");
    assert!(stack.logs("ingest")?.iter().any(|line| line.contains("deadline")), "the step did not end by itself");
    Ok(())
}
