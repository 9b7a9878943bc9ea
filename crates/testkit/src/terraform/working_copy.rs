//! A copy of the module, its examples and what they read of the repository, for Terraform to write in.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use crate::error::{Error, Result};
use crate::workspace;

/// What of the repository the module reads.
const COPIED: [&str; 2] = ["terraform", "statemachine"];

/// What Terraform leaves beside a configuration when a person has run it there.
const LEFT_BEHIND: [&str; 2] = [".terraform", ".terraform.lock.hcl"];

/// A folder laid out as the repository is, with files equal to its own. The zips are the repository's, under `target/lambda`.
#[derive(Debug)]
pub struct WorkingCopy {
    folder: PathBuf,
}

impl WorkingCopy {
    /// Makes the copy in a folder that is empty or not there.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub fn make(folder: &Path) -> Result<Self> {
        for name in COPIED {
            copy(&workspace::root().join(name), &folder.join(name))?;
        }
        let target = folder.join("target");
        fs::create_dir_all(&target).map_err(Error::at(&target))?;
        let zips = target.join("lambda");
        symlink(workspace::target().join("lambda"), &zips).map_err(Error::at(&zips))?;
        Ok(Self { folder: folder.to_owned() })
    }

    /// The module.
    #[must_use]
    pub fn module(&self) -> PathBuf {
        self.folder.join("terraform")
    }

    /// One of the module's examples.
    #[must_use]
    pub fn example(&self, name: &str) -> PathBuf {
        self.module().join("examples").join(name)
    }

    /// All of the module's examples, by name.
    ///
    /// # Errors
    /// When they cannot be listed.
    pub fn examples(&self) -> Result<Vec<PathBuf>> {
        let folder = self.module().join("examples");
        let entries = fs::read_dir(&folder).map_err(Error::at(&folder))?;
        let mut found = entries
            .map(|entry| entry.map(|entry| entry.path()).map_err(Error::at(&folder)))
            .collect::<Result<Vec<_>>>()?;
        found.retain(|path| path.is_dir());
        found.sort();
        Ok(found)
    }

    /// What a folder of the copy is called in the repository.
    #[must_use]
    pub fn name<'a>(&self, configuration: &'a Path) -> std::path::Display<'a> {
        configuration.strip_prefix(&self.folder).unwrap_or(configuration).display()
    }
}

fn copy(from: &Path, to: &Path) -> Result<()> {
    fs::create_dir_all(to).map_err(Error::at(to))?;
    for entry in fs::read_dir(from).map_err(Error::at(from))? {
        let path = entry.map_err(Error::at(from))?.path();
        let name = path.file_name().unwrap_or_default();
        if LEFT_BEHIND.iter().any(|left| name == *left) {
            continue;
        }
        if path.is_dir() {
            copy(&path, &to.join(name))?;
        } else {
            fs::copy(&path, to.join(name)).map_err(Error::at(&path))?;
        }
    }
    Ok(())
}
