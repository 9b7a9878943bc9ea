//! Buckets that are full of earlier increments, more of each table than a page of a listing shows, and of tables whose names begin alike.

use std::collections::BTreeMap;

use aws_sdk_s3::primitives::ByteStream;
use serde_json::Value;
use starlift_testkit::{Blueprint, Gateway, Stack, local_aws};
use tokio::task::JoinSet;

use crate::support::{ONE_SALE, Outcome, generated, texts};

/// Names of 2,500 earlier runs, a quarter of an hour apart; a listing by name would take every tenth for the newest.
const RUNS: &str = "
    select to_char(timestamp '2026-01-01' + n * interval '15 min' + case when n % 10 = 0 then interval '80 years' else '0' end,
                   'YYYYMMDD\"T\"HH24MISS\"Z\"') || '-' || left(md5(n::text), 8) || '-001'
      from generate_series(1, 2500) as n";

/// What each of them has left, by zone. Rows that nobody has sold.
const LEFT: [(&str, &str, &str, &str); 5] = [
    ("ingest", "payment/", "/a1-0001.csv", "payment_id,payment_amount\n1,4711.00\n"),
    ("ingest", "payment_type/", "/a1-0001.csv", "payment_type_id,payment_type_name\n1,STOLEN\n"),
    ("ingest", "sales_order/", "/a1-0001.csv", "sales_order_id,units_sold\n1,4711\n"),
    ("processed", "fact_payment/", "/payment-1-0a1b.parquet", "PAR1"),
    ("control", "runs/", "/ingest.json", "{}"),
];

/// How many uploads are on their way at once.
const LANES: usize = 8;

/// Puts what every one of these runs has left.
async fn fill(stack: &Stack, runs: &[String]) -> Outcome {
    let s3 = stack.aws.s3().await;
    let mut lanes = JoinSet::new();
    for lane in runs.chunks(runs.len().div_ceil(LANES)) {
        let (s3, lane, buckets) = (s3.clone(), lane.to_vec(), stack.resources.buckets.clone());
        lanes.spawn(async move {
            for run in lane {
                for (zone, before, after, content) in LEFT {
                    let put = s3.put_object().bucket(&buckets[zone]).key(format!("{before}{run}{after}"));
                    put.body(ByteStream::from_static(content.as_bytes()))
                        .send()
                        .await
                        .map_err(|error| error.to_string())?;
                }
            }
            Ok::<_, String>(())
        });
    }
    for filled in lanes.join_all().await {
        filled?;
    }
    Ok(())
}

/// Statement 34.
#[tokio::test(flavor = "multi_thread")]
async fn among_2500_increments_of_each_table_a_run_reads_its_own_and_payment_no_payment_type() -> Outcome {
    let s3 = Gateway::to(local_aws().port()).await?;
    let environment = BTreeMap::from([("AWS_ENDPOINT_URL_S3".to_owned(), s3.endpoint())]);
    let stack =
        Stack::build(local_aws(), generated(50).await?, &Blueprint { environment, ..Blueprint::default() }).await?;
    let from = stack.source.connect().await?;
    let earlier = texts(&from, RUNS).await?;
    assert_eq!(earlier.len(), 2500);
    fill(&stack, &earlier).await?;

    // A first run, which reads everything, then increments.
    for change in
        ["", ONE_SALE, "update payment_type set payment_type_name = 'PAID' where payment_type_id = 1", ONE_SALE]
    {
        from.batch_execute(change).await?;
        let _before = s3.requests();
        let run = stack.run().await?.succeeded()?;
        stack.agree().await?;
        let name = run.outputs("Load").last().ok_or("Load answered")?["run"].as_str().ok_or("a run")?.to_owned();
        reads_its_own(&stack, &name, &s3.requests()).await?;
    }
    Ok(())
}

/// Fails unless these requests of a run list nothing, read of both zones only what the run's manifests name, and its manifest takes of each
/// table what belongs to it.
async fn reads_its_own(stack: &Stack, run: &str, requests: &[String]) -> Outcome {
    let manifest: Value = serde_json::from_slice(&stack.object("control", &format!("runs/{run}/ingest.json")).await?)?;
    let mut named = Vec::new();
    for (table, read) in manifest["tables"].as_object().ok_or("tables")? {
        for object in read["objects"].as_array().into_iter().flatten() {
            let key = object["key"].as_str().ok_or("a key")?;
            assert!(key.starts_with(&format!("{table}/2")), "{table} has {key}");
            named.push(key.to_owned());
        }
    }
    assert!(requests.len() > 20, "the requests pass by the gateway: {requests:?}");
    let buckets = &stack.resources.buckets;
    let mut reads = 0;
    for request in requests {
        let (method, path) = request.split_once(' ').ok_or("a path")?;
        let path = path.trim_start_matches('/').split('?').next().unwrap_or_default();
        let (bucket, key) = path.split_once('/').unwrap_or((path, ""));
        assert!(!key.is_empty() && !request.contains("list-type"), "a bucket is listed: {request}");
        if method != "GET" || *bucket == buckets["control"] && !key.starts_with("runs/") {
            continue;
        }
        // A whole table that has not changed, and the keys of the run before, lie where an earlier run has put them.
        let is_own = key.contains(run) || named.iter().any(|name| name == key) || key.ends_with("-keys.csv");
        assert!(is_own && !key.contains("/a1-"), "{run} reads {request}");
        reads += 1;
    }
    assert!(reads > 5, "manifests, raw objects and Parquet: {reads} objects read");
    Ok(())
}
