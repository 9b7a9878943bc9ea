//! Secrets Manager. Nothing is remembered: a secret that was changed is in force with the next connection.

use aws_sdk_secretsmanager::Client;
use aws_sdk_secretsmanager::error::{ProvideErrorMetadata, SdkError};
use starlift_failure::Failure;

use crate::connections::Connections;
use crate::iam::Signer;

/// Reads secrets by name. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Secrets {
    client: Client,
    connections: Connections,
    signer: Option<Signer>,
}

impl Secrets {
    /// The secrets that this client can read.
    #[must_use]
    pub fn new(client: Client) -> Self {
        Self { client, connections: Connections::default(), signer: None }
    }

    /// The same, and tokens of IAM for secrets that ask for one.
    pub(crate) fn signing(self, signer: Signer) -> Self {
        Self { signer: Some(signer), ..self }
    }

    /// The same, but for connections that the function's settings have.
    pub(crate) fn knowing(self, connections: Connections) -> Self {
        Self { connections, ..self }
    }

    /// The secret's text as it is now; one with `"iam": true` in place of a password gets a token of IAM as its password. A connection of the
    /// settings comes before a secret of its name.
    ///
    /// # Errors
    /// There is no such secret, it may not be read, or Secrets Manager does not answer. The text is never part of the failure.
    pub async fn get(&self, name: &str) -> Result<String, Failure> {
        let text = match self.connections.text(name) {
            Some(text) => text,
            None => self.read(name).await?,
        };
        match &self.signer {
            Some(signer) => signer.complete(name, text).await,
            None => Ok(text),
        }
    }

    async fn read(&self, name: &str) -> Result<String, Failure> {
        let got = self.client.get_secret_value().secret_id(name).send().await.map_err(|error| failure(name, &error))?;
        got.secret_string
            .ok_or_else(|| Failure::denied(format!("secret {name} holds no text; put the connection there as JSON")))
    }
}

fn failure<E: ProvideErrorMetadata>(name: &str, error: &SdkError<E>) -> Failure {
    let Some(code) = error.as_service_error().and_then(ProvideErrorMetadata::code) else {
        return Failure::transient(format!("secret {name} could not be read: Secrets Manager does not answer"));
    };
    let is_fault_of_the_service = error.raw_response().is_some_and(|answer| answer.status().is_server_error());
    match code {
        _ if is_fault_of_the_service => Failure::transient(format!("secret {name} could not be read: {code}")),
        "ResourceNotFoundException" => {
            Failure::denied(format!("there is no secret {name}; create it, or name the right one in pipeline.toml"))
        }
        "ThrottlingException" => Failure::transient(format!("secret {name} could not be read: {code}")),
        _ => Failure::denied(format!("secret {name} may not be read ({code}); allow it in the function's role")),
    }
}
