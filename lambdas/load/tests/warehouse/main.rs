//! Load against a real PostgreSQL and local AWS: a small pipeline whose runs are written by the tests themselves.

mod begin;
mod bulk;
mod deletions;
mod export;
mod faults;
mod fingerprints;
mod migrate;
mod publication;
mod quarantine;
mod reconciliation;
mod replay;
mod rights;
mod roles;
mod rows;
mod spreadsheet;
mod unknown;
mod world;

/// What a test ends with.
type Outcome = Result<(), Box<dyn std::error::Error>>;
