//! The Python environment: `.local/venv`, made from `local/requirements.txt` whenever that file has changed.
//!
//! The environment holds a copy of the requirements it was made from, written last: an environment without an equal
//! copy is made anew. A file lock lets processes that start together make it once. Proven by
//! `an_environment_is_made_again_only_when_its_requirements_change`.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::error::{Error, Result, run};
use crate::workspace;

/// A Python environment that holds the pinned requirements.
#[derive(Clone, Debug)]
pub struct Environment {
    folder: PathBuf,
}

/// The repository's environment; made on first use, which takes some seconds and says so on standard error.
///
/// # Errors
/// When Python, venv or a required package is not to be had; the message says what to install.
pub fn environment() -> Result<&'static Environment> {
    static READY: OnceLock<Environment> = OnceLock::new();
    if let Some(ready) = READY.get() {
        return Ok(ready);
    }
    let requirements = workspace::root().join("local/requirements.txt");
    let made = Environment::ensure(&workspace::local().join("venv"), &requirements)?;
    Ok(READY.get_or_init(|| made))
}

impl Environment {
    /// Makes the environment in `folder` from a requirements file, unless it is there already.
    ///
    /// # Errors
    /// As [`environment`].
    pub fn ensure(folder: &Path, requirements: &Path) -> Result<Self> {
        let wanted = fs::read(requirements).map_err(Error::at(requirements))?;
        let parent = folder.parent().unwrap_or(Path::new("."));
        fs::create_dir_all(parent).map_err(Error::at(parent))?;
        let lock_path = folder.with_extension("lock");
        let lock = File::create(&lock_path).map_err(Error::at(&lock_path))?;
        lock.lock().map_err(Error::at(&lock_path))?;

        let environment = Self { folder: folder.to_owned() };
        let stamp = folder.join("requirements.txt");
        if fs::read(&stamp).is_ok_and(|made_from| made_from == wanted) {
            return Ok(environment);
        }
        environment.make(requirements)?;
        fs::write(&stamp, &wanted).map_err(Error::at(&stamp))?;
        Ok(environment)
    }

    /// Makes the environment of one tool, `.local/<tool>` from `local/requirements-<tool>.txt`, unless it is there already.
    ///
    /// # Errors
    /// As [`environment`].
    pub fn of_tool(tool: &str) -> Result<Self> {
        let requirements = workspace::root().join(format!("local/requirements-{tool}.txt"));
        Self::ensure(&workspace::local().join(tool), &requirements)
    }

    /// A program of the environment, such as `python`.
    #[must_use]
    pub fn program(&self, name: &str) -> PathBuf {
        self.folder.join("bin").join(name)
    }

    /// The folder of an installed package.
    ///
    /// # Errors
    /// When the requirements do not bring that package.
    pub fn package(&self, name: &str) -> Result<PathBuf> {
        let libraries = self.folder.join("lib");
        let found = fs::read_dir(&libraries)
            .map_err(Error::at(&libraries))?
            .filter_map(|entry| Some(entry.ok()?.path().join("site-packages").join(name)))
            .find(|path| path.is_dir());
        found.ok_or_else(|| {
            Error::Missing(format!(
                "{} holds no package {name}: is it in local/requirements.txt?",
                self.folder.display()
            ))
        })
    }

    fn make(&self, requirements: &Path) -> Result<()> {
        eprintln!("making the Python environment {} from {}", self.folder.display(), requirements.display());
        run(Command::new("python3").args(["-m", "venv", "--clear"]).arg(&self.folder)).map_err(
            |error| match error {
                Error::NotStarted { .. } => Error::Missing(
                    "Python 3 is needed to run AWS and PostgreSQL on this machine, and there is no python3. \
                 Debian, Ubuntu: apt-get install python3 python3-venv"
                        .into(),
                ),
                other => Error::Missing(format!(
                    "python3 -m venv does not work here. Debian, Ubuntu: apt-get install python3-venv. {other}"
                )),
            },
        )?;
        let mut pip = Command::new(self.program("python"));
        pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--requirement"]).arg(requirements);
        run(&mut pip).map_err(|error| {
            Error::Missing(format!(
                "the packages of {} could not be installed; pip needs the network or a mirror (PIP_INDEX_URL). {error}",
                requirements.display()
            ))
        })?;
        Ok(())
    }
}
