//! Streaming uploads: memory is one part being filled and one part on its way, however large the object.
//!
//! The object becomes visible only by [`Upload::finish`]; an upload that is dropped or aborted leaves no object. (Parts of a
//! process that died are removed by the bucket's lifecycle rule for incomplete uploads.)

use aws_sdk_s3::Client;
use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{CompletedMultipartUpload, CompletedPart};
use bytes::BytesMut;
use sha2::{Digest, Sha256};
use tokio::task::JoinHandle;

use crate::lake::is_refused;
use crate::{LakeError, Put, StoredObject};

/// Bytes of one part. S3 takes 5 MiB to 5 GiB, and 10,000 parts: 8 MiB allows objects of 78 GiB.
const PART_BYTES: usize = 8 * 1024 * 1024;

/// An object that is being written.
#[derive(Debug)]
pub struct Upload {
    client: Client,
    bucket: String,
    key: String,
    replaces: bool,
    buffer: BytesMut,
    hasher: Sha256,
    bytes: u64,
    id: Option<String>,
    completed: Vec<CompletedPart>,
    sending: Option<JoinHandle<Result<CompletedPart, LakeError>>>,
}

impl Upload {
    pub(crate) fn new(client: Client, bucket: String, key: String, replaces: bool) -> Self {
        Self {
            client,
            bucket,
            key,
            replaces,
            buffer: BytesMut::new(),
            hasher: Sha256::new(),
            bytes: 0,
            id: None,
            completed: Vec::new(),
            sending: None,
        }
    }

    /// Appends bytes.
    ///
    /// # Errors
    /// S3 refuses or does not answer.
    pub async fn write(&mut self, piece: &[u8]) -> Result<(), LakeError> {
        self.hasher.update(piece);
        self.bytes += piece.len() as u64;
        self.buffer.extend_from_slice(piece);
        if self.buffer.len() >= PART_BYTES {
            self.send_part().await?;
        }
        Ok(())
    }

    /// The sha256 of the bytes so far, in hexadecimal.
    #[must_use]
    pub fn sha256(&self) -> String {
        format!("{:x}", self.hasher.clone().finalize())
    }

    /// Makes the object visible. `rows` is what its manifest will say it holds.
    ///
    /// # Errors
    /// S3 refuses or does not answer, or the key is taken: then nothing is changed.
    pub async fn finish(mut self, rows: u64) -> Result<StoredObject, LakeError> {
        let object = StoredObject { key: self.key.clone(), rows, bytes: self.bytes, sha256: self.sha256() };
        let put = match self.id.clone() {
            None => self.put_whole().await?,
            Some(id) => self.complete(&id).await?,
        };
        match put {
            Put::Written => Ok(object),
            Put::Refused => Err(LakeError::Storage {
                doing: "creating",
                bucket: self.bucket,
                key: self.key,
                code: "the key is taken".to_owned(),
                // The write may have succeeded and only its answer been lost; a new attempt has keys of its own.
                kind: starlift_failure::FailureKind::Transient,
                advice: "it is tried again under another key",
            }),
        }
    }

    /// Gives the upload up: no object is made.
    ///
    /// # Errors
    /// S3 refuses or does not answer.
    pub async fn abort(mut self) -> Result<(), LakeError> {
        if let Some(sending) = self.sending.take() {
            sending.abort();
        }
        let Some(id) = &self.id else {
            return Ok(());
        };
        let request = self.client.abort_multipart_upload().bucket(&self.bucket).key(&self.key).upload_id(id);
        request
            .send()
            .await
            .map_err(|error| LakeError::storage("aborting the upload of", &self.bucket, &self.key, &error))?;
        Ok(())
    }

    async fn put_whole(&mut self) -> Result<Put, LakeError> {
        let mut request = self.client.put_object().bucket(&self.bucket).key(&self.key);
        if !self.replaces {
            request = request.if_none_match("*");
        }
        let body = ByteStream::from(std::mem::take(&mut self.buffer).freeze());
        match request.body(body).send().await {
            Ok(_) => Ok(Put::Written),
            Err(error) if is_refused(&error) => Ok(Put::Refused),
            Err(error) => Err(LakeError::storage("writing", &self.bucket, &self.key, &error)),
        }
    }

    async fn complete(&mut self, id: &str) -> Result<Put, LakeError> {
        if !self.buffer.is_empty() {
            self.send_part().await?;
        }
        self.await_part().await?;
        let parts = CompletedMultipartUpload::builder().set_parts(Some(std::mem::take(&mut self.completed))).build();
        let mut request = self.client.complete_multipart_upload().bucket(&self.bucket).key(&self.key);
        if !self.replaces {
            request = request.if_none_match("*");
        }
        match request.upload_id(id).multipart_upload(parts).send().await {
            Ok(_) => Ok(Put::Written),
            Err(error) if is_refused(&error) => Ok(Put::Refused),
            Err(error) => Err(LakeError::storage("completing the upload of", &self.bucket, &self.key, &error)),
        }
    }

    /// Sends the buffer as the next part while the caller goes on filling a new one.
    async fn send_part(&mut self) -> Result<(), LakeError> {
        self.await_part().await?;
        let id = self.upload_id().await?;
        let number = i32::try_from(self.completed.len() + 1).unwrap_or(i32::MAX);
        let body = std::mem::take(&mut self.buffer).freeze();
        let (client, bucket, key) = (self.client.clone(), self.bucket.clone(), self.key.clone());
        self.sending = Some(tokio::spawn(async move {
            let request = client.upload_part().bucket(&bucket).key(&key).upload_id(id).part_number(number);
            let sent = request.body(ByteStream::from(body)).send().await;
            let sent = sent.map_err(|error| LakeError::storage("writing a part of", &bucket, &key, &error))?;
            let part = CompletedPart::builder().part_number(number).set_e_tag(sent.e_tag);
            Ok(part.set_checksum_crc32(sent.checksum_crc32).set_checksum_crc64_nvme(sent.checksum_crc64_nvme).build())
        }));
        Ok(())
    }

    async fn await_part(&mut self) -> Result<(), LakeError> {
        let Some(sending) = self.sending.take() else {
            return Ok(());
        };
        let part = sending.await.map_err(|_| LakeError::Storage {
            doing: "writing a part of",
            bucket: self.bucket.clone(),
            key: self.key.clone(),
            code: "the task ended".to_owned(),
            kind: starlift_failure::FailureKind::Internal,
            advice: "please report it",
        })??;
        self.completed.push(part);
        Ok(())
    }

    async fn upload_id(&mut self) -> Result<String, LakeError> {
        if let Some(id) = &self.id {
            return Ok(id.clone());
        }
        let request = self.client.create_multipart_upload().bucket(&self.bucket).key(&self.key);
        let created = request.send().await;
        let created =
            created.map_err(|error| LakeError::storage("beginning the upload of", &self.bucket, &self.key, &error))?;
        let id = created.upload_id.unwrap_or_default();
        self.id = Some(id.clone());
        Ok(id)
    }
}
