//! Plays every folder of `tests/scenarios/`.

use starlift_testkit::scenario::Scenario;
use starlift_testkit::{Blueprint, Stack, local_aws, scenario, workspace};

use crate::support::Outcome;

#[tokio::test(flavor = "multi_thread")]
async fn every_scenario_folder_holds() -> Outcome {
    let folder = workspace::root().join("tests/scenarios");
    let scenarios = scenario::scenarios(&folder)?;
    assert!(!scenarios.is_empty(), "{} holds no scenario", folder.display());
    let mut failures = Vec::new();
    // One after another: a database is dropped by blocking the thread, and the server then waits for what its other tasks are copying.
    for scenario in scenarios {
        let stack = Stack::over(scenario.source().await?).await?;
        match scenario.play(stack).await {
            Ok(_) => println!("scenario {}: holds", scenario.name()),
            Err(error) => failures.push(error.to_string()),
        }
    }
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
    Ok(())
}

/// Statement 11, second half.
#[tokio::test(flavor = "multi_thread")]
async fn timestamps_split_the_same_in_functions_of_another_time_zone() -> Outcome {
    let scenario = Scenario::read(&workspace::root().join("tests/scenarios/timestamps_split_exactly"))?;
    let environment = [("TZ".to_owned(), "Pacific/Auckland".to_owned())].into();
    let blueprint = Blueprint { environment, ..Blueprint::default() };
    let stack = Stack::build(local_aws(), scenario.source().await?, &blueprint).await?;
    scenario.play(stack).await?;
    Ok(())
}
