//! The three Lambdas of a stack, called in this process as the state machine calls them.

use starlift_failure::{Failure, FailureKind};
use starlift_host::Context;
use starlift_ingest::ingest;
use starlift_lake::messages::{
    FullRead, IngestReply, IngestRequest, LoadReply, LoadRequest, ReplayRequest, TransformRequest,
};
use starlift_load::{Reply, load};
use starlift_transform::transform;

use crate::operation::Full;

/// The handlers, and how many calls were made of them.
pub(crate) struct Handlers {
    context: Context,
    calls: u64,
}

impl Handlers {
    pub(crate) fn new(context: Context) -> Self {
        Self { context, calls: 0 }
    }

    pub(crate) async fn begin(&mut self, run: String) -> Result<(), Failure> {
        load(self.invocation(), LoadRequest::Begin { run, replay: ReplayRequest::default() }).await?;
        Ok(())
    }

    /// Begins a replay of everything, or goes on with it; gives the run to publish next.
    pub(crate) async fn begin_replay(&mut self, run: String) -> Result<String, Failure> {
        match load(self.invocation(), LoadRequest::Begin { run, replay: ReplayRequest::All(true) }).await? {
            Reply::Begin(reply) => Ok(reply.run),
            other => Err(Failure::internal(format!("begin answered {other:?}"))),
        }
    }

    pub(crate) async fn ingest(&mut self, run: String, full: Full) -> Result<IngestReply, Failure> {
        let full = match full {
            Full::Nothing => FullRead::All(false),
            Full::Sales => FullRead::Tables(vec!["sale".to_owned()]),
            Full::Everything => FullRead::All(true),
        };
        ingest(self.invocation(), IngestRequest { run, full, replaying: false }).await
    }

    /// What was read before.
    pub(crate) async fn ingest_again(&mut self, run: String) -> Result<IngestReply, Failure> {
        ingest(self.invocation(), IngestRequest { run, full: FullRead::default(), replaying: true }).await
    }

    pub(crate) async fn transform(&mut self, run: String, part: String) -> Result<(), Failure> {
        transform(self.invocation(), TransformRequest { run, part }).await?;
        Ok(())
    }

    /// Publishes a run. Any number of rows may be gone: the cases are small. As the state machine does, it tries again when a reader was in the way.
    pub(crate) async fn load(&mut self, run: String, replaying: bool) -> Result<LoadReply, Failure> {
        loop {
            let request = LoadRequest::Load { run: run.clone(), accept_deletes: true, replaying };
            match load(self.invocation(), request).await {
                Ok(Reply::Load(reply)) => return Ok(reply),
                Ok(other) => return Err(Failure::internal(format!("load answered {other:?}"))),
                Err(failure) if failure.kind == FailureKind::Contended => tokio::task::yield_now().await,
                Err(failure) => return Err(failure),
            }
        }
    }

    /// Every invocation has a name of its own.
    fn invocation(&mut self) -> Context {
        self.calls += 1;
        Context { attempt: format!("attempt{}", self.calls), ..self.context.clone() }
    }
}
