//! Holds the README's picture of the demo and the demo together.

use std::fs::File;
use std::process::{Command, Stdio};

use starlift_testkit::{Error, Result, workspace};

use crate::step;

const BEGIN: &str = "<!-- demo: what `cargo xtask demo` prints; numbers may differ -->";
const END: &str = "<!-- /demo -->";
/// Stands in the README for lines that it leaves out.
const LEFT_OUT: &str = "…";

/// Runs the demo and compares what it prints with what the README shows: every line, in this order, but for its numbers.
///
/// # Errors
/// The demo fails, or no longer prints a line that the README shows.
pub(crate) fn check() -> Result<()> {
    let file = workspace::root().join("README.md");
    let readme = std::fs::read_to_string(&file).map_err(Error::at(&file))?;
    let shown =
        shown(&readme).ok_or_else(|| Error::Malformed(format!("README.md shows no demo between {BEGIN} and {END}")))?;
    step::say("running the demo, and comparing it with the README");
    let (succeeded, printed) = run_demo()?;
    eprintln!("{printed}");
    if !succeeded {
        return Err(Error::Program {
            program: "cargo xtask demo".to_owned(),
            output: "what it said stands above".to_owned(),
        });
    }
    match first_missing(&shown, &printed) {
        None => Ok(()),
        Some(line) => Err(Error::Malformed(format!(
            "the demo does not print this line of README.md, or not in this place; put the real output there:\n  {line}"
        ))),
    }
}

/// Whether the demo succeeded, and what it printed. Both of its streams go to one file, so that their lines keep their order.
fn run_demo() -> Result<(bool, String)> {
    let path = workspace::local().join("demo-output.txt");
    let file = File::create(&path).map_err(Error::at(&path))?;
    let errors = file.try_clone().map_err(Error::at(&path))?;
    // Not the running one: building the workspace has replaced it on disk.
    let program = workspace::target().join("debug/xtask");
    let mut demo = Command::new(&program);
    let status = demo.arg("demo").stdin(Stdio::null()).stdout(file).stderr(errors).status();
    let status = status.map_err(|source| Error::NotStarted { program: program.display().to_string(), source })?;
    Ok((status.success(), std::fs::read_to_string(&path).map_err(Error::at(&path))?))
}

/// The lines that the README shows of the demo; none when it shows nothing.
fn shown(readme: &str) -> Option<Vec<&str>> {
    let block = readme.split_once(BEGIN)?.1.split_once(END)?.0;
    let lines: Vec<&str> = block
        .lines()
        .filter(|line| !line.starts_with("```") && !line.trim().is_empty() && line.trim() != LEFT_OUT)
        .collect();
    (!lines.is_empty()).then_some(lines)
}

/// The first shown line that is not printed after the ones before it. Numbers count as equal.
fn first_missing<'a>(shown: &[&'a str], printed: &str) -> Option<&'a str> {
    let mut rest = printed.lines().map(pattern);
    shown.iter().copied().find(|line| {
        let wanted = pattern(line);
        !rest.any(|found| found == wanted)
    })
}

/// A line without its numbers and its alignment.
fn pattern(line: &str) -> String {
    let without_numbers: String =
        line.chars().filter(|c| !c.is_ascii_digit() && !matches!(c, '.' | ',' | '-')).collect();
    without_numbers.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_may_differ_in_its_numbers_and_in_nothing_else() {
        let printed = "==> started\n  Ingest   1   42500   1.20    36 MiB\ndone";
        assert_eq!(first_missing(&["Ingest 2 9 0.4 7 MiB", "done"], printed), None);
        assert_eq!(first_missing(&["Load 2 9 0.4 7 MiB"], printed), Some("Load 2 9 0.4 7 MiB"));
        assert_eq!(first_missing(&["done", "==> started"], printed), Some("==> started"), "the order counts");
    }

    #[test]
    fn a_readme_that_shows_nothing_is_not_true() {
        assert_eq!(shown(&format!("{BEGIN}\n```text\n```\n{END}")), None);
        assert_eq!(shown(&format!("{BEGIN}\n```text\n…\ndone\n```\n{END}")), Some(vec!["done"]));
    }
}
