//! Builds for Lambda on any machine: zig links against Lambda's glibc, for the processor that is asked for.
//!
//! What an ordinary build links is the glibc of its own machine, which is newer than Lambda's on most, and its own processor's. zig and
//! cargo-zigbuild come as Python packages of fixed versions, so that the linker and C's compiler are the same everywhere; what comes out is
//! looked at by [`crate::glibc`].

use std::path::Path;
use std::process::Command;

use clap::ValueEnum;
use starlift_testkit::python::Environment;
use starlift_testkit::{Error, Result, error};

use crate::{glibc, step};

/// A processor that Lambda has, by the name that Terraform's `architecture` has for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Architecture {
    /// Graviton.
    Arm64,
    /// AMD and Intel.
    #[value(name = "x86_64")]
    X86_64,
}

impl Architecture {
    /// That of the machine that this runs on.
    pub(crate) fn of_this_machine() -> Self {
        if cfg!(target_arch = "aarch64") { Self::Arm64 } else { Self::X86_64 }
    }

    /// Its name in Terraform and on the command line.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Arm64 => "arm64",
            Self::X86_64 => "x86_64",
        }
    }

    /// Its name in Rust.
    pub(crate) fn target(self) -> &'static str {
        match self {
            Self::Arm64 => "aarch64-unknown-linux-gnu",
            Self::X86_64 => "x86_64-unknown-linux-gnu",
        }
    }
}

/// What builds as `cargo build --release` does, for Lambda with this processor. The binaries lie below `target/<target>/release/`.
///
/// # Errors
/// The linker or Rust's standard library for the processor is not to be had; the message says what to install.
pub(crate) fn build(architecture: Architecture) -> Result<Command> {
    let zig = Environment::of_tool("zig")?;
    ensure_standard_library(architecture.target())?;
    let (major, minor) = glibc::OF_LAMBDA;
    let mut build = step::of_workspace(zig.program("cargo-zigbuild"));
    build.env("CARGO_ZIGBUILD_PYTHON_PATH", zig.program("python"));
    build.args(["zigbuild", "--release", "--target"]).arg(format!("{}.{major}.{minor}", architecture.target()));
    Ok(build)
}

fn ensure_standard_library(target: &str) -> Result<()> {
    let mut rustc = step::of_workspace("rustc");
    let library = error::run(rustc.args(["--print", "target-libdir", "--target", target]))?;
    if Path::new(library.trim()).is_dir() {
        return Ok(());
    }
    let mut rustup = step::of_workspace("rustup");
    rustup.args(["target", "add", target]);
    step::run(&format!("fetching Rust's standard library for {target}"), &mut rustup).map_err(|error| {
        Error::Missing(format!(
            "install Rust's standard library for {target}, with rustup or the system's packages. {error}"
        ))
    })
}
