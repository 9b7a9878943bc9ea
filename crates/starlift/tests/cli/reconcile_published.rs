//! `reconcile` over what the real pipeline has published.

use std::path::Path;

use starlift_testkit::{Blueprint, Stack, cluster, local_aws, logins, source, workspace};

use crate::{Outcome, Said, said, starlift};

/// The program over a stack, as roles that can only read.
async fn over(stack: &Stack, pipeline: &Path) -> Result<Said, Box<dyn std::error::Error>> {
    let reader = format!("{}_bi", stack.warehouse.name());
    let login = format!(
        "do $$ begin if to_regrole('{reader}') is null then create role {reader} login in role starlift_reader; end if; end $$"
    );
    stack.warehouse.connect().await?.batch_execute(&login).await?;
    let from = logins::url_as(&stack.source.url(), &format!("{}_reader", stack.warehouse.name()));
    let to = logins::url_as(&stack.warehouse.url(), &reader);
    let pipeline = pipeline.display().to_string();
    Ok(said(&mut starlift(&["reconcile", "--pipeline", &pipeline, "--source", &from, "--warehouse", &to]))?)
}

#[tokio::test(flavor = "multi_thread")]
async fn what_the_pipeline_has_published_has_no_difference() -> Outcome {
    let source = cluster().create_database("source").await?;
    source::demo_source(&source.connect().await?, 200).await?;
    let stack = Stack::over(source).await?;
    stack.run().await?.succeeded()?;
    let equal = over(&stack, &workspace::pipeline("totesys")).await?;
    assert_eq!(equal.code, Some(0), "{}{}", equal.out, equal.err);
    assert_eq!(equal.out.matches("ok  ").count(), 10, "{}", equal.out);
    let tamper = "update fact_payment set payment_id = 777 where payment_id = 5";
    stack.warehouse.connect().await?.batch_execute(tamper).await?;
    let differs = over(&stack, &workspace::pipeline("totesys")).await?;
    assert!(
        differs.code == Some(1) && differs.out.contains("only in the warehouse: payment_id=777"),
        "{}",
        differs.out
    );
    Ok(())
}

/// Scales, blanks and zeros that differ make no version, and so they are no difference.
const ANY_VALUE: &str = r#"
    insert into sample values
        (1, -1, 2147483647, -9223372036854775808, 0.1, 1e-300, true, 2.5, 123456789.12345678900, E'a,"b"\n\\N', 'NULL', 'ab', '2024-02-29',
         '23:59:59.999999', '1999-12-31 23:59:59.5', '2024-03-31 01:30:00+00', '0b5f0ac1-8d8b-4b6e-8a37-0f3a3c1c7b11',
         '{"b": 1.0, "a": [null, "é"]}', '\x00ff', '1 mon -2 days 03:04:05.5', '{1,null,3}'),
        (3, 0, 0, 0, 0, 0, false, 0, 0.00, '', '', '', '1970-01-01', '00:00', '1970-01-01 00:00', '1970-01-01 00:00+00', null, '[]', '', '0', '{}');
    insert into sample (sample_id) values (2);
"#;
const EQUAL_VALUE: &str =
    "update sample set single = '-0', double = '-0', free = 0.0000, padded = ' ' where sample_id = 3";

#[tokio::test(flavor = "multi_thread")]
async fn values_of_every_type_are_compared_as_the_pipeline_takes_them() -> Outcome {
    let pipeline = workspace::root().join("tests/types");
    let database = cluster().create_database("types").await?;
    database.execute_file(&pipeline.join("demo/schema.sql")).await?;
    let blueprint =
        Blueprint { definition: Some(pipeline.clone()), pipeline: pipeline.clone(), ..Blueprint::default() };
    let stack = Stack::build(local_aws(), database, &blueprint).await?;
    let from = stack.source.connect().await?;
    for (change, versions) in [(ANY_VALUE, 3), (EQUAL_VALUE, 0)] {
        from.batch_execute(change).await?;
        assert_eq!(stack.run().await?.succeeded()?.sum("Load", "versions"), versions);
        // As its owner: this warehouse grants nothing to readers.
        let (source, warehouse) = (stack.source.url(), stack.warehouse.url());
        let folder = pipeline.display().to_string();
        let arguments = ["reconcile", "--pipeline", &folder, "--source", &source, "--warehouse", &warehouse];
        let told = said(&mut starlift(&arguments))?;
        assert_eq!(told.code, Some(0), "{}{}", told.out, told.err);
        let expected = [
            "ok       dim_sample: 3 rows of sample, 21 columns compared",
            "ok       fact_sample: 3 rows of sample, 21 columns compared",
        ];
        assert_eq!(told.out.lines().collect::<Vec<_>>(), expected);
    }
    Ok(())
}
