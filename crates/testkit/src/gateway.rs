//! A way to S3 on which a test decides what becomes of a request: refused, torn, without an answer.
//!
//! It reads HTTP/1.1 only as far as it must: a request at a time, its body by its length, and a connection for each.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};

use crate::error::{Error, Result};
use crate::gate::{self, Gate, Held};

/// What becomes of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outage {
    /// S3 never hears of it; the caller gets this status and error code.
    Refused(u16, &'static str),
    /// S3 gets half of its body.
    TornRequest,
    /// S3 does it, and the caller gets half of the answer.
    TornAnswer,
    /// S3 does it, and nobody is told.
    LostAnswer,
    /// S3 never hears of it, and the caller hears nothing for as long as it waits.
    Silence,
}

/// A port of loopback behind which S3 is.
#[derive(Debug)]
pub struct Gateway {
    port: u16,
    state: Arc<Mutex<State>>,
    accepting: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct State {
    plans: Vec<Plan>,
    requests: Vec<String>,
}

#[derive(Debug)]
struct Plan {
    method: &'static str,
    part: String,
    times: usize,
    then: Then,
}

#[derive(Debug)]
enum Then {
    Fail(Outage),
    Hold(Option<Gate>),
}

impl Gateway {
    /// A way to the S3 at a port of loopback.
    ///
    /// # Errors
    /// When this machine gives out no port.
    pub async fn to(server: u16) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(Error::at("127.0.0.1"))?;
        let port = listener.local_addr().map_err(Error::at("127.0.0.1"))?.port();
        let state = Arc::new(Mutex::new(State::default()));
        let accepting = tokio::spawn(accept(listener, server, Arc::clone(&state)));
        Ok(Self { port, state, accepting })
    }

    /// The URL.
    #[must_use]
    pub fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// From now on so many requests of this method whose path has this part fail so, beside what is planned already.
    pub fn fail(&self, method: &'static str, part: impl Into<String>, outage: Outage, times: usize) {
        self.state().plans.push(Plan { method, part: part.into(), times, then: Then::Fail(outage) });
    }

    /// Holds the next request of this method whose path has this part, until what this gives is dropped.
    #[must_use]
    pub fn hold(&self, method: &'static str, part: impl Into<String>) -> Held {
        let (gate, held) = gate::closed();
        self.state().plans.push(Plan { method, part: part.into(), times: 1, then: Then::Hold(Some(gate)) });
        held
    }

    /// Nothing fails any more; gives the requests that still were to.
    pub fn mend(&self) -> Vec<String> {
        let planned = std::mem::take(&mut self.state().plans);
        planned.iter().filter(|plan| plan.times > 0).map(|plan| format!("{} {}", plan.method, plan.part)).collect()
    }

    /// The requests since this was asked last: method and path, with the query.
    #[must_use]
    pub fn requests(&self) -> Vec<String> {
        std::mem::take(&mut self.state().requests)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Gateway {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, server: u16, state: Arc<Mutex<State>>) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        connections.spawn(async move {
            // A caller that is gone, or an S3 that is: the connection ends, and that is what the caller sees.
            let _ = serve(client, server, &state).await;
        });
    }
}

/// One request and its answer.
async fn serve(mut client: TcpStream, server: u16, state: &Mutex<State>) -> std::io::Result<()> {
    let Some((head, body)) = read_message(&mut client).await? else { return Ok(()) };
    let outage = match plan(state, &head) {
        None => None,
        Some(Then::Fail(outage)) => Some(outage),
        Some(Then::Hold(gate)) => {
            if let Some(gate) = gate {
                gate.pass().await;
            }
            None
        }
    };
    match outage {
        Some(Outage::Refused(status, code)) => return client.write_all(refusal(status, code).as_bytes()).await,
        Some(Outage::Silence) => {
            while client.read(&mut [0; 256]).await? > 0 {}
            return Ok(());
        }
        _ => {}
    }
    let mut s3 = TcpStream::connect(("127.0.0.1", server)).await?;
    s3.write_all(closing(&head).as_bytes()).await?;
    if outage == Some(Outage::TornRequest) {
        return s3.write_all(&body[..body.len() / 2]).await;
    }
    s3.write_all(&body).await?;
    let mut answer = Vec::new();
    s3.read_to_end(&mut answer).await?;
    let end = head_end(&answer).unwrap_or(answer.len());
    let answer_head = closing(&String::from_utf8_lossy(&answer[..end]));
    let answer_body = &answer[end..];
    let arrives = match outage {
        Some(Outage::LostAnswer) => return Ok(()),
        Some(Outage::TornAnswer) => answer_body.len() / 2,
        _ => answer_body.len(),
    };
    client.write_all(answer_head.as_bytes()).await?;
    client.write_all(&answer_body[..arrives]).await
}

/// What is planned for a request, which is noted.
fn plan(state: &Mutex<State>, head: &str) -> Option<Then> {
    let mut state = state.lock().unwrap_or_else(PoisonError::into_inner);
    let line = head.lines().next().unwrap_or_default();
    let mut words = line.split(' ');
    let (method, path) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
    state.requests.push(format!("{method} {path}"));
    let is_meant = |plan: &&mut Plan| plan.times > 0 && plan.method == method && path.contains(&plan.part);
    let plan = state.plans.iter_mut().find(is_meant)?;
    plan.times -= 1;
    Some(match &mut plan.then {
        Then::Fail(outage) => Then::Fail(*outage),
        Then::Hold(gate) => Then::Hold(gate.take()),
    })
}

/// The head of a request, up to and with its empty line, and its body; nothing when the caller has none.
async fn read_message(client: &mut TcpStream) -> std::io::Result<Option<(String, Vec<u8>)>> {
    let mut bytes = Vec::new();
    let end = loop {
        if let Some(end) = head_end(&bytes) {
            break end;
        }
        if client.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    };
    let mut body = bytes.split_off(end);
    let head = String::from_utf8_lossy(&bytes).into_owned();
    let length = header(&head, "content-length").and_then(|text| text.parse().ok()).unwrap_or(0);
    while body.len() < length {
        if client.read_buf(&mut body).await? == 0 {
            return Ok(None);
        }
    }
    Ok(Some((head, body)))
}

/// Where the head of a message ends.
fn head_end(bytes: &[u8]) -> Option<usize> {
    bytes.windows(4).position(|window| window == b"\r\n\r\n").map(|at| at + 4)
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().find_map(|line| {
        let (found, value) = line.split_once(':')?;
        found.eq_ignore_ascii_case(name).then(|| value.trim())
    })
}

/// A head after which the connection ends. Nobody waits to be asked for the body, because it is there.
fn closing(head: &str) -> String {
    let mut lines = head.trim_end().split("\r\n");
    let mut closing = format!("{}\r\n", lines.next().unwrap_or_default());
    for line in lines {
        let name = line.split(':').next().unwrap_or_default().to_ascii_lowercase();
        if !matches!(name.as_str(), "connection" | "expect" | "keep-alive") {
            closing.push_str(line);
            closing.push_str("\r\n");
        }
    }
    closing + "connection: close\r\n\r\n"
}

fn refusal(status: u16, code: &str) -> String {
    let body = format!("<?xml version=\"1.0\"?><Error><Code>{code}</Code><Message>as planned</Message></Error>");
    let length = body.len();
    format!(
        "HTTP/1.1 {status} -\r\ncontent-type: application/xml\r\ncontent-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )
}
