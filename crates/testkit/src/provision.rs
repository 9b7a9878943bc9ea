//! The resources of a pipeline on local AWS, made by `local/provision.py`.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::aws::Aws;
use crate::error::{Error, Result, tail};
use crate::{python, workspace};

/// The three functions, in the order of the chain.
pub const FUNCTIONS: [&str; 3] = ["ingest", "transform", "load"];

/// What a stack consists of; `local/provisioning/document.py` describes it.
#[derive(Clone, Debug, Serialize)]
pub struct Document {
    /// The pipeline's name.
    pub pipeline: String,
    /// The names of the three buckets, by zone.
    pub buckets: BTreeMap<&'static str, String>,
    /// The functions' zips.
    pub zips: BTreeMap<&'static str, PathBuf>,
    /// The secrets' values, by name.
    pub secrets: BTreeMap<String, Value>,
    /// Which function may read which secrets.
    pub secret_readers: BTreeMap<&'static str, Vec<String>>,
    /// The state machine's definition.
    pub state_machine: PathBuf,
    /// Environment variables of every function, besides those of Starlift.
    pub environment: BTreeMap<String, String>,
}

impl Document {
    /// The usual stack of a pipeline: its buckets named after it, the zips that `cargo xtask package` makes.
    #[must_use]
    pub fn of(pipeline: &str, zips: &Path) -> Self {
        let zones = ["ingest", "processed", "control"];
        Self {
            pipeline: pipeline.to_owned(),
            buckets: zones.map(|zone| (zone, format!("starlift-{pipeline}-{zone}"))).into(),
            zips: FUNCTIONS.map(|function| (function, zips.join(format!("{function}.zip")))).into(),
            secrets: BTreeMap::new(),
            secret_readers: BTreeMap::new(),
            state_machine: workspace::root().join("statemachine/pipeline.asl.json"),
            environment: BTreeMap::new(),
        }
    }

    /// Adds a secret that one function may read.
    pub fn add_secret(&mut self, name: &str, value: Value, reader: &'static str) {
        self.secrets.insert(name.to_owned(), value);
        self.secret_readers.entry(reader).or_default().push(name.to_owned());
    }
}

/// What has been made.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Resources {
    /// The URL of local AWS.
    pub endpoint: String,
    /// The region.
    pub region: String,
    /// The account's number.
    pub account: String,
    /// The buckets, by zone.
    pub buckets: BTreeMap<String, String>,
    /// The functions' ARNs.
    pub functions: BTreeMap<String, String>,
    /// The state machine's ARN.
    pub state_machine: String,
    /// The ARN of the topic that tells of executions that ended without success.
    pub alerts: String,
    /// The log groups of the functions and of the state machine.
    pub log_groups: BTreeMap<String, String>,
}

/// Makes what a document asks for; a second call changes only what differs.
///
/// With `aloud`, what is made is said on standard error as it happens.
///
/// # Errors
/// When a zip is missing or local AWS refuses.
pub fn provision(aws: &Aws, document: &Document, aloud: bool) -> Result<Resources> {
    if let Some(missing) = document.zips.values().find(|zip| !zip.is_file()) {
        return Err(Error::Missing(format!("{} is missing; make it with: cargo xtask package", missing.display())));
    }
    let started = |source| Error::NotStarted { program: "local/provision.py".into(), source };
    let mut command = Command::new(python::environment()?.program("python"));
    command.arg(workspace::root().join("local/provision.py")).envs(aws.environment());
    command.stdin(Stdio::piped()).stdout(Stdio::piped());
    command.stderr(if aloud { Stdio::inherit() } else { Stdio::piped() });
    let mut running = command.spawn().map_err(started)?;
    let text = serde_json::to_vec(document).map_err(|error| Error::Malformed(error.to_string()))?;
    if let Some(mut input) = running.stdin.take() {
        // A script that ends before it has read everything says why by its status and output.
        let _ = input.write_all(&text);
    }
    let output = running.wait_with_output().map_err(started)?;
    if !output.status.success() {
        let said =
            if aloud { "what it said stands above".into() } else { tail(&String::from_utf8_lossy(&output.stderr)) };
        return Err(Error::Program { program: "local/provision.py".into(), output: said });
    }
    serde_json::from_slice(&output.stdout)
        .map_err(|error| Error::Malformed(format!("the answer of local/provision.py: {error}")))
}
