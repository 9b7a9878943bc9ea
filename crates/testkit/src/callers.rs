//! Processes that call AWS by boto3. Importing it takes half a second, so a process that has answered waits for the next one who asks; it ends with
//! this one, whose end closes its input.

use std::io::{BufRead, BufReader, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::Value;

use crate::error::{Error, Result};
use crate::python;

const SCRIPT: &str = include_str!("call.py");

/// Those that have nothing to do.
static IDLE: Mutex<Vec<Caller>> = Mutex::new(Vec::new());

#[derive(Debug)]
struct Caller {
    _process: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

/// Asks one of the processes, or a new one when all are at work. Returns the answers in the order of the calls.
///
/// # Errors
/// AWS refuses a call: the message is what it said. A process that has ended is not asked again.
pub(crate) fn ask(question: &Value) -> Result<Vec<Value>> {
    let next = idle().pop();
    let mut caller = next.map_or_else(Caller::start, Ok)?;
    let mut answer = caller.ask(question)?;
    idle().push(caller);
    match answer["answers"].take() {
        Value::Array(answers) => Ok(answers),
        _ => {
            let output = answer["refused"].as_str().unwrap_or("no answer").to_owned();
            Err(Error::Program { program: "boto3".into(), output })
        }
    }
}

/// A test that panics elsewhere leaves the list as it was.
fn idle() -> MutexGuard<'static, Vec<Caller>> {
    IDLE.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Caller {
    fn start() -> Result<Self> {
        let mut command = Command::new(python::environment()?.program("python"));
        command.args(["-c", SCRIPT]).stdin(Stdio::piped()).stdout(Stdio::piped());
        // What a person's environment says of AWS does not count here.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AWS_")) {
            command.env_remove(name);
        }
        command.env("AWS_EC2_METADATA_DISABLED", "true");
        let mut process = command.spawn().map_err(|source| Error::NotStarted { program: "python".into(), source })?;
        match (process.stdin.take(), process.stdout.take()) {
            (Some(input), Some(output)) => Ok(Self { _process: process, input, output: BufReader::new(output) }),
            _ => Err(Error::Malformed("a process without its pipes".into())),
        }
    }

    fn ask(&mut self, question: &Value) -> Result<Value> {
        let gone = |source| Error::NotStarted { program: "boto3".into(), source };
        writeln!(self.input, "{question}").map_err(gone)?;
        let mut line = String::new();
        self.output.read_line(&mut line).map_err(gone)?;
        serde_json::from_str(&line).map_err(|error| Error::Malformed(format!("the answers of AWS: {error}")))
    }
}
