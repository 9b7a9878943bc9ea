//! Secrets Manager, with a memory for the life of the environment.

use std::collections::HashMap;
use std::sync::Arc;

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use starlift_failure::Failure;
use tokio::sync::Mutex;

/// Reads secrets by name, each once until it is asked for afresh. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Secrets {
    client: Client,
    read: Arc<Mutex<HashMap<String, String>>>,
}

impl Secrets {
    /// The secrets that this client can read.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client, read: Arc::default() }
    }

    /// The secret's text, from memory when it was read before.
    ///
    /// # Errors
    /// There is no such secret, it may not be read, or Secrets Manager does not answer. The text is never part of the failure.
    pub async fn get(&self, name: &str) -> Result<String, Failure> {
        if let Some(text) = self.read.lock().await.get(name) {
            return Ok(text.clone());
        }
        self.get_afresh(name).await
    }

    /// The secret's text as it is now. Called when the password in memory was refused: it may have been rotated.
    ///
    /// # Errors
    /// As [`Secrets::get`].
    pub async fn get_afresh(&self, name: &str) -> Result<String, Failure> {
        let got = self.client.get_secret_value().secret_id(name).send().await.map_err(|error| failure(name, &error))?;
        let Some(text) = got.secret_string else {
            return Err(Failure::denied(format!("secret {name} holds no text; put the connection there as JSON")));
        };
        self.read.lock().await.insert(name.to_owned(), text.clone());
        Ok(text)
    }
}

fn failure<E: ProvideErrorMetadata, R>(name: &str, error: &SdkError<E, R>) -> Failure {
    let Some(code) = error.as_service_error().and_then(ProvideErrorMetadata::code) else {
        return Failure::transient(format!("secret {name} could not be read: Secrets Manager does not answer"));
    };
    match code {
        "ResourceNotFoundException" => {
            Failure::denied(format!("there is no secret {name}; create it, or name the right one in pipeline.toml"))
        }
        "InternalServiceError" | "InternalServiceErrorException" | "ThrottlingException" => {
            Failure::transient(format!("secret {name} could not be read: {code}"))
        }
        _ => Failure::denied(format!("secret {name} may not be read ({code}); allow it in the function's role")),
    }
}
