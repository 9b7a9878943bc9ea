//! What PostgreSQL said, without what it must not say.

use starlift_failure::{Failure, FailureKind};
use tokio_postgres::error::DbError;

use crate::{TlsFault, sqlstate};

/// A fault of a connection or a statement.
#[derive(Debug, thiserror::Error)]
pub enum PostgresError {
    /// The server refused a statement.
    #[error("{doing}: PostgreSQL says {sqlstate}{what}")]
    Refused {
        /// What was being done.
        doing: String,
        /// The five characters of the SQLSTATE.
        sqlstate: String,
        /// Names of what is concerned, and the server's message when it cannot hold a value; begins with a separator or is empty.
        what: String,
    },
    /// The server cannot be reached, or the connection broke.
    #[error("{doing}: no connection ({reason})")]
    Disconnected {
        /// What was being done.
        doing: String,
        /// What the network said.
        reason: String,
    },
    /// The server's TLS is not acceptable.
    #[error("{doing}: {fault}")]
    Tls {
        /// What was being done.
        doing: String,
        /// What is wrong with it, and what to do.
        fault: TlsFault,
    },
    /// The trust roots cannot be used.
    #[error(
        "trust roots {file}: {reason}; the file has to hold certificate authorities as PEM, such as the bundle of RDS"
    )]
    TrustRoots {
        /// The file.
        file: String,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// Nothing says which roots to trust.
    #[error(
        "nothing says whom to trust, and the server is not on loopback; set STARLIFT_TRUST_ROOTS to certs/rds-global-bundle.pem, or to a PEM \
         file with the server's own root"
    )]
    NoTrustRoots,
    /// A token of IAM would be said without TLS.
    #[error(
        "{server} is on loopback, where there is no TLS, and a token of IAM is sent over TLS only; put the server's own name into the secret"
    )]
    TokenInPlainText {
        /// The server.
        server: String,
    },
    /// The client could not read or write a value.
    #[error("{doing}: a value could not be exchanged with PostgreSQL")]
    Exchange {
        /// What was being done.
        doing: String,
    },
}

impl PostgresError {
    /// What an error of tokio-postgres says, without values. `doing` says what was being done, to what.
    #[must_use]
    pub fn new(doing: impl Into<String>, error: &tokio_postgres::Error) -> Self {
        let doing = doing.into();
        if let Some(server) = error.as_db_error() {
            return Self::Refused { doing, sqlstate: server.code().code().to_owned(), what: what(server) };
        }
        if error.is_closed() {
            return Self::Disconnected { doing, reason: "the connection was closed".to_owned() };
        }
        let mut source = std::error::Error::source(error);
        while let Some(cause) = source {
            if let Some(io) = cause.downcast_ref::<std::io::Error>() {
                return match TlsFault::of(io) {
                    Some(fault) => Self::Tls { doing, fault },
                    None => Self::Disconnected { doing, reason: io.kind().to_string() },
                };
            }
            source = cause.source();
        }
        // tokio-postgres does not make its kinds public; these texts are constants of its `Display`, without values.
        match error.to_string().as_str() {
            text if text.starts_with("error connecting") || text.contains("timed out") => {
                Self::Disconnected { doing, reason: "connecting took too long".to_owned() }
            }
            // The handshake's own errors have an error of the network or of rustls behind them: what is left is a server without TLS.
            text if text.contains("TLS") => Self::Tls { doing, fault: TlsFault::Plaintext },
            _ => Self::Exchange { doing },
        }
    }

    /// The SQLSTATE, when the server refused.
    #[must_use]
    pub fn sqlstate(&self) -> Option<&str> {
        match self {
            Self::Refused { sqlstate, .. } => Some(sqlstate),
            _ => None,
        }
    }

    /// Whether the server refused the role or its password: the secret may have been rotated.
    #[must_use]
    pub fn is_authentication(&self) -> bool {
        matches!(self.sqlstate(), Some("28P01" | "28000"))
    }

    /// Who acts.
    #[must_use]
    pub fn kind(&self) -> FailureKind {
        match self {
            Self::Refused { sqlstate, .. } => sqlstate::kind(sqlstate),
            Self::Disconnected { .. } => FailureKind::Transient,
            Self::Tls { .. } | Self::TrustRoots { .. } | Self::NoTrustRoots | Self::TokenInPlainText { .. } => {
                FailureKind::Denied
            }
            Self::Exchange { .. } => FailureKind::Internal,
        }
    }
}

fn what(server: &DbError) -> String {
    let named = [
        ("table", server.table()),
        ("column", server.column()),
        ("constraint", server.constraint()),
        ("type", server.datatype()),
    ];
    let mut what = String::new();
    for (label, name) in named {
        if let Some(name) = name {
            what.push_str(&format!(", {label} {name}"));
        }
    }
    if sqlstate::message_is_safe(server.code().code()) {
        what.push_str(&format!(": {}", server.message()));
    }
    what
}

impl From<PostgresError> for Failure {
    fn from(error: PostgresError) -> Self {
        let kind = error.kind();
        let advice = match (kind, error.sqlstate()) {
            (FailureKind::Denied, Some("53100")) => "; give the server more storage",
            (FailureKind::Denied, Some("53400")) => "; give the role of the secret a higher limit",
            (FailureKind::Denied, Some("28P01" | "28000")) => {
                "; put the right role and password into the secret, or let apply make the login where it connects by IAM"
            }
            (FailureKind::Denied, Some("3D000")) => "; name the right database in the secret",
            (FailureKind::Denied, Some(_)) => "; grant it to the role of the secret",
            _ => "",
        };
        Self::new(kind, format!("{error}{advice}"))
    }
}
