//! A cluster that stays: for the local stack, where it outlives the command that started it.
//!
//! Its folder holds everything: `data`, `log` and the `port` it was given first, which it keeps over restarts.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use super::binaries::{Binaries, Version};
use super::{SETTINGS, free_port, ready_port};
use crate::error::{Error, Result, run};

/// A cluster in a named folder, running or not. PostgreSQL 16, no password, loopback only.
#[derive(Debug)]
pub struct Persistent {
    binaries: Binaries,
    folder: PathBuf,
}

impl Persistent {
    /// The cluster of a folder, which need not exist yet. Its parent must.
    ///
    /// Where PostgreSQL's user cannot reach the parent, in root's home for one, another folder takes its place.
    ///
    /// # Errors
    /// When PostgreSQL's programs are not to be had.
    pub fn open(folder: &Path) -> Result<Self> {
        let binaries = Binaries::find(Version::V16)?;
        let folder = binaries.reachable(folder)?;
        Ok(Self { binaries, folder })
    }

    /// The folder of the data, the log and the port.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Deletes the cluster, which must not run.
    ///
    /// # Errors
    /// When a file cannot be deleted.
    pub fn delete(&self) -> Result<()> {
        if !self.folder.exists() {
            return Ok(());
        }
        fs::remove_dir_all(&self.folder).map_err(Error::at(&self.folder))
    }

    /// Starts the server unless it runs, making the cluster first if need be. Returns its port.
    ///
    /// # Errors
    /// When the cluster cannot be made or the server does not come up.
    pub fn start(&self) -> Result<u16> {
        if let Some(port) = self.port() {
            return Ok(port);
        }
        let data = self.data();
        if !data.join("PG_VERSION").exists() {
            fs::create_dir_all(&self.folder).map_err(Error::at(&self.folder))?;
            self.binaries.give(&self.folder)?;
            let mut initdb = self.binaries.command("initdb");
            initdb.args(["--username=postgres", "--encoding=UTF8", "--locale=C", "--auth=trust", "--no-sync"]);
            run(initdb.arg("--pgdata").arg(&data))?;
        }
        let port = self.choose_port()?;
        let settings: Vec<String> = SETTINGS.iter().map(|(name, value)| format!("-c {name}='{value}'")).collect();
        let mut start = self.binaries.command("pg_ctl");
        start
            .args(["start", "--wait", "--silent"])
            .arg("--pgdata")
            .arg(&data)
            .arg("--log")
            .arg(self.folder.join("log"));
        run(start.arg("--options").arg(format!("-p {port} {}", settings.join(" "))))?;
        Ok(port)
    }

    /// The port of the server, if it runs.
    #[must_use]
    pub fn port(&self) -> Option<u16> {
        let mut status = self.binaries.command("pg_ctl");
        run(status.arg("status").arg("--pgdata").arg(self.data())).ok()?;
        ready_port(&self.data()).map(|(_, port)| port)
    }

    /// Stops the server if it runs; returns whether it did. The data stays.
    ///
    /// # Errors
    /// When the server does not stop.
    pub fn stop(&self) -> Result<bool> {
        if self.port().is_none() {
            return Ok(false);
        }
        let mut stop = self.binaries.command("pg_ctl");
        run(stop.args(["stop", "--wait", "--silent", "--mode=fast"]).arg("--pgdata").arg(self.data()))?;
        Ok(true)
    }

    /// The superuser's connection URL for a database of the server at `port`.
    #[must_use]
    pub fn url(port: u16, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{port}/{database}")
    }

    fn data(&self) -> PathBuf {
        self.folder.join("data")
    }

    /// The port of last time when it is still free, so that saved URLs stay good.
    fn choose_port(&self) -> Result<u16> {
        let file = self.folder.join("port");
        let last = fs::read_to_string(&file).ok().and_then(|text| text.trim().parse().ok());
        if let Some(port) = last.filter(|port: &u16| TcpListener::bind(("127.0.0.1", *port)).is_ok()) {
            return Ok(port);
        }
        let port = free_port()?;
        fs::write(&file, port.to_string()).map_err(Error::at(&file))?;
        Ok(port)
    }
}
