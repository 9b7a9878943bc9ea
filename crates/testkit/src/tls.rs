//! Certificates that a test mints, and a TLS end that shows them in front of a PostgreSQL that has no TLS.
//!
//! The end answers PostgreSQL's request for TLS, shakes hands and carries the bytes through to the real server; a client that does not ask for TLS
//! is cut off. So a test has the server of RDS as a client sees it, in any state of its certificate. Used by the tests of `crates/postgres`.

use std::path::Path;
use std::sync::Arc;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::pem::PemObject;
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::sign::{CertifiedKey, SingleCertAndKey};

use crate::error::{Error, Result};

/// The message by which a client of PostgreSQL asks for TLS: its length and a number of its own.
const SSL_REQUEST: [u8; 8] = [0, 0, 0, 8, 0x04, 0xd2, 0x16, 0x2f];

/// A certificate authority of a test.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

/// When a certificate is valid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Validity {
    /// Now.
    Now,
    /// No more.
    Past,
    /// Not yet.
    Future,
}

/// A server's certificate with the key that it answers by, both as PEM.
#[derive(Debug)]
pub struct Identity {
    pub(crate) certificate: String,
    pub(crate) key: String,
}

impl Authority {
    /// An authority that nobody knows.
    ///
    /// # Errors
    /// When no key can be made.
    pub fn new(name: &str) -> Result<Self> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(Vec::new())?;
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let pem = params.self_signed(&key)?.pem();
        Ok(Self { issuer: Issuer::new(params, key), pem })
    }

    /// Writes its certificate to a file, for those who are to trust it.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn write_to(&self, file: &Path) -> Result<()> {
        std::fs::write(file, &self.pem).map_err(Error::at(file))
    }

    /// Issues a certificate for a name or an address.
    ///
    /// # Errors
    /// When it is neither.
    pub fn issue(&self, name: &str, validity: Validity) -> Result<Identity> {
        let key = KeyPair::generate()?;
        let mut params = CertificateParams::new(vec![name.to_owned()])?;
        let (from, until) = match validity {
            Validity::Now => (2000, 3000),
            Validity::Past => (2000, 2001),
            Validity::Future => (2999, 3000),
        };
        (params.not_before, params.not_after) = (date_time_ymd(from, 1, 1), date_time_ymd(until, 1, 1));
        Ok(Identity { certificate: params.signed_by(&key, &self.issuer)?.pem(), key: key.serialize_pem() })
    }
}

impl Identity {
    /// The same certificate in the hands of somebody who has another key.
    #[must_use]
    pub fn stolen_by(self, thief: Self) -> Self {
        Self { certificate: self.certificate, key: thief.key }
    }
}

impl From<rcgen::Error> for Error {
    fn from(error: rcgen::Error) -> Self {
        Self::Malformed(format!("minting a certificate: {error}"))
    }
}

/// A port of loopback where the server is reached by TLS only. Dropping it cuts every connection.
#[derive(Debug)]
pub struct TlsEnd {
    port: u16,
    accepting: JoinHandle<()>,
}

impl TlsEnd {
    /// A TLS end before the server at a port of loopback.
    ///
    /// # Errors
    /// When this machine gives out no port, or the identity is not one.
    pub async fn before(server: u16, identity: Identity) -> Result<Self> {
        let acceptor = acceptor(&identity).map_err(|error| Error::Malformed(format!("a TLS end: {error}")))?;
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.map_err(Error::at("127.0.0.1"))?;
        let port = listener.local_addr().map_err(Error::at("127.0.0.1"))?.port();
        Ok(Self { port, accepting: tokio::spawn(accept(listener, server, acceptor)) })
    }

    /// Its port of 127.0.0.1.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }
}

impl Drop for TlsEnd {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

fn acceptor(identity: &Identity) -> std::result::Result<TlsAcceptor, Box<dyn std::error::Error>> {
    let provider = aws_lc_rs::default_provider();
    let certificate = CertificateDer::from_pem_slice(identity.certificate.as_bytes())?;
    let key = provider.key_provider.load_private_key(PrivateKeyDer::from_pem_slice(identity.key.as_bytes())?)?;
    // Not by way of `with_single_cert`, which refuses a key that is not the certificate's.
    let certified = SingleCertAndKey::from(CertifiedKey::new(vec![certificate], key));
    let config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(certified));
    Ok(TlsAcceptor::from(Arc::new(config)))
}

async fn accept(listener: TcpListener, server: u16, acceptor: TlsAcceptor) {
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let acceptor = acceptor.clone();
        connections.spawn(async move {
            // Whatever goes wrong, what the client sees of it is the end of its connection.
            let _ = carry(client, server, &acceptor).await;
        });
    }
}

async fn carry(mut client: TcpStream, server: u16, acceptor: &TlsAcceptor) -> std::io::Result<()> {
    let mut asked = [0; SSL_REQUEST.len()];
    client.read_exact(&mut asked).await?;
    if asked != SSL_REQUEST {
        return Ok(());
    }
    client.write_all(b"S").await?;
    let mut client = acceptor.accept(client).await?;
    let mut server = TcpStream::connect(("127.0.0.1", server)).await?;
    copy_bidirectional(&mut client, &mut server).await?;
    Ok(())
}
