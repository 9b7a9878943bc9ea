//! What AWS asks for: `prices.toml` beside this file, or a file of the same form.

use std::path::Path;

use serde::Deserialize;

use crate::error::CliError;

/// The prices that come with the command line.
const OURS: &str = include_str!("prices.toml");

/// Prices in USD, of one region at one time.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Prices {
    /// The region that they are of.
    pub(crate) region: String,
    /// When they were looked up: a year and a month.
    pub(crate) date: String,
    /// A GB of memory for a second, on Graviton.
    pub(crate) lambda_arm64_gb_second: f64,
    /// A GB of memory for a second, on AMD and Intel.
    pub(crate) lambda_x86_64_gb_second: f64,
    /// An invocation.
    pub(crate) lambda_request: f64,
    /// A transition of a standard workflow.
    pub(crate) state_transition: f64,
    /// A request that writes or lists.
    pub(crate) s3_write: f64,
    /// A request that reads.
    pub(crate) s3_read: f64,
    /// A GB that is kept for a month.
    pub(crate) s3_gb_month: f64,
}

impl Prices {
    /// The prices of a file, or those that come along.
    ///
    /// # Errors
    /// The file cannot be read or is not of that form.
    pub(crate) fn read(file: Option<&Path>) -> Result<Self, CliError> {
        let Some(path) = file else {
            return Self::parse(OURS, "prices.toml");
        };
        let text = std::fs::read_to_string(path)
            .map_err(|error| CliError::File { path: path.to_owned(), reason: error.kind() })?;
        Self::parse(&text, &path.display().to_string())
    }

    fn parse(text: &str, name: &str) -> Result<Self, CliError> {
        toml::from_str(text).map_err(|error| {
            CliError::Unusable(format!(
                "{name}: {}; crates/starlift/src/cost/prices.toml has the form",
                error.message()
            ))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_that_lacks_a_price_is_refused_with_its_name() {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("london.toml");
        std::fs::write(&file, OURS.replace("s3_read", "s3_reed")).expect("a file");
        let refused = Prices::read(Some(&file)).expect_err("is refused").to_string();
        assert!(refused.contains("london.toml") && refused.contains("s3_reed"), "{refused}");
    }

    #[test]
    fn the_prices_that_come_along_are_complete() {
        let prices = Prices::read(None).expect("parses");
        assert_eq!((prices.region.as_str(), prices.date.len()), ("us-east-1", "2026-08".len()));
    }
}
