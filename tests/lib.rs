//! Tests of the whole pipeline; see `pipeline/main.rs`. The library is empty: Cargo wants a target besides the tests.
