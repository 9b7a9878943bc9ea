//! A connection as Secrets Manager keeps it.

use std::net::IpAddr;

use serde::Deserialize;
use starlift_failure::Failure;

/// `{"host", "port", "username", "password", "dbname"}`, as RDS writes it; other keys are ignored. With `"iam": true` it comes without a password,
/// and whoever reads it puts a token of IAM there.
#[derive(Clone, Deserialize)]
pub struct ConnectionSecret {
    /// The server's name or address, which its certificate has to be for.
    pub host: String,
    /// Where the server is reached when its name does not lead there: the near end of a tunnel.
    #[serde(default)]
    pub hostaddr: Option<IpAddr>,
    /// Its port; 5432 when absent. A number or a string.
    #[serde(default = "default_port", deserialize_with = "port")]
    pub port: u16,
    /// The role.
    pub username: String,
    /// Its password, or its token.
    pub password: String,
    /// Whether the password is a token of IAM, which is said over TLS only.
    #[serde(default)]
    pub iam: bool,
    /// The database.
    #[serde(alias = "database")]
    pub dbname: String,
}

impl ConnectionSecret {
    /// The connection in a secret's text. `name` names the secret in messages.
    ///
    /// # Errors
    /// The text is not such a JSON document. The message names the missing key, never the text.
    pub fn parse(name: &str, text: &str) -> Result<Self, Failure> {
        let value: serde_json::Value =
            serde_json::from_str(text).map_err(|_| Failure::denied(format!("secret {name} is not JSON; {SHAPE}")))?;
        let missing = ["host", "username", "password"].into_iter().find(|key| value.get(key).is_none());
        if let Some(key) = missing {
            return Err(Failure::denied(format!("secret {name} has no {key}; {SHAPE}")));
        }
        // The text of a JSON error quotes the value, and here values are secrets.
        serde_json::from_value(value)
            .map_err(|_| Failure::denied(format!("secret {name} has a key of the wrong type; {SHAPE}")))
    }

    /// `host:port`, for messages.
    #[must_use]
    pub fn address(&self) -> String {
        format!("{}:{}", self.host, self.port)
    }
}

const SHAPE: &str = r#"it has to be {"host": …, "port": …, "username": …, "password": …, "dbname": …}, or have "iam": true in place of the password"#;

impl std::fmt::Debug for ConnectionSecret {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "ConnectionSecret({})", self.address())
    }
}

fn default_port() -> u16 {
    5432
}

fn port<'de, D: serde::Deserializer<'de>>(deserializer: D) -> Result<u16, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum Port {
        Number(u16),
        Text(String),
    }
    match Port::deserialize(deserializer)? {
        Port::Number(number) => Ok(number),
        Port::Text(text) => text.parse().map_err(|_| serde::de::Error::custom("not a port")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_port_may_be_text_and_other_keys_are_ignored() {
        let text = r#"{"engine":"postgres","host":"h","port":"6000","username":"u","password":"p","dbname":"d"}"#;
        let secret = ConnectionSecret::parse("Project", text).expect("parses");
        assert_eq!(secret.address(), "h:6000");
        assert_eq!(format!("{secret:?}"), "ConnectionSecret(h:6000)");
    }

    #[test]
    fn a_fault_names_the_key_and_never_a_value() {
        let wrong_port = r#"{"host":"h","port":["hunter2"],"username":"u","password":"hunter2","dbname":"d"}"#;
        let cases = [
            ("hunter2", "is not JSON"),
            (r#"{"host":"h","username":"u"}"#, "has no password"),
            (wrong_port, "wrong type"),
        ];
        for (text, expected) in cases {
            let message = ConnectionSecret::parse("Project", text).expect_err("is refused").message;
            assert!(
                message.contains(expected) && message.contains("Project") && !message.contains("hunter2"),
                "{message}"
            );
        }
    }
}
