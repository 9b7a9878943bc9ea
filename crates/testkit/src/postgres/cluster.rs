//! A throw-away PostgreSQL cluster.
//!
//! It lives in a scratch folder and is supervised: it ends, and its folder goes, with the last handle to it or with this
//! process. A failing test keeps the folder; `STARLIFT_KEEP=1` also keeps the server running. One cluster per test
//! binary, see [`cluster()`], and one database per test.

use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use super::binaries::{Binaries, Version};
use super::{SETTINGS, free_port, ready_port};
use crate::error::{Error, Result, run, tail};
use crate::shim::Shim;
use crate::supervise::{self, Signal, Supervised};

const START_LIMIT: Duration = Duration::from_secs(60);

/// In the scratch folder: what can fill the disk, and the file that fills it.
const SHIM: &str = "full_disk.so";
const FULL: &str = "full";

/// How a cluster is made.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// The major version.
    pub version: Version,
    /// The superuser's password. Without one every connection is trusted.
    pub password: Option<String>,
    /// Server settings, in addition to those of every cluster and in place of those with the same name.
    pub settings: Vec<(String, String)>,
    /// Whether its disk can be full: see [`Cluster::fill_disk`].
    pub can_fill: bool,
}

/// A running cluster. Clones are handles to the same one.
#[derive(Clone, Debug)]
pub struct Cluster(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    options: Options,
    binaries: Binaries,
    scratch: PathBuf,
    port: u16,
    server: Mutex<Option<Supervised>>,
    databases: AtomicU32,
}

/// The cluster that the tests of one binary share: PostgreSQL 16, no password. Started on first use.
///
/// # Panics
/// When it cannot be started; the message says what is missing.
pub fn cluster() -> &'static Cluster {
    static SHARED: OnceLock<Cluster> = OnceLock::new();
    SHARED.get_or_init(|| match Cluster::start(Options::default()) {
        Ok(started) => started,
        Err(error) => panic!("no PostgreSQL for the tests: {error}"),
    })
}

impl Cluster {
    /// Makes and starts a cluster on a free port of loopback. Takes about a second.
    ///
    /// # Errors
    /// When PostgreSQL's programs are not to be had or the server does not come up; then nothing is left behind.
    pub fn start(options: Options) -> Result<Self> {
        let password = options.password.clone();
        Self::make(options, |binaries, scratch| initialise(binaries, scratch, password.as_deref()))
    }

    /// Starts a cluster whose data directory `fill` makes in a scratch folder.
    pub(super) fn make(options: Options, fill: impl FnOnce(&Binaries, &Path) -> Result<()>) -> Result<Self> {
        Self::make_by(Binaries::find(options.version)?, options, fill)
    }

    /// The same by other programs than those of the version.
    pub(super) fn make_by(
        binaries: Binaries,
        options: Options,
        fill: impl FnOnce(&Binaries, &Path) -> Result<()>,
    ) -> Result<Self> {
        let root = binaries.scratch_root();
        let folder = tempfile::Builder::new().prefix("starlift-pg-").tempdir_in(&root).map_err(Error::at(&root))?;
        binaries.give(folder.path())?;
        fill(&binaries, folder.path())?;
        if options.can_fill {
            let (shim, copy) = (Shim::FullDisk.build()?, folder.path().join(SHIM));
            fs::copy(&shim, &copy).map_err(Error::at(&shim))?;
            binaries.give(&copy)?;
        }
        let (server, port) = (1..=5)
            .find_map(|attempt| match start_on_free_port(&binaries, folder.path(), &options) {
                Err(Error::NotReady { log, .. }) if attempt < 5 && log.contains("could not bind") => None,
                outcome => Some(outcome),
            })
            .unwrap_or_else(|| Err(Error::Missing("no free port".into())))?;
        Ok(Self(Arc::new(Inner {
            options,
            binaries,
            scratch: folder.keep(),
            port,
            server: Mutex::new(Some(server)),
            databases: AtomicU32::new(0),
        })))
    }

    /// How the cluster was made.
    pub(super) fn options(&self) -> &Options {
        &self.0.options
    }

    /// The port on 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.0.port
    }

    /// The superuser's connection URL for a database.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        let password = self.0.options.password.as_ref().map(|text| format!(":{text}")).unwrap_or_default();
        format!("postgres://postgres{password}@127.0.0.1:{}/{database}", self.0.port)
    }

    /// Stops the server in order. Connections end; the data stays.
    pub fn stop(&self) {
        let mut server = self.server();
        if let Some(running) = server.as_mut() {
            running.save();
        }
        *server = None;
    }

    /// Starts a stopped server again, on the same port.
    ///
    /// # Errors
    /// When the server does not come up.
    pub fn resume(&self) -> Result<()> {
        let mut server = self.server();
        *server = Some(start_on(&self.0.binaries, &self.0.scratch, &self.0.options, self.0.port)?);
        Ok(())
    }

    /// Copies the data directory of the cluster, which restarts, for [`Cluster::restore`].
    ///
    /// # Errors
    /// When the copy fails or the server does not come up again.
    pub fn back_up(&self) -> Result<()> {
        self.exchange("data", "backup")
    }

    /// Puts the data directory back as [`Cluster::back_up`] left it and restarts: a restore in place.
    ///
    /// # Errors
    /// As [`Cluster::back_up`].
    pub fn restore(&self) -> Result<()> {
        self.exchange("backup", "data")
    }

    /// Restarts the server as a standby that follows nobody, until `pg_promote()` makes a primary of it, on a new timeline.
    ///
    /// # Errors
    /// When the server does not come up.
    pub fn demote(&self) -> Result<()> {
        self.stop();
        let signal = self.0.scratch.join("data/standby.signal");
        fs::write(&signal, "").map_err(Error::at(&signal))?;
        self.0.binaries.give(&signal)?;
        self.resume()
    }

    /// From now on the disk is full, for a cluster made so that it can be.
    ///
    /// # Errors
    /// When the file that says so cannot be written.
    pub fn fill_disk(&self) -> Result<()> {
        let full = self.0.scratch.join(FULL);
        fs::write(&full, "").map_err(Error::at(&full))
    }

    /// There is room again.
    ///
    /// # Errors
    /// When there was.
    pub fn free_disk(&self) -> Result<()> {
        let full = self.0.scratch.join(FULL);
        fs::remove_file(&full).map_err(Error::at(&full))
    }

    fn exchange(&self, from: &str, to: &str) -> Result<()> {
        self.stop();
        let (from, to) = (self.0.scratch.join(from), self.0.scratch.join(to));
        if to.exists() {
            fs::remove_dir_all(&to).map_err(Error::at(&to))?;
        }
        run(std::process::Command::new("cp").arg("-a").arg(&from).arg(&to))?;
        self.resume()
    }

    /// A name for a new database that no other of this cluster has.
    pub(super) fn fresh_name(&self, prefix: &str) -> String {
        format!("{prefix}_{}", self.0.databases.fetch_add(1, Ordering::Relaxed) + 1)
    }

    /// Keeps what a failed test leaves, and says where it is and how to look at it.
    pub(super) fn keep(&self, database: &str) {
        let url = self.url(database);
        let mut server = self.server();
        let Some(running) = server.as_mut() else { return };
        if std::env::var("STARLIFT_KEEP").is_ok_and(|value| value == "1") {
            running.leave();
            eprintln!("kept: database {database}, psql {url}; stop the server with: kill -INT {}", running.id());
            return;
        }
        running.save();
        let (program, data) = (self.0.binaries.program("postgres"), self.0.scratch.join("data"));
        eprintln!("kept: database {database} in {}; look at it with psql {url} after", data.display());
        eprintln!("  {} -D {} -p {} -k ''", program.display(), data.display(), self.0.port);
        eprintln!("  (as the folder's owner; STARLIFT_KEEP=1 keeps the server running instead)");
    }

    fn server(&self) -> MutexGuard<'_, Option<Supervised>> {
        self.0.server.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

pub(super) fn initialise(binaries: &Binaries, scratch: &Path, password: Option<&str>) -> Result<()> {
    let mut initdb = binaries.command("initdb");
    initdb.args(["--username=postgres", "--encoding=UTF8", "--locale=C", "--no-sync"]);
    initdb.arg("--pgdata").arg(scratch.join("data"));
    let Some(password) = password else {
        run(initdb.arg("--auth=trust"))?;
        return Ok(());
    };
    let file = scratch.join("password");
    fs::write(&file, password).map_err(Error::at(&file))?;
    binaries.give(&file)?;
    run(initdb.arg("--auth=scram-sha-256").arg("--pwfile").arg(&file))?;
    fs::remove_file(&file).map_err(Error::at(&file))
}

fn start_on_free_port(binaries: &Binaries, scratch: &Path, options: &Options) -> Result<(Supervised, u16)> {
    let port = free_port()?;
    Ok((start_on(binaries, scratch, options, port)?, port))
}

fn start_on(binaries: &Binaries, scratch: &Path, options: &Options, port: u16) -> Result<Supervised> {
    let log_path = scratch.join("log");
    let log = File::create(&log_path).map_err(Error::at(&log_path))?;
    let data = scratch.join("data");
    let mut command = supervise::command(Signal::Quit, Some(scratch), &binaries.program("postgres"));
    binaries.harden(&mut command);
    if options.can_fill {
        command.env("LD_PRELOAD", scratch.join(SHIM)).env("STARLIFT_DISK_FULL", scratch.join(FULL));
    }
    command.arg("-D").arg(&data).arg("-p").arg(port.to_string());
    let given = options.settings.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    for (name, value) in SETTINGS.into_iter().chain(given) {
        command.arg("-c").arg(format!("{name}={value}"));
    }
    command.stdout(log.try_clone().map_err(Error::at(&log_path))?).stderr(log);
    let mut server = Supervised::spawn(&mut command)?;
    let started = Instant::now();
    while ready_port(&data) != Some((server.id(), port)) {
        if server.ended().is_some() || started.elapsed() > START_LIMIT {
            server.save();
            let text = fs::read_to_string(&log_path).unwrap_or_default();
            return Err(Error::NotReady { server: "PostgreSQL", log: tail(&text) });
        }
        thread::sleep(Duration::from_millis(10));
    }
    Ok(server)
}
