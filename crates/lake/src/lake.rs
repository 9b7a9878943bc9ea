//! Objects: conditional puts, reads, listings.

use std::path::Path;
use std::sync::Arc;

use aws_sdk_s3::Client;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_s3::primitives::ByteStream;
use bytes::Bytes;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::AsyncWriteExt;

use crate::{Download, LakeError, StoredObject, Upload};

/// One of the three zones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Zone {
    /// The raw zone: CSV as the source gave it. Immutable.
    Ingest,
    /// Star-shaped Parquet. Immutable.
    Processed,
    /// Manifests, the catalog, the tracking, extracts.
    Control,
}

/// The bucket of each zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Buckets {
    /// The bucket of [`Zone::Ingest`].
    pub ingest: String,
    /// The bucket of [`Zone::Processed`].
    pub processed: String,
    /// The bucket of [`Zone::Control`].
    pub control: String,
}

impl Buckets {
    /// The bucket of a zone.
    #[must_use]
    pub fn of(&self, zone: Zone) -> &str {
        match zone {
            Zone::Ingest => &self.ingest,
            Zone::Processed => &self.processed,
            Zone::Control => &self.control,
        }
    }
}

/// The three zones on S3. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Lake {
    client: Client,
    buckets: Arc<Buckets>,
}

/// An object's content and its version.
#[derive(Clone, Debug)]
pub struct Fetched {
    /// The content.
    pub bytes: Bytes,
    /// The entity tag, for a conditional put.
    pub etag: String,
}

/// What became of a conditional put.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Put {
    /// The object is written.
    Written,
    /// The condition did not hold; nothing is changed.
    Refused,
}

impl Lake {
    /// The zones in these buckets.
    #[must_use]
    pub fn new(client: Client, buckets: Buckets) -> Self {
        Self { client, buckets: Arc::new(buckets) }
    }

    /// The bucket of a zone.
    #[must_use]
    pub fn bucket(&self, zone: Zone) -> &str {
        self.buckets.of(zone)
    }

    /// An object's content, or none when there is no such object. For small objects: the content is held in memory.
    ///
    /// # Errors
    /// S3 refuses or does not answer.
    pub async fn get(&self, zone: Zone, key: &str) -> Result<Option<Fetched>, LakeError> {
        let bucket = self.bucket(zone);
        let got = match self.client.get_object().bucket(bucket).key(key).send().await {
            Ok(got) => got,
            Err(error) if is_absent(&error) => return Ok(None),
            Err(error) => return Err(LakeError::storage("reading", bucket, key, &error)),
        };
        let etag = got.e_tag().unwrap_or_default().to_owned();
        let content = got.body.collect().await.map_err(|_| LakeError::broken_stream(self.bucket(zone), key))?;
        Ok(Some(Fetched { bytes: content.into_bytes(), etag }))
    }

    /// An object that holds JSON, or none when there is no such object.
    ///
    /// # Errors
    /// S3 refuses or does not answer, or the content is not what it should be.
    pub async fn get_json<T: DeserializeOwned>(&self, zone: Zone, key: &str) -> Result<Option<T>, LakeError> {
        let Some(fetched) = self.get(zone, key).await? else {
            return Ok(None);
        };
        // The text of a JSON error can quote the content, so only its place is told.
        let parsed = serde_json::from_slice(&fetched.bytes).map_err(|error| LakeError::Unreadable {
            bucket: self.bucket(zone).to_owned(),
            key: key.to_owned(),
            reason: format!("{:?} error in line {}", error.classify(), error.line()),
        })?;
        Ok(Some(parsed))
    }

    /// Opens an object of a manifest, to be read piece by piece.
    ///
    /// # Errors
    /// There is no such object any more, or S3 refuses or does not answer.
    pub async fn open(&self, zone: Zone, object: &StoredObject) -> Result<Download, LakeError> {
        let (bucket, key) = (self.bucket(zone), object.key.as_str());
        let got = self.client.get_object().bucket(bucket).key(key).send().await.map_err(|error| {
            if is_absent(&error) {
                let advice = "it has expired or was removed; start a new execution".to_owned();
                return LakeError::Absent { bucket: bucket.to_owned(), key: key.to_owned(), advice };
            }
            LakeError::storage("reading", bucket, key, &error)
        })?;
        Ok(Download::new(got.body, bucket, object))
    }

    /// Copies an object of a manifest into a local file, streaming.
    ///
    /// # Errors
    /// S3 refuses or does not answer, the file cannot be written, or the bytes are others than the manifest says.
    pub async fn download(&self, zone: Zone, object: &StoredObject, to: &Path) -> Result<(), LakeError> {
        let mut pieces = self.open(zone, object).await?;
        let mut file = tokio::fs::File::create(to).await.map_err(|error| LakeError::WorkFolder(error.kind()))?;
        while let Some(piece) = pieces.next().await? {
            file.write_all(&piece).await.map_err(|error| LakeError::WorkFolder(error.kind()))?;
        }
        file.flush().await.map_err(|error| LakeError::WorkFolder(error.kind()))
    }

    /// Writes an object only if there is none with this key.
    ///
    /// # Errors
    /// S3 refuses or does not answer.
    pub async fn put_new(&self, zone: Zone, key: &str, content: impl Into<Bytes>) -> Result<Put, LakeError> {
        let request = self.client.put_object().bucket(self.bucket(zone)).key(key).if_none_match("*");
        self.finish_put(zone, key, request.body(ByteStream::from(content.into())).send().await)
    }

    /// Writes JSON only if there is no object with this key.
    ///
    /// # Errors
    /// S3 refuses or does not answer.
    pub async fn put_new_json<T: Serialize + Sync>(&self, zone: Zone, key: &str, value: &T) -> Result<Put, LakeError> {
        self.put_new(zone, key, self.to_json(zone, key, value)?).await
    }

    /// Writes JSON over exactly the version with this entity tag, or only if absent when there is none.
    ///
    /// # Errors
    /// S3 refuses or does not answer.
    pub async fn replace_json<T: Serialize + Sync>(
        &self,
        zone: Zone,
        key: &str,
        etag: Option<&str>,
        value: &T,
    ) -> Result<Put, LakeError> {
        let json = self.to_json(zone, key, value)?;
        let request = self.client.put_object().bucket(self.bucket(zone)).key(key);
        let conditional = match etag {
            Some(etag) => request.if_match(etag),
            None => request.if_none_match("*"),
        };
        self.finish_put(zone, key, conditional.body(ByteStream::from(json)).send().await)
    }

    /// The keys that begin with a prefix, in their order, however many pages they fill.
    ///
    /// # Errors
    /// S3 refuses or does not answer.
    pub async fn list(&self, zone: Zone, prefix: &str) -> Result<Vec<String>, LakeError> {
        let bucket = self.bucket(zone);
        let mut pages = self.client.list_objects_v2().bucket(bucket).prefix(prefix).into_paginator().send();
        let mut keys = Vec::new();
        while let Some(page) = pages.next().await {
            let page = page.map_err(|error| LakeError::storage("listing", bucket, prefix, &error))?;
            keys.extend(page.contents.unwrap_or_default().into_iter().filter_map(|object| object.key));
        }
        Ok(keys)
    }

    /// Whether an object is there.
    ///
    /// # Errors
    /// S3 refuses or does not answer.
    pub async fn exists(&self, zone: Zone, key: &str) -> Result<bool, LakeError> {
        let bucket = self.bucket(zone);
        match self.client.head_object().bucket(bucket).key(key).send().await {
            Ok(_) => Ok(true),
            Err(error) if is_absent(&error) => Ok(false),
            Err(error) => Err(LakeError::storage("looking up", bucket, key, &error)),
        }
    }

    /// Begins a streaming upload that creates the object, and is refused when the key is taken.
    #[must_use]
    pub fn create(&self, zone: Zone, key: impl Into<String>) -> Upload {
        Upload::new(self.client.clone(), self.bucket(zone).to_owned(), key.into(), false)
    }

    /// Begins a streaming upload that replaces the object when it is complete. For extracts only.
    #[must_use]
    pub fn replace(&self, zone: Zone, key: impl Into<String>) -> Upload {
        Upload::new(self.client.clone(), self.bucket(zone).to_owned(), key.into(), true)
    }

    fn to_json<T: Serialize>(&self, zone: Zone, key: &str, value: &T) -> Result<Vec<u8>, LakeError> {
        serde_json::to_vec_pretty(value).map_err(|_| LakeError::Unreadable {
            bucket: self.bucket(zone).to_owned(),
            key: key.to_owned(),
            reason: "not writable as JSON".to_owned(),
        })
    }

    fn finish_put<T, E: ProvideErrorMetadata>(
        &self,
        zone: Zone,
        key: &str,
        answer: Result<T, SdkError<E>>,
    ) -> Result<Put, LakeError> {
        match answer {
            Ok(_) => Ok(Put::Written),
            Err(error) if is_refused(&error) => Ok(Put::Refused),
            Err(error) => Err(LakeError::storage("writing", self.bucket(zone), key, &error)),
        }
    }
}

fn is_absent<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    error
        .as_service_error()
        .and_then(ProvideErrorMetadata::code)
        .is_some_and(|code| matches!(code, "NoSuchKey" | "NotFound"))
}

/// Whether the condition of a put did not hold.
pub(crate) fn is_refused<E: ProvideErrorMetadata>(error: &SdkError<E>) -> bool {
    error.as_service_error().and_then(ProvideErrorMetadata::code) == Some("PreconditionFailed")
}
