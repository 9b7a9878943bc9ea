//! PostgreSQL as the pipeline uses it: connections, catalog, `COPY` in and out, quoting, types, and what an error means.
//!
//! Invariants: identifiers reach SQL only through [`quote`], values only as parameters or through [`Cell`]; no error of this crate
//! holds a row's value, a password or a connection string, because the texts of tokio-postgres, which can, do not leave it.

mod catalog;
mod cell;
mod connect;
mod copy;
mod error;
mod fence;
mod quote;
mod readable;
mod secret;
mod sqlstate;
mod tls;
mod tls_fault;
mod unknown;

pub use catalog::{CatalogTable, read_tables};
pub use cell::{Cell, binary_type};
pub use connect::{Session, SessionOptions, connect, connect_by_secret, connect_trusting};
pub use copy::{CopyIn, TextCopyIn, copy_out};
pub use error::PostgresError;
pub use fence::above_fence;
pub use quote::{quote, quote_list, quote_table};
pub use secret::ConnectionSecret;
pub use tls_fault::TlsFault;
pub use unknown::missing_unknown_member;
