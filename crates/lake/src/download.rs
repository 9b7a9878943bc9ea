//! An object on its way here: piece by piece, and at its end it is known whether it is the object of the manifest.

use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use sha2::{Digest, Sha256};

use crate::{LakeError, StoredObject};

/// An object that is being read.
#[derive(Debug)]
pub struct Download {
    body: ByteStream,
    hasher: Sha256,
    bucket: String,
    object: StoredObject,
}

impl Download {
    pub(crate) fn new(body: ByteStream, bucket: &str, object: &StoredObject) -> Self {
        Self { body, hasher: Sha256::new(), bucket: bucket.to_owned(), object: object.clone() }
    }

    /// The next piece, or none at the end. What has been read is to be believed only when the end was reached.
    ///
    /// # Errors
    /// The stream breaks off, or the bytes are others than the manifest says.
    pub async fn next(&mut self) -> Result<Option<Bytes>, LakeError> {
        let key = || self.object.key.clone();
        let piece = self.body.try_next().await;
        let piece = piece.map_err(|_| LakeError::broken_stream(&self.bucket, &self.object.key))?;
        match piece {
            Some(bytes) => {
                self.hasher.update(&bytes);
                Ok(Some(bytes))
            }
            None if format!("{:x}", self.hasher.clone().finalize()) != self.object.sha256 => {
                Err(LakeError::Altered { bucket: self.bucket.clone(), key: key() })
            }
            None => Ok(None),
        }
    }
}
