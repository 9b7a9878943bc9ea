//! Models run over raw objects as files, and read back with another Parquet reader. One binary: Polars is slow to link.

mod support;
mod totesys;
