//! The lake: three zones of objects, the manifests that make objects part of a run, and the messages between states.
//!
//! Invariants: an object of the raw and processed zones is created, never overwritten; only a manifest, written last and only if
//! absent, makes objects part of a run; what is passed between states is a pointer, never rows.

mod download;
mod error;
pub mod keys;
mod lake;
pub mod manifest;
pub mod messages;
mod published;
mod tracking;
mod upload;

pub use download::Download;
pub use error::LakeError;
pub use lake::{Buckets, Fetched, Lake, Put, Zone};
pub use manifest::{
    HeldRows, IngestManifest, ManifestTable, ModelOutput, Part, Retried, StoredObject, Totals, TransformManifest,
};
pub use published::Published;
pub use tracking::{Fences, KeyList, Position, ReadState, SourcePosition, TableState, Tracking};
pub use upload::Upload;
