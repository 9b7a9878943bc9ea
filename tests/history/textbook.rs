//! The old way loses rows, ours does not: `last_updated > max(last_updated)` beside the pipeline, on one busy source.
//!
//! A row is seen when its transaction commits, and its `last_updated` is older than that. Whatever the textbook has seen meanwhile, it never
//! looks back behind it.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use starlift_testkit::{Database, Error};
use tokio::task::JoinSet;
use tokio_postgres::Client;

use crate::execution::Round;
use crate::handlers::Handlers;
use crate::operation::Full;
use crate::oracle::Snapshot;
use crate::rows::{history, snapshot};
use crate::worker::{Fallible, Worker};

const WRITERS: i32 = 16;
const TRANSACTIONS: i32 = 8;

/// Slices have their own proof; this one is about what is new.
const SLICE_ROWS: u64 = 100_000;

const WRITE_SALE: &str = include_str!("sql/write_sale.sql");

/// The extraction of the textbooks.
struct Textbook {
    client: Client,
    latest: SystemTime,
    copy: BTreeMap<String, String>,
}

impl Textbook {
    async fn extract(&mut self) -> Fallible<()> {
        let rows = self.client.query(include_str!("sql/textbook.sql"), &[&self.latest]).await?;
        for row in &rows {
            self.copy.insert(row.get("key"), row.get("value"));
            self.latest = self.latest.max(row.get("last_updated"));
        }
        Ok(())
    }
}

/// The pipeline, one execution after the other.
struct Pipeline {
    handlers: Handlers,
    executions: u32,
}

impl Pipeline {
    async fn extract(&mut self) -> Fallible<()> {
        let mut round = Round { execution: self.executions, number: 1 };
        self.executions += 1;
        loop {
            self.handlers.begin(round.run()).await?;
            for part in self.handlers.ingest(round.run(), Full::Nothing).await?.parts {
                self.handlers.transform(round.run(), part).await?;
            }
            if !self.handlers.load(round.run(), false).await?.more {
                return Ok(());
            }
            round = round.next()?;
        }
    }
}

/// Writes new sales and changes old ones. Some of its transactions stay open for up to four seconds.
async fn write(source: Client, number: i32) -> Result<(), tokio_postgres::Error> {
    for n in 0..TRANSACTIONS {
        source.batch_execute("begin").await?;
        source.execute(WRITE_SALE, &[&(number * 100 + n), &n]).await?;
        source.execute(WRITE_SALE, &[&(number * 100 + n / 2), &(100 + n)]).await?;
        let is_slow = (number + n) % TRANSACTIONS == 0;
        let open = if is_slow { 250 * u64::from(number.unsigned_abs()) } else { u64::from(n.unsigned_abs()) * 20 };
        tokio::time::sleep(Duration::from_millis(open)).await;
        source.batch_execute("commit").await?;
    }
    Ok(())
}

async fn writers(source: &Database) -> Fallible<JoinSet<Result<(), tokio_postgres::Error>>> {
    let mut writers = JoinSet::new();
    for number in 1..=WRITERS {
        writers.spawn(write(source.connect().await?, number));
    }
    Ok(writers)
}

/// How many sales a copy has not as they are.
fn lost(source: &Snapshot, copied: impl Fn(&String) -> Option<String>) -> usize {
    let sales = source.iter().filter(|(key, _)| key.starts_with("sale "));
    sales.filter(|(key, state)| copied(key) != state.value).count()
}

#[tokio::test(flavor = "multi_thread")]
async fn the_textbook_loses_what_a_slow_transaction_wrote_and_the_pipeline_does_not() -> Fallible<()> {
    let worker = Worker::start().await?;
    let mut world = worker.world().await?;
    Arc::make_mut(&mut world.context.definition).pipeline.settings.slice_rows = SLICE_ROWS;
    let source = world.source.connect().await?;
    let client = world.source.connect().await?;
    let mut textbook = Textbook { client, latest: SystemTime::UNIX_EPOCH, copy: BTreeMap::new() };
    let mut pipeline = Pipeline { handlers: Handlers::new(world.context.clone()), executions: 0 };

    // One transaction is open over an extraction for certain, however fast the others are.
    let slow = world.source.connect().await?;
    slow.batch_execute("begin").await?;
    slow.execute(WRITE_SALE, &[&1, &1]).await?;
    source.execute(WRITE_SALE, &[&2, &1]).await?;
    textbook.extract().await?;
    pipeline.extract().await?;
    slow.batch_execute("commit").await?;

    let mut writers = writers(&world.source).await?;
    while !writers.is_empty() {
        textbook.extract().await?;
        pipeline.extract().await?;
        while let Some(ended) = writers.try_join_next() {
            ended?.map_err(Error::sql("write a sale"))?;
        }
    }
    textbook.extract().await?;
    pipeline.extract().await?;

    let sales = snapshot(&source).await?;
    let warehouse = history(&world.warehouse.connect().await?).await?;
    let shown = |key: &String| warehouse.get(key)?.last().filter(|version| version.end.is_none());
    let of_pipeline = lost(&sales, |key| shown(key).map(|version| version.value.clone()));
    let of_textbook = lost(&sales, |key| textbook.copy.get(key).cloned());
    let extractions = pipeline.executions;
    eprintln!("{extractions} extractions: the textbook lost {of_textbook} sales, the pipeline {of_pipeline}");
    assert_eq!(of_pipeline, 0, "the pipeline lost sales");
    assert!(of_textbook > 0, "the textbook lost nothing: nothing was shown");
    Ok(())
}
