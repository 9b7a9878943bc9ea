//! Models run over raw objects as files, and read back with another Parquet reader. One binary: Polars is slow to link.

mod exactness;
mod holding;
mod planning;
mod repeatability;
mod support;
mod totesys;
