//! TLS: a certificate issued for the server's name by one of the given roots, or nothing.
//!
//! The root store holds only what `STARLIFT_TRUST_ROOTS` names (on RDS: the RDS bundle), so a certificate of any other authority
//! is refused: that is `verify-full`.

use std::path::Path;
use std::sync::Arc;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use tokio_postgres_rustls::MakeRustlsConnect;

use crate::PostgresError;

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
