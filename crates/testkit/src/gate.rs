//! A place where something waits until a test lets it go on: so that a test acts in the middle of a step, and not at a time.

use std::time::Duration;

use tokio::sync::oneshot;

use crate::error::{Error, Result};

/// No step takes longer to come to a gate, and nothing else that a test waits for; what has not come by then does not come.
pub const LIMIT: Duration = Duration::from_secs(120);

/// The test's end: what waits goes on when this is dropped.
#[derive(Debug)]
pub struct Held {
    reached: Option<oneshot::Receiver<()>>,
    _closed: oneshot::Sender<()>,
}

/// The end of what waits.
#[derive(Debug)]
pub(crate) struct Gate {
    reached: oneshot::Sender<()>,
    closed: oneshot::Receiver<()>,
}

/// A gate, and what keeps it closed.
pub(crate) fn closed() -> (Gate, Held) {
    let (tell, reached) = oneshot::channel();
    let (closed, opened) = oneshot::channel();
    (Gate { reached: tell, closed: opened }, Held { reached: Some(reached), _closed: closed })
}

impl Gate {
    /// Waits until the gate is open.
    pub(crate) async fn pass(self) {
        // A test that has ended meanwhile waits for nothing.
        let _ = self.reached.send(());
        let _ = self.closed.await;
    }
}

impl Held {
    /// Waits until something has come to the gate.
    ///
    /// # Errors
    /// Nothing comes.
    pub async fn reached(&mut self) -> Result<()> {
        let nothing = || Error::Malformed("nothing has come to where it was to be held".to_owned());
        let reached = self.reached.take().ok_or_else(nothing)?;
        let come = tokio::time::timeout(LIMIT, reached).await;
        come.map_err(|_| nothing())?.map_err(|_| nothing())
    }
}
