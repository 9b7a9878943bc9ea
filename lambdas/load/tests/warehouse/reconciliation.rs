//! What the warehouse shows adds up to what the source has, or nothing is published.

use serde_json::json;
use starlift_failure::FailureKind;
use starlift_lake::{Retried, Totals};

use crate::Outcome;
use crate::rows::{Rows, Sale, product, sale};
use crate::world::{Run, World};

/// What sales add up to; the amount of each is 3.45.
fn totals(rows: u64, sums: &[(&str, Option<&str>)]) -> Option<Totals> {
    let sums = sums.iter().map(|(column, sum)| ((*column).to_owned(), sum.map(str::to_owned))).collect();
    Some(Totals { rows, sums })
}

fn run(n: usize, totals: Option<Totals>, sales: Vec<Sale>) -> Run {
    let base = (n > 1).then(|| format!("r{}", n - 1));
    let rows = vec![Rows::Products(vec![product(1, "bag")]), Rows::Sales(sales)];
    Run { totals, ..Run::new(&format!("r{n}"), base.as_deref(), rows) }
}

#[tokio::test]
async fn a_run_that_adds_up_is_published_whatever_the_scale_of_the_sums() -> Outcome {
    let world = World::migrated().await?;
    let sums = [("amount", Some("6.9000")), ("units", Some("11")), ("unknown", Some("1"))];
    world.publish(&run(1, totals(2, &sums), vec![sale(1, 1, 5), sale(2, 1, 6)])).await?;
    let changed = [("amount", Some("6.90")), ("units", Some("12"))];
    world.publish(&run(2, totals(2, &changed), vec![sale(2, 1, 7)])).await?;
    assert_eq!(world.value("select count(*) from etl.run").await?, "2");
    Ok(())
}

#[tokio::test]
async fn no_row_and_no_value_add_up_to_null() -> Outcome {
    let world = World::migrated().await?;
    world.publish(&run(1, totals(0, &[("amount", None)]), vec![])).await?;
    world.write(&run(2, totals(1, &[("amount", None)]), vec![sale(1, 1, 5)])).await?;
    let refused = world.load("r2").await.expect_err("3.45 is not null");
    assert!(refused.message.contains("would be 3.45") && refused.message.contains("it is null"), "{refused}");
    Ok(())
}

#[tokio::test]
async fn a_difference_publishes_nothing_and_tells_table_measure_and_both_figures() -> Outcome {
    let rows = ("the number of rows", "would be 2", "it is 3");
    let amount = ("the sum of amount", "would be 6.90", "it is 6.91");
    for (given, (measure, shown, expected)) in
        [(totals(3, &[]), rows), (totals(2, &[("units", Some("11")), ("amount", Some("6.91"))]), amount)]
    {
        let world = World::migrated().await?;
        world.write(&run(1, given, vec![sale(1, 1, 5), sale(2, 1, 6)])).await?;
        let refused = world.load("r1").await.expect_err(measure);
        assert_eq!(refused.kind, FailureKind::InvalidData);
        for named in [measure, shown, expected, "fact_sale", "source table sale", "starlift run --full sale"] {
            assert!(refused.message.contains(named), "{refused} does not name {named}");
        }
        assert_eq!(world.value("select count(*) from fact_sale").await?, "0");
        assert_eq!(world.value("select count(*) from etl.run").await?, "0");
    }
    Ok(())
}

#[tokio::test]
async fn rows_in_the_quarantine_are_left_out_on_both_sides() -> Outcome {
    let world = World::migrated().await?;
    world.publish(&run(1, totals(2, &[]), vec![sale(1, 1, 5), sale(2, 1, 6)])).await?;
    // Newly held: its old version is still shown, and the source has the new one. The next run compares.
    world.publish(&run(2, totals(2, &[("units", Some("105"))]), vec![sale(2, 9, 100)])).await?;
    let again = || Some(Retried { found: vec![json!({"sale_id": 2})], gone: Vec::new() });
    let left_out = totals(1, &[("units", Some("5"))]);
    world.publish(&Run { retried: again(), ..run(3, left_out, vec![sale(2, 9, 100)]) }).await?;
    let wrong = totals(1, &[("units", Some("11"))]);
    world.write(&Run { retried: again(), ..run(4, wrong, vec![sale(2, 9, 100)]) }).await?;
    let refused = world.load("r4").await.expect_err("11 is the sum with the row that is held");
    assert!(refused.message.contains("the sum of units of fact_sale would be 5"), "{refused}");
    Ok(())
}
