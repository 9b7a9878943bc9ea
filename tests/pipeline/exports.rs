//! Statement 37: extracts and previews.

use crate::support::{ONE_SALE, Outcome, lifted};

/// The primary key that an extract is ordered by.
const TABLES: [(&str, &str); 11] = [
    ("dim_counterparty", "counterparty_id"),
    ("dim_currency", "currency_id"),
    ("dim_date", "date_id"),
    ("dim_design", "design_id"),
    ("dim_location", "location_id"),
    ("dim_payment_type", "payment_type_id"),
    ("dim_staff", "staff_id"),
    ("dim_transaction", "transaction_id"),
    ("fact_payment", "payment_record_id"),
    ("fact_purchase_order", "purchase_record_id"),
    ("fact_sales_order", "sales_record_id"),
];

#[tokio::test(flavor = "multi_thread")]
async fn extracts_equal_an_ordered_query_and_read_back_to_the_same_values() -> Outcome {
    let stack = lifted(50).await?;
    let from = stack.source.connect().await?;
    from.batch_execute("update address set district = '', address_line_2 = e'a,\"b\"\\nc' where address_id = 1")
        .await?;
    from.batch_execute("update address set district = null where address_id = 2").await?;
    from.batch_execute(ONE_SALE).await?;
    stack.run().await?.succeeded()?;
    let to = stack.warehouse.connect().await?;
    to.batch_execute("set timezone = 'UTC'; set datestyle = 'ISO'").await?;
    for (table, key) in TABLES {
        let extract = stack.object("control", &format!("extracts/{table}.csv")).await?;
        let folder = tempfile::tempdir()?;
        let file = folder.path().join("extract.csv");
        std::fs::write(&file, &extract)?;
        to.batch_execute(&format!("drop table if exists extracted; create temp table extracted (like {table})"))
            .await?;
        starlift_testkit::source::copy_csv(&to, "extracted", &file).await?;
        let different = format!(
            "select count(*) from ((table extracted except all table {table}) union all (table {table} except all table extracted)) d"
        );
        assert_eq!(crate::support::number(&to, &different).await?, 0, "{table}");
        let keys: Vec<String> =
            crate::support::texts(&to, &format!("select {key}::text from {table} as t order by t.{key}")).await?;
        let mut reader = csv::Reader::from_reader(extract.as_slice());
        let read: Vec<String> =
            reader.records().map(|record| record.map(|cells| cells[0].to_owned())).collect::<Result<_, _>>()?;
        assert_eq!(read, keys, "{table} is not in the order of its key");
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_log_previews_ten_rows_of_each_table_and_holds_no_credential_and_no_account_number() -> Outcome {
    let stack = lifted(50).await?;
    let log = stack.logs("load")?.join("\n") + &stack.logs("ingest")?.join("\n") + &stack.logs("transform")?.join("\n");
    let to = stack.warehouse.connect().await?;
    for (table, _) in TABLES {
        let of_table = format!("\"table\":\"{table}\"");
        let lines = log.lines().filter(|line| line.contains("starlift::preview") && line.contains(&of_table)).count();
        let rows = crate::support::number(&to, &format!("select least(count(*), 10) from {table}")).await?;
        assert_eq!(lines as i64, 1 + rows, "the header and the first rows of {table}");
    }
    let from = stack.source.connect().await?;
    let accounts = "select company_ac_number::text from payment union select counterparty_ac_number::text from payment";
    let kept: Vec<String> = crate::support::texts(&from, accounts).await?;
    let shown: Vec<&String> = kept.iter().filter(|account| log.contains(account.as_str())).collect();
    assert!(shown.is_empty(), "account numbers in a log");
    for secret in ["Project", "warehouse-db-credentials"] {
        let value = stack.aws.call("secretsmanager", "get_secret_value", &serde_json::json!({"SecretId": secret}))?;
        let text: serde_json::Value = serde_json::from_str(value["SecretString"].as_str().unwrap_or("{}"))?;
        let password = text["password"].as_str().unwrap_or_default();
        assert!(password.is_empty() || !log.contains(password), "a password in a log");
    }
    for zone in ["ingest", "processed", "control"] {
        for key in stack.objects(zone).await?.into_keys() {
            let content = String::from_utf8_lossy(&stack.object(zone, &key).await?).into_owned();
            assert!(!content.contains("company_ac_number"), "{zone}/{key} names an excluded column");
        }
    }
    Ok(())
}
