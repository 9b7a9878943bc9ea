//! The whole way of a row: the real Lambda binaries under the real state machine, a real PostgreSQL on both sides.
//!
//! `cargo xtask test` builds the zips first. Scenarios that need no Rust lie in `tests/scenarios/`.

mod alerts;
mod bad_input;
mod clocks;
mod concurrency;
mod cost;
mod cursor;
mod database_faults;
mod deletions;
mod drift;
mod encrypted;
mod exports;
mod fail_points;
mod first_run;
mod fragile;
mod increments;
mod least_privilege;
mod locks;
mod many_increments;
mod objects;
mod quarantine;
mod reader;
mod readme;
mod reconciliation;
mod recovery;
mod redrive;
mod repetition;
mod replay;
mod restored;
mod rights;
mod rotation;
mod round_trip;
mod scenarios;
mod storage_faults;
mod support;
mod unknown_members;
mod warehouse_catalog;
mod watch;
mod wired;
