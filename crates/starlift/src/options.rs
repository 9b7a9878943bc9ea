//! Options that several commands share: what stands for a pipeline, its source and its warehouse.

use std::path::PathBuf;

/// The option that names a definition.
#[derive(clap::Args)]
pub(crate) struct PipelineArgs {
    /// The definition's folder
    #[arg(long = "pipeline", value_name = "FOLDER", default_value = "sql/totesys")]
    pub(crate) folder: PathBuf,
}

/// The option that names a source.
#[derive(clap::Args)]
pub(crate) struct SourceArgs {
    /// The source: postgres://user:password@host:port/database
    #[arg(id = "source", long = "source", value_name = "URL", env = "STARLIFT_SOURCE", hide_env_values = true)]
    pub(crate) url: Option<String>,
}

/// The option that names a warehouse.
#[derive(clap::Args)]
pub(crate) struct WarehouseArgs {
    /// The warehouse: postgres://user:password@host:port/database
    #[arg(
        id = "warehouse",
        long = "warehouse",
        value_name = "URL",
        env = "STARLIFT_WAREHOUSE",
        hide_env_values = true
    )]
    pub(crate) url: Option<String>,
}
