//! A wire to PostgreSQL that a test can cut, or hold, in the middle of a step.
//!
//! What happens to it happens at a byte or at a word of a connection and not at a time, so a test meets the server in the same state on
//! every machine. Proven by the tests of `tests/wires.rs`.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpSocket, TcpStream};
use tokio::task::JoinHandle;

use crate::error::{Error, Result};
use crate::gate::{self, Gate, Held};

const PIECE: usize = 16 * 1024;
const BUFFER: u32 = 64 * 1024;

/// When something happens to a connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum When {
    /// When more bytes than this would have come from the server.
    Received(u64),
    /// When more bytes than this would have come from the client.
    Sent(u64),
    /// When the client says this.
    Said(&'static str),
}

/// A port of loopback behind which the server is. Dropping it cuts every connection.
#[derive(Debug)]
pub struct Wire {
    port: u16,
    plan: Arc<Plan>,
    accepting: JoinHandle<()>,
}

/// What is to happen next, once, to whichever connection comes there first.
type Plan = Mutex<Option<(When, Then)>>;

#[derive(Debug)]
enum Then {
    Cut,
    LoseAnswer,
    Hold(Gate),
}

/// Which end bytes come from.
#[derive(Clone, Copy, PartialEq, Eq)]
enum From {
    Client,
    Server,
}

impl Wire {
    /// A wire to the server at a port of loopback.
    ///
    /// # Errors
    /// When this machine gives out no port.
    pub async fn to(server: u16) -> Result<Self> {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(Error::at("127.0.0.1"))?;
        let port = listener.local_addr().map_err(Error::at("127.0.0.1"))?.port();
        let plan = Arc::new(Mutex::new(None));
        let accepting = tokio::spawn(accept(listener, server, Arc::clone(&plan)));
        Ok(Self { port, plan, accepting })
    }

    /// Its port of 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// Cuts one connection then; what made it come to this does not arrive.
    pub fn cut(&self, when: When) {
        self.arm(when, Then::Cut);
    }

    /// Cuts one connection when the server answers what the client says there: it is done, and nobody is told.
    pub fn lose_answer(&self, said: &'static str) {
        self.arm(When::Said(said), Then::LoseAnswer);
    }

    /// Holds one connection then, until what this gives is dropped.
    #[must_use]
    pub fn hold(&self, when: When) -> Held {
        let (gate, held) = gate::closed();
        self.arm(when, Then::Hold(gate));
        held
    }

    /// Whether what was to happen has happened.
    #[must_use]
    pub fn has_struck(&self) -> bool {
        lock(&self.plan).is_none()
    }

    fn arm(&self, when: When, then: Then) {
        *lock(&self.plan) = Some((when, then));
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn lock(plan: &Plan) -> MutexGuard<'_, Option<(When, Then)>> {
    plan.lock().unwrap_or_else(PoisonError::into_inner)
}

async fn accept(listener: TcpListener, server: u16, plan: Arc<Plan>) {
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let plan = Arc::clone(&plan);
        connections.spawn(async move {
            // A server that is down refuses the client as well: its connection ends.
            let Ok(server) = connect(server).await else { return };
            let _ = (client.set_nodelay(true), server.set_nodelay(true));
            carry(client, server, &plan).await;
        });
    }
}

/// Connects with a small buffer, so that a wire that is held soon holds the server as well.
async fn connect(server: u16) -> std::io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.set_recv_buffer_size(BUFFER)?;
    socket.connect((Ipv4Addr::LOCALHOST, server).into()).await
}

/// Carries bytes both ways until either end is gone or the wire is cut.
async fn carry(client: TcpStream, server: TcpStream, plan: &Plan) {
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let unanswered = Mutex::new(false);
    tokio::select! {
        () = pump(from_client, to_server, From::Client, plan, &unanswered) => {}
        () = pump(from_server, to_client, From::Server, plan, &unanswered) => {}
    }
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    side: From,
    plan: &Plan,
    unanswered: &Mutex<bool>,
) {
    let mut piece = vec![0; PIECE];
    let mut carried: u64 = 0;
    loop {
        let Ok(length @ 1..) = from.read(&mut piece).await else { return };
        carried += length as u64;
        let is_lost = side == From::Server && *unanswered.lock().unwrap_or_else(PoisonError::into_inner);
        if is_lost {
            return;
        }
        match strike(plan, side, &piece[..length], carried) {
            None => {}
            Some(Then::Cut) => return,
            Some(Then::LoseAnswer) => *unanswered.lock().unwrap_or_else(PoisonError::into_inner) = true,
            Some(Then::Hold(gate)) => gate.pass().await,
        }
        if to.write_all(&piece[..length]).await.is_err() {
            return;
        }
    }
}

/// What happens to a connection that has come this far.
fn strike(plan: &Plan, side: From, piece: &[u8], carried: u64) -> Option<Then> {
    let mut planned = lock(plan);
    let is_due = match (side, planned.as_ref()?.0) {
        (From::Server, When::Received(bytes)) | (From::Client, When::Sent(bytes)) => carried > bytes,
        (From::Client, When::Said(text)) => piece.windows(text.len()).any(|window| window == text.as_bytes()),
        _ => false,
    };
    is_due.then(|| planned.take())?.map(|(_, then)| then)
}
