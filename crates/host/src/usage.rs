//! What an invocation takes: what its state in the history of an execution says of its cost.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::{Duration, Instant};

use starlift_lake::messages::{Architecture, Usage};

use crate::requests;

/// What the process took to start, in milliseconds, until an answer has told it.
static INIT: AtomicU64 = AtomicU64::new(0);

/// Measures one invocation.
#[derive(Clone, Copy, Debug)]
pub struct Stopwatch {
    started: Instant,
}

impl Stopwatch {
    /// Starts now.
    #[must_use]
    pub fn start() -> Self {
        Self { started: Instant::now() }
    }

    /// Seconds since the start, to the millisecond, the most memory that the process has held resident, and what else an invocation is
    /// paid by.
    ///
    /// Requests are those since the last answer: what an attempt that failed has asked of S3 stands in the next answer of the process.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let (s3_writes, s3_reads) = requests::take();
        Usage {
            seconds: seconds(milliseconds(self.started.elapsed())),
            init_seconds: seconds(INIT.swap(0, Relaxed)),
            peak_memory_mib: peak_memory_mib(),
            memory_mib: number(std::env::var("AWS_LAMBDA_FUNCTION_MEMORY_SIZE").ok().as_deref()),
            architecture: if cfg!(target_arch = "aarch64") { Architecture::Arm } else { Architecture::X86 },
            s3_writes,
            s3_reads,
        }
    }
}

/// Notes what the process took from its start until it could take an event.
pub(crate) fn started_within(time: Duration) {
    INIT.store(milliseconds(time), Relaxed);
}

fn milliseconds(time: Duration) -> u64 {
    u64::try_from(time.as_millis()).unwrap_or(u64::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "milliseconds of one invocation, with three decimals")]
fn seconds(milliseconds: u64) -> f64 {
    milliseconds as f64 / 1000.0
}

/// `VmHWM` of this process, or 0 where there is no `/proc`.
fn peak_memory_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    number(line.and_then(|line| line.trim().split(' ').next())) / 1024
}

fn number(text: Option<&str>) -> u64 {
    text.and_then(|text| text.parse().ok()).unwrap_or_default()
}
