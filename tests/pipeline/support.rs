//! What several tests need.

use std::process::Command;

use serde_json::{Value, json};
use starlift_testkit::execution::Execution;
use starlift_testkit::{Database, Stack, cluster, source, workspace};
use tokio_postgres::Client;

/// The outcome of a test: any error fails it with its message.
pub(crate) type Outcome = Result<(), Box<dyn std::error::Error>>;

/// A source with generated data: this many sales orders and what belongs to them.
pub(crate) async fn generated(orders: u32) -> Result<Database, Box<dyn std::error::Error>> {
    let database = cluster().create_database("source").await?;
    let client = database.connect().await?;
    source::demo_source(&client, orders).await?;
    Ok(database)
}

/// A stack over generated data whose first run is published.
pub(crate) async fn lifted(orders: u32) -> Result<Stack, Box<dyn std::error::Error>> {
    let stack = Stack::over(generated(orders).await?).await?;
    stack.run().await?.succeeded()?;
    stack.agree().await?;
    Ok(stack)
}

/// A copy of the reference definition in which one file is another; a file that is not there is made.
pub(crate) fn definition_with(
    file: &str,
    change: impl Fn(String) -> String,
) -> Result<tempfile::TempDir, Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let original = workspace::pipeline("totesys").join(".");
    let copied = Command::new("cp").arg("-r").arg(original).arg(folder.path()).status()?;
    assert!(copied.success(), "the definition could not be copied");
    let path = folder.path().join(file);
    std::fs::write(&path, change(std::fs::read_to_string(&path).unwrap_or_default()))?;
    Ok(folder)
}

/// Changes a secret's document in place; gives what it was.
pub(crate) fn change_secret(
    stack: &Stack,
    name: &str,
    change: impl Fn(&mut Value),
) -> Result<Value, Box<dyn std::error::Error>> {
    let got = stack.aws.call("secretsmanager", "get_secret_value", &json!({"SecretId": name}))?;
    let before: Value = serde_json::from_str(got["SecretString"].as_str().unwrap_or("{}"))?;
    let mut document = before.clone();
    change(&mut document);
    put_secret(stack, name, &document)?;
    Ok(before)
}

/// Puts a secret's document.
pub(crate) fn put_secret(stack: &Stack, name: &str, document: &Value) -> Outcome {
    let put = json!({"SecretId": name, "SecretString": document.to_string()});
    stack.aws.call("secretsmanager", "put_secret_value", &put)?;
    Ok(())
}

/// How many attempts at a step of an execution have failed, and how often the whole of it did.
pub(crate) fn failures(stack: &Stack, execution: &Execution) -> Result<(usize, usize), Box<dyn std::error::Error>> {
    let asked = json!({"executionArn": execution.arn});
    let history = stack.aws.call("stepfunctions", "get_execution_history", &asked)?;
    let count = |kind: &str| {
        let events = history["events"].as_array().into_iter().flatten();
        events.filter(|event| event["type"] == kind).count()
    };
    Ok((count("TaskFailed"), count("ExecutionFailed")))
}

/// What a function, or the state machine, has logged as JSON: the lines of Lambda itself are text.
pub(crate) fn log_lines(stack: &Stack, of: &str) -> Result<Vec<Value>, Box<dyn std::error::Error>> {
    Ok(stack.logs(of)?.iter().filter_map(|line| serde_json::from_str(line).ok()).collect())
}

/// The first column of the only row of a query.
pub(crate) async fn number(client: &Client, query: &str) -> Result<i64, Box<dyn std::error::Error>> {
    Ok(client.query_one(query, &[]).await?.try_get(0)?)
}

/// The first column of every row of a query, as text.
pub(crate) async fn texts(client: &Client, query: &str) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let rows = client.query(query, &[]).await?;
    rows.iter().map(|row| Ok(row.try_get(0)?)).collect()
}

/// A row that is held back, and with it the fact that refers to it.
pub(crate) const ONE_ROW_HELD: &str = "
    insert into currency (currency_id, currency_code) values (99, 'ZZZ');
    update sales_order set currency_id = 99 where sales_order_id = 1";

/// Removes a payment.
pub(crate) const ONE_DELETION: &str = "delete from payment where payment_id = (select min(payment_id) from payment)";

/// Adds a sales order with its transaction and payment, as the source's application does.
pub(crate) const ONE_SALE: &str = "
    with sale as (
        insert into sales_order
            (created_at, last_updated, design_id, staff_id, counterparty_id, units_sold, unit_price, currency_id,
             agreed_delivery_date, agreed_payment_date, agreed_delivery_location_id)
        values ('2023-01-02 09:00:00', '2023-01-02 09:00:00', 1, 1, 1, 1000, 2.5, 1, '2023-01-05', '2023-01-05', 1)
        returning sales_order_id
    ), paper as (
        insert into transaction (transaction_type, sales_order_id, created_at, last_updated)
        select 'SALE', sales_order_id, '2023-01-02 09:00:00', '2023-01-02 09:00:00' from sale
        returning transaction_id
    )
    insert into payment
        (created_at, last_updated, transaction_id, counterparty_id, payment_amount, currency_id, payment_type_id, paid,
         payment_date, company_ac_number, counterparty_ac_number)
    select '2023-01-02 09:00:00', '2023-01-02 09:00:00', transaction_id, 1, 2500.00, 1, 1, false, '2023-01-05',
           12345678, 87654321
    from paper;";
