//! What the roles of a stack may do: no more than their step needs.

use starlift_testkit::logins::url_as;
use starlift_testkit::postgres::connect;

use crate::support::{Outcome, lifted};

/// Statement 40.
#[tokio::test(flavor = "multi_thread")]
async fn the_sources_role_only_reads_and_the_loader_drops_and_alters_nothing() -> Outcome {
    let stack = lifted(50).await?;
    let name = stack.warehouse.name();
    let reader = connect(&url_as(&stack.source.url(), &format!("{name}_reader"))).await?;
    let loader = connect(&url_as(&stack.warehouse.url(), &format!("{name}_loader"))).await?;
    assert!(!reader.query("select from payment", &[]).await?.is_empty());
    let of_reader =
        ["delete from payment", "update payment set paid = true", "create table mine (id int)", "truncate payment"];
    let of_loader = ["drop table fact_payment", "alter table dim_staff add column x int", "drop view current_payment"];
    for (client, statements) in [(&reader, &of_reader[..]), (&loader, &of_loader[..])] {
        for statement in statements {
            let refused = client.batch_execute(statement).await.expect_err(statement);
            assert_eq!(refused.code().map(|code| code.code()), Some("42501"), "{statement}: {refused:?}");
        }
    }
    Ok(())
}
