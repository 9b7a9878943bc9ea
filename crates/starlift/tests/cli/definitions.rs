//! `check` and `show` over a definition, a source and a warehouse.

use std::fs;

use starlift_testkit::{Database, cluster, logins, source, workspace};

use crate::{Outcome, Said, copy_folder, said, starlift};

/// A source of a few sales orders.
async fn demo_source() -> Result<Database, Box<dyn std::error::Error>> {
    let database = cluster().create_database("source").await?;
    source::demo_source(&database.connect().await?, 50).await?;
    Ok(database)
}

/// A warehouse with the target tables of totesys.
async fn star() -> Result<Database, Box<dyn std::error::Error>> {
    let database = cluster().create_database("warehouse").await?;
    let client = database.connect().await?;
    let login = |role: &str| format!("{}_{role}", database.name());
    logins::create_publishers(&database.url(), &login("migrator"), &login("loader"))?;
    client.batch_execute("grant create, usage on schema public to starlift_migrator").await?;
    let star = workspace::pipeline("totesys").join("warehouse/V1__star.sql");
    client.batch_execute(&fs::read_to_string(star)?).await?;
    Ok(database)
}

fn check(pipeline: &str, databases: &[(&str, &Database)]) -> std::io::Result<Said> {
    let mut command = starlift(&["check", "--pipeline", pipeline]);
    for (option, database) in databases {
        command.arg(option).arg(database.url());
    }
    said(&mut command)
}

fn totesys() -> String {
    workspace::pipeline("totesys").display().to_string()
}

#[tokio::test]
async fn a_definition_that_fits_its_databases_has_no_finding() -> Outcome {
    let (source, warehouse) = (demo_source().await?, star().await?);
    let said = check(&totesys(), &[("--source", &source), ("--warehouse", &warehouse)])?;
    assert_eq!((said.code, said.err.as_str()), (Some(0), ""), "{}", said.out);
    let lines: Vec<&str> = said.out.lines().collect();
    assert_eq!(lines.len(), 4, "{}", said.out);
    assert!(lines.iter().all(|line| line.starts_with("ok ")), "{}", said.out);
    assert!(lines[0].contains("11 tables, 10 models, 1 seed"), "{}", said.out);
    Ok(())
}

#[tokio::test]
async fn a_renamed_source_column_is_found_with_the_model_that_uses_it() -> Outcome {
    let (source, warehouse) = (demo_source().await?, star().await?);
    source.connect().await?.batch_execute("alter table staff rename column first_name to given_name").await?;
    let said = check(&totesys(), &[("--source", &source), ("--warehouse", &warehouse)])?;
    assert_eq!(said.code, Some(1));
    assert!(said.out.contains("finding  column staff.first_name is missing"), "{}", said.out);
    assert!(said.out.contains("models/dim_staff.sql"), "{}", said.out);
    assert!(said.out.contains("ok       warehouse"), "what fits is said too: {}", said.out);
    Ok(())
}

#[tokio::test]
async fn every_source_table_that_cannot_be_read_is_found_at_once() -> Outcome {
    let source = demo_source().await?;
    let client = source.connect().await?;
    client.batch_execute("alter table payment rename to payments").await?;
    client.batch_execute("alter table sales_order drop constraint sales_order_pkey cascade").await?;
    let said = check(&totesys(), &[("--source", &source)])?;
    assert_eq!(said.code, Some(1));
    assert!(said.out.contains("[tables] payment: the source has no table public.payment"), "{}", said.out);
    assert!(said.out.contains("[tables] sales_order: read = \"incremental\" needs a primary key"), "{}", said.out);
    Ok(())
}

#[tokio::test]
async fn a_type_that_the_target_does_not_take_is_found_with_the_cast_to_write() -> Outcome {
    let (source, warehouse) = (demo_source().await?, star().await?);
    let client = warehouse.connect().await?;
    client.batch_execute("alter table dim_design alter column design_name type date using null").await?;
    let said = check(&totesys(), &[("--source", &source), ("--warehouse", &warehouse)])?;
    assert_eq!(said.code, Some(1));
    assert!(said.out.contains("finding  models/dim_design.sql: column design_name is text"), "{}", said.out);
    assert!(said.out.contains("cast(… as date)"), "{}", said.out);
    Ok(())
}

#[tokio::test]
async fn unknown_members_that_a_definition_asks_for_and_the_warehouse_lacks_are_found() -> Outcome {
    let warehouse = star().await?;
    let folder = tempfile::tempdir()?;
    let pipeline = copy_folder(&workspace::pipeline("totesys"), &folder.path().join("totesys"))?;
    let toml = pipeline.join("pipeline.toml");
    let asked = "key = [\"payment_id\"]\non_missing_dimension = \"unknown\"";
    fs::write(&toml, fs::read_to_string(&toml)?.replace("key = [\"payment_id\"]", asked))?;
    let pipeline = pipeline.display().to_string();
    let client = warehouse.connect().await?;
    for (table, column, values) in [
        ("dim_counterparty", "counterparty_id", "-1, '', '', null, null, '', '', '', ''"),
        ("dim_currency", "currency_id", "-1, '', ''"),
        ("dim_payment_type", "payment_type_id", "-1, ''"),
        ("dim_transaction", "transaction_id", "-1, '', null, null"),
    ] {
        let said = check(&pipeline, &[("--warehouse", &warehouse)])?;
        let finding = format!("unknown member in {table}, and it has no row with {column} -1");
        assert!(said.code == Some(1) && said.out.contains(&finding), "{}", said.out);
        client.batch_execute(&format!("insert into {table} values ({values})")).await?;
    }
    assert_eq!(check(&pipeline, &[("--warehouse", &warehouse)])?.code, Some(0));
    Ok(())
}

#[test]
fn a_fault_of_the_definition_names_its_file_and_the_valid_choices() -> Outcome {
    let folder = tempfile::tempdir()?;
    let pipeline = copy_folder(&workspace::pipeline("totesys"), &folder.path().join("totesys"))?;
    let toml = pipeline.join("pipeline.toml");
    fs::write(&toml, fs::read_to_string(&toml)?.replace("{ read = \"full\" }", "{ raed = \"full\" }"))?;
    let said = check(&pipeline.display().to_string(), &[])?;
    assert_eq!(said.code, Some(1));
    assert!(
        said.out.contains("pipeline.toml") && said.out.contains("raed") && said.out.contains("`read`"),
        "{}",
        said.out
    );
    Ok(())
}

#[tokio::test]
async fn a_server_that_refuses_is_named_without_the_password() -> Outcome {
    let database = cluster().create_database("source").await?;
    let url = database.url().replacen("postgres://postgres", "postgres://nobody:hunter2", 1);
    let said = said(&mut starlift(&["check", "--pipeline", &totesys(), "--source", &url]))?;
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("127.0.0.1:"), "{}", said.err);
    assert!(!said.err.contains("hunter2") && !said.out.contains("hunter2"), "{}", said.err);
    Ok(())
}

#[tokio::test]
async fn a_models_first_rows_are_shown_with_names_and_types() -> Outcome {
    let source = demo_source().await?;
    let url = source.url();
    let arguments = ["show", "dim_staff", "--pipeline", &totesys(), "--source", &url, "--rows", "3"];
    let said = said(&mut starlift(&arguments))?;
    assert_eq!(said.code, Some(0), "{}", said.err);
    let lines: Vec<Vec<&str>> = said.out.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(lines.len(), 5, "{}", said.out);
    assert_eq!(lines[0][..2], ["staff_id", "first_name"]);
    assert_eq!(lines[1][..2], ["integer", "text"]);
    assert_eq!([lines[2][0], lines[3][0], lines[4][0]], ["1", "2", "3"]);
    Ok(())
}

#[tokio::test]
async fn a_row_that_the_target_does_not_take_is_shown_with_the_reason() -> Outcome {
    let (source, warehouse) = (demo_source().await?, star().await?);
    let unknown = "update currency set currency_code = 'XXQ' where currency_id = 2";
    source.connect().await?.batch_execute(unknown).await?;
    let (url, target) = (source.url(), warehouse.url());
    let arguments = ["show", "dim_currency", "--pipeline", &totesys(), "--source", &url, "--warehouse", &target];
    let said = said(&mut starlift(&arguments))?;
    assert_eq!(said.code, Some(1), "{}", said.err);
    assert!(said.out.contains("held back: row 2 of currency: column currency_name: null"), "{}", said.out);
    Ok(())
}

#[test]
fn an_unknown_model_is_refused_with_the_known_ones() -> Outcome {
    let said = said(&mut starlift(&["show", "dim_stuff", "--pipeline", &totesys()]))?;
    assert_eq!(said.code, Some(1));
    assert!(said.err.contains("no model dim_stuff") && said.err.contains("dim_staff"), "{}", said.err);
    Ok(())
}
