//! Statement 2: runs leave the warehouse's schema as it is, and no other session ever sees it otherwise.

use starlift_testkit::Stack;

use crate::support::{ONE_SALE, Outcome, generated, texts};
use crate::watch::{CATALOG, Watch};

/// Sales orders: enough for the facts to be loaded in bulk, with their keys set aside.
const ORDERS: u32 = 60_000;

#[tokio::test(flavor = "multi_thread")]
async fn the_schema_is_the_same_before_and_after_runs_and_no_session_misses_a_key() -> Outcome {
    let stack = Stack::over(generated(ORDERS).await?).await?;
    let client = stack.warehouse.connect().await?;
    let before = texts(&client, CATALOG).await?;
    assert_eq!(before.iter().filter(|line| line.contains("FOREIGN KEY")).count(), 24);

    let watch = Watch::start(&stack.warehouse).await?;
    stack.run().await?.succeeded()?;
    assert_eq!(texts(&client, CATALOG).await?, before, "after the first load");
    let aside = stack.logs("load")?.into_iter().filter(|line| line.contains("set its keys aside")).count();
    assert!(aside > 0, "nothing was loaded in bulk");
    stack.source.connect().await?.batch_execute(ONE_SALE).await?;
    stack.run().await?.succeeded()?;
    watch.end().await?;
    assert_eq!(texts(&client, CATALOG).await?, before, "after the second run");
    stack.agree().await?;
    Ok(())
}
