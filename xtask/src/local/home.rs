//! The folder in which one local stack lives: the one of `local up`, and the one of the demo.

use std::fs::{self, File, TryLockError};
use std::path::{Path, PathBuf};

use starlift_testkit::{Error, Result, postgres::Persistent, workspace};

use crate::step;

/// A local stack's folder; what runs in it need not be all of a stack.
#[derive(Debug)]
pub(crate) struct Home {
    folder: PathBuf,
}

impl Home {
    /// Where `local up` keeps its data.
    pub(crate) fn stack() -> Self {
        Self { folder: workspace::local().join("stack") }
    }

    /// Where the demo keeps its data, which it makes anew every time.
    pub(crate) fn demo() -> Self {
        Self { folder: workspace::local().join("demo") }
    }

    /// Every stack there may be.
    pub(crate) fn all() -> [Self; 2] {
        [Self::stack(), Self::demo()]
    }

    /// Lets no other command start or stop a local stack until the lock is dropped, which the end of this process does too.
    ///
    /// # Errors
    /// Another command is at it.
    pub(crate) fn lock() -> Result<File> {
        let folder = workspace::local();
        fs::create_dir_all(&folder).map_err(Error::at(&folder))?;
        let path = folder.join("stack.lock");
        let lock = File::create(&path).map_err(Error::at(&path))?;
        match lock.try_lock() {
            Ok(()) => Ok(lock),
            Err(TryLockError::WouldBlock) => {
                Err(Error::Missing("another cargo xtask starts or stops a local stack; let it end first".into()))
            }
            Err(TryLockError::Error(error)) => Err(Error::at(&path)(error)),
        }
    }

    /// The folder.
    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Whether anything of it runs.
    pub(crate) fn is_up(&self) -> bool {
        super::server::running(self).is_some() || self.postgres_port().is_ok_and(|port| port.is_some())
    }

    /// The folder of local AWS: its log, what survives a restart, and which process it is.
    pub(crate) fn aws(&self) -> Result<PathBuf> {
        let folder = self.folder.join("aws");
        fs::create_dir_all(&folder).map_err(Error::at(&folder))?;
        Ok(folder)
    }

    /// Starts the embedded PostgreSQL unless it runs. Returns its port.
    pub(crate) fn start_postgres(&self) -> Result<u16> {
        fs::create_dir_all(&self.folder).map_err(Error::at(&self.folder))?;
        let cluster = self.postgres()?;
        if let Some(port) = cluster.port() {
            return Ok(port);
        }
        let port = cluster.start()?;
        step::say(&format!("started PostgreSQL at 127.0.0.1:{port}, data in {}", cluster.folder().display()));
        Ok(port)
    }

    /// The port of the embedded PostgreSQL, if it runs.
    pub(crate) fn postgres_port(&self) -> Result<Option<u16>> {
        if !self.folder.exists() {
            return Ok(None);
        }
        Ok(self.postgres()?.port())
    }

    /// Stops the embedded PostgreSQL if it runs; returns whether it did.
    pub(crate) fn stop_postgres(&self) -> Result<bool> {
        if !self.folder.exists() {
            return Ok(false);
        }
        let stopped = self.postgres()?.stop()?;
        if stopped {
            step::say("stopped PostgreSQL");
        }
        Ok(stopped)
    }

    /// Deletes everything in it. Nothing may run.
    pub(crate) fn clear(&self) -> Result<()> {
        if !self.folder.exists() {
            return Ok(());
        }
        self.postgres()?.delete()?;
        fs::remove_dir_all(&self.folder).map_err(Error::at(&self.folder))
    }

    fn postgres(&self) -> Result<Persistent> {
        Persistent::open(&self.folder.join("postgres"))
    }
}
