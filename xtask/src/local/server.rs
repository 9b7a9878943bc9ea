//! The local AWS that outlives the command which started it.
//!
//! Which process it is stands in a file. A process id alone says little, since ids are used again: the process counts as
//! ours only while its command line is the one that we started.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use serde::{Deserialize, Serialize};
use starlift_testkit::local_aws::{Behaviour, LocalAws, endpoint, is_healthy};
use starlift_testkit::{Error, Result, workspace};

use super::home::Home;
use crate::step;

/// The port when it is free; any other one when it is not.
const USUAL_PORT: u16 = 4599;

/// Ending a server takes moments; one that takes longer is killed.
const STOP_LIMIT: Duration = Duration::from_secs(20);

#[derive(Serialize, Deserialize)]
struct Record {
    process: u32,
    port: u16,
}

/// Starts local AWS unless it runs. Returns its port.
///
/// # Errors
/// It does not come up.
pub(crate) fn ensure(home: &Home) -> Result<u16> {
    if let Some(port) = running(home) {
        return Ok(port);
    }
    let folder = home.aws()?;
    let usual_is_free = std::net::TcpListener::bind(("127.0.0.1", USUAL_PORT)).is_ok();
    let behaviour = Behaviour {
        port: usual_is_free.then_some(USUAL_PORT),
        wait_scale: 1.0,
        state: Some(folder.clone()),
        ..Behaviour::default()
    };
    let server = LocalAws::start_in(&folder, None, &behaviour)?;
    let port = server.port();
    let record = Record { process: server.leave(), port };
    let path = record_path(&folder);
    let text = serde_json::to_string(&record).map_err(|error| Error::Malformed(error.to_string()))?;
    fs::write(&path, text).map_err(Error::at(&path))?;
    step::say(&format!("started local AWS at {}, log in {}", endpoint(port), folder.join("aws.log").display()));
    Ok(port)
}

/// The port of local AWS, if it runs.
pub(crate) fn running(home: &Home) -> Option<u16> {
    let record = read(home)?;
    (record.is_ours() && is_healthy(record.port)).then_some(record.port)
}

/// Stops local AWS, with the functions that it runs, if it runs; returns whether it did.
///
/// # Errors
/// It cannot be stopped.
pub(crate) fn stop(home: &Home) -> Result<bool> {
    let Some(record) = read(home) else { return Ok(false) };
    let was_running = record.is_ours();
    if was_running {
        record.signal("TERM")?;
        let asked = Instant::now();
        while record.is_ours() && asked.elapsed() < STOP_LIMIT {
            thread::sleep(Duration::from_millis(50));
        }
        // What is left of its process group are functions in the middle of something.
        let _ = record.signal("KILL");
        step::say("stopped local AWS");
    }
    let path = record_path(&home.aws()?);
    fs::remove_file(&path).map_err(Error::at(&path))?;
    Ok(was_running)
}

fn read(home: &Home) -> Option<Record> {
    let text = fs::read_to_string(record_path(&home.folder().join("aws"))).ok()?;
    serde_json::from_str(&text).ok()
}

fn record_path(folder: &Path) -> std::path::PathBuf {
    folder.join("server.json")
}

impl Record {
    fn is_ours(&self) -> bool {
        let script = workspace::root().join("local/server.py");
        let expected = format!("{} --port {}", script.display(), self.port);
        command_line(self.process).is_some_and(|line| line.contains(&expected))
    }

    /// Signals the server and what it started: they share a process group.
    fn signal(&self, signal: &str) -> Result<()> {
        let mut kill = Command::new("kill");
        kill.args(["-s", signal, "--"]).arg(format!("-{}", self.process));
        starlift_testkit::error::run(&mut kill).map(|_| ())
    }
}

/// The arguments of a running process, joined by spaces.
fn command_line(process: u32) -> Option<String> {
    if let Ok(bytes) = fs::read(format!("/proc/{process}/cmdline")) {
        return Some(String::from_utf8_lossy(&bytes).replace('\0', " "));
    }
    let mut ps = Command::new("ps");
    let listed = ps.args(["-o", "args=", "-p", &process.to_string()]).stdin(Stdio::null()).output().ok()?;
    listed.status.success().then(|| String::from_utf8_lossy(&listed.stdout).into_owned())
}
