//! What the loader may do, and that it cannot leave a fact without its keys.

use tokio_postgres::Client;

use crate::Outcome;
use crate::rows::{Rows, product, sale};
use crate::world::{Run, World};

const KEYS: &str = "
    select conname from pg_constraint where conrelid = 'fact_sale'::regclass
     union all
    select indexrelid::regclass::text from pg_index where indrelid = 'fact_sale'::regclass
     order by 1";

/// Makes a superuser's session the loader's.
async fn become_loader(world: &World) -> Result<Client, Box<dyn std::error::Error>> {
    let client = world.warehouse.connect().await?;
    client.batch_execute(&format!("set session authorization {}_loader", world.warehouse.name())).await?;
    Ok(client)
}

#[tokio::test]
async fn the_loader_can_set_aside_the_keys_of_facts_only_and_alter_nothing() -> Outcome {
    let world = World::migrated().await?;
    let loader = become_loader(&world).await?;
    let refused = [
        "select etl.set_keys_aside('dim_product', 1)",
        "select etl.set_keys_aside('etl.run', 1)",
        "delete from fact_sale",
        "truncate fact_sale",
        "update fact_sale set units = 1",
        "delete from dim_product",
        "alter table fact_sale drop column note",
        "drop index fact_sale_sale_id_idx",
        "insert into etl.key_aside values ('fact_sale', 'index', 'x', 'drop table fact_sale', null, true)",
    ];
    for statement in refused {
        let error = loader.batch_execute(statement).await.expect_err(statement);
        let code = error.code().map(|code| code.code().to_owned());
        assert!(matches!(code.as_deref(), Some("42501" | "42809")), "{statement}: {error:?}");
    }
    Ok(())
}

#[tokio::test]
async fn the_loader_cannot_write_over_what_happened() -> Outcome {
    let world = World::migrated().await?;
    world
        .publish(&Run::new("r1", None, vec![Rows::Products(vec![product(1, "bag")]), Rows::Sales(vec![sale(1, 1, 5)])]))
        .await?;
    let loader = become_loader(&world).await?;
    let refused = [
        "update etl.run set more = true",
        "update etl.run_table set inserted = 0",
        "update etl.quarantine set held_at = now()",
        "update etl.quarantine set key = '{}'",
        "update etl.closed_fact_sale set reason = 'deleted'",
        "delete from etl.run_table",
        "delete from etl.quarantine",
    ];
    for statement in refused {
        let error = loader.batch_execute(statement).await.expect_err(statement);
        assert_eq!(error.code().map(|code| code.code()), Some("42501"), "{statement}: {error:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_transaction_that_leaves_keys_aside_cannot_be_committed() -> Outcome {
    let world = World::migrated().await?;
    let before = world.column(KEYS).await?;
    let mut loader = become_loader(&world).await?;

    let transaction = loader.transaction().await?;
    transaction.execute("select etl.set_keys_aside('fact_sale', 1)", &[]).await?;
    let dropped = transaction.query(KEYS, &[]).await?.len();
    assert!(dropped < before.len(), "{dropped} keys and indexes are left of {before:?}");
    let error = transaction.commit().await.expect_err("keys are aside");
    assert_eq!(error.code().map(|code| code.code()), Some("55000"), "{error:?}");
    assert_eq!(world.column(KEYS).await?, before);

    let restored = loader.transaction().await?;
    restored.execute("select etl.set_keys_aside('fact_sale', 1)", &[]).await?;
    restored.execute("select etl.restore_keys('fact_sale', true)", &[]).await?;
    restored.commit().await?;
    assert_eq!(world.column(KEYS).await?, before);
    Ok(())
}
