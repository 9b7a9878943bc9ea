//! Who waits while a dimension is in mid-slice: whoever refers to it, directly or by way of others.

use std::collections::BTreeSet;

use serde_json::{Value, json};
use starlift_lake::{IngestManifest, Zone, keys};

use crate::world::{Outcome, World};

/// The shop with more to refer to: `account` is a whole table whose dimension refers to that of `customer`, and `visit` refers to it;
/// of `contract` only the fact refers to a customer, and `invoice` refers to its dimension.
const TABLES: &str = "
create table account (account_id int primary key, customer_id int not null);
create table visit (visit_id int primary key, account_id int not null);
create table contract (contract_id int primary key, customer_id int not null);
create table invoice (invoice_id int primary key, contract_id int not null);
insert into account values (1, 1);
insert into visit values (1, 1);
insert into contract values (1, 1);
insert into invoice values (1, 1);
";

const MODELS: [(&str, &str); 5] = [
    ("dim_account", "select account_id, customer_id from account"),
    ("fact_visit", "select visit_id, account_id from visit"),
    ("dim_contract", "select contract_id from contract"),
    ("fact_contract", "select contract_id, customer_id from contract"),
    ("fact_invoice", "select invoice_id, contract_id from invoice"),
];

/// More customers than a run reads, and a row of each table that refers to the last of them, in the end.
const MANY: &str = "
insert into customer select n, 'c' || n from generate_series(10, 30) as n;
insert into contract values (2, 30);
insert into invoice values (2, 2);
";

async fn world() -> Result<World, Box<dyn std::error::Error>> {
    let mut world = World::new().await?;
    world.execute(TABLES).await?;
    let read = "line = { read = \"incremental\" }\naccount = { read = \"full\" }\nvisit = { read = \"incremental\" }\n\
                contract = { read = \"incremental\" }\ninvoice = { read = \"incremental\" }";
    world.edit("pipeline.toml", "line = { read = \"incremental\" }", read)?;
    let models = "[dimensions.dim_item]\n[dimensions.dim_account]\n[dimensions.dim_contract]\n\
                  [facts.fact_visit]\nkey = [\"visit_id\"]\n[facts.fact_contract]\nkey = [\"contract_id\"]\n\
                  [facts.fact_invoice]\nkey = [\"invoice_id\"]";
    world.edit("pipeline.toml", "[dimensions.dim_item]", models)?;
    for (name, text) in MODELS {
        world.write(&format!("models/{name}.sql"), text)?;
    }
    let stored = world.lake.get(Zone::Control, keys::CATALOG).await?.ok_or("no catalog")?;
    let mut catalog: Value = serde_json::from_slice(&stored.bytes)?;
    catalog["tables"]["dim_account"] = target(&["account_id", "customer_id"], &[("customer_id", "dim_customer")]);
    catalog["tables"]["fact_visit"] = target(&["visit_id", "account_id"], &[("account_id", "dim_account")]);
    catalog["tables"]["dim_contract"] = target(&["contract_id"], &[]);
    catalog["tables"]["fact_contract"] = target(&["contract_id", "customer_id"], &[("customer_id", "dim_customer")]);
    catalog["tables"]["fact_invoice"] = target(&["invoice_id", "contract_id"], &[("contract_id", "dim_contract")]);
    world.lake.replace_json(Zone::Control, keys::CATALOG, Some(&stored.etag), &catalog).await?;
    world.run().await?;
    Ok(world)
}

fn target(columns: &[&str], foreign_keys: &[(&str, &str)]) -> Value {
    let described = |name: &&str| json!({ "name": name, "type": "integer", "nullable": false });
    let key = |(column, table): &(&str, &str)| json!({ "columns": [column], "table": table, "to": [column] });
    json!({
        "columns": columns.iter().map(described).collect::<Vec<_>>(),
        "primary_key": [columns[0]],
        "foreign_keys": foreign_keys.iter().map(key).collect::<Vec<_>>(),
    })
}

/// The tables whose rows go into the parts of a run.
fn brought(manifest: &IngestManifest) -> BTreeSet<&str> {
    manifest.parts.iter().flat_map(|part| part.inputs.keys()).map(String::as_str).collect()
}

#[tokio::test]
async fn what_waits_makes_wait_what_refers_to_it() -> Outcome {
    let mut world = world().await?;
    world.execute(MANY).await?;
    for _ in 0..2 {
        let waiting = world.run().await?;
        assert!(waiting.more);
        assert_eq!(brought(&waiting), BTreeSet::from(["customer"]));
    }
    let last = world.run().await?;
    assert_eq!(brought(&last), BTreeSet::from(["contract", "customer", "invoice"]));
    assert!(!last.more);
    world.agree("invoice", "select concat_ws('|', invoice_id, contract_id) from invoice").await
}

#[tokio::test]
async fn a_model_over_whole_tables_waits_and_is_computed_in_the_end() -> Outcome {
    let mut world = world().await?;
    world.execute(MANY).await?;
    world.execute("insert into account values (2, 30); insert into visit values (2, 2)").await?;
    let first = world.run().await?;
    assert_eq!(first.tables["account"].objects.len(), 1, "its rows are kept");
    assert_eq!(brought(&first), BTreeSet::from(["customer"]));
    assert!(!first.models.contains_key("dim_account") && first.models.contains_key("fact_visit"));
    assert_eq!(brought(&world.run().await?), BTreeSet::from(["customer"]));
    let last = world.run().await?;
    assert_eq!(brought(&last), BTreeSet::from(["account", "contract", "customer", "invoice", "visit"]));
    let part = last.parts.iter().find(|part| part.name == "dim_account").ok_or("no part")?;
    assert_eq!(part.inputs["account"], first.tables["account"].objects);
    assert!(last.models.contains_key("dim_account"));
    assert!(last.tables.values().all(|table| table.reset.is_none()));
    assert!(world.run().await?.parts.is_empty());
    world.agree("visit", "select concat_ws('|', visit_id, account_id) from visit").await
}

#[tokio::test]
async fn a_model_over_whole_tables_without_anything_new_does_not_wait() -> Outcome {
    let mut world = world().await?;
    world.execute(MANY).await?;
    let first = world.run().await?;
    assert!(first.models.contains_key("dim_account"));
    world.catch_up().await?;
    let parts = world.run().await?.parts;
    assert!(parts.is_empty(), "{parts:?}");
    Ok(())
}
