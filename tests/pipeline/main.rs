//! The whole way of a row: the real Lambda binaries under the real state machine, a real PostgreSQL on both sides.
//!
//! `cargo xtask test` builds the zips first. Scenarios that need no Rust lie in `tests/scenarios/`.

mod bad_input;
mod concurrency;
mod cursor;
mod deletions;
mod drift;
mod exports;
mod fail_points;
mod first_run;
mod fragile;
mod increments;
mod objects;
mod quarantine;
mod readme;
mod reconciliation;
mod recovery;
mod repetition;
mod replay;
mod rights;
mod round_trip;
mod scenarios;
mod support;
mod unknown_members;
mod warehouse_catalog;
mod watch;
