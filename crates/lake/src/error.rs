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
        "s3://{bucket}/{key} cannot be understood ({reason}); it was written by another version or not by Starlift"
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
    pub(crate) fn storage<E, R>(doing: &'static str, bucket: &str, key: &str, error: &SdkError<E, R>) -> Self
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

fn classify<E: ProvideErrorMetadata, R>(error: &SdkError<E, R>) -> (String, FailureKind) {
    match error {
        SdkError::ServiceError(context) => {
            let code = context.err().code().unwrap_or("unknown error").to_owned();
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
                _ => FailureKind::Internal,
            };
            (code, kind)
        }
        SdkError::TimeoutError(_) => ("time-out".to_owned(), FailureKind::Transient),
        SdkError::DispatchFailure(_) => ("no connection".to_owned(), FailureKind::Transient),
        SdkError::ResponseError(_) => ("broken response".to_owned(), FailureKind::Transient),
        _ => ("request not built".to_owned(), FailureKind::Internal),
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
