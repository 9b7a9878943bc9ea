//! Connections that have nothing secret, because their logins get tokens of IAM: they stand in the function's settings, and the function needs no
//! way to Secrets Manager for them. Proven by `no_secret_is_needed_where_every_login_gets_a_token` in `tests/pipeline/encrypted.rs`.

use std::collections::BTreeMap;

use serde_json::{Map, Value};
use starlift_failure::Failure;

/// The environment variable with the connections, by the names that the definition gives them.
pub(crate) const VARIABLE: &str = "STARLIFT_CONNECTIONS";

/// Connections by name, each as a secret has it, without a password.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Connections(BTreeMap<String, Map<String, Value>>);

impl Connections {
    /// Reads the variable's text.
    ///
    /// # Errors
    /// It is no JSON object of objects, or there is a password in it: settings are no place for one.
    pub(crate) fn parse(text: &str) -> Result<Self, Failure> {
        let connections: BTreeMap<String, Map<String, Value>> = serde_json::from_str(text).map_err(|_| {
            Failure::denied(format!(
                r#"environment variable {VARIABLE} has to be JSON: {{"<name>": {{"host": …, "port": …, "username": …, "dbname": …}}, …}}"#
            ))
        })?;
        if let Some((name, _)) = connections.iter().find(|(_, connection)| connection.contains_key("password")) {
            return Err(Failure::denied(format!(
                "connection {name} in environment variable {VARIABLE} has a password; put it into a secret of this name, where it is kept as one"
            )));
        }
        Ok(Self(connections))
    }

    /// The text that a secret for this connection would have.
    pub(crate) fn text(&self, name: &str) -> Option<String> {
        let mut connection = self.0.get(name)?.clone();
        connection.insert("iam".to_owned(), Value::Bool(true));
        Some(Value::Object(connection).to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_asks_for_a_token_and_those_of_other_names_are_left_to_secrets() {
        let connections = Connections::parse(r#"{"Project": {"host": "h", "username": "u", "dbname": "d"}}"#);
        let connections = connections.expect("connections");
        let text: Value = serde_json::from_str(&connections.text("Project").expect("a text")).expect("JSON");
        assert_eq!(text, serde_json::json!({"host": "h", "username": "u", "dbname": "d", "iam": true}));
        assert_eq!(connections.text("Other"), None);
    }

    #[test]
    fn a_password_is_refused_and_not_repeated() {
        let failure = Connections::parse(r#"{"Project": {"host": "h", "password": "hunter2"}}"#).expect_err("refused");
        assert!(failure.message.contains("connection Project") && !failure.message.contains("hunter2"), "{failure}");
        for text in ["", "[]", r#"{"Project": "hunter2"}"#] {
            let malformed = Connections::parse(text).expect_err("refused");
            assert!(malformed.message.contains(VARIABLE) && !malformed.message.contains("hunter2"), "{malformed}");
        }
    }
}
