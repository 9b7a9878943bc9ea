//! `migrate`: brings the warehouse's schema up to date and tells transform what it looks like.

use starlift_definition::check_catalog;
use starlift_failure::Failure;
use starlift_host::{Context, Metrics, Stopwatch};
use starlift_lake::messages::MigrateReply;
use starlift_postgres::quote;
use tokio_postgres::Client;

use crate::migrations::MigrationSet;
use crate::target::Target;
use crate::warehouse::failed;
use crate::{catalog, published, roles, unknown, warehouse};

const HAS_ETL: &str = include_str!("../../../sql/engine/load/has_etl.sql");

/// Applies the engine's migrations and then the definition's, checks that the result can be loaded as the definition says, and
/// writes `catalog.json`. No publication is under way meanwhile. With an administrator's secret the logins are made before.
pub(crate) async fn migrate(context: &Context, administrator: Option<&str>) -> Result<MigrateReply, Failure> {
    let stopwatch = Stopwatch::start();
    let logins = match administrator {
        Some(secret) => roles::ensure(context, secret).await?,
        None => Vec::new(),
    };
    let pipeline = &context.definition.pipeline;
    let mut session = warehouse::connect(context, roles::migrator(pipeline), "migrate").await?;
    warehouse::lock_session(&session.client, &pipeline.name).await?;
    create_etl(&session.client).await?;

    set_search_path(&session.client, &pipeline.warehouse.schema).await?;
    let mut applied = MigrationSet::engine()?.apply(&mut session.client).await?;
    applied.extend(MigrationSet::warehouse(&context.definition)?.apply(&mut session.client).await?);
    set_search_path(&session.client, "pg_catalog").await?;

    let star = catalog::read(&session.client, &context.definition).await?;
    check_catalog(&context.definition, &star.catalog)?;
    Target::list(&context.definition, &star)?;
    unknown::check(&session.client, &context.definition, &star.catalog).await?;
    catalog::put(&context.lake, &star.catalog).await?;
    published::record_all(&session.client, &context.lake, &pipeline.name).await?;
    let tables = star.catalog.tables.len() as u64;
    tracing::info!(target: "starlift", applied = applied.len(), tables, "migrated the warehouse");
    let usage = stopwatch.usage();
    Metrics::of(&usage).emit(&pipeline.name, "migrate", None);
    Ok(MigrateReply { logins, applied, tables, usage })
}

/// The schema is there before the engine's first migration, because refinery's tables are in it.
async fn create_etl(client: &Client) -> Result<(), Failure> {
    let found: bool = client.query_one(HAS_ETL, &[]).await.map_err(failed("looking for schema etl"))?.get("found");
    if found {
        return Ok(());
    }
    client.batch_execute("create schema etl").await.map_err(failed("creating schema etl"))
}

/// Migrations name tables without a schema; the catalog is read without a path, so that types come with theirs.
async fn set_search_path(client: &Client, schema: &str) -> Result<(), Failure> {
    let statement = format!("set search_path to {}", quote(schema));
    client.batch_execute(&statement).await.map_err(failed("setting the search path"))
}
