//! The oracle finds what differs between a source and its warehouse, and nothing else.

use std::fs;

use starlift_testkit::oracle::Oracle;
use starlift_testkit::{Database, cluster, source};
use tokio_postgres::Client;

type Outcome = Result<(), Box<dyn std::error::Error>>;

const VIEW: &str = "create view o_dim_thing as select id, amount, label from thing";
const DATES: &str = "create view o_dim_date as select day as date_id from unnest(array[date '2024-02-29']) as day";
const ROWS: &str = "insert into %s values (1, 0.10, 'a'), (2, 2.675, null), (3, 7, '')";

struct Pair {
    source: Client,
    warehouse: Client,
    oracle: Oracle,
    _kept: (Database, Database, tempfile::TempDir),
}

async fn pair() -> Result<Pair, Box<dyn std::error::Error>> {
    let (source, warehouse) =
        (cluster().create_database("source").await?, cluster().create_database("warehouse").await?);
    let folder = tempfile::tempdir()?;
    fs::write(folder.path().join("1_thing.sql"), VIEW)?;
    fs::write(folder.path().join("2_date.sql"), DATES)?;
    let (from, to) = (source.connect().await?, warehouse.connect().await?);
    from.batch_execute("create table thing (id int, amount numeric, label varchar)").await?;
    from.batch_execute(&ROWS.replace("%s", "thing")).await?;
    to.batch_execute(
        "create table dim_thing (label varchar, id int, amount numeric); create table dim_date (date_id date)",
    )
    .await?;
    to.batch_execute(&ROWS.replace("%s", "dim_thing (id, amount, label)")).await?;
    to.batch_execute("insert into dim_date values ('2024-02-28'), ('2024-02-29')").await?;
    let oracle = Oracle::read(folder.path())?;
    Ok(Pair { source: from, warehouse: to, oracle, _kept: (source, warehouse, folder) })
}

#[tokio::test]
async fn equal_rows_agree_whatever_the_order_of_columns_and_the_scale_of_numbers() -> Outcome {
    let pair = pair().await?;
    pair.warehouse.batch_execute("update dim_thing set amount = 0.1000 where id = 1").await?;
    assert_eq!(pair.oracle.differences(&pair.source, &pair.warehouse).await?, []);
    Ok(())
}

#[tokio::test]
async fn a_changed_a_missing_and_a_surplus_row_are_each_found() -> Outcome {
    let pair = pair().await?;
    let change = "update dim_thing set label = '' where id = 2; delete from dim_thing where id = 3; \
                  insert into dim_thing values ('a', 1, 0.1)";
    pair.warehouse.batch_execute(change).await?;
    let found = pair.oracle.differences(&pair.source, &pair.warehouse).await?;
    let [difference] = found.as_slice() else { return Err(format!("one table differs, not {found:?}").into()) };
    assert_eq!((difference.table.as_str(), difference.missing, difference.surplus), ("dim_thing", 2, 2));
    assert_eq!(difference.keys, ["1", "2", "3"]);
    Ok(())
}

#[tokio::test]
async fn the_calendar_may_hold_more_dates_and_never_fewer() -> Outcome {
    let pair = pair().await?;
    pair.warehouse.batch_execute("delete from dim_date where date_id = '2024-02-29'").await?;
    let found = pair.oracle.agree(&pair.source, &pair.warehouse).await;
    let message = found.err().ok_or("a missing date was not found")?.to_string();
    assert!(message.contains("dim_date: 1 rows missing, 0 surplus"), "{message}");
    Ok(())
}

#[tokio::test]
async fn a_comparison_leaves_no_trace_in_either_database() -> Outcome {
    let pair = pair().await?;
    for _ in 0..2 {
        pair.oracle.agree(&pair.source, &pair.warehouse).await?;
    }
    let traces =
        "select count(*) from pg_class where relname like 'o\\_%' or relnamespace = to_regnamespace('starlift_oracle')";
    for client in [&pair.source, &pair.warehouse] {
        assert_eq!(client.query_one(traces, &[]).await?.get::<_, i64>(0), 0);
    }
    Ok(())
}

#[tokio::test]
async fn a_generated_source_is_the_same_every_time_and_a_day_may_pass_in_it() -> Outcome {
    let first = cluster().create_database("demo").await?;
    let second = cluster().create_database("demo").await?;
    let (one, other) = (first.connect().await?, second.connect().await?);
    source::demo_source(&one, 200).await?;
    source::demo_source(&other, 200).await?;
    let sum = "select md5(string_agg(sales_order::text, ',' order by sales_order_id)) from sales_order";
    let sums =
        (one.query_one(sum, &[]).await?.get::<_, String>(0), other.query_one(sum, &[]).await?.get::<_, String>(0));
    assert_eq!(sums.0, sums.1);
    source::day_of_changes(&one).await?;
    assert_ne!(one.query_one(sum, &[]).await?.get::<_, String>(0), sums.0);
    Ok(())
}

#[tokio::test]
async fn a_capture_is_copied_row_for_row_and_new_rows_get_new_ids() -> Outcome {
    let Some(folder) = source::capture_dir() else { return Ok(()) };
    let database = cluster().create_database("capture").await?;
    let client = database.connect().await?;
    source::capture_source(&client, &folder).await?;
    let lines = fs::read_to_string(folder.join("sales_order.csv"))?.lines().count() - 1;
    let rows: i64 = client.query_one("select count(*) from sales_order", &[]).await?.get(0);
    assert_eq!(usize::try_from(rows)?, lines);
    source::day_of_changes(&client).await?;
    Ok(())
}
