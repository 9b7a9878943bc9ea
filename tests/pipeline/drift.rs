//! Changes of the source's schema and of the definition: what is extra does not disturb, what does not fit fails before it does harm.

use serde_json::json;
use starlift_testkit::{Blueprint, Inbox, Stack, local_aws};

use crate::support::{Outcome, definition_with, generated, lifted};

/// Statement 25, first half.
#[tokio::test(flavor = "multi_thread")]
async fn extra_tables_and_columns_do_not_disturb() -> Outcome {
    let stack = lifted(50).await?;
    let from = stack.source.connect().await?;
    from.batch_execute(
        "create table _prisma_migrations (id varchar(36) primary key, checksum varchar(64));
         alter table sales_order add column note text default 'new';
         alter table address add column geo point;
         update sales_order set note = 'x', units_sold = 7 where sales_order_id = 1",
    )
    .await?;
    stack.run().await?.succeeded()?;
    stack.agree().await?;
    Ok(())
}

/// Statement 25, second half, and its alert.
#[tokio::test(flavor = "multi_thread")]
async fn a_missing_renamed_or_retyped_column_fails_before_anything_is_written_and_tells_once() -> Outcome {
    let stack = lifted(50).await?;
    let inbox = Inbox::of(&stack)?;
    let from = stack.source.connect().await?;
    let mut written = Vec::new();
    for zone in ["ingest", "processed", "control"] {
        written.push((zone, stack.objects(zone).await?));
    }
    let changes = [
        (
            "alter table staff rename column first_name to given_name",
            "alter table staff rename column given_name to first_name",
            "first_name",
        ),
        (
            "alter table sales_order rename column units_sold to units",
            "alter table sales_order rename column units to units_sold",
            "units_sold",
        ),
        (
            "alter table purchase_order alter item_code type int using 1",
            "alter table purchase_order alter item_code type varchar",
            "item_code",
        ),
        ("alter table department rename to divisions", "alter table divisions rename to department", "department"),
    ];
    for (change, undo, named) in changes {
        from.batch_execute(change).await?;
        let failed = stack.run().await?;
        assert_eq!(failed.error.as_deref(), Some("Starlift.SourceChanged"), "{change}: {}", failed.message());
        assert!(failed.message().contains(named), "{change}: {}", failed.message());
        for (zone, before) in &written {
            assert_eq!(stack.objects(zone).await?, *before, "{change}");
        }
        let alerts = inbox.take()?;
        let [alert] = alerts.as_slice() else {
            return Err(format!("{} alerts of: {change}", alerts.len()).into());
        };
        let cause = alert["cause"].as_str().unwrap_or_default();
        assert_eq!((&alert["execution"], &alert["error"]), (&json!(failed.arn), &json!("Starlift.SourceChanged")));
        // The runs of an execution begin with the time of its start.
        assert!(cause.contains("ingest of run 2") && cause.contains(named), "{alert}");
        from.batch_execute(undo).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_is_computed_by_no_other_model_than_its_run_was_read_for() -> Outcome {
    let folder = definition_with("models/dim_staff.sql", |text| text)?;
    let blueprint = Blueprint { definition: Some(folder.path().to_owned()), ..Blueprint::default() };
    let stack = Stack::build(local_aws(), generated(50).await?, &blueprint).await?;
    let run = "20200101T000000Z-00000000-001";
    stack.invoke("load", &json!({"action": "begin", "run": run}))?;
    stack.invoke("ingest", &json!({"run": run}))?;
    // A deployment that reaches transform only now.
    let model = folder.path().join("models/dim_staff.sql");
    let text = std::fs::read_to_string(&model)?;
    std::fs::write(&model, text + "where staff.staff_id > 1\n")?;
    let refused =
        stack.invoke("transform", &json!({"run": run, "part": "dim_staff"})).expect_err("is refused").to_string();
    assert!(refused.contains("Starlift.InvalidDefinition") && refused.contains("models/dim_staff.sql"), "{refused}");
    Ok(())
}
