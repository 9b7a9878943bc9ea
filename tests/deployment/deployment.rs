//! The example as an operator applies it, on an account of local AWS.

use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;
use starlift_testkit::aws::Aws;
use starlift_testkit::terraform::{Terraform, WorkingCopy};
use tempfile::TempDir;

/// Points the provider to this machine; what Terraform finds in such a file it puts over the configuration.
const OVERRIDE: (&str, &str) = ("local_override.tf", include_str!("local_override.tf"));

/// A copy of `examples/complete` with its state.
pub(crate) struct Deployment {
    terraform: Terraform,
    example: PathBuf,
    aws: Aws,
    _folder: TempDir,
}

/// How a command of Terraform has ended, and all that it said.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) said: String,
}

impl Ended {
    /// What it said, if it succeeded.
    pub(crate) fn succeeded(self) -> Result<String, Box<dyn std::error::Error>> {
        if self.code == Some(0) { Ok(self.said) } else { Err(format!("Terraform: {}", self.said).into()) }
    }
}

impl Deployment {
    /// Nothing is there yet; the variables are those that do not change.
    pub(crate) fn new(aws: Aws, variables: &Value) -> Result<Self, Box<dyn std::error::Error>> {
        let folder = tempfile::tempdir()?;
        let terraform = Terraform::find()?;
        let example = WorkingCopy::make(folder.path())?.example("complete");
        std::fs::write(example.join(OVERRIDE.0), OVERRIDE.1)?;
        std::fs::write(example.join("terraform.tfvars.json"), variables.to_string())?;
        terraform.initialise(&example)?;
        Ok(Self { terraform, example, aws, _folder: folder })
    }

    /// `terraform apply`.
    pub(crate) fn apply(&self, secrets_are_filled: bool) -> Result<Ended, Box<dyn std::error::Error>> {
        self.change(&["apply"], secrets_are_filled)
    }

    /// `terraform destroy` of all, or of what is named.
    pub(crate) fn destroy(&self, targets: &[&str]) -> Result<Ended, Box<dyn std::error::Error>> {
        let targets: Vec<_> = targets.iter().map(|target| format!("-target={target}")).collect();
        let mut arguments = vec!["destroy"];
        arguments.extend(targets.iter().map(String::as_str));
        self.change(&arguments, true)
    }

    /// `terraform plan`: 0 when nothing is to be changed, 2 when something is.
    pub(crate) fn plan(&self) -> Result<Ended, Box<dyn std::error::Error>> {
        let arguments = ["plan", "-no-color", "-detailed-exitcode", "-var=secrets_are_filled=true"];
        self.run(self.terraform.command(&self.example, &arguments))
    }

    /// What an output of the example holds.
    pub(crate) fn output(&self, name: &str) -> Result<Value, Box<dyn std::error::Error>> {
        let ended = self.run(self.terraform.command(&self.example, &["output", "-json", name]))?;
        Ok(serde_json::from_str(&ended.succeeded()?)?)
    }

    /// All that Terraform remembers.
    pub(crate) fn state(&self) -> std::io::Result<String> {
        std::fs::read_to_string(self.example.join("terraform.tfstate"))
    }

    fn change(&self, what: &[&str], secrets_are_filled: bool) -> Result<Ended, Box<dyn std::error::Error>> {
        let mut command = self.terraform.command(&self.example, what);
        // It waits for AWS most of the time.
        command.args(["-auto-approve", "-no-color", "-parallelism=30"]);
        command.arg(format!("-var=secrets_are_filled={secrets_are_filled}"));
        self.run(command)
    }

    fn run(&self, mut command: Command) -> Result<Ended, Box<dyn std::error::Error>> {
        command.envs(self.aws.environment()).env_remove("AWS_PROFILE").env_remove("AWS_SESSION_TOKEN");
        let output = command.output()?;
        let said = [output.stdout, output.stderr].concat();
        Ok(Ended { code: output.status.code(), said: String::from_utf8_lossy(&said).into_owned() })
    }
}
