//! AWS on this machine: `local/server.py` on a free port of loopback.
//!
//! One server per test binary is enough: a 12-digit access key is an account of its own, and [`LocalAws::account`] gives
//! out a new one each time. The server's folder, with its log and whatever its functions write to `$TMPDIR`, goes with it.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::aws::Aws;
use crate::error::{Error, Result, tail};
use crate::postgres::free_port;
use crate::supervise::{self, Signal, Supervised};
use crate::{python, workspace};

/// The region that local AWS plays.
pub const REGION: &str = "eu-west-2";

const START_LIMIT: Duration = Duration::from_secs(60);

/// How the server behaves.
#[derive(Clone, Debug)]
pub struct Behaviour {
    /// The port, or any free one.
    pub port: Option<u16>,
    /// By how much waits and retry delays of the state machine are scaled; 0 makes them instant.
    pub wait_scale: f64,
    /// Whether the IAM policies of the functions are enforced.
    pub enforce_iam: bool,
    /// Where buckets, secrets, functions and executions survive a restart; without it they end with the server.
    pub state: Option<PathBuf>,
    /// Environment variables of the server, which its functions do not get.
    pub environment: BTreeMap<String, String>,
}

impl Default for Behaviour {
    fn default() -> Self {
        Self { port: None, wait_scale: 0.0, enforce_iam: false, state: None, environment: BTreeMap::new() }
    }
}

/// A running server. Dropping it stops it and every function that it runs.
#[derive(Debug)]
pub struct LocalAws {
    server: Supervised,
    port: u16,
    log: PathBuf,
    accounts: AtomicU64,
}

/// The server that the tests of one binary share, with the default behaviour. Started on first use.
///
/// # Panics
/// When it cannot be started; the message says what is missing.
pub fn local_aws() -> &'static LocalAws {
    static SHARED: OnceLock<LocalAws> = OnceLock::new();
    SHARED.get_or_init(|| match LocalAws::start(&Behaviour::default()) {
        Ok(started) => started,
        Err(error) => panic!("no AWS for the tests: {error}"),
    })
}

impl LocalAws {
    /// Starts a server with a scratch folder of its own.
    ///
    /// # Errors
    /// When its requirements are not to be had or it does not come up; the message holds the end of its log.
    pub fn start(behaviour: &Behaviour) -> Result<Self> {
        let folder =
            tempfile::Builder::new().prefix("starlift-aws-").tempdir().map_err(Error::at(std::env::temp_dir()))?;
        let started = Self::start_in(folder.path(), Some(folder.path()), behaviour)?;
        let _ = folder.keep();
        Ok(started)
    }

    /// Starts a server that keeps its log, and the files of its functions, in a folder.
    ///
    /// # Errors
    /// As [`LocalAws::start`].
    pub fn start_in(folder: &Path, scratch: Option<&Path>, behaviour: &Behaviour) -> Result<Self> {
        let port = behaviour.port.map_or_else(free_port, Ok)?;
        let log_path = folder.join("aws.log");
        let log = File::create(&log_path).map_err(Error::at(&log_path))?;
        let mut command = supervise::command(Signal::Term, scratch, &python::environment()?.program("python"));
        command.arg(workspace::root().join("local/server.py")).arg("--port").arg(port.to_string());
        command.arg("--region").arg(REGION);
        command.env("TMPDIR", folder).env("SFN_WAIT_SCALE", behaviour.wait_scale.to_string());
        command.env("AUTH", if behaviour.enforce_iam { "true" } else { "false" });
        if scratch.is_some() {
            // A test is over before its functions are idle for as long as on AWS, and the next one has functions of its own.
            command.env("LAMBDA_WARM_TTL_SECONDS", "15");
        }
        command.envs(&behaviour.environment);
        if let Some(state) = &behaviour.state {
            command.env("PERSIST_STATE", "1").env("STATE_DIR", state.join("state"));
            command.env("S3_PERSIST", "1").env("S3_DATA_DIR", state.join("s3"));
        }
        command.stdout(log.try_clone().map_err(Error::at(&log_path))?).stderr(log);
        let mut server = Supervised::spawn(&mut command)?;
        let started = Instant::now();
        while !is_healthy(port) {
            if server.ended().is_some() || started.elapsed() > START_LIMIT {
                server.save();
                let text = fs::read_to_string(&log_path).unwrap_or_default();
                return Err(Error::NotReady { server: "local AWS", log: tail(&text) });
            }
            thread::sleep(Duration::from_millis(20));
        }
        Ok(Self { server, port, log: log_path, accounts: AtomicU64::new(100_000_000_000) })
    }

    /// The URL.
    #[must_use]
    pub fn endpoint(&self) -> String {
        endpoint(self.port)
    }

    /// The port.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The server's process id.
    #[must_use]
    pub fn id(&self) -> u32 {
        self.server.id()
    }

    /// The server's log.
    #[must_use]
    pub fn log(&self) -> &Path {
        &self.log
    }

    /// An account that nobody else uses.
    #[must_use]
    pub fn account(&self) -> Aws {
        let account = self.accounts.fetch_add(1, Ordering::Relaxed);
        Aws::new(self.endpoint(), REGION.to_owned(), account.to_string())
    }

    /// Lets the server run on when this process ends. Returns its process id.
    #[must_use]
    pub fn leave(mut self) -> u32 {
        self.server.leave();
        self.server.id()
    }
}

/// The URL of a server at a port of this machine.
#[must_use]
pub fn endpoint(port: u16) -> String {
    format!("http://127.0.0.1:{port}")
}

/// Whether local AWS answers at a port of this machine.
#[must_use]
pub fn is_healthy(port: u16) -> bool {
    ask_for_health(port).is_ok_and(|answer| answer.split_ascii_whitespace().nth(1) == Some("200"))
}

fn ask_for_health(port: u16) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(("127.0.0.1", port))?;
    stream.set_read_timeout(Some(Duration::from_secs(5)))?;
    write!(stream, "GET /_ministack/health HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n")?;
    let mut answer = [0; 16];
    stream.read_exact(&mut answer)?;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
