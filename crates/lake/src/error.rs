//! What can go wrong with objects, as facts that name the object.

use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use starlift_failure::{Failure, FailureKind};

/// A fault of the lake.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    /// S3 refused or did not answer.
    #[error("{doing} s3://{bucket}/{key}: {code}; {advice}")]
    Storage {
        /// What was being done.
        doing: &'static str,
        /// The bucket.
        bucket: String,
        /// The key; empty when it is about the bucket.
        key: String,
        /// The error's code as S3 names it.
        code: String,
        /// Who acts.
        kind: FailureKind,
        /// What to do.
        advice: &'static str,
    },
    /// An object that has to be there is not.
    #[error("s3://{bucket}/{key} is not there; {advice}")]
    Absent {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
        /// What to do.
        advice: String,
    },
    /// An object does not hold what it should.
    #[error(
        "s3://{bucket}/{key} cannot be understood ({reason}); it was written by another version or not by Starlift: deploy all functions in one version, migrate, and start a new execution"
    )]
    Unreadable {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
        /// What is wrong with it, without its content.
        reason: String,
    },
    /// An object has other bytes than its manifest says.
    #[error("s3://{bucket}/{key} is not the object of the manifest: it has changed since; start a new execution")]
    Altered {
        /// The bucket.
        bucket: String,
        /// The key.
        key: String,
    },
    /// A local file could not be written.
    #[error("the work folder cannot be written ({0}); give the function more ephemeral storage")]
    WorkFolder(std::io::ErrorKind),
}

impl LakeError {
    /// A stream of bytes that broke off.
    pub(crate) fn broken_stream(bucket: &str, key: &str) -> Self {
        Self::Storage {
            doing: "reading",
            bucket: bucket.to_owned(),
            key: key.to_owned(),
            code: "the connection broke".to_owned(),
            kind: FailureKind::Transient,
            advice: "it is tried again",
        }
    }

    pub(crate) fn storage<E>(doing: &'static str, bucket: &str, key: &str, error: &SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata,
    {
        let (code, kind) = classify(error);
        let advice = match kind {
            FailureKind::Denied => "allow it in the function's role, and check the bucket's name",
            FailureKind::Transient => "S3 or the network was not available; it is tried again",
            FailureKind::Contended => "another writer is at work on the same key; it is tried again",
            _ => "this is not expected; please report it",
        };
        Self::Storage { doing, bucket: bucket.to_owned(), key: key.to_owned(), code, kind, advice }
    }
}

fn classify<E: ProvideErrorMetadata>(error: &SdkError<E>) -> (String, FailureKind) {
    match error {
        SdkError::ServiceError(context) => {
            let status = context.raw().status().as_u16();
            let code = context.err().code().map_or_else(|| format!("HTTP status {status}"), str::to_owned);
            let kind = match code.as_str() {
                "AccessDenied"
                | "Forbidden"
                | "NoSuchBucket"
                | "InvalidAccessKeyId"
                | "SignatureDoesNotMatch"
                | "AllAccessDisabled"
                | "ExpiredToken"
                | "KMS.DisabledException"
                | "MethodNotAllowed" => FailureKind::Denied,
                "ConditionalRequestConflict" | "OperationAborted" => FailureKind::Contended,
                "InternalError"
                | "ServiceUnavailable"
                | "SlowDown"
                | "RequestTimeout"
                | "BadDigest"
                | "RequestTimeTooSkewed"
                | "NoSuchUpload"
                | "ThrottlingException"
                | "IncompleteBody" => FailureKind::Transient,
                _ => of_status(status),
            };
            (code, kind)
        }
        SdkError::TimeoutError(_) => ("time-out".to_owned(), FailureKind::Transient),
        SdkError::DispatchFailure(_) => ("no connection".to_owned(), FailureKind::Transient),
        SdkError::ResponseError(_) => ("broken response".to_owned(), FailureKind::Transient),
        _ => ("request not built".to_owned(), FailureKind::Internal),
    }
}

/// What a status says alone: an answer to `HEAD` has no body and so no code, and a gateway before S3 has none to give.
fn of_status(status: u16) -> FailureKind {
    match status {
        429 | 500..=599 => FailureKind::Transient,
        403 => FailureKind::Denied,
        _ => FailureKind::Internal,
    }
}

impl From<LakeError> for Failure {
    fn from(error: LakeError) -> Self {
        let kind = match &error {
            LakeError::Storage { kind, .. } => *kind,
            LakeError::Absent { .. } | LakeError::Unreadable { .. } | LakeError::Altered { .. } => {
                FailureKind::InvalidData
            }
            LakeError::WorkFolder(_) => FailureKind::Denied,
        };
        Self::new(kind, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::TcpListener;

    use aws_sdk_s3::Client;
    use aws_sdk_s3::config::retry::RetryConfig;
    use aws_sdk_s3::config::{BehaviorVersion, Config, Credentials, Region};

    use super::*;
    use crate::{Buckets, Lake, Zone};

    /// Zones whose S3 answers every request with this status and no body.
    fn answering(status: u16) -> Lake {
        let listener = TcpListener::bind("127.0.0.1:0").expect("there is a port");
        let endpoint = format!("http://{}", listener.local_addr().expect("it has an address"));
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                // A request without a body comes in one piece.
                let _ = stream.read(&mut [0; 16 * 1024]);
                let _ = write!(stream, "HTTP/1.1 {status} -\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
            }
        });
        let config = Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::new("eu-west-2"))
            .credentials_provider(Credentials::new("test", "test", None, None, "test"))
            .endpoint_url(endpoint)
            .force_path_style(true)
            .retry_config(RetryConfig::disabled())
            .build();
        let [ingest, processed, control] = ["ingest", "processed", "control"].map(str::to_owned);
        Lake::new(Client::from_conf(config), Buckets { ingest, processed, control })
    }

    #[tokio::test]
    async fn an_answer_without_a_code_is_judged_by_its_status() {
        let cases = [
            (403, FailureKind::Denied),
            (429, FailureKind::Transient),
            (500, FailureKind::Transient),
            (503, FailureKind::Transient),
            (400, FailureKind::Internal),
        ];
        for (status, kind) in cases {
            let lake = answering(status);
            let looked = lake.exists(Zone::Ingest, "key").await.expect_err("is refused");
            let read = lake.get(Zone::Ingest, "key").await.expect_err("is refused");
            for failure in [Failure::from(looked), Failure::from(read)] {
                assert_eq!(failure.kind, kind, "{status}: {failure}");
                assert!(failure.message.contains(&format!("s3://ingest/key: HTTP status {status}")), "{failure}");
            }
        }
    }

    #[tokio::test]
    async fn an_answer_without_a_body_can_say_that_an_object_is_absent() {
        let lake = answering(404);
        assert!(!lake.exists(Zone::Ingest, "key").await.expect("is an answer"));
        assert!(lake.get(Zone::Ingest, "key").await.expect("is an answer").is_none());
    }
}
