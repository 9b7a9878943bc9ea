//! A reader of the warehouse that never stops while a case goes on.

use std::time::Duration;

use starlift_testkit::Database;
use tokio::task::JoinHandle;

use crate::worker::Fallible;

/// Between two looks. It only leaves the processor to the runs.
const PAUSE: Duration = Duration::from_millis(10);

/// A session that looks again and again.
pub(crate) struct Reader(JoinHandle<Fallible<()>>);

impl Reader {
    /// Begins to look.
    pub(crate) async fn start(warehouse: &Database) -> Fallible<Self> {
        let client = warehouse.connect().await?;
        Ok(Self(tokio::spawn(async move {
            loop {
                let row = client.query_one(include_str!("sql/never.sql"), &[]).await?;
                let (half, broken): (String, i64) = (row.get("half"), row.get("broken"));
                if half != "0" || broken != 0 {
                    return Err(
                        format!("a reader saw {half} versions of half a run and {broken} broken references").into()
                    );
                }
                tokio::time::sleep(PAUSE).await;
            }
        })))
    }

    /// Ends it.
    ///
    /// # Errors
    /// It has seen what must never be seen.
    pub(crate) async fn end(self) -> Fallible<()> {
        if self.0.is_finished() {
            return self.0.await?;
        }
        self.0.abort();
        Ok(())
    }
}
