//! Runs a handler as a Lambda: settings, secrets, deadline, JSON logs, metrics, `errorType`.
//!
//! A handler is a plain async function of a [`Context`] and a request, so that tests call it in their own process and a Lambda
//! only wires it: `starlift_host::serve("ingest", ingest)`.

mod connections;
mod context;
pub mod fail_points;
mod iam;
mod logs;
mod metrics;
mod requests;
mod secrets;
mod serve;
mod settings;
mod usage;

pub use context::Context;
pub use logs::start_logs;
pub use metrics::{Metric, Metrics};
pub use secrets::Secrets;
pub use serve::serve;
pub use settings::EnvironmentError;
pub use usage::Stopwatch;
