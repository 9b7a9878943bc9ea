//! What is written is true: the README's model is the file and its rows are what the model makes; the documents' links lead somewhere,
//! and every statement of the list is named by the test that shows it.

use std::fs;
use std::path::{Path, PathBuf};

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

/// The relative links of a document, with the line that each stands in.
fn links(document: &str) -> Result<Vec<(String, PathBuf)>, Box<dyn std::error::Error>> {
    let path = workspace::root().join(document);
    let folder = path.parent().unwrap_or(Path::new("."));
    let mut found = Vec::new();
    for line in fs::read_to_string(&path)?.lines() {
        for link in line.split("](").skip(1).filter_map(|rest| rest.split_once(')')).map(|(link, _)| link) {
            let (file, _) = link.split_once('#').unwrap_or((link, ""));
            if !file.contains("://") && !file.is_empty() {
                found.push((line.to_owned(), folder.join(file)));
            }
        }
    }
    Ok(found)
}

#[test]
fn every_link_of_the_documents_leads_somewhere() -> Outcome {
    for document in [
        "README.md",
        "ARCHITECTURE.md",
        "CONTRIBUTING.md",
        "CHANGELOG.md",
        "SECURITY.md",
        "docs/cost.md",
        "docs/deploy.md",
        "docs/failure-model.md",
        "docs/operations.md",
        "docs/security.md",
        "docs/sql-dialect.md",
        "docs/statements.md",
        "terraform/README.md",
    ] {
        for (line, target) in links(document)? {
            assert!(target.exists(), "{document}: {} is not there: {line}", target.display());
        }
    }
    Ok(())
}

#[test]
fn every_statement_is_named_by_a_test_that_shows_it() -> Outcome {
    let mut shown_by = PathBuf::new();
    let mut statements = 0;
    let links = links("docs/statements.md")?;
    for line in fs::read_to_string(workspace::root().join("docs/statements.md"))?.lines() {
        let Some(number) = line.split('|').nth(1).and_then(|cell| cell.trim().parse::<u32>().ok()) else {
            continue;
        };
        // A row that says "the same" is shown by what the row before links to.
        if let Some((_, target)) = links.iter().find(|(of, _)| of == line) {
            shown_by = if target.is_dir() { target.join("README") } else { target.clone() };
        }
        let text = fs::read_to_string(&shown_by)?;
        let named = text.lines().filter_map(|said| said.split_once("Statement")).any(|(_, rest)| {
            let numbers = rest.split(':').next().unwrap_or_default().split('.').next().unwrap_or_default();
            numbers.split(|c: char| !c.is_ascii_digit()).any(|digits| digits == number.to_string())
        });
        assert!(named, "{} does not name statement {number}", shown_by.display());
        statements += 1;
    }
    assert!(statements > 20, "only {statements} statements");
    Ok(())
}
