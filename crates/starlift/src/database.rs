//! A live source or warehouse, named by a URL.
//!
//! A URL holds a password, so none is ever repeated: messages name the server by host and port.

use std::time::Duration;

use starlift_postgres::{ConnectionSecret, Session, SessionOptions, connect};
use tokio_postgres::Config;
use tokio_postgres::config::Host;

use crate::error::CliError;

/// The shape of a URL.
const SHAPE: &str = "postgres://user:password@host:port/database";
/// The longest that one statement may take.
const STATEMENT_TIMEOUT: Duration = Duration::from_secs(600);

/// A connection that only reads, and where it leads.
pub(crate) struct Database {
    /// `host:port`.
    pub(crate) address: String,
    /// The connection.
    pub(crate) session: Session,
}

impl Database {
    /// Connects to the database of a URL. `option` names it in messages.
    ///
    /// # Errors
    /// It is not a URL of one server, or the server cannot be reached or refuses the role.
    pub(crate) async fn open(option: &str, url: &str, pipeline: &str) -> Result<Self, CliError> {
        let secret = secret(url).ok_or_else(|| CliError::Unusable(format!("{option}: expected {SHAPE}")))?;
        let options = SessionOptions {
            application_name: format!("starlift/{pipeline}/cli"),
            read_only: true,
            statement_timeout: STATEMENT_TIMEOUT,
            idle_in_transaction_timeout: STATEMENT_TIMEOUT,
            lock_timeout: Duration::from_secs(10),
        };
        let session = connect(&secret, &options).await?;
        Ok(Self { address: secret.address(), session })
    }
}

fn secret(url: &str) -> Option<ConnectionSecret> {
    let config: Config = url.parse().ok()?;
    let [Host::Tcp(host)] = config.get_hosts() else {
        return None;
    };
    Some(ConnectionSecret {
        host: host.clone(),
        hostaddr: config.get_hostaddrs().first().copied(),
        port: config.get_ports().first().copied().unwrap_or(5432),
        username: config.get_user()?.to_owned(),
        password: String::from_utf8(config.get_password().unwrap_or_default().to_owned()).ok()?,
        iam: false,
        dbname: config.get_dbname()?.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_names_server_role_and_database() {
        let found = secret("postgres://reader:p%40ss@127.0.0.1:5433/totesys").expect("parses");
        assert_eq!((found.host.as_str(), found.port), ("127.0.0.1", 5433));
        assert_eq!((found.username.as_str(), found.password.as_str()), ("reader", "p@ss"));
        assert_eq!(found.dbname, "totesys");
        assert_eq!(secret("postgres://reader@db/totesys").map(|other| other.port), Some(5432));
    }

    #[test]
    fn what_is_not_the_url_of_one_server_is_refused() {
        for url in ["", "totesys", "mysql://u@h/d", "postgres://h/d", "postgres://u@h", "postgres://u@a,b/d"] {
            assert!(secret(url).is_none(), "{url}");
        }
    }

    #[tokio::test]
    async fn a_refused_url_is_not_repeated() {
        let refused = Database::open("--source", "postgres://u:hunter2@/d", "totesys").await;
        let message = refused.err().map(|error| error.to_string()).unwrap_or_default();
        assert_eq!(message, "--source: expected postgres://user:password@host:port/database");
    }
}
