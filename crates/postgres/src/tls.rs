//! TLS: a certificate issued for the server's name by one of the given roots, or nothing.
//!
//! The root store holds only the certificates of one file (by default the bundle of RDS that lies beside the binary), so a certificate of any
//! other authority is refused, and so is one for another name: that is what PostgreSQL calls `verify-full`. Proven by `tests/tls.rs`.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::PostgresError;

/// Names another file of trust roots than the one beside the binary.
const TRUST_ROOTS: &str = "STARLIFT_TRUST_ROOTS";
/// The folder of a Lambda's zip, and the bundle's name in it.
const TASK_ROOT: &str = "LAMBDA_TASK_ROOT";
const BUNDLE: &str = "rds-global-bundle.pem";

/// The file of trust roots that the environment says; `get` is `std::env::var_os` but in tests.
pub(crate) fn trust_roots(get: impl Fn(&str) -> Option<OsString>) -> Result<PathBuf, PostgresError> {
    let given = |name: &str| get(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let beside = || given(TASK_ROOT).map(|folder| folder.join(BUNDLE));
    given(TRUST_ROOTS).or_else(beside).ok_or(PostgresError::NoTrustRoots)
}

/// A TLS connector that trusts the roots of this PEM file and no others.
pub(crate) fn connector(roots_file: &Path) -> Result<MakeRustlsConnect, PostgresError> {
    let fault = |reason| PostgresError::TrustRoots { file: roots_file.display().to_string(), reason };
    let certificates = CertificateDer::pem_file_iter(roots_file).map_err(|_| fault("cannot be read"))?;
    let mut roots = RootCertStore::empty();
    for certificate in certificates {
        let certificate = certificate.map_err(|_| fault("is not PEM"))?;
        roots.add(certificate).map_err(|_| fault("holds a certificate that is no root"))?;
    }
    if roots.is_empty() {
        return Err(fault("holds no certificate"));
    }
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|_| fault("cannot be used"))?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(MakeRustlsConnect::new(config))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bundle_lies_beside_the_binary_unless_the_environment_names_another() {
        let beside = |name: &str| (name == TASK_ROOT).then(|| "/var/task".into());
        assert_eq!(trust_roots(beside).ok(), Some("/var/task/rds-global-bundle.pem".into()));
        let named = |name: &str| Some(if name == TRUST_ROOTS { "/own.pem" } else { "/var/task" }.into());
        assert_eq!(trust_roots(named).ok(), Some("/own.pem".into()));
        let message = trust_roots(|_| None).expect_err("nothing is named").to_string();
        assert!(message.contains(TRUST_ROOTS), "{message}");
    }

    #[test]
    fn a_file_without_roots_is_refused_with_its_name() {
        let folder = std::env::temp_dir();
        let cases = [
            (folder.join("starlift-no-such-roots.pem"), "cannot be read"),
            (concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml").into(), "holds no certificate"),
        ];
        for (file, reason) in cases {
            let message = connector(&file).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(message.contains(&file.display().to_string()) && message.contains(reason), "{message}");
        }
    }
}
