//! What is checked of the Terraform module without AWS: format, validity, its own tests, and what static analysis says of it.
//!
//! [deployment](../../tests/deployment/main.rs) applies it.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use serde_json::Value;
use starlift_testkit::python::Environment;
use starlift_testkit::terraform::{Terraform, WorkingCopy};
use starlift_testkit::{Error, Result, workspace};

use crate::step;

/// How many findings may be left out, each with its reason in place.
const MOST_SKIPS: usize = 6;

/// What checkov says of a check that is skipped without a reason.
const NO_REASON: &str = "No comment provided";

/// Runs every check, in the order in which they fail fastest.
///
/// # Errors
/// The first check that fails, or a tool that is not to be had.
pub(crate) fn check() -> Result<()> {
    let terraform = Terraform::find()?;
    let module = workspace::root().join("terraform");
    let mut format = terraform.command(&module, &["fmt", "-check", "-recursive", "-diff"]);
    step::run("checking the format of the Terraform module", &mut format)?;

    let folder = workspace::target().join("terraform/checks");
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(Error::at(&folder))?;
    }
    let copy = WorkingCopy::make(&folder)?;
    let examples = copy.examples()?;
    let configurations: Vec<_> = std::iter::once(copy.module()).chain(examples).collect();
    for configuration in &configurations {
        terraform.initialise(configuration)?;
        let what = format!("validating {}", copy.name(configuration));
        step::run(&what, &mut terraform.command(configuration, &["validate", "-no-color"]))?;
    }
    for configuration in configurations.iter().filter(|configuration| configuration.join("tests").is_dir()) {
        let what = format!("testing {}", copy.name(configuration));
        step::run(&what, &mut terraform.command(configuration, &["test", "-no-color"]))?;
    }
    tflint(&module)?;
    checkov(&module)
}

/// tflint, where this machine has it: no package registry has it, so it cannot be fetched as the other tools are.
fn tflint(module: &Path) -> Result<()> {
    let found = Command::new("tflint").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !found.is_ok_and(|status| status.success()) {
        step::say("tflint is not on the PATH, so it was NOT run; the workflow runs it");
        return Ok(());
    }
    let mut lint = Command::new("tflint");
    lint.current_dir(module).arg("--recursive").arg(format!("--config={}", module.join(".tflint.hcl").display()));
    step::run("linting the Terraform module with tflint", &mut lint)
}

/// checkov, in an environment of its own: it and local AWS need other versions of the same packages.
fn checkov(module: &Path) -> Result<()> {
    step::say("analysing the Terraform module with checkov");
    let environment = Environment::of_tool("checkov")?;
    let mut analysis = Command::new(environment.program("checkov"));
    analysis.args(["--framework", "terraform", "--compact", "--skip-download", "--output", "json"]);
    // It ends with 1 for any finding, and says which ones in the report.
    let output = analysis
        .args(["--soft-fail", "--directory"])
        .arg(module)
        .stdin(Stdio::null())
        .output()
        .map_err(|source| Error::NotStarted { program: "checkov".into(), source })?;
    let report: Value = serde_json::from_slice(&output.stdout).map_err(|error| {
        let said = String::from_utf8_lossy(&output.stderr);
        Error::Malformed(format!("checkov made no report ({error}): {}", starlift_testkit::error::tail(&said)))
    })?;
    let findings = Findings::read(&report)?;
    findings.judge()?;
    eprintln!("    {} checks hold, {} are skipped, each with its reason", findings.held, findings.skipped.len());
    Ok(())
}

/// What checkov found. A check that several uses of the module or several instances of a resource fail or skip counts once.
#[derive(Debug, PartialEq)]
struct Findings {
    held: u64,
    failed: Vec<String>,
    skipped: Vec<(String, String)>,
}

impl Findings {
    fn read(report: &Value) -> Result<Self> {
        let malformed = || Error::Malformed("checkov's report has another form than that of the pinned version".into());
        let held = report["summary"]["passed"].as_u64().filter(|held| *held > 0).ok_or_else(malformed)?;
        if report["summary"]["parsing_errors"] != 0 {
            return Err(Error::Malformed(format!("checkov could not read: {}", report["results"]["parsing_errors"])));
        }
        let results = |kind: &str| report["results"][kind].as_array().ok_or_else(malformed);
        let mut failed: Vec<_> = results("failed_checks")?.iter().map(describe).collect();
        let mut skipped: Vec<_> = results("skipped_checks")?
            .iter()
            .map(|check| {
                let reason = check["check_result"]["suppress_comment"].as_str().unwrap_or(NO_REASON);
                (describe(check), reason.to_owned())
            })
            .collect();
        failed.sort();
        failed.dedup();
        skipped.sort();
        skipped.dedup();
        Ok(Self { held, failed, skipped })
    }

    /// Fails when a check failed, when more are skipped than may be, or one without a reason.
    fn judge(&self) -> Result<()> {
        if !self.failed.is_empty() {
            return Err(Error::Malformed(format!("checkov finds:\n  {}", self.failed.join("\n  "))));
        }
        if let Some((check, _)) = self.skipped.iter().find(|(_, reason)| reason == NO_REASON) {
            return Err(Error::Malformed(format!("{check} is skipped without a reason: give one after checkov:skip=")));
        }
        if self.skipped.len() <= MOST_SKIPS {
            return Ok(());
        }
        let list: Vec<_> = self.skipped.iter().map(|(check, _)| check.as_str()).collect();
        Err(Error::Malformed(format!("more than {MOST_SKIPS} checks are skipped:\n  {}", list.join("\n  "))))
    }
}

/// Which check, where: the file and the resource as they are written.
fn describe(check: &Value) -> String {
    let text = |field: &str| check[field].as_str().unwrap_or_default();
    let resource = text("resource").rsplit("module.").next().unwrap_or_default();
    let resource = resource.trim_start_matches("starlift.").split('[').next().unwrap_or_default().to_owned();
    format!("{} {} {resource}: {}", text("check_id"), text("file_path"), text("check_name"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(id: &str, resource: &str, reason: &str) -> Value {
        json!({"check_id": id, "check_name": "Ensure it", "file_path": "/storage.tf", "resource": resource,
               "check_result": {"suppress_comment": reason}})
    }

    fn report(failed: &[Value], skipped: &[Value]) -> Findings {
        let report = json!({"summary": {"passed": 3, "parsing_errors": 0},
                            "results": {"failed_checks": failed, "skipped_checks": skipped}});
        Findings::read(&report).expect("a report")
    }

    #[test]
    fn a_check_that_fails_and_one_that_is_skipped_without_a_reason_are_named() {
        let failed = report(&[check("CKV_1", "aws_s3_bucket.zone", "")], &[]).judge();
        assert!(failed.is_err_and(|error| error.to_string().contains("CKV_1 /storage.tf aws_s3_bucket.zone")));
        let skipped = report(&[], &[check("CKV_2", "aws_s3_bucket.zone", NO_REASON)]).judge();
        assert!(skipped.is_err_and(|error| error.to_string().contains("CKV_2")));
    }

    #[test]
    fn a_skip_counts_once_however_often_the_module_is_used_and_more_than_six_fail() {
        let of = |number: usize, resource: &str| check(&format!("CKV_{number}"), resource, "because");
        let mut skips: Vec<_> =
            (0..6).map(|number| of(number, "module.starlift.aws_s3_bucket.zone[\"control\"]")).collect();
        skips.extend((0..6).map(|number| of(number, "aws_s3_bucket.zone")));
        assert!(report(&[], &skips).judge().is_ok());
        skips.push(of(6, "aws_s3_bucket.zone"));
        assert!(report(&[], &skips).judge().is_err_and(|error| error.to_string().contains("more than 6")));
    }

    #[test]
    fn a_report_without_checks_or_with_files_that_were_not_read_is_none() {
        for (passed, unread) in [(0, 0), (3, 1)] {
            let summary = json!({"passed": passed, "parsing_errors": unread});
            let report = json!({"summary": summary, "results": {"failed_checks": [], "skipped_checks": []}});
            assert!(Findings::read(&report).is_err());
        }
    }
}
