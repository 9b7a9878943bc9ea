//! A pipeline that lets facts point to the unknown member of a dimension until its row arrives.

use std::path::Path;

use starlift_testkit::{Blueprint, Stack, local_aws};

use crate::support::{Outcome, definition_with, generated, number, texts};

const MEMBERS: &str = "
    set role starlift_migrator;
    insert into dim_counterparty values (-1, 'unknown', '', null, null, '', '', '', '');
    insert into dim_currency values (-1, '?', 'unknown');
    insert into dim_design values (-1, 'unknown', '', '');
    insert into dim_location values (-1, '', null, null, '', '', '', '');
    insert into dim_staff values (-1, '', 'unknown', '', '', '');
    reset role;";

/// Dimensions have their unknown members beside the rows of the source, and sales of currencies without a name point to one.
const ORACLE: &str = "
    create view named_currency as select * from o_dim_currency where currency_name is not null;
    alter view o_dim_currency rename to given_dim_currency;
    alter view o_dim_counterparty rename to given_dim_counterparty;
    alter view o_dim_design rename to given_dim_design;
    alter view o_dim_location rename to given_dim_location;
    alter view o_dim_staff rename to given_dim_staff;
    alter view o_fact_sales_order rename to given_fact_sales_order;
    create view o_dim_currency as table named_currency union all select -1, '?', 'unknown';
    create view o_dim_counterparty as table given_dim_counterparty union all select -1, 'unknown', '', null, null, '', '', '', '';
    create view o_dim_design as table given_dim_design union all select -1, 'unknown', '', '';
    create view o_dim_location as table given_dim_location union all select -1, '', null, null, '', '', '', '';
    create view o_dim_staff as table given_dim_staff union all select -1, '', 'unknown', '', '', '';
    create view o_fact_sales_order as
    select
        sales_order_id, created_date, created_time, last_updated_date, last_updated_time, sales_staff_id, counterparty_id, units_sold, unit_price,
        case when currency_id in (select named.currency_id from named_currency as named) then currency_id else -1 end as currency_id,
        design_id, agreed_payment_date, agreed_delivery_date, agreed_delivery_location_id
    from given_fact_sales_order;";

/// A stack whose sales orders may point to unknown members, and its definition; the oracle's own views go into a file.
pub(crate) async fn stack(oracle: &Path) -> Result<(Stack, tempfile::TempDir), Box<dyn std::error::Error>> {
    let asked = "key = [\"sales_order_id\"]\non_missing_dimension = \"unknown\"";
    let definition = definition_with("pipeline.toml", |text| text.replace("key = [\"sales_order_id\"]", asked))?;
    std::fs::write(definition.path().join("warehouse/V9__unknown_members.sql"), MEMBERS)?;
    std::fs::write(oracle, ORACLE)?;
    let blueprint = Blueprint { definition: Some(definition.path().to_owned()), ..Blueprint::default() };
    let mut stack = Stack::build(local_aws(), generated(50).await?, &blueprint).await?;
    stack.oracle = stack.oracle.clone().with(oracle.to_owned());
    Ok((stack, definition))
}

/// Statement 41.
#[tokio::test(flavor = "multi_thread")]
async fn a_fact_points_to_the_unknown_member_until_its_dimension_row_arrives() -> Outcome {
    let folder = tempfile::tempdir()?;
    let (stack, _definition) = stack(&folder.path().join("oracle.sql")).await?;
    stack.run().await?.succeeded()?;
    stack.agree().await?;
    let (from, to) = (stack.source.connect().await?, stack.warehouse.connect().await?);
    from.batch_execute(
        "insert into currency (currency_id, currency_code) values (99, 'ZZZ');
         update sales_order set currency_id = 99 where sales_order_id in (1, 3);
         insert into sales_order
         select (jsonb_populate_record(sales_order, '{\"sales_order_id\": 9001, \"currency_id\": 99}')).* from sales_order where sales_order_id = 2;",
    )
    .await?;
    // A retried row points where its open version does.
    for versions in [3, 0, 0] {
        let run = stack.run().await?.succeeded()?;
        assert_eq!((run.sum("Load", "versions"), run.sum("Load", "quarantined")), (versions, 4));
        stack.agree().await?;
    }
    let stays = "select key::text || ' ' || unknown_member from etl.quarantine order by 1";
    let expected = [
        "{\"currency_id\": 99} false",
        "{\"sales_order_id\": 1} true",
        "{\"sales_order_id\": 3} true",
        "{\"sales_order_id\": 9001} true",
    ];
    assert_eq!(texts(&to, stays).await?, expected);

    // One is deleted and one changed while they wait.
    from.batch_execute("delete from sales_order where sales_order_id = 9001; update sales_order set units_sold = 7 where sales_order_id = 3").await?;
    let run = stack.run().await?.succeeded()?;
    assert_eq!((run.sum("Load", "versions"), run.sum("Load", "deleted"), run.sum("Load", "quarantined")), (1, 1, 3));
    stack.agree().await?;

    // The facts were not written since.
    from.batch_execute("update currency set currency_code = 'EUR' where currency_id = 99").await?;
    let healed = stack.run().await?.succeeded()?;
    assert_eq!((healed.sum("Load", "versions"), healed.sum("Load", "quarantined")), (2, 0));
    stack.agree().await?;
    let open = "select count(*) from current_sales_order where currency_id = 99";
    assert_eq!(number(&to, open).await?, 2);
    let quiet = stack.run().await?.succeeded()?;
    assert_eq!((quiet.sum("Ingest", "rows"), quiet.sum("Load", "versions")), (0, 0));
    Ok(())
}
