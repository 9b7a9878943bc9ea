//! Calls to local AWS: the SDK's clients, and boto3 for the services that nothing else here needs an SDK for.

use std::collections::BTreeMap;

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_s3::config::Credentials;
use aws_sdk_s3::error::DisplayErrorContext;
use serde_json::{Value, json};

use crate::callers;
use crate::error::{Error, Result};

/// One account of local AWS.
#[derive(Clone, Debug)]
pub struct Aws {
    endpoint: String,
    region: String,
    access_key: String,
}

impl Aws {
    /// The account that an access key stands for; any that is not 12 digits stands for the default account.
    #[must_use]
    pub fn new(endpoint: String, region: String, access_key: String) -> Self {
        Self { endpoint, region, access_key }
    }

    /// The access key, and so the number of the account.
    #[must_use]
    pub fn access_key(&self) -> &str {
        &self.access_key
    }

    /// The environment in which the AWS programs of this machine talk to this account, and to nothing else.
    #[must_use]
    pub fn environment(&self) -> BTreeMap<&'static str, String> {
        BTreeMap::from([
            ("AWS_ACCESS_KEY_ID", self.access_key.clone()),
            ("AWS_DEFAULT_REGION", self.region.clone()),
            ("AWS_EC2_METADATA_DISABLED", "true".into()),
            ("AWS_ENDPOINT_URL", self.endpoint.clone()),
            ("AWS_REGION", self.region.clone()),
            ("AWS_SECRET_ACCESS_KEY", "test".into()),
        ])
    }

    /// The SDK's configuration.
    pub async fn config(&self) -> SdkConfig {
        aws_config::defaults(BehaviorVersion::latest())
            .endpoint_url(&self.endpoint)
            .region(Region::new(self.region.clone()))
            .credentials_provider(Credentials::new(&self.access_key, "test", None, None, "starlift-testkit"))
            .load()
            .await
    }

    /// A client for S3.
    pub async fn s3(&self) -> aws_sdk_s3::Client {
        aws_sdk_s3::Client::new(&self.config().await)
    }

    /// A client for Step Functions.
    pub async fn states(&self) -> aws_sdk_sfn::Client {
        aws_sdk_sfn::Client::new(&self.config().await)
    }

    /// A client for Secrets Manager.
    pub async fn secrets(&self) -> aws_sdk_secretsmanager::Client {
        aws_sdk_secretsmanager::Client::new(&self.config().await)
    }

    /// Invokes a function and returns its answer.
    ///
    /// # Errors
    /// When it fails: the message holds its `errorType` and `errorMessage`, and the last lines of its log.
    pub fn invoke(&self, function: &str, payload: &Value) -> Result<Value> {
        let reply = self.call("lambda", "invoke", &invocation(function, payload))?;
        answer(function, &reply)
    }

    /// The lines of a log group, in their order.
    ///
    /// # Errors
    /// When there is no such group.
    pub fn log_lines(&self, group: &str) -> Result<Vec<String>> {
        let reply = self.call("logs", "filter_log_events", &json!({"logGroupName": group}))?;
        let events = reply["events"].as_array().cloned().unwrap_or_default();
        Ok(events.iter().filter_map(|event| Some(event["message"].as_str()?.to_owned())).collect())
    }

    /// Calls an operation by its boto3 name; lists are followed to their end.
    ///
    /// # Errors
    /// When local AWS refuses.
    pub fn call(&self, service: &str, operation: &str, parameters: &Value) -> Result<Value> {
        let answers = self.call_all(&[(service, operation, parameters.clone())])?;
        answers.into_iter().next().ok_or_else(|| Error::Malformed(format!("{service} {operation}: no answer")))
    }

    /// Calls operations one after another, and stops at the first that is refused.
    ///
    /// # Errors
    /// When local AWS refuses one.
    pub fn call_all(&self, calls: &[(&str, &str, Value)]) -> Result<Vec<Value>> {
        callers::ask(&json!({
            "region": self.region, "endpoint": self.endpoint, "access_key": self.access_key, "calls": calls,
        }))
    }
}

/// The parameters of an invocation of a function.
#[must_use]
pub fn invocation(function: &str, payload: &Value) -> Value {
    json!({"FunctionName": function, "LogType": "Tail", "Payload": payload.to_string()})
}

/// What a function has answered to an invocation.
///
/// # Errors
/// When it has failed: the message holds its `errorType` and `errorMessage`, and the last lines of its log.
pub fn answer(function: &str, reply: &Value) -> Result<Value> {
    let answer = serde_json::from_str(reply["Payload"].as_str().unwrap_or("null")).unwrap_or(Value::Null);
    if reply.get("FunctionError").is_some() {
        let log = reply["LogResult"].as_str().unwrap_or_default();
        return Err(Error::Aws { call: "Invoke", message: format!("{function}: {answer}\n{log}") });
    }
    Ok(answer)
}

/// What an SDK error says, with its causes.
pub(crate) fn refusal<E: std::error::Error>(call: &'static str) -> impl FnOnce(E) -> Error {
    move |error| Error::Aws { call, message: DisplayErrorContext(&error).to_string() }
}
