//! What tests and `cargo xtask` stand on: throw-away PostgreSQL, local AWS, the demo source and the oracle.
//!
//! Real servers and no mocks. Whatever is started here ends with the process that started it, also when that process
//! is killed (see [`supervise`]); whatever is created is removed when a test succeeds and kept, with its name printed,
//! when it fails. Nothing here is ever shipped: the package is a dev-dependency and a dependency of `xtask`.

pub mod aws;
mod callers;
pub mod error;
pub mod execution;
pub mod gate;
pub mod gateway;
pub mod inbox;
pub mod local_aws;
pub mod logins;
pub mod oracle;
pub mod postgres;
pub mod provision;
pub mod python;
pub mod scenario;
pub mod shim;
pub mod soak;
pub mod source;
pub mod stack;
pub mod supervise;
pub mod terraform;
pub mod tls;
pub mod wire;
pub mod workspace;

pub use error::{Error, Result};
pub use gate::Held;
pub use gateway::{Gateway, Outage};
pub use inbox::Inbox;
pub use local_aws::local_aws;
pub use postgres::{Cluster, Database, Options, Version, cluster};
pub use shim::Shim;
pub use stack::{Blueprint, Stack};
pub use wire::{When, Wire};
