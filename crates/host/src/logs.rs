//! JSON logs by `tracing`, one line per event, on stdout where Lambda collects them.

use tracing_subscriber::EnvFilter;

/// What is logged when `STARLIFT_LOG` is not set. The preview has a target of its own: `starlift::preview=off` silences it.
const DEFAULT_FILTER: &str =
    "warn,starlift=info,starlift_host=info,starlift_ingest=info,starlift_transform=info,starlift_load=info";

/// Starts the logs. Lines hold names, counts and keys; only the target `starlift::preview` shows rows.
pub fn start_logs() {
    let filter = EnvFilter::try_from_env("STARLIFT_LOG").unwrap_or_else(|_| EnvFilter::new(DEFAULT_FILTER));
    let lines = tracing_subscriber::fmt().json().flatten_event(true).with_current_span(true).with_span_list(false);
    // A test process starts several handlers; the first call wins.
    let _ = lines.with_env_filter(filter).with_writer(std::io::stdout).try_init();
}
