//! A token of IAM in place of a database password: signed here with the function's own credentials, good for one server, one role and a quarter
//! of an hour in which to connect. Proven against the token that botocore signs from the same inputs.

use std::time::{Duration, SystemTime};

use aws_sdk_secretsmanager::config::{Credentials, ProvideCredentials, SharedCredentialsProvider};
use aws_sigv4::http_request::{SignableBody, SignableRequest, SignatureLocation, SigningSettings, sign};
use aws_sigv4::sign::v4;
use serde_json::Value;
use starlift_failure::Failure;

/// What RDS allows at most.
const LASTS: Duration = Duration::from_secs(900);

/// Signs tokens with the function's credentials, as they are then.
#[derive(Clone, Debug)]
pub(crate) struct Signer {
    pub(crate) credentials: SharedCredentialsProvider,
    pub(crate) region: String,
}

/// What a secret says of a connection by IAM.
#[derive(Debug, PartialEq, Eq)]
struct Login {
    server: String,
    role: String,
}

impl Signer {
    /// A secret's text with a token as the password, when it asks for one by `"iam": true`; otherwise the text as it is.
    ///
    /// # Errors
    /// The secret has a password too, or there are no credentials to sign with.
    pub(crate) async fn complete(&self, name: &str, text: String) -> Result<String, Failure> {
        let Ok(mut document) = serde_json::from_str::<Value>(&text) else { return Ok(text) };
        if document["iam"] != Value::Bool(true) {
            return Ok(text);
        }
        if document.get("password").is_some() {
            return Err(Failure::denied(format!("secret {name} has a password and iam; take one of them out")));
        }
        // Whoever reads the text says which key is missing.
        let Some(login) = login(&document) else { return Ok(text) };
        let provided = self.credentials.provide_credentials().await;
        let credentials = provided.map_err(|_| Failure::transient("the function's credentials are not to be had"))?;
        document["password"] = token(&login, &self.region, &credentials, SystemTime::now())?.into();
        Ok(document.to_string())
    }
}

fn login(document: &Value) -> Option<Login> {
    let port = match &document["port"] {
        Value::Null => "5432".to_owned(),
        Value::String(port) => port.clone(),
        port => port.to_string(),
    };
    let server = format!("{}:{port}", document["host"].as_str()?);
    Some(Login { server, role: document["username"].as_str()?.to_owned() })
}

/// A request to connect, signed by AWS Signature Version 4 in its query, without its scheme: that is the password.
fn token(login: &Login, region: &str, credentials: &Credentials, now: SystemTime) -> Result<String, Failure> {
    let unsigned = |_| Failure::internal("a token of IAM could not be signed");
    let url = format!("https://{}/?Action=connect&DBUser={}", login.server, encoded(&login.role));
    let mut settings = SigningSettings::default();
    settings.expires_in = Some(LASTS);
    settings.signature_location = SignatureLocation::QueryParams;
    let identity = credentials.clone().into();
    let parameters =
        v4::SigningParams::builder().identity(&identity).region(region).name("rds-db").time(now).settings(settings);
    let parameters = parameters.build().map_err(|_| Failure::internal("a token of IAM could not be signed"))?.into();
    let request = SignableRequest::new("GET", url.as_str(), std::iter::empty(), SignableBody::Bytes(&[]));
    let signed = sign(request.map_err(unsigned)?, &parameters).map_err(unsigned)?;
    let (instructions, _) = signed.into_parts();
    let mut password = url.trim_start_matches("https://").to_owned();
    for (name, value) in instructions.params() {
        password.push_str(&format!("&{name}={}", encoded(value)));
    }
    Ok(password)
}

/// A text as a part of a query: all but the characters that stand for themselves everywhere as `%XX`.
fn encoded(text: &str) -> String {
    let mut encoded = String::new();
    for byte in text.bytes() {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    encoded
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const KEY: &str = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    const HOST: &str = "warehouse.abc123.eu-west-2.rds.amazonaws.com";
    /// 2026-11-27 12:00:00 UTC.
    const NOON: Duration = Duration::from_secs(1_795_780_800);

    fn credentials(session: Option<&str>) -> Credentials {
        Credentials::new("AKIDEXAMPLE", KEY, session.map(str::to_owned), None, "test")
    }

    fn signer() -> Signer {
        Signer { credentials: SharedCredentialsProvider::new(credentials(None)), region: "eu-west-2".to_owned() }
    }

    /// What botocore's `generate_db_auth_token` gives for the same inputs.
    #[test]
    fn a_token_is_the_one_that_aws_own_tools_sign() {
        let login = Login { server: format!("{HOST}:5432"), role: "starlift load@eu".to_owned() };
        let cases = [
            (None, "", "b75ba4f24219f4bf8af9f94dc2d4e865786fcdefcb99ec5d1c52ef1f2cffab6d"),
            (
                Some("IQoJb3JpZ2luX2VjEXAMPLE/+token=="),
                "&X-Amz-Security-Token=IQoJb3JpZ2luX2VjEXAMPLE%2F%2Btoken%3D%3D",
                "4f677f67833036903ed40555093aa5653ab268a767a7500f9d32ec69c10d6bc4",
            ),
        ];
        for (session, session_parameter, signature) in cases {
            let found =
                token(&login, "eu-west-2", &credentials(session), SystemTime::UNIX_EPOCH + NOON).expect("a token");
            let expected = format!(
                "{HOST}:5432/?Action=connect&DBUser=starlift%20load%40eu&X-Amz-Algorithm=AWS4-HMAC-SHA256\
                 &X-Amz-Credential=AKIDEXAMPLE%2F20261127%2Feu-west-2%2Frds-db%2Faws4_request&X-Amz-Date=20261127T120000Z\
                 &X-Amz-Expires=900&X-Amz-SignedHeaders=host{session_parameter}&X-Amz-Signature={signature}"
            );
            // The order of a query's parameters means nothing.
            let sorted = |text: &str| {
                let mut parameters: Vec<String> = text.split('&').map(str::to_owned).collect();
                parameters.sort();
                parameters
            };
            assert_eq!(sorted(&found), sorted(&expected));
        }
    }

    #[tokio::test]
    async fn only_a_secret_that_asks_for_iam_gets_a_token() {
        let own = json!({"host": HOST, "port": "6000", "username": "load", "password": "own", "dbname": "d"});
        let mut asks = own.clone();
        asks["iam"] = true.into();
        let both = signer().complete("Project", asks.to_string()).await.expect_err("both").message;
        assert!(both.contains("secret Project") && !both.contains("own"), "{both}");

        asks.as_object_mut().and_then(|keys| keys.remove("password")).expect("a password");
        let completed = signer().complete("Project", asks.to_string()).await.expect("a text");
        let completed: Value = serde_json::from_str(&completed).expect("JSON");
        let password = completed["password"].as_str().unwrap_or_default();
        assert!(password.starts_with(&format!("{HOST}:6000/?Action=connect&DBUser=load&")), "{password}");
        assert!(!password.contains(KEY));

        for text in [own.to_string(), "not JSON".to_owned(), json!({"iam": true, "host": HOST}).to_string()] {
            assert_eq!(signer().complete("Project", text.clone()).await.ok(), Some(text));
        }
    }
}
