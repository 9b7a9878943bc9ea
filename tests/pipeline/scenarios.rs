//! Plays every folder of `tests/scenarios/`.

use starlift_testkit::{Stack, scenario, workspace};

use crate::support::Outcome;

#[tokio::test(flavor = "multi_thread")]
async fn every_scenario_folder_holds() -> Outcome {
    let folder = workspace::root().join("tests/scenarios");
    let scenarios = scenario::scenarios(&folder)?;
    assert!(!scenarios.is_empty(), "{} holds no scenario", folder.display());
    let mut failures = Vec::new();
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
