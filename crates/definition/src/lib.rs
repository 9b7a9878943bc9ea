//! The definition of a pipeline: `pipeline.toml`, one `SELECT` per dimension and fact, seeds.
//!
//! Everything here is pure: files in, types and findings out. No async, no AWS, no PostgreSQL, so that the checker, every
//! Lambda and the tests mean the same thing by the same words. What a catalog already knows (columns, types, keys) is
//! not repeated in the definition; [`Catalog`] and [`Column`] carry it.

mod catalog;
mod check;
mod column_type;
mod definition;
mod error;
mod mixing;
mod model;
mod origin;
mod pipeline;
mod seed;
mod source_table;
mod syntax;
mod trace;
mod unknown;

pub use catalog::{Catalog, Column, ForeignKey, TargetTable};
pub use check::{check_catalog, check_source_columns};
pub use column_type::{ColumnType, TypeKind};
pub use definition::Definition;
pub use error::DefinitionError;
pub use model::{ColumnUse, Model};
pub use pipeline::{Dimension, Fact, Generate, OnMissingDimension, Pipeline, Settings, Source, Warehouse};
pub use seed::Seed;
pub use source_table::{Deletes, Read, SourceTable};
pub use trace::Trace;
pub use unknown::UNKNOWN_MEMBER;
