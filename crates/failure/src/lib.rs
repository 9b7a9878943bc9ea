//! The one policy for failures: what kind of failure it is decides who acts and what the state machine does.
//!
//! Libraries state facts with their own error types; each says which [`FailureKind`] its facts are. A failure is
//! permanent unless it is proven transient. The names travel to Step Functions as `errorType` and stand in the `Retry`
//! lists of `statemachine/pipeline.asl.json`; `the_state_machine_retries_exactly_the_kinds_that_may_pass` holds the two together.
//!
//! A message names tables, columns, keys of objects and counts. It never holds a row's value, a secret or a
//! connection string: it ends up in the execution history.

use std::fmt;

use serde::{Deserialize, Serialize};

/// Who acts on a failure, and whether trying again can help.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum FailureKind {
    /// Nobody acts: the network, a server that restarts, a throttled call. Retried with back-off.
    Transient,
    /// Nobody acts: a lock, a serialization failure, a recovery conflict. Retried, slower.
    Contended,
    /// The author of `sql/<pipeline>` acts. The message names the file and the key.
    InvalidDefinition,
    /// The owner of the data acts. The message names the table, the column or the quarantine object.
    InvalidData,
    /// The owner of the source's schema acts. Nothing has been written.
    SourceChanged,
    /// The operator acts. The message names the grant, the secret or the bucket.
    Denied,
    /// A defect of Starlift, a panic among them.
    Internal,
}

impl FailureKind {
    /// Every kind, in the order of the documentation.
    pub const ALL: [Self; 7] = [
        Self::Transient,
        Self::Contended,
        Self::InvalidDefinition,
        Self::InvalidData,
        Self::SourceChanged,
        Self::Denied,
        Self::Internal,
    ];

    /// The `errorType` that Step Functions sees, for example `Starlift.Transient`.
    #[must_use]
    pub const fn error_type(self) -> &'static str {
        match self {
            Self::Transient => "Starlift.Transient",
            Self::Contended => "Starlift.Contended",
            Self::InvalidDefinition => "Starlift.InvalidDefinition",
            Self::InvalidData => "Starlift.InvalidData",
            Self::SourceChanged => "Starlift.SourceChanged",
            Self::Denied => "Starlift.Denied",
            Self::Internal => "Starlift.Internal",
        }
    }

    /// The kind with this `errorType`; none for an error that is not Starlift's own.
    #[must_use]
    pub fn of_error_type(error_type: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.error_type() == error_type)
    }

    /// Whether it takes a new execution to go on once the cause is mended, and not a redrive: what a run has read and made is
    /// immutable, so a redrive meets the rows and the definition again that it failed on.
    #[must_use]
    pub const fn needs_new_execution(self) -> bool {
        matches!(self, Self::InvalidDefinition | Self::InvalidData | Self::SourceChanged)
    }

    /// Whether the state machine tries again by itself.
    #[must_use]
    pub const fn is_retried(self) -> bool {
        matches!(self, Self::Transient | Self::Contended)
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.error_type())
    }
}

/// What to do once a fault in what a run has read is corrected: its objects and manifests never change, so that a redrive fails again.
pub const RUN_ANEW: &str =
    "then start a new execution with `starlift run`, because a redrive of this one meets the same objects";

/// What a handler ends with when it cannot go on: the kind, and one message for the person who acts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind}: {message}")]
pub struct Failure {
    /// Who acts.
    pub kind: FailureKind,
    /// What happened, to what, and what to do. No row values, no secrets.
    pub message: String,
}

impl Failure {
    /// A failure of the given kind.
    pub fn new(kind: FailureKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into() }
    }

    /// The same failure with what was being done put before its message.
    #[must_use]
    pub fn context(self, doing: impl fmt::Display) -> Self {
        Self { kind: self.kind, message: format!("{doing}: {}", self.message) }
    }

    /// A failure that passes by itself.
    pub fn transient(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Transient, message)
    }

    /// A lock or a conflict that passes by itself.
    pub fn contended(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Contended, message)
    }

    /// A fault in `sql/<pipeline>`.
    pub fn invalid_definition(message: impl Into<String>) -> Self {
        Self::new(FailureKind::InvalidDefinition, message)
    }

    /// A fault in the data.
    pub fn invalid_data(message: impl Into<String>) -> Self {
        Self::new(FailureKind::InvalidData, message)
    }

    /// A change of the source's schema.
    pub fn source_changed(message: impl Into<String>) -> Self {
        Self::new(FailureKind::SourceChanged, message)
    }

    /// A missing right, secret or bucket.
    pub fn denied(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Denied, message)
    }

    /// A defect of Starlift.
    pub fn internal(message: impl Into<String>) -> Self {
        Self::new(FailureKind::Internal, message)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_serializes_as_the_end_of_its_error_type() {
        for kind in FailureKind::ALL {
            let name = serde_json::to_value(kind).expect("a kind serializes");
            let name = name.as_str().expect("as a string").to_owned();
            assert_eq!(kind.error_type(), format!("Starlift.{name}"));
            assert_eq!(FailureKind::of_error_type(kind.error_type()), Some(kind));
        }
    }

    #[test]
    fn an_error_of_somebody_else_is_no_kind() {
        assert_eq!(FailureKind::of_error_type("States.Timeout"), None);
    }

    #[test]
    fn context_keeps_the_kind_and_stands_before_the_message() {
        let failure = Failure::denied("no such secret").context("connecting to the source");
        assert_eq!(failure.kind, FailureKind::Denied);
        assert_eq!(failure.to_string(), "Starlift.Denied: connecting to the source: no such secret");
    }
}
