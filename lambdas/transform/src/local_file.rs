//! A file of the work folder that becomes an object.

use std::fs::File;
use std::io;
use std::path::PathBuf;

use sha2::{Digest, Sha256};
use starlift_lake::LakeError;

/// A finished file with what its manifest will say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalFile {
    /// Where it is.
    pub path: PathBuf,
    /// How many rows it holds, the header not counted.
    pub rows: u64,
    /// Its size in bytes.
    pub bytes: u64,
    /// The sha256 of its bytes, in hexadecimal.
    pub sha256: String,
}

impl LocalFile {
    /// Measures the file at this path.
    pub(crate) fn measure(path: PathBuf, rows: u64) -> Result<Self, LakeError> {
        let mut hasher = Sha256::new();
        let hashed = File::open(&path).and_then(|mut file| io::copy(&mut file, &mut hasher));
        let bytes = hashed.map_err(|error| LakeError::WorkFolder(error.kind()))?;
        Ok(Self { path, rows, bytes, sha256: format!("{:x}", hasher.finalize()) })
    }
}
