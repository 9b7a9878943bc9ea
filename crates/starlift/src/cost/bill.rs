//! The formula: what is paid for, times its price. `docs/cost.md` says it in words, and its worked cases are the test.

use std::ops::AddAssign;

use serde::Serialize;

use crate::cost::prices::Prices;

/// How much was used of what has a price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Quantities {
    /// Invocations of the functions, those that failed among them.
    pub(crate) invocations: u64,
    /// Seconds of all invocations together, those in which a process started among them.
    pub(crate) seconds: f64,
    /// Memory times seconds, in GB and seconds, on Graviton.
    pub(crate) arm64_gb_seconds: f64,
    /// Memory times seconds, in GB and seconds, on AMD and Intel.
    pub(crate) x86_64_gb_seconds: f64,
    /// Transitions of the state machine: every attempt at a task, and every other state that was entered.
    pub(crate) transitions: u64,
    /// Requests to S3 that write or list.
    pub(crate) s3_writes: u64,
    /// Requests to S3 that read.
    pub(crate) s3_reads: u64,
    /// Bytes that were added to the raw zone. They cost by the month, for as long as they are kept.
    pub(crate) raw_bytes: u64,
    /// Invocations whose function's memory is not known: their seconds have no price here.
    pub(crate) unpriced: u64,
}

/// What quantities cost, in USD.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub(crate) struct Bill {
    /// Memory and time of the functions.
    pub(crate) lambda_compute: f64,
    /// Invocations.
    pub(crate) lambda_requests: f64,
    /// Transitions.
    pub(crate) step_functions: f64,
    /// Requests to S3.
    pub(crate) s3_requests: f64,
    /// All of it.
    pub(crate) total: f64,
}

impl Bill {
    /// What these quantities cost.
    pub(crate) fn of(used: &Quantities, prices: &Prices) -> Self {
        let lambda_compute = used.arm64_gb_seconds * prices.lambda_arm64_gb_second
            + used.x86_64_gb_seconds * prices.lambda_x86_64_gb_second;
        let lambda_requests = used.invocations as f64 * prices.lambda_request;
        let step_functions = used.transitions as f64 * prices.state_transition;
        let s3_requests = used.s3_writes as f64 * prices.s3_write + used.s3_reads as f64 * prices.s3_read;
        let total = lambda_compute + lambda_requests + step_functions + s3_requests;
        Self { lambda_compute, lambda_requests, step_functions, s3_requests, total }
    }
}

impl Quantities {
    /// Memory times seconds, whatever the processor.
    pub(crate) fn gb_seconds(&self) -> f64 {
        self.arm64_gb_seconds + self.x86_64_gb_seconds
    }

    /// What keeping the bytes of the raw zone costs for a month, in USD.
    pub(crate) fn keeping(&self, prices: &Prices) -> f64 {
        self.raw_bytes as f64 / f64::from(1 << 30) * prices.s3_gb_month
    }
}

impl AddAssign<&Self> for Quantities {
    fn add_assign(&mut self, other: &Self) {
        self.invocations += other.invocations;
        self.seconds += other.seconds;
        self.arm64_gb_seconds += other.arm64_gb_seconds;
        self.x86_64_gb_seconds += other.x86_64_gb_seconds;
        self.transitions += other.transitions;
        self.s3_writes += other.s3_writes;
        self.s3_reads += other.s3_reads;
        self.raw_bytes += other.raw_bytes;
        self.unpriced += other.unpriced;
    }
}

#[cfg(test)]
mod tests;
