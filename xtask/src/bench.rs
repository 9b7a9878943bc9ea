//! `cargo xtask bench`: how fast the pipeline is, how much memory it takes, and how far it is from the least there is to do.
//!
//! Statement 38: it fails when a process holds more memory than it may, or when the warehouse does not equal its source.
//!
//! For each size: a generated source, a first load by the real Lambdas under the real state machine, the comparison with
//! the oracle, and the same rows copied from source to warehouse by a plain binary `COPY`. The servers are throw-away.

mod baseline;

use std::fmt::Write;
use std::time::{Duration, Instant};

use starlift_testkit::{Blueprint, Database, Error, Result, Stack, cluster, local_aws, source};

use crate::package::{self, Profile};
use crate::stages::{Stage, Stages};
use crate::step;

/// What is measured.
#[derive(clap::Args, Debug)]
pub(crate) struct Options {
    /// Numbers of sales orders; there are 3.2 times as many rows of other tables. One measurement each.
    #[arg(long, value_name = "N", value_delimiter = ',', default_values_t = [250_000, 1_000_000])]
    rows: Vec<u32>,
    /// Statement 38: five million payments, which are 3,521,127 sales orders and 15 million rows in all.
    #[arg(long, conflicts_with = "rows")]
    five_million_payments: bool,
    /// Measure unoptimised Lambdas: for work on the measurement itself.
    #[arg(long)]
    dev: bool,
}

struct Measurement {
    sales_orders: u32,
    pipeline: Duration,
    baseline: Duration,
    star_rows: u64,
    stages: Stages,
}

/// Measures, and prints a table in Markdown on standard output.
///
/// # Errors
/// The build, a run or the comparison with the oracle fails.
pub(crate) async fn bench(options: &Options) -> Result<()> {
    let profile = Profile::of(!options.dev);
    package::package("sql/totesys".as_ref(), profile)?;
    let mut measurements = Vec::new();
    let sizes = if options.five_million_payments { &vec![FIVE_MILLION_PAYMENTS] } else { &options.rows };
    for sales_orders in sizes {
        measurements.push(measure(*sales_orders).await?);
    }
    println!("{}", table(&measurements));
    flat(&measurements)
}

/// So many sales orders have 5,000,000 payments, with those of their 0.42 times as many purchase orders.
const FIVE_MILLION_PAYMENTS: u32 = 3_521_127;

/// By how much two runs may differ, in MiB: by how many buffers are full at one time. The rows themselves are hundreds.
const BUFFERS_MIB: i64 = 64;

/// Fails when a Lambda held clearly more memory for a larger source than for a smaller one.
fn flat(measurements: &[Measurement]) -> Result<()> {
    let (Some(first), Some(last)) = (measurements.first(), measurements.last()) else {
        return Ok(());
    };
    for states in [&["Ingest"][..], &["TransformPart"], &["Begin", "Load", "Export"]] {
        let (small, large) = (first.stages.peak_memory_mib(states), last.stages.peak_memory_mib(states));
        if large > small + BUFFERS_MIB {
            return Err(Error::Malformed(format!(
                "{} held {small} MiB for {} sales orders and {large} MiB for {}: memory has to be flat",
                states.join(", "),
                first.sales_orders,
                last.sales_orders
            )));
        }
    }
    Ok(())
}

async fn measure(sales_orders: u32) -> Result<Measurement> {
    step::say(&format!("generating {sales_orders} sales orders and what belongs to them"));
    let database = cluster().create_database("source").await?;
    source::demo_source(&database.connect().await?, sales_orders).await?;
    let stack = Stack::build(local_aws(), database, &Blueprint::default()).await?;
    let empty = copy_of(&stack.warehouse).await?;

    step::say("loading it by the pipeline");
    let started = Instant::now();
    let execution = stack.run().await?.succeeded()?;
    let pipeline = started.elapsed();
    step::say(&format!("{:.1} s; comparing the warehouse with its source", pipeline.as_secs_f64()));
    stack.agree().await?;
    let stages = Stages::of(&execution);
    within_memory(&stages)?;

    step::say("copying the same rows by a plain COPY BINARY");
    let (star_rows, baseline) = baseline::copy_star(&stack.oracle, &stack.source, &empty).await?;
    step::say(&format!("{:.1} s", baseline.as_secs_f64()));
    Ok(Measurement { sales_orders, pipeline, baseline, star_rows, stages })
}

/// Fails when a process held more than it may, whatever the size of the source.
fn within_memory(stages: &Stages) -> Result<()> {
    for Stage { name, peak_memory_mib, .. } in stages.iter() {
        let limit = if *name == "TransformPart" { 768 } else { 256 };
        if *peak_memory_mib >= limit {
            return Err(Error::Malformed(format!(
                "{name} held {peak_memory_mib} MiB; it has to stay below {limit} MiB"
            )));
        }
    }
    Ok(())
}

/// A copy of the warehouse while it is empty. The migration's connection may end a moment after its answer.
async fn copy_of(warehouse: &Database) -> Result<Database> {
    let started = Instant::now();
    loop {
        match cluster().create_from("baseline", warehouse).await {
            Err(_) if started.elapsed() < Duration::from_secs(10) => {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            outcome => return outcome,
        }
    }
}

fn table(measurements: &[Measurement]) -> String {
    let mut text =
        String::from("| sales orders | stage | rows | seconds | rows/s | peak memory |\n|--:|---|--:|--:|--:|--:|\n");
    for measured in measurements {
        for Stage { name, seconds, rows, peak_memory_mib, .. } in measured.stages.iter() {
            let rate = per_second(*rows, *seconds);
            line(&mut text, measured, &format!("{name} | {rows} | {seconds:.1} | {rate:.0} | {peak_memory_mib} MiB"));
        }
        let (rows, whole, plain) =
            (measured.star_rows, measured.pipeline.as_secs_f64(), measured.baseline.as_secs_f64());
        let rows = i64::try_from(rows).unwrap_or(i64::MAX);
        line(&mut text, measured, &format!("**all of it** | {rows} | {whole:.1} | {:.0} | |", per_second(rows, whole)));
        line(
            &mut text,
            measured,
            &format!("plain `COPY BINARY` | {rows} | {plain:.1} | {:.0} | |", per_second(rows, plain)),
        );
        line(&mut text, measured, &format!("ratio | | {:.2} | | |", whole / plain));
    }
    text
}

fn line(text: &mut String, measured: &Measurement, cells: &str) {
    // Writing to a String cannot fail.
    let _ = writeln!(text, "| {} | {cells} |", measured.sales_orders);
}

#[expect(clippy::cast_precision_loss, reason = "rows per second, shown without decimals")]
fn per_second(rows: i64, seconds: f64) -> f64 {
    rows as f64 / seconds.max(f64::EPSILON)
}
