//! Extracts that are safe to open in a spreadsheet.

use std::sync::Arc;

use crate::Outcome;
use crate::export::extract;
use crate::rows::{Rows, product};
use crate::world::{Run, World};

#[tokio::test]
async fn text_that_a_spreadsheet_would_run_is_prefixed() -> Outcome {
    let world = World::migrated().await?;
    let texts = ["=1+1", "+1", "-1", "@a", "\tx", "'quoted", "plain", "a=b"];
    let named = (1..).zip(texts).map(|(id, text)| product(id, text)).collect();
    world.publish(&Run::new("r1", None, vec![Rows::Products(named)])).await?;
    world.export().await?;
    let lines = extract(&world, "dim_product").await?;
    let cells: Vec<&str> = lines.lines().skip(1).filter_map(|line| line.split(',').nth(1)).collect();
    assert_eq!(cells, ["'=1+1", "'+1", "'-1", "'@a", "'\tx", "''quoted", "plain", "a=b"]);
    Ok(())
}

/// Columns of the types whose values are text in an extract, with values that a spreadsheet acts on, plain ones, empty ones and nulls.
const HOSTILE: &str = r#"
    alter table dim_product
        add column plain text, add column padded char(6), add column document jsonb, add column list text[],
        add column address inet, add column pair record_of_two;
    update dim_product
       set plain = name, padded = name, document = to_jsonb(name), list = array[name, null, ''], address = '10.0.0.1',
           pair = row(name, null)
     where name <> 'null';
    update dim_product set document = '-1', padded = '', pair = row(null, null) where name = '-x'"#;

const GUARDED_CELLS: &str = "
    select count(*) from dim_product, unnest(array[name, plain, padded::text, document::text]) as cell
     where cell ~ E'^[-=+@\\t\\r'']'";

#[tokio::test]
async fn without_the_apostrophes_a_safe_extract_is_the_plain_one() -> Outcome {
    let mut world = World::migrated().await?;
    let texts = ["=x", "+x", "-x", "@x", "\tx", "\rx", "'x", "''", "a,\"'b\n", "", " ", "null"];
    let named = (1..).zip(texts).map(|(id, text)| product(id, text)).collect();
    world.publish(&Run::new("r1", None, vec![Rows::Products(named)])).await?;
    world.client.batch_execute("create type record_of_two as (a text, b text)").await?;
    world.client.batch_execute(HOSTILE).await?;
    world.export().await?;
    let safe = extract(&world, "dim_product").await?;

    let mut definition = (*world.context.definition).clone();
    definition.pipeline.settings.spreadsheet_safe = false;
    world.context.definition = Arc::new(definition);
    world.client.batch_execute("delete from etl.extract").await?;
    world.export().await?;
    let plain = extract(&world, "dim_product").await?;

    let (unguarded, taken) = without_apostrophes(&safe);
    assert_eq!(unguarded, plain);
    assert_eq!(taken.to_string(), world.value(GUARDED_CELLS).await?);
    Ok(())
}

/// A CSV text without the apostrophe at the start of each cell that has one, and how many these were.
fn without_apostrophes(csv: &str) -> (String, usize) {
    let (mut kept, mut taken) = (String::new(), 0);
    let (mut is_quoted, mut is_start) = (false, true);
    for character in csv.chars() {
        if is_start && character == '\'' {
            (is_start, taken) = (false, taken + 1);
            continue;
        }
        kept.push(character);
        is_quoted ^= character == '"';
        // A quote that opens a cell is not yet its content.
        is_start = if is_quoted { is_start && character == '"' } else { matches!(character, ',' | '\n') };
    }
    (kept, taken)
}
