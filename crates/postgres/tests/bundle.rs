//! The bundle of RDS roots that is shipped: whole, and not about to end.

use std::time::{Duration, SystemTime};

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use x509_cert::Certificate;
use x509_cert::der::Decode;

/// In time to renew the bundle and to deploy it at leisure.
const YEAR: Duration = Duration::from_secs(365 * 24 * 3600);

#[test]
fn every_root_of_rds_that_is_shipped_lasts_another_twelve_months() -> Result<(), Box<dyn std::error::Error>> {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../certs/rds-global-bundle.pem");
    let certificates: Vec<CertificateDer> = CertificateDer::pem_file_iter(file)?.collect::<Result<_, _>>()?;
    let mut roots = rustls::RootCertStore::empty();
    for der in &certificates {
        let certificate = Certificate::from_der(der)?.tbs_certificate;
        let name = certificate.subject.to_string();
        assert!(name.contains("Amazon RDS") && certificate.subject == certificate.issuer, "{name} is no root of RDS");
        let ends = certificate.validity.not_after.to_system_time();
        assert!(ends > SystemTime::now() + YEAR, "{name} ends soon; renew the bundle: certs/renew.py says how");
        roots.add(der.clone())?;
    }
    // Three keys for each region.
    assert!(roots.len() >= 75 && roots.len().is_multiple_of(3), "{} certificates: some are missing", roots.len());
    Ok(())
}
