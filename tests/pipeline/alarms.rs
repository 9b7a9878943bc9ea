//! The alarms of the deployment, on the metrics that the functions write.

use serde_json::{Value, json};
use starlift_testkit::Inbox;

use crate::support::{Outcome, log_lines};
use crate::watched::Watched;

fn state(state: &str, told: &[&str]) -> (String, Vec<String>) {
    (state.to_owned(), told.iter().map(|&told| told.to_owned()).collect())
}

/// Statement 13, its alert.
#[tokio::test(flavor = "multi_thread")]
async fn rows_in_the_quarantine_alarm_once_until_the_source_is_repaired() -> Outcome {
    let watched = Watched::lifted().await?;
    let stack = &watched.stack;
    let inbox = Inbox::of(stack)?;
    let from = stack.source.connect().await?;
    watched.watch("quarantine")?;
    stack.run().await?.succeeded()?;
    assert_eq!(watched.states("quarantine", &inbox)?, state("OK", &["OK"]));

    from.batch_execute("insert into currency (currency_id, currency_code) values (99, 'ZZZ')").await?;
    assert_eq!(stack.run().await?.succeeded()?.sum("Load", "held"), 1);
    assert_eq!(watched.states("quarantine", &inbox)?, state("ALARM", &["ALARM"]));
    // As long as it waits nobody is told again, also when a quarter of an hour has nothing to say.
    watched.minutes_later(15)?;
    stack.run().await?.succeeded()?;
    watched.minutes_later(60)?;
    assert_eq!(watched.states("quarantine", &inbox)?, state("ALARM", &[]));

    from.batch_execute("update currency set currency_code = 'EUR' where currency_id = 99").await?;
    stack.run().await?.succeeded()?;
    assert_eq!(watched.states("quarantine", &inbox)?, state("OK", &["OK"]));
    Ok(())
}

/// A run that is superseded changes nothing, so it does not make the quarantine look empty.
#[tokio::test(flavor = "multi_thread")]
async fn a_superseded_run_says_of_the_warehouse_what_is_so() -> Outcome {
    let watched = Watched::lifted().await?;
    let stack = &watched.stack;
    let from = stack.source.connect().await?;
    from.batch_execute("insert into currency (currency_id, currency_code) values (99, 'ZZZ')").await?;
    stack.run().await?.succeeded()?;
    let run = "20200101T000000Z-00000000-001";
    read_and_overtake(&watched, run).await?;
    assert_eq!(stack.invoke("load", &json!({"action": "load", "run": run}))?["outcome"], "superseded");
    let lines = log_lines(stack, "load")?;
    let is_meant = |line: &&Value| line["run"] == run && line["step"] == "load" && line["_aws"].is_object();
    let metrics = lines.iter().find(is_meant).ok_or("no metrics")?;
    assert_eq!(metrics["RowsInQuarantine"], 1.0, "{metrics}");
    Ok(())
}

/// Reads a run that has nothing new, and publishes another one first.
async fn read_and_overtake(watched: &Watched, run: &str) -> Outcome {
    let stack = &watched.stack;
    stack.invoke("load", &json!({"action": "begin", "run": run}))?;
    let read = stack.invoke("ingest", &json!({"run": run}))?;
    for part in read["parts"].as_array().into_iter().flatten() {
        stack.invoke("transform", &json!({"run": run, "part": part}))?;
    }
    stack.run().await?.succeeded()?;
    Ok(())
}

/// The alarm hears nothing of a schedule that never fires, so it has to go off by itself; and it is not silenced by runs that come to nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_warehouse_that_grows_old_alarms_though_runs_are_superseded_until_one_is_published() -> Outcome {
    let watched = Watched::lifted().await?;
    let stack = &watched.stack;
    let inbox = Inbox::of(stack)?;
    watched.watch("freshness")?;
    let run = "20200101T000000Z-00000000-001";
    read_and_overtake(&watched, run).await?;
    assert_eq!(watched.states("freshness", &inbox)?, state("OK", &["OK"]));

    watched.minutes_later(40)?;
    assert_eq!(watched.states("freshness", &inbox)?, state("OK", &[]));
    watched.minutes_later(60)?;
    assert_eq!(watched.states("freshness", &inbox)?, state("ALARM", &["ALARM"]));

    // The clocks of the databases do not move: so the last snapshot is made an hour old.
    let ledger = stack.warehouse.connect().await?;
    ledger
        .batch_execute(
            "update etl.run set source = source || jsonb_build_object('taken_at', clock_timestamp() - interval '1 hour')",
        )
        .await?;
    assert_eq!(stack.invoke("load", &json!({"action": "load", "run": run}))?["outcome"], "superseded");
    assert_eq!(watched.states("freshness", &inbox)?, state("ALARM", &[]));
    stack.run().await?.succeeded()?;
    assert_eq!(watched.states("freshness", &inbox)?, state("OK", &["OK"]));
    Ok(())
}
