//! What Terraform deploys and what the local stack runs is one thing: the zips, the state machine, the definition, the policies.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use starlift_testkit::aws::Aws;
use starlift_testkit::provision::{Document, FUNCTIONS, Resources, provision};
use starlift_testkit::workspace;
use zip::ZipArchive;

use crate::Outcome;
use crate::policies::{self, Account};

/// Folders of a definition that only people and tests read.
const NOT_DEPLOYED: [&str; 2] = ["demo", "dashboards"];

/// The secrets of the pipeline, and who reads them.
pub(crate) const SECRETS: [(&str, &str); 3] =
    [("Project", "ingest"), ("warehouse-db-credentials", "load"), ("warehouse-db-migrator", "load")];

/// Makes the local stack of the same pipeline in another account, and compares with what is deployed, whose buckets are named by their zones.
pub(crate) fn compare(deployed: &Aws, buckets: &Value, local: &Aws) -> Outcome {
    let zips = workspace::target().join("lambda");
    let mut document = Document::of("totesys", &zips);
    for bucket in document.buckets.values_mut() {
        *bucket = format!("{bucket}-{}", local.access_key());
    }
    for (secret, reader) in SECRETS {
        document.add_secret(secret, json!({}), reader);
    }
    let stack = provision(local, &document, false)?;
    for function in FUNCTIONS {
        let name = stack.functions[function].rsplit(':').next().unwrap_or_default();
        assert_eq!(code(deployed, name, "live")?, code(local, name, "$LATEST")?, "the code of {function}");
        assert_eq!(
            packed(&zips.join(format!("{function}.zip")))?,
            definition()?,
            "the definition in the zip of {function}"
        );
    }
    policies::compare(&Account::deployed(deployed, buckets)?, &Account::local(local, &json!(document.buckets))?)?;
    machines(deployed, local, &stack)
}

/// The SHA-256 of a function's code, as Lambda computes it.
fn code(aws: &Aws, function: &str, qualifier: &str) -> Result<Value, Box<dyn std::error::Error>> {
    let asked = json!({"FunctionName": function, "Qualifier": qualifier});
    let configuration = aws.call("lambda", "get_function_configuration", &asked)?;
    let sum = &configuration["CodeSha256"];
    assert!(sum.is_string(), "{configuration}");
    Ok(sum.clone())
}

/// Both state machines are the file, but for the ARNs of the functions.
fn machines(deployed: &Aws, local: &Aws, stack: &Resources) -> Outcome {
    let file = std::fs::read_to_string(workspace::root().join("statemachine/pipeline.asl.json"))?;
    for (aws, qualifier) in [(deployed, ":live"), (local, "")] {
        let machine = stack.state_machine.replace(local.access_key(), aws.access_key());
        let described = aws.call("stepfunctions", "describe_state_machine", &json!({"stateMachineArn": machine}))?;
        let mut definition = described["definition"].as_str().ok_or("a definition")?.to_owned();
        for (function, arn) in &stack.functions {
            let arn = format!("{}{qualifier}", arn.replace(local.access_key(), aws.access_key()));
            assert!(definition.contains(&arn), "{arn} is not invoked: {definition}");
            definition = definition.replace(&arn, &format!("${{{function}_function_arn}}"));
        }
        assert_eq!(definition, file, "the state machine in {}", aws.access_key());
    }
    Ok(())
}

/// The definition in a zip: the SHA-256 of each file by its name.
fn packed(zip: &Path) -> Result<BTreeMap<String, String>, Box<dyn std::error::Error>> {
    let mut archive = ZipArchive::new(File::open(zip)?)?;
    let mut found = BTreeMap::new();
    for index in 0..archive.len() {
        let mut entry = archive.by_index(index)?;
        if let Some(name) = entry.name()?.strip_prefix("definition/").map(str::to_owned) {
            let mut content = Vec::new();
            entry.read_to_end(&mut content)?;
            found.insert(name, sum(&content));
        }
    }
    Ok(found)
}

/// The definition in the repository: the SHA-256 of each file by its name.
fn definition() -> std::io::Result<BTreeMap<String, String>> {
    let mut found = BTreeMap::new();
    let root = workspace::pipeline("totesys");
    found.insert("pipeline.toml".to_owned(), sum(&std::fs::read(root.join("pipeline.toml"))?));
    for folder in root.read_dir()? {
        let folder = folder?;
        let name = folder.file_name().to_string_lossy().into_owned();
        if !folder.path().is_dir() || NOT_DEPLOYED.contains(&name.as_str()) {
            continue;
        }
        for file in folder.path().read_dir()? {
            let file = file?;
            let content = std::fs::read(file.path())?;
            found.insert(format!("{name}/{}", file.file_name().to_string_lossy()), sum(&content));
        }
    }
    Ok(found)
}

fn sum(content: &[u8]) -> String {
    format!("{:x}", Sha256::digest(content))
}
