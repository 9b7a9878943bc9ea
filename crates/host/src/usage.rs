//! What an invocation takes.

use std::time::Instant;

use starlift_lake::messages::Usage;

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

    /// Seconds since the start, to the millisecond, and the most memory that the process has held resident.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let milliseconds = u32::try_from(self.started.elapsed().as_millis()).unwrap_or(u32::MAX);
        Usage { seconds: f64::from(milliseconds) / 1000.0, peak_memory_mib: peak_memory_mib() }
    }
}

/// `VmHWM` of this process, or 0 where there is no `/proc`.
fn peak_memory_mib() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    let kib: u64 = line.and_then(|line| line.trim().split(' ').next()?.parse().ok()).unwrap_or(0);
    kib / 1024
}
