//! Migrating: once, all or nothing, and only to what can be loaded.

use std::fs;
use std::path::Path;

use starlift_definition::Catalog;
use starlift_failure::FailureKind;
use starlift_lake::{Zone, keys};

use crate::Outcome;
use crate::world::{World, shop};

#[tokio::test]
async fn a_second_migration_applies_nothing() -> Outcome {
    let world = World::new(&shop()).await?;
    let first = world.migrate().await?;
    assert_eq!(
        first.applied,
        ["V1__roles", "V2__ledger", "V3__bulk_load", "V4__quarantine", "V5__replay", "V6__unknown_members", "V1__star"]
    );
    assert_eq!(first.tables, 3);
    assert!(world.migrate().await?.applied.is_empty());
    Ok(())
}

#[tokio::test]
async fn the_catalog_tells_transform_what_the_tables_look_like() -> Outcome {
    let world = World::migrated().await?;
    let catalog: Option<Catalog> = world.context.lake.get_json(Zone::Control, keys::CATALOG).await?;
    let catalog = catalog.ok_or("no catalog")?;
    let fact = &catalog.tables["fact_sale"];
    assert_eq!(fact.record_id().map(|column| column.name.as_str()), Some("sale_record_id"));
    assert_eq!(fact.foreign_keys.len(), 2);
    assert_eq!(
        catalog.tables["dim_product"].column("price").map(|column| column.column_type.name()),
        Some("numeric(10,2)")
    );
    Ok(())
}

#[tokio::test]
async fn a_migration_that_fails_leaves_nothing_and_is_named() -> Outcome {
    let folder = copy_of_shop()?;
    fs::write(folder.path().join("warehouse/V2__more.sql"), "create table dim_more (more_id int primary key)")?;
    fs::write(folder.path().join("warehouse/V3__wrong.sql"), "alter table dim_mroe add column name text")?;
    let world = World::new(folder.path()).await?;
    let failure = world.migrate().await.expect_err("the third file is wrong");
    assert_eq!(failure.kind, FailureKind::InvalidDefinition);
    assert!(failure.message.contains("warehouse/V3__wrong.sql") && failure.message.contains("dim_mroe"), "{failure}");
    assert_eq!(world.value("select count(*) from pg_tables where schemaname = 'public'").await?, "0");
    Ok(())
}

#[tokio::test]
async fn a_file_that_was_applied_cannot_be_changed() -> Outcome {
    let folder = copy_of_shop()?;
    let world = World::new(folder.path()).await?;
    world.migrate().await?;
    let file = folder.path().join("warehouse/V1__star.sql");
    fs::write(&file, format!("{}\n-- later", fs::read_to_string(&file)?))?;
    let failure = world.migrate().await.expect_err("the file has changed");
    assert_eq!(failure.kind, FailureKind::InvalidDefinition);
    assert!(failure.message.contains("warehouse/V1__star.sql"), "{failure}");
    Ok(())
}

#[tokio::test]
async fn a_fact_without_a_table_for_its_closed_versions_is_refused() -> Outcome {
    let folder = copy_of_shop()?;
    let drop = "set role starlift_migrator; drop view current_sale; drop table etl.closed_fact_sale; reset role;";
    fs::write(folder.path().join("warehouse/V2__drop.sql"), drop)?;
    let failure = World::new(folder.path()).await?.migrate().await.expect_err("a table is missing");
    assert_eq!(failure.kind, FailureKind::InvalidDefinition);
    assert!(failure.message.contains("fact_sale") && failure.message.contains("etl.closed_fact_sale"), "{failure}");
    Ok(())
}

fn copy_of_shop() -> Result<tempfile::TempDir, Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    copy(&shop(), folder.path())?;
    Ok(folder)
}

fn copy(from: &Path, to: &Path) -> std::io::Result<()> {
    fs::create_dir_all(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), target)?;
        }
    }
    Ok(())
}
