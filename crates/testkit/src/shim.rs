//! Shared objects that are loaded before a program's own, and put something between it and this machine: a wrong clock, a full disk.
//!
//! They are the only way to these two without privileges: the clock belongs to the machine, and a small file system takes a mount.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Command;
use std::sync::{Mutex, PoisonError};

use tempfile::TempDir;

use crate::error::{Error, Result, run};
use crate::workspace;

/// What stands between a program and this machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shim {
    /// The clock of the day is off by as many seconds as stand in `$STARLIFT_CLOCKS/<name of the function>`, or `server` without one.
    Clock,
    /// While the file `$STARLIFT_DISK_FULL` is there, no file of a database grows: the disk is full.
    FullDisk,
}

impl Shim {
    fn name(self) -> &'static str {
        match self {
            Self::Clock => "clock",
            Self::FullDisk => "full_disk",
        }
    }

    fn source(self) -> &'static str {
        match self {
            Self::Clock => include_str!("shims/clock.c"),
            Self::FullDisk => include_str!("shims/full_disk.c"),
        }
    }

    /// Compiles it, and gives the file for `LD_PRELOAD`.
    ///
    /// # Errors
    /// When there is no C compiler, or a file cannot be written.
    pub fn build(self) -> Result<PathBuf> {
        static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
        let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
        let folder = workspace::target().join("shims");
        std::fs::create_dir_all(&folder).map_err(Error::at(&folder))?;
        // Another test binary may compile the source or have loaded the old one: both files are this process' own until the shim is replaced.
        let own = |extension: &str| folder.join(format!("{}.{}.{extension}", self.name(), std::process::id()));
        let (source, made, shim) = (own("c"), own("so"), folder.join(format!("{}.so", self.name())));
        std::fs::write(&source, self.source()).map_err(Error::at(&source))?;
        run(Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&made).arg(&source))?;
        std::fs::remove_file(&source).map_err(Error::at(&source))?;
        std::fs::rename(&made, &shim).map_err(Error::at(&shim))?;
        Ok(shim)
    }
}

/// Clocks that a test moves, also those of programs that run. They are right until they are set.
#[derive(Debug)]
pub struct Clocks {
    folder: TempDir,
    shim: PathBuf,
}

impl Clocks {
    /// Clocks of programs that have their [`environment`](Self::environment).
    ///
    /// # Errors
    /// As [`Shim::build`].
    pub fn new() -> Result<Self> {
        let folder = tempfile::tempdir().map_err(Error::at(std::env::temp_dir()))?;
        Ok(Self { folder, shim: Shim::Clock.build()? })
    }

    /// The environment of a program whose clock is one of these.
    #[must_use]
    pub fn environment(&self) -> BTreeMap<String, String> {
        let variables = [("LD_PRELOAD", self.shim.as_path()), ("STARLIFT_CLOCKS", self.folder.path())];
        variables.map(|(name, path)| (name.to_owned(), path.display().to_string())).into()
    }

    /// Sets the clock of a Lambda function, or of every other program as `server`, so many seconds ahead of the right time.
    ///
    /// # Errors
    /// When the file that says so cannot be written.
    pub fn set(&self, name: &str, seconds: i64) -> Result<()> {
        let (clock, set) = (self.folder.path().join(name), self.folder.path().join(format!("{name}.new")));
        // Replaced as a whole: somebody may be looking at the clock.
        std::fs::write(&set, seconds.to_string()).map_err(Error::at(&set))?;
        std::fs::rename(&set, &clock).map_err(Error::at(&clock))
    }
}
