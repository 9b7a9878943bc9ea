//! Databases that speak TLS, as those of RDS do.

use serde_json::json;
use starlift_testkit::tls::{Authority, TlsEnd, Validity};
use starlift_testkit::{Stack, cluster};

use crate::support::{Outcome, change_secret, generated};

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

#[tokio::test(flavor = "multi_thread")]
async fn a_run_goes_over_tls_to_servers_of_trusted_roots_which_are_those_of_rds_unless_others_are_named() -> Outcome {
    let stack = Stack::over(generated(50).await?).await?;
    let (authority, folder) = (Authority::new("Roots of a test")?, tempfile::tempdir()?);
    let roots = folder.path().join("roots.pem");
    authority.write_to(&roots)?;
    let mut ends = Vec::new();
    for secret in ["Project", "warehouse-db-credentials"] {
        let host = format!("{}.starlift.test", secret.to_lowercase());
        let end = TlsEnd::before(cluster().port(), authority.issue(&host, Validity::Now)?).await?;
        change_secret(&stack, secret, |document| {
            document["host"] = json!(host);
            document["hostaddr"] = json!("127.0.0.1");
            document["port"] = json!(end.port());
        })?;
        ends.push(end);
    }

    let failed = stack.run().await?;
    assert_eq!(failed.error.as_deref(), Some("Starlift.Denied"), "{}", failed.message());
    let said = failed.message();
    assert!(said.contains("secret warehouse-db-credentials") && said.contains("none of the trusted roots"), "{said}");

    set_environment(&stack, "STARLIFT_TRUST_ROOTS", &roots.display().to_string())?;
    stack.redrive(&failed.arn).await?.succeeded()?;
    Ok(stack.agree().await?)
}
