//! The Lambda loop: one event in, one answer or one named failure out.
//!
//! Whatever happens inside a handler, Step Functions sees one of the `Starlift.*` names: a failure by its kind, an event that cannot
//! be parsed and a panic as `Starlift.Internal`, a handler that runs into its deadline as `Starlift.Transient`.

use std::future::Future;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use aws_config::BehaviorVersion;
use lambda_runtime::{Diagnostic, Error, LambdaEvent, service_fn};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use starlift_definition::Definition;
use starlift_failure::Failure;
use starlift_lake::Lake;

use crate::connections::{self, Connections};
use crate::context::AGAIN;
use crate::iam::Signer;
use crate::requests::Counted;
use crate::settings::Settings;
use crate::{Context, Secrets, start_logs, usage};

/// How long before its deadline an invocation gives up by itself, so that the answer still goes out.
const GIVE_UP_BEFORE: Duration = Duration::from_secs(2);

/// The longest time that Lambda gives an invocation.
const LONGEST: Duration = Duration::from_secs(900);

/// Runs a handler as the Lambda of one step until the environment ends.
///
/// Settings and clients are made once; connections to databases are the handler's, because a thawed environment can hold a dead socket.
///
/// # Errors
/// The Lambda runtime cannot be reached.
pub async fn serve<Request, Reply, Handler, Answer>(step: &'static str, handler: Handler) -> Result<(), Error>
where
    Request: DeserializeOwned + Send + 'static,
    Reply: Serialize + Send + 'static,
    Handler: Fn(Context, Request) -> Answer + Send + Sync + 'static,
    Answer: Future<Output = Result<Reply, Failure>> + Send + 'static,
{
    let begun = Instant::now();
    start_logs();
    // A panic's text can hold a row's value; its place cannot.
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string).unwrap_or_default();
        tracing::error!(target: "starlift", place, "panic");
    }));
    // A fault here is told as the answer to every event: a process that ends at init has no errorType.
    let started = Arc::new(start().await);
    usage::started_within(begun.elapsed());
    let handler = Arc::new(handler);
    let answer = |event: LambdaEvent<Value>| {
        let (started, handler) = (Arc::clone(&started), Arc::clone(&handler));
        async move {
            let run = event.payload.get("run").and_then(Value::as_str).unwrap_or_default().to_owned();
            let place = place(step, &event.payload);
            let answer = answer_one(started.as_ref(), handler.as_ref(), event).await;
            answer.map_err(|failure| {
                let named = failure.context(place);
                tracing::error!(target: "starlift", step, run, error_type = named.kind.error_type(), "{}", named.message);
                Diagnostic { error_type: named.kind.error_type().to_owned(), error_message: named.message }
            })
        }
    };
    lambda_runtime::run(service_fn(answer)).await
}

/// What is being done, for which run: alerts show nothing but the message.
fn place(step: &str, payload: &Value) -> String {
    let text = |name: &str| payload.get(name).and_then(Value::as_str);
    let action = text("action").unwrap_or(step);
    let part = text("part").map(|part| format!(", part {part}")).unwrap_or_default();
    text("run").map_or_else(|| action.to_owned(), |run| format!("{action} of run {run}{part}"))
}

async fn start() -> Result<Context, Failure> {
    let settings = Settings::read(|name| std::env::var(name).ok())?;
    let definition = Definition::load(&settings.definition)?;
    let config = aws_config::load_defaults(BehaviorVersion::latest()).await;
    let connections = std::env::var(connections::VARIABLE).map(|text| Connections::parse(&text)).ok();
    let connections = connections.transpose()?.unwrap_or_default();
    let secrets = Secrets::new(aws_sdk_secretsmanager::Client::new(&config)).knowing(connections);
    let storage = aws_sdk_s3::config::Builder::from(&config).interceptor(Counted).build();
    let signer = config.credentials_provider().zip(config.region());
    let signer = signer.map(|(credentials, region)| Signer { credentials, region: region.to_string() });
    Ok(Context {
        lake: Lake::new(aws_sdk_s3::Client::from_conf(storage), settings.buckets),
        definition: Arc::new(definition),
        secrets: signer.into_iter().fold(secrets, Secrets::signing),
        attempt: String::new(),
        deadline: Instant::now(),
        work_folder: std::env::temp_dir(),
    })
}

async fn answer_one<Request, Reply, Handler, Answer>(
    started: &Result<Context, Failure>,
    handler: &Handler,
    event: LambdaEvent<Value>,
) -> Result<Reply, Failure>
where
    Request: DeserializeOwned,
    Reply: Send + 'static,
    Handler: Fn(Context, Request) -> Answer,
    Answer: Future<Output = Result<Reply, Failure>> + Send + 'static,
{
    let started = started.clone()?;
    let (payload, lambda) = event.into_parts();
    // The text of a parse error can quote the event, so it is not passed on.
    let request: Request = serde_json::from_value(payload).map_err(|_| {
        Failure::internal(
            "the event is not one that this step understands; state machine and function differ in version",
        )
    })?;
    let left = time_left(lambda.deadline);
    let context = Context { attempt: attempt(&lambda.request_id), deadline: Instant::now() + left, ..started };
    let work = tokio::spawn(handler(context, request));
    let abort = work.abort_handle();
    match tokio::time::timeout(left.saturating_sub(GIVE_UP_BEFORE), work).await {
        Ok(Ok(answer)) => answer,
        Ok(Err(_)) => {
            Err(Failure::internal("the step panicked; the place stands in the function's log; please report it"))
        }
        Err(_) => {
            // The task must not go on beside the next invocation.
            abort.abort();
            Err(Failure::transient(format!("the step ran into its deadline; {AGAIN}")))
        }
    }
}

/// The time until a deadline in milliseconds since 1970.
///
/// No invocation begins after its deadline, and none has longer than Lambda gives: then it is this machine's clock that is wrong, how much time
/// is left is not known, and the step works on until Lambda ends it.
fn time_left(deadline: u64) -> Duration {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let left = Duration::from_millis(deadline).saturating_sub(now);
    if left.is_zero() || left > LONGEST {
        tracing::warn!(target: "starlift", "the clock of this function and the deadline of the invocation do not fit together");
        return LONGEST;
    }
    left
}

/// A short name of an invocation from its request id.
fn attempt(request_id: &str) -> String {
    request_id.chars().filter(char::is_ascii_alphanumeric).take(12).collect()
}

#[cfg(test)]
mod tests;
