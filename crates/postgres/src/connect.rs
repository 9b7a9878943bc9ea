//! Connections: TLS or loopback, a session that cannot keep locks, and the secret read again once when the password was refused.

use std::future::Future;
use std::net::IpAddr;
use std::path::Path;
use std::time::Duration;

use starlift_failure::Failure;
use tokio::task::JoinHandle;
use tokio_postgres::config::SslMode;
use tokio_postgres::{Client, Config, NoTls};

use crate::{ConnectionSecret, PostgresError, tls};

/// A connection and the task that drives it. Dropping it closes the connection, and the server rolls back what was open.
#[derive(Debug)]
pub struct Session {
    /// The connection.
    pub client: Client,
    driver: JoinHandle<()>,
}

impl Drop for Session {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// What a session is for.
#[derive(Clone, Debug)]
pub struct SessionOptions {
    /// What the server's activity view shows: `starlift/<pipeline>/<run>`.
    pub application_name: String,
    /// Whether the session may only read.
    pub read_only: bool,
    /// The longest that one statement may take: what is left of the invocation.
    pub statement_timeout: Duration,
    /// The longest that an open transaction may be silent, so that a frozen Lambda does not keep its locks.
    pub idle_in_transaction_timeout: Duration,
    /// The longest wait for a lock.
    pub lock_timeout: Duration,
}

impl SessionOptions {
    /// The session settings: fixed formats, no JIT, no silent row filters, no names found by accident.
    fn startup(&self) -> String {
        let milliseconds = |duration: Duration| duration.as_millis().to_string();
        let mut settings = vec![
            ("timezone", "UTC".to_owned()),
            ("datestyle", "ISO".to_owned()),
            ("intervalstyle", "iso_8601".to_owned()),
            ("bytea_output", "hex".to_owned()),
            ("extra_float_digits", "1".to_owned()),
            ("jit", "off".to_owned()),
            ("search_path", "pg_catalog".to_owned()),
            ("statement_timeout", milliseconds(self.statement_timeout)),
            ("lock_timeout", milliseconds(self.lock_timeout)),
            ("idle_in_transaction_session_timeout", milliseconds(self.idle_in_transaction_timeout)),
            ("tcp_keepalives_idle", "30".to_owned()),
            ("tcp_keepalives_interval", "10".to_owned()),
            ("tcp_keepalives_count", "3".to_owned()),
            ("tcp_user_timeout", "60000".to_owned()),
            ("client_connection_check_interval", "10000".to_owned()),
        ];
        if self.read_only {
            settings.push(("default_transaction_read_only", "on".to_owned()));
            // A policy is then an error and not a filter that hides rows.
            settings.push(("row_security", "off".to_owned()));
        }
        let options: Vec<String> = settings.iter().map(|(name, value)| format!("-c {name}={value}")).collect();
        options.join(" ")
    }
}

/// Connects with the secret that `read` gives; when its password is refused, once more with the secret read again, because it may
/// just have been rotated.
///
/// # Errors
/// The secret cannot be read, the server cannot be reached, or it refuses the role.
pub async fn connect_by_secret<Read, Text>(name: &str, read: Read, options: &SessionOptions) -> Result<Session, Failure>
where
    Read: Fn() -> Text,
    Text: Future<Output = Result<String, Failure>>,
{
    let first = ConnectionSecret::parse(name, &read().await?)?;
    let by_iam = if first.iam { " (by IAM: the function needs rds-db:connect, the login rds_iam)" } else { "" };
    let named = |error: PostgresError| Failure::from(error).context(format!("secret {name}{by_iam}"));
    match connect(&first, options).await {
        Err(refused) if refused.is_authentication() => {
            let second = ConnectionSecret::parse(name, &read().await?)?;
            connect(&second, options).await.map_err(named)
        }
        other => other.map_err(named),
    }
}

/// Connects: by TLS as [`connect_trusting`] does, with the roots that the environment names or else those beside the binary; in plain text
/// with a server on loopback.
///
/// # Errors
/// The server cannot be reached, its TLS is not acceptable, or it refuses the role.
pub async fn connect(secret: &ConnectionSecret, options: &SessionOptions) -> Result<Session, PostgresError> {
    if secret.iam && is_local(secret) {
        return Err(PostgresError::TokenInPlainText { server: secret.address() });
    }
    if !is_local(secret) {
        return connect_trusting(&tls::trust_roots(|name| std::env::var_os(name))?, secret, options).await;
    }
    let mut config = configuration(secret, options);
    let connected = config.ssl_mode(SslMode::Disable).connect(NoTls).await;
    let (client, connection) = connected.map_err(|error| failed(secret, &error))?;
    Ok(Session { client, driver: tokio::spawn(drive(connection)) })
}

/// Connects by TLS with a server that shows a certificate for the secret's host, issued by a root in this PEM file, and with no other.
///
/// # Errors
/// As [`connect`].
pub async fn connect_trusting(
    roots: &Path,
    secret: &ConnectionSecret,
    options: &SessionOptions,
) -> Result<Session, PostgresError> {
    let mut config = configuration(secret, options);
    let connected = config.ssl_mode(SslMode::Require).connect(tls::connector(roots)?).await;
    let (client, connection) = connected.map_err(|error| failed(secret, &error))?;
    Ok(Session { client, driver: tokio::spawn(drive(connection)) })
}

fn configuration(secret: &ConnectionSecret, options: &SessionOptions) -> Config {
    let mut config = Config::new();
    config
        .host(&secret.host)
        .port(secret.port)
        .user(&secret.username)
        .password(&secret.password)
        .dbname(&secret.dbname)
        .application_name(&options.application_name)
        .options(options.startup())
        .connect_timeout(Duration::from_secs(10))
        .tcp_user_timeout(Duration::from_secs(60))
        .keepalives_idle(Duration::from_secs(30));
    if let Some(address) = secret.hostaddr {
        config.hostaddr(address);
    }
    config
}

fn failed(secret: &ConnectionSecret, error: &tokio_postgres::Error) -> PostgresError {
    PostgresError::new(format!("connecting to {}", secret.address()), error)
}

/// Drives a connection to its end. Its error is not lost: the statement that was running gets it too.
async fn drive<S, T>(connection: tokio_postgres::Connection<S, T>)
where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
    T: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    let _ = connection.await;
}

/// Whether name and address both are this machine: nobody else hears what is said to it.
fn is_local(secret: &ConnectionSecret) -> bool {
    let is_loopback =
        secret.host == "localhost" || secret.host.parse().is_ok_and(|address: IpAddr| address.is_loopback());
    is_loopback && secret.hostaddr.is_none_or(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_local_at(host: &str, hostaddr: Option<&str>) -> bool {
        let hostaddr = hostaddr.map(|address| format!(r#""hostaddr":"{address}","#)).unwrap_or_default();
        let text = format!(r#"{{"host":"{host}",{hostaddr}"username":"u","password":"p","dbname":"d"}}"#);
        is_local(&ConnectionSecret::parse("Project", &text).expect("parses"))
    }

    #[test]
    fn only_loopback_is_trusted_without_tls() {
        for host in ["127.0.0.1", "::1", "localhost"] {
            assert!(is_local_at(host, None) && is_local_at(host, Some("127.0.0.1")), "{host}");
            assert!(!is_local_at(host, Some("10.0.0.1")), "{host} by another address");
        }
        for host in ["10.0.0.1", "localhost.example.com", "db.example.com"] {
            assert!(!is_local_at(host, None) && !is_local_at(host, Some("127.0.0.1")), "{host}");
        }
    }
}
