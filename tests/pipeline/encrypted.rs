//! Databases that speak TLS, as those of RDS do.

use serde_json::json;
use starlift_testkit::tls::{Authority, TlsEnd, Validity};
use starlift_testkit::{Stack, cluster};

use crate::support::{Outcome, change_secret, generated};

const SECRETS: [&str; 2] = ["Project", "warehouse-db-credentials"];
const ROOTS: &str = "roots.pem";

/// Gives every function an environment variable more.
fn set_environment(stack: &Stack, name: &str, value: &str) -> Outcome {
    for function in stack.resources.functions.values() {
        let configuration =
            stack.aws.call("lambda", "get_function_configuration", &json!({"FunctionName": function}))?;
        let mut environment = configuration["Environment"].clone();
        environment["Variables"][name] = json!(value);
        let change = json!({"FunctionName": function, "Environment": environment});
        stack.aws.call("lambda", "update_function_configuration", &change)?;
    }
    Ok(())
}

/// A stack whose databases are behind TLS ends, and an authority of its own that vouches for these.
struct Encrypted {
    stack: Stack,
    _ends: Vec<TlsEnd>,
    folder: tempfile::TempDir,
}

impl Encrypted {
    async fn new() -> Result<Self, Box<dyn std::error::Error>> {
        let stack = Stack::over(generated(50).await?).await?;
        let (authority, folder) = (Authority::new("Roots of a test")?, tempfile::tempdir()?);
        authority.write_to(&folder.path().join(ROOTS))?;
        let mut ends = Vec::new();
        for secret in SECRETS {
            let host = format!("{}.starlift.test", secret.to_lowercase());
            let end = TlsEnd::before(cluster().port(), authority.issue(&host, Validity::Now)?).await?;
            change_secret(&stack, secret, |document| {
                document["host"] = json!(host);
                document["hostaddr"] = json!("127.0.0.1");
                document["port"] = json!(end.port());
            })?;
            ends.push(end);
        }
        Ok(Self { stack, _ends: ends, folder })
    }

    fn trust_its_own_roots(&self) -> Outcome {
        set_environment(&self.stack, "STARLIFT_TRUST_ROOTS", &self.folder.path().join(ROOTS).display().to_string())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_run_goes_over_tls_to_servers_of_trusted_roots_which_are_those_of_rds_unless_others_are_named() -> Outcome {
    let encrypted = Encrypted::new().await?;
    let failed = encrypted.stack.run().await?;
    assert_eq!(failed.error.as_deref(), Some("Starlift.Denied"), "{}", failed.message());
    let said = failed.message();
    assert!(said.contains("secret warehouse-db-credentials") && said.contains("none of the trusted roots"), "{said}");

    encrypted.trust_its_own_roots()?;
    encrypted.stack.redrive(&failed.arn).await?.succeeded()?;
    Ok(encrypted.stack.agree().await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn no_secret_is_needed_where_every_login_gets_a_token() -> Outcome {
    let encrypted = Encrypted::new().await?;
    encrypted.trust_its_own_roots()?;
    let mut connections = serde_json::Map::new();
    for secret in SECRETS {
        let mut connection = change_secret(&encrypted.stack, secret, |_| {})?;
        connection.as_object_mut().and_then(|keys| keys.remove("password"));
        connections.insert(secret.to_owned(), connection);
        let gone = json!({"SecretId": secret, "ForceDeleteWithoutRecovery": true});
        encrypted.stack.aws.call("secretsmanager", "delete_secret", &gone)?;
    }
    let failed = encrypted.stack.run().await?;
    assert!(failed.message().contains("there is no secret warehouse-db-credentials"), "{}", failed.message());

    set_environment(&encrypted.stack, "STARLIFT_CONNECTIONS", &json!(connections).to_string())?;
    encrypted.stack.redrive(&failed.arn).await?.succeeded()?;
    Ok(encrypted.stack.agree().await?)
}

#[tokio::test(flavor = "multi_thread")]
async fn a_function_signs_its_own_password_for_a_secret_that_asks_for_iam_and_says_it_over_tls_only() -> Outcome {
    let encrypted = Encrypted::new().await?;
    encrypted.trust_its_own_roots()?;
    for secret in SECRETS {
        change_secret(&encrypted.stack, secret, |document| {
            document["iam"] = json!(true);
            document.as_object_mut().and_then(|keys| keys.remove("password"));
        })?;
    }
    // This server lets anybody in, but with a secret that holds no password nobody comes as far.
    encrypted.stack.run().await?.succeeded()?;
    encrypted.stack.agree().await?;

    change_secret(&encrypted.stack, "Project", |document| document["host"] = json!("localhost"))?;
    let failed = encrypted.stack.run().await?;
    assert_eq!(failed.error.as_deref(), Some("Starlift.Denied"), "{}", failed.message());
    assert!(failed.message().contains("secret Project") && failed.message().contains("over TLS only"));
    let log = encrypted.stack.logs("ingest")?.join("\n") + &encrypted.stack.logs("load")?.join("\n");
    assert!(!log.contains("X-Amz"), "a token in a log");
    Ok(())
}
