//! Scenario folders: a mistake in one never passes for a success.

use std::fs;

use starlift_testkit::cluster;
use starlift_testkit::scenario::{Scenario, expect_no_row, scenarios};

type Outcome = Result<(), Box<dyn std::error::Error>>;

#[tokio::test]
async fn a_scenario_fails_when_an_expectation_returns_a_row() -> Outcome {
    let folder = tempfile::tempdir()?;
    let file = folder.path().join("expect.sql");
    let database = cluster().create_database("expected").await?;
    fs::write(&file, "select 1 where false; select 2 where false;")?;
    expect_no_row(&database, &file).await?;
    fs::write(&file, "select 1 where false; select n from generate_series(1, 3) as n;")?;
    let message = expect_no_row(&database, &file).await.err().ok_or("three rows passed")?.to_string();
    assert!(message.ends_with("expect.sql: query 2 returned 3 rows"), "{message}");
    Ok(())
}

#[test]
fn a_file_that_no_scenario_has_is_refused() -> Outcome {
    let folder = tempfile::tempdir()?;
    let scenario = folder.path().join("staff_moves");
    fs::create_dir(&scenario)?;
    for name in ["README.md", "source.sql", "change.sql", "change-2.sql", "expect.sql", "expect-history.sql"] {
        fs::write(scenario.join(name), "")?;
    }
    let names: Vec<String> = scenarios(folder.path())?.iter().map(Scenario::name).collect();
    assert_eq!(names, ["staff_moves"]);
    fs::write(scenario.join("changes.sql"), "")?;
    let message = scenarios(folder.path()).err().ok_or("a stray file passed")?.to_string();
    assert!(message.contains("changes.sql") && message.contains("change-<n>.sql"), "{message}");
    Ok(())
}
