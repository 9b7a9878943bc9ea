//! `export`: a CSV extract of each table that a publication has changed since its last extract.
//!
//! All extracts of one export show one snapshot. The lock is taken before the snapshot, so that an older export never writes over a
//! newer one; asked again, an export does what is left.

use std::pin::pin;
use std::time::{Duration, Instant};

use futures_util::TryStreamExt;
use starlift_definition::Definition;
use starlift_failure::Failure;
use starlift_host::{Context, Metric, Metrics, Stopwatch, fail_point};
use starlift_lake::messages::ExportReply;
use starlift_lake::{StoredObject, Zone, keys};
use starlift_postgres::{copy_out, quote, quote_list};
use tokio_postgres::{Client, IsolationLevel};

use crate::preview::Preview;
use crate::target::{Kind, Target};
use crate::warehouse::failed;
use crate::{catalog, spreadsheet, warehouse};

const PENDING_EXTRACTS: &str = include_str!("../../../sql/engine/load/pending_extracts.sql");
const PUT_EXTRACT: &str = include_str!("../../../sql/engine/load/put_extract.sql");

/// Writes the extracts that are due.
pub(crate) async fn export(context: &Context, run: &str) -> Result<ExportReply, Failure> {
    let stopwatch = Stopwatch::start();
    let pipeline = &context.definition.pipeline;
    let mut session = warehouse::connect(context, &pipeline.warehouse.secret, run).await?;
    warehouse::lock_session(&session.client, &format!("{}/export", pipeline.name)).await?;
    let transaction = session.client.build_transaction().isolation_level(IsolationLevel::RepeatableRead);
    let transaction = transaction.start().await.map_err(failed("beginning the export"))?;
    let client = transaction.client();

    let star = catalog::read(client, &context.definition).await?;
    let targets = Target::list(&context.definition, &star)?;
    let pending = client.query(PENDING_EXTRACTS, &[]).await.map_err(failed("reading what is to be exported"))?;
    let (mut tables, mut rows, mut bytes) = (0, 0, 0);
    for due in pending {
        let table: &str = due.get("table_name");
        // A table that the definition has no more has no extract.
        let Some(target) = targets.iter().find(|target| target.name == table) else {
            continue;
        };
        let started = Instant::now();
        let object = write(context, client, target).await?;
        fail_point!("export.extract_written");
        note(client, table, due.get("number"), &object).await?;
        (tables, rows, bytes) = (tables + 1, rows + object.rows, bytes + object.bytes);
        report(run, table, &object, started.elapsed());
    }
    fail_point!("export.before_commit");
    transaction.commit().await.map_err(failed("committing the export"))?;
    let reply = ExportReply { run: run.to_owned(), tables, rows, bytes, usage: stopwatch.usage() };
    let metrics = Metrics::of(&reply.usage).count(Metric::RowsWritten, rows).count(Metric::BytesWritten, bytes);
    metrics.emit(&pipeline.name, "export", Some(run));
    fail_point!("export.reply");
    Ok(reply)
}

fn report(run: &str, table: &str, StoredObject { rows, bytes, .. }: &StoredObject, took: Duration) {
    let seconds = took.as_secs_f64();
    tracing::info!(target: "starlift", run, phase = "exported", table, rows, bytes, seconds, "exported");
}

/// Streams a table into its extract, and its first rows into the log.
async fn write(context: &Context, client: &Client, target: &Target) -> Result<StoredObject, Failure> {
    let doing = format!("exporting {}", target.name);
    let mut upload = context.lake.replace(Zone::Control, keys::extract(&target.name));
    let mut preview = Preview::new(&target.name, context.definition.pipeline.settings.preview_rows);
    let mut lines = pin!(copy_out(client, &statement(context, target), &doing).await?);
    let mut count: u64 = 0;
    while let Some(line) = lines.try_next().await? {
        preview.show(&line);
        upload.write(&line).await?;
        count += 1;
    }
    // The header is a line too.
    Ok(upload.finish(count.saturating_sub(1)).await?)
}

/// `copy (…) to stdout`: all columns but the excluded ones, in order of the primary key; of a fact the newest versions.
fn statement(context: &Context, target: &Target) -> String {
    let settings = &context.definition.pipeline.settings;
    let columns = target.table.columns.iter().filter(|column| !is_excluded(&context.definition, target, &column.name));
    let columns: Vec<String> = columns
        .map(|column| if settings.spreadsheet_safe { spreadsheet::guarded(column) } else { quote(&column.name) })
        .collect();
    let order = |direction: &str| {
        let key = target.table.primary_key.iter().map(|column| format!("{}{direction}", quote(column)));
        key.collect::<Vec<_>>().join(", ")
    };
    let newest = match (&target.kind, settings.export_fact_rows) {
        (Kind::Fact { .. }, Some(rows)) => {
            format!("(select * from {} order by {} limit {rows}) as newest", target.qualified(), order(" desc"))
        }
        _ => target.qualified(),
    };
    format!(
        "copy (select {} from {newest} order by {}) to stdout (format csv, header)",
        columns.join(", "),
        quote_list(target.table.primary_key.iter().map(String::as_str))
    )
}

/// Whether a column has the name of one that never leaves a source table which the target's own model reads. Of the same name in
/// other tables this says nothing.
fn is_excluded(definition: &Definition, target: &Target, column: &str) -> bool {
    let model = definition.models.get(&target.name);
    let mut tables = model.into_iter().flat_map(|model| definition.source_tables(model));
    tables.any(|(_, table)| table.exclude.iter().any(|excluded| excluded == column))
}

async fn note(client: &Client, table: &str, number: i64, object: &StoredObject) -> Result<(), Failure> {
    let (rows, bytes) = (object.rows.cast_signed(), object.bytes.cast_signed());
    client.execute(PUT_EXTRACT, &[&table, &number, &rows, &bytes]).await.map_err(failed("writing etl.extract"))?;
    Ok(())
}
