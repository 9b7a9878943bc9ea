//! Ingest against a real PostgreSQL and a local S3. One binary, so that all tests share the two servers.

mod fence;
mod fence_cursor;
mod fence_standby;
mod fence_writers;
mod held_rows;
mod increments;
mod key_lists;
mod logs;
mod refusals;
mod resets;
mod runs;
mod slices;
mod snapshot;
mod source_changes;
mod totals;
mod waits;
mod world;
