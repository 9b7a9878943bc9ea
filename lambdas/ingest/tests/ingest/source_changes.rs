//! A source whose schema changes: what a model does not use does not disturb, what it uses ends the run before anything is written.

use starlift_failure::{Failure, FailureKind};
use starlift_testkit::{Cluster, Options};

use crate::world::{Outcome, World};

/// Publishes a first run, changes the source, and gives the failure of the next run, which has written nothing.
async fn failure_after(change: &str) -> Result<Failure, Box<dyn std::error::Error>> {
    let mut world = World::new().await?;
    world.run().await?;
    let keys = world.raw_keys().await?;
    world.execute(change).await?;
    let run = world.next_run();
    let failure = world.ingest(&run).await.err().ok_or("the run went through")?;
    assert_eq!(world.raw_keys().await?, keys);
    assert!(world.manifest(&run).await.is_err());
    Ok(failure)
}

#[tokio::test]
async fn extra_tables_and_columns_do_not_disturb() -> Outcome {
    let mut world = World::new().await?;
    world.run().await?;
    let keys = world.raw_keys().await?;
    world
        .execute(
            "create table _prisma_migrations (id text primary key); insert into _prisma_migrations values ('x'); \
             alter table item add column note text default 'n'; alter table line add column note text default 'n'",
        )
        .await?;
    let second = world.run().await?;
    assert_eq!(world.raw_keys().await?, keys);
    assert!(second.tables.values().all(|table| table.reset.is_none()));
    assert_eq!(second.source.other_tables, Some(vec!["_prisma_migrations".to_owned()]));
    world.execute("insert into line (sale_id, line_no, quantity) values (5, 'a', 5)").await?;
    world.run().await?;
    world.all_agree().await
}

#[tokio::test]
async fn a_restart_of_the_source_takes_no_new_columns() -> Outcome {
    let own = Cluster::start(Options::default())?;
    let mut world = World::over(own.create_database("shop").await?).await?;
    world.run().await?;
    world
        .execute("alter table item add column note text default 'n'; alter table line add column note text default 'n'")
        .await?;
    own.stop();
    own.resume()?;
    let second = world.run().await?;
    let line = &second.tables["line"];
    assert!(line.reset.is_some());
    assert_eq!(world.lines(&line.objects[0]).await?, ["sale_id,line_no,quantity", "1,a,1", "1,b,2", "2,a,3"]);
    assert_eq!(second.tables["item"].objects, []);
    Ok(())
}

#[tokio::test]
async fn a_table_renamed_in_without_a_used_column_ends_the_run() -> Outcome {
    let change = "create table line_new (sale_id int, line_no text, amount int, primary key (sale_id, line_no)); \
                  drop table line; alter table line_new rename to line";
    let failure = failure_after(change).await?;
    assert_eq!(failure.kind, FailureKind::SourceChanged);
    assert!(failure.message.contains("quantity") && failure.message.contains("models/fact_line.sql"), "{failure}");
    Ok(())
}

#[tokio::test]
async fn a_new_column_is_taken_when_a_model_changes() -> Outcome {
    let mut world = World::new().await?;
    world.run().await?;
    world.execute("alter table line add column factor int not null default 2").await?;
    world.edit("models/fact_line.sql", "quantity from", "quantity * factor as quantity from")?;
    let second = world.run().await?;
    let object = &second.tables["line"].objects[0];
    assert_eq!(world.lines(object).await?, ["sale_id,line_no,quantity,factor", "1,a,1,2", "1,b,2,2", "2,a,3,2"]);
    Ok(())
}

#[tokio::test]
async fn a_column_that_no_model_uses_may_go_and_change() -> Outcome {
    let mut world = World::new().await?;
    world.run().await?;
    world.execute("alter table sale alter column last_updated type text").await?;
    world.run().await?;
    world.execute("alter table sale drop column last_updated; update sale set amount = 1.00 where sale_id = 1").await?;
    let third = world.run().await?;
    assert_eq!(world.lines(&third.tables["sale"].objects[0]).await?[0], "sale_id,customer_id,item_id,amount");
    Ok(())
}

#[tokio::test]
async fn a_missing_column_ends_the_run() -> Outcome {
    let failure = failure_after("alter table sale drop column amount").await?;
    assert_eq!(failure.kind, FailureKind::SourceChanged);
    let said = ["sale.amount was dropped", "since run 20261120T", "models/fact_sale.sql"];
    assert!(said.iter().all(|part| failure.message.contains(part)), "{failure}");
    Ok(())
}

#[tokio::test]
async fn a_renamed_column_ends_the_run() -> Outcome {
    let failure = failure_after("alter table item rename column name to title").await?;
    assert_eq!(failure.kind, FailureKind::SourceChanged);
    let said = ["item.name was renamed to title", "since run 20261120T", "models/dim_item.sql"];
    assert!(said.iter().all(|part| failure.message.contains(part)), "{failure}");
    Ok(())
}

#[tokio::test]
async fn a_retyped_column_ends_the_run() -> Outcome {
    let failure = failure_after("alter table sale alter column amount type text").await?;
    assert_eq!(failure.kind, FailureKind::SourceChanged);
    let said = ["sale.amount", "numeric(10,2)", "text", "since run 20261120T", "models/fact_sale.sql"];
    assert!(said.iter().all(|part| failure.message.contains(part)), "{failure}");
    Ok(())
}

#[tokio::test]
async fn a_missing_table_ends_the_run() -> Outcome {
    let failure = failure_after("alter table customer rename to client").await?;
    assert_eq!(failure.kind, FailureKind::SourceChanged);
    let said = ["public.customer", "since run 20261120T", "renamed to public.client", "models/dim_customer.sql"];
    assert!(said.iter().all(|part| failure.message.contains(part)), "{failure}");
    Ok(())
}

#[tokio::test]
async fn a_widened_column_is_accepted_and_read_again() -> Outcome {
    let mut world = World::new().await?;
    world.run().await?;
    world
        .execute("alter table line alter column quantity type bigint; alter table item alter column name type text")
        .await?;
    let second = world.run().await?;
    assert!(second.tables["line"].reset.as_ref().is_some_and(|reason| reason.contains("quantity")));
    let names: Vec<&str> = second.parts.iter().map(|part| part.name.as_str()).collect();
    assert_eq!(names, ["line-1", "dim_item"]);
    Ok(())
}

#[tokio::test]
async fn a_changed_model_accepts_a_retyped_column() -> Outcome {
    let mut world = World::new().await?;
    world.run().await?;
    world.execute("alter table sale alter column amount type text").await?;
    world.edit("models/fact_sale.sql", "amount from", "cast(amount as decimal(10, 2)) as amount from")?;
    let second = world.run().await?;
    assert_eq!(second.tables["sale"].objects[0].rows, 2);
    Ok(())
}
