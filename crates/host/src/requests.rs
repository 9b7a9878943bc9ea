//! Counts the requests to S3 that are paid for, in the two classes that have a price: those that write or list, and those that read.
//!
//! Every attempt is counted, because every attempt is paid for. An environment of Lambda has one invocation at a time, so two counters of the
//! process are those of the invocation. Who lists, and who retries, is the lake's and the SDK's business: only here is everything seen.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use aws_sdk_s3::config::interceptors::BeforeTransmitInterceptorContextRef;
use aws_sdk_s3::config::{ConfigBag, Intercept, RuntimeComponents};
use aws_sdk_s3::error::BoxError;

static WRITES: AtomicU64 = AtomicU64::new(0);
static READS: AtomicU64 = AtomicU64::new(0);

/// Counts each request of the client that it is given to.
#[derive(Debug)]
pub(crate) struct Counted;

impl Intercept for Counted {
    fn name(&self) -> &'static str {
        "requests to S3"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _: &RuntimeComponents,
        _: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request();
        if let Some(class) = class(request.method(), request.uri()) {
            class.fetch_add(1, Relaxed);
        }
        Ok(())
    }
}

/// The requests that write or list, and those that read, since the last call.
pub(crate) fn take() -> (u64, u64) {
    (WRITES.swap(0, Relaxed), READS.swap(0, Relaxed))
}

/// Where a request is counted; what deletes, or ends an upload that came to nothing, is free.
fn class(method: &str, uri: &str) -> Option<&'static AtomicU64> {
    let lists =
        uri.split_once('?').is_some_and(|(_, query)| query.split('&').any(|part| part.starts_with("list-type")));
    match method {
        "DELETE" => None,
        "GET" | "HEAD" if !lists => Some(&READS),
        _ => Some(&WRITES),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_costs_what_a_write_costs_and_a_deletion_nothing() {
        let is = |method, uri, counter| class(method, uri).is_some_and(|found| std::ptr::eq(found, counter));
        assert!(is("PUT", "https://b.s3.eu-west-2.amazonaws.com/runs/r/ingest.json?x-id=PutObject", &WRITES));
        assert!(is("POST", "https://b.s3.eu-west-2.amazonaws.com/sale/r/a-1.csv?uploads", &WRITES));
        assert!(is("GET", "https://b.s3.eu-west-2.amazonaws.com/?list-type=2&prefix=runs%2F", &WRITES));
        assert!(is("GET", "https://b.s3.eu-west-2.amazonaws.com/catalog.json?x-id=GetObject", &READS));
        assert!(is("HEAD", "https://b.s3.eu-west-2.amazonaws.com/catalog.json", &READS));
        assert!(class("DELETE", "https://b.s3.eu-west-2.amazonaws.com/sale/r/a-1.csv?uploadId=u").is_none());
    }
}
