//! What a Lambda's environment says.

use std::path::PathBuf;

use starlift_failure::Failure;
use starlift_lake::Buckets;

/// An environment variable that is missing.
#[derive(Debug, PartialEq, Eq)]
pub struct EnvironmentError {
    name: &'static str,
}

impl std::fmt::Display for EnvironmentError {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "environment variable {} is not set; set it on the function", self.name)
    }
}

impl std::error::Error for EnvironmentError {}

impl From<EnvironmentError> for Failure {
    fn from(error: EnvironmentError) -> Self {
        Self::denied(error.to_string())
    }
}

pub(crate) struct Settings {
    pub(crate) buckets: Buckets,
    pub(crate) definition: PathBuf,
}

impl Settings {
    /// Reads the settings through `get`, which is `std::env::var` but in tests.
    pub(crate) fn read(get: impl Fn(&str) -> Option<String>) -> Result<Self, EnvironmentError> {
        let needed = |name: &'static str| get(name).filter(|value| !value.is_empty()).ok_or(EnvironmentError { name });
        let definition = match get("STARLIFT_DEFINITION") {
            Some(folder) => PathBuf::from(folder),
            None => PathBuf::from(needed("LAMBDA_TASK_ROOT")?).join("definition"),
        };
        let buckets = Buckets {
            ingest: needed("STARLIFT_INGEST_BUCKET")?,
            processed: needed("STARLIFT_PROCESSED_BUCKET")?,
            control: needed("STARLIFT_CONTROL_BUCKET")?,
        };
        Ok(Self { buckets, definition })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_missing_bucket_is_named() {
        let error = Settings::read(|name| (name != "STARLIFT_CONTROL_BUCKET").then(|| "x".to_owned())).err();
        assert_eq!(error, Some(EnvironmentError { name: "STARLIFT_CONTROL_BUCKET" }));
    }

    #[test]
    fn the_definition_lies_beside_the_binary_unless_the_environment_says_where() {
        let beside = |name: &str| (name != "STARLIFT_DEFINITION").then(|| "/x".to_owned());
        assert_eq!(Settings::read(beside).map(|settings| settings.definition), Ok("/x/definition".into()));
        assert_eq!(Settings::read(|_| Some("/y".to_owned())).map(|settings| settings.definition), Ok("/y".into()));
    }
}
