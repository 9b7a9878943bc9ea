//! The README is true: the model it shows is the file, the rows it shows are what the model makes.

use std::fs;

use starlift_testkit::workspace;

use crate::support::{Outcome, lifted, texts};

/// The lines of the README's code block after a marker.
fn block(marker: &str) -> Result<Vec<String>, Box<dyn std::error::Error>> {
    let readme = fs::read_to_string(workspace::root().join("README.md"))?;
    let after = readme.split_once(marker).ok_or_else(|| format!("the README has no {marker}"))?.1;
    let inside = after.split("```").nth(1).ok_or("no code block")?;
    Ok(inside.lines().skip(1).map(str::to_owned).collect())
}

#[test]
fn the_model_in_the_readme_is_the_file() -> Outcome {
    let file = fs::read_to_string(workspace::pipeline("totesys").join("models/dim_staff.sql"))?;
    let shown = block("<!-- model: sql/totesys/models/dim_staff.sql -->")?;
    assert_eq!(shown, file.lines().map(str::to_owned).collect::<Vec<_>>());
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn the_rows_in_the_readme_are_what_the_model_makes() -> Outcome {
    let stack = lifted(50).await?;
    let query = "select concat_ws(' | ', staff_id, first_name, last_name, department_name, location, email_address)
                 from dim_staff order by staff_id limit 3";
    let rows = texts(&stack.warehouse.connect().await?, query).await?;
    let cells = |line: &str| line.split('|').map(|cell| cell.trim().to_owned()).collect::<Vec<_>>();
    let shown = block("<!-- rows of dim_staff -->")?;
    let shown: Vec<Vec<String>> = shown.iter().skip(2).take(3).map(|line| cells(line)).collect();
    assert_eq!(shown, rows.iter().map(|row| cells(row)).collect::<Vec<_>>());
    Ok(())
}
