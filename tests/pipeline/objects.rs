//! What lies in the zones: written once, sorted by table and time, with the types that were promised.

use std::collections::BTreeMap;

use arrow_schema::{DataType, TimeUnit};
use bytes::Bytes;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::{Value, json};
use starlift_testkit::Stack;

use crate::support::{ONE_SALE, Outcome, lifted, number};

/// Statement 33: the store itself keeps every version of every key.
#[tokio::test(flavor = "multi_thread")]
async fn no_key_of_the_raw_and_processed_zones_is_ever_written_twice() -> Outcome {
    let stack = crate::support::generated(50).await?;
    let stack = Stack::over(stack).await?;
    for zone in ["ingest", "processed"] {
        let bucket = &stack.resources.buckets[zone];
        let versioning = json!({"Bucket": bucket, "VersioningConfiguration": {"Status": "Enabled"}});
        stack.aws.call("s3", "put_bucket_versioning", &versioning)?;
    }
    let from = stack.source.connect().await?;
    for _ in 0..3 {
        from.batch_execute(ONE_SALE).await?;
        // Two at once: their runs begin within one second.
        let (one, other) = (stack.start().await?, stack.start().await?);
        stack.wait(&one).await?.succeeded()?;
        stack.wait(&other).await?.succeeded()?;
    }
    stack.agree().await?;
    for zone in ["ingest", "processed"] {
        let listed = stack.aws.call("s3", "list_object_versions", &json!({"Bucket": stack.resources.buckets[zone]}))?;
        let mut versions: BTreeMap<&str, usize> = BTreeMap::new();
        for version in listed["Versions"].as_array().into_iter().flatten() {
            *versions.entry(version["Key"].as_str().unwrap_or_default()).or_default() += 1;
        }
        assert!(!versions.is_empty());
        let twice: Vec<_> = versions.iter().filter(|(_, count)| **count > 1).collect();
        assert!(twice.is_empty(), "{zone}: {twice:?}");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn keys_sort_by_table_and_then_by_time() -> Outcome {
    let stack = lifted(50).await?;
    stack.source.connect().await?.batch_execute(ONE_SALE).await?;
    tokio::time::sleep(std::time::Duration::from_millis(1100)).await;
    let second = stack.run().await?.succeeded()?;
    let newest = second.outputs("Ingest").last().and_then(|reply| reply["run"].as_str()).ok_or("a run")?;
    let keys: Vec<String> =
        stack.objects("ingest").await?.into_keys().filter(|key| key.starts_with("sales_order/")).collect();
    // The rows and the keys of two runs.
    assert_eq!(keys.len(), 4, "{keys:?}");
    let is_newest = |key: &String| key.starts_with(&format!("sales_order/{newest}/"));
    assert_eq!(keys.iter().map(is_newest).collect::<Vec<_>>(), [false, false, true, true], "{keys:?}");
    Ok(())
}

/// Statement 36: read by another reader than the writer, counted against the manifest and the warehouse.
#[tokio::test(flavor = "multi_thread")]
async fn parquet_carries_exact_types_and_the_rows_of_its_manifest() -> Outcome {
    let stack = lifted(200).await?;
    let client = stack.warehouse.connect().await?;
    let mut rows: BTreeMap<String, i64> = BTreeMap::new();
    let mut types: BTreeMap<(String, String), DataType> = BTreeMap::new();
    for key in stack.objects("control").await?.into_keys().filter(|key| key.contains("/transform-")) {
        let manifest: Value = serde_json::from_slice(&stack.object("control", &key).await?)?;
        for output in manifest["models"].as_array().into_iter().flatten() {
            let Some(object) = output["object"]["key"].as_str() else { continue };
            let model = output["model"].as_str().unwrap_or_default().to_owned();
            let reader =
                ParquetRecordBatchReaderBuilder::try_new(Bytes::from(stack.object("processed", object).await?))?;
            for field in reader.schema().fields() {
                types.insert((model.clone(), field.name().clone()), field.data_type().clone());
            }
            let count = reader.metadata().file_metadata().num_rows();
            assert_eq!(output["object"]["rows"], json!(count), "{object}");
            *rows.entry(model).or_default() += count;
        }
    }
    for (model, count) in rows {
        assert_eq!(number(&client, &format!("select count(*) from {model}")).await?, count, "{model}");
    }
    let expected = [
        ("fact_sales_order", "unit_price", DataType::Decimal128(10, 2)),
        ("fact_payment", "payment_amount", DataType::Decimal128(38, 18)),
        ("fact_sales_order", "created_date", DataType::Date32),
        ("fact_sales_order", "created_time", DataType::Time64(TimeUnit::Nanosecond)),
        ("fact_payment", "paid", DataType::Boolean),
        ("dim_transaction", "sales_order_id", DataType::Int32),
    ];
    for (model, column, data_type) in expected {
        assert_eq!(types.get(&(model.to_owned(), column.to_owned())), Some(&data_type), "{model}.{column}");
    }
    Ok(())
}
