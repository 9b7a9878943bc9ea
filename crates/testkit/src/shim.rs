//! Shared objects that are loaded before a program's own, and put something between it and this machine: a wrong clock, a full disk.
//!
//! They are the only way to these two without privileges: the clock belongs to the machine, and a small file system takes a mount.

use std::path::PathBuf;
use std::process::Command;
use std::sync::Mutex;
use std::sync::PoisonError;

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
        let source = folder.join(format!("{}.c", self.name()));
        std::fs::write(&source, self.source()).map_err(Error::at(&source))?;
        // Another test binary may have loaded the old one, so it is replaced and not written over.
        let (made, shim) = (
            folder.join(format!("{}.{}.so", self.name(), std::process::id())),
            folder.join(format!("{}.so", self.name())),
        );
        run(Command::new("cc").args(["-shared", "-fPIC", "-O1", "-o"]).arg(&made).arg(&source))?;
        std::fs::rename(&made, &shim).map_err(Error::at(&shim))?;
        Ok(shim)
    }
}
