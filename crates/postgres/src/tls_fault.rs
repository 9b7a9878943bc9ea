//! Why a server's TLS is not accepted, told by the types of rustls' errors and never by their texts, which quote names.

use rustls::CertificateError;
use rustls::pki_types::InvalidDnsNameError;

/// A reason not to speak to a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TlsFault {
    /// The server has no TLS.
    Plaintext,
    /// None of the trusted roots stands behind the certificate.
    UnknownIssuer,
    /// The certificate's time is over.
    Expired,
    /// The certificate's time has not come.
    NotYetValid,
    /// The certificate is for other names, or the secret's host is not a name that one can be for.
    WrongName,
    /// A signature is false: the server does not hold the certificate's key, or the certificate is not of the root that it names.
    Forged,
    /// The certificate is not one that a server may have.
    Certificate,
    /// The two have no version or cipher in common, or the other end does not speak TLS.
    Protocol,
}

impl TlsFault {
    /// The fault behind an error of a handshake; none when it is an error of the network.
    pub(crate) fn of(error: &std::io::Error) -> Option<Self> {
        let inner = error.get_ref()?;
        if inner.is::<InvalidDnsNameError>() {
            return Some(Self::WrongName);
        }
        inner.downcast_ref::<rustls::Error>().map(Self::of_tls)
    }

    fn of_tls(error: &rustls::Error) -> Self {
        let rustls::Error::InvalidCertificate(certificate) = error else {
            return Self::Protocol;
        };
        match certificate {
            CertificateError::UnknownIssuer => Self::UnknownIssuer,
            CertificateError::Expired | CertificateError::ExpiredContext { .. } => Self::Expired,
            CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => Self::NotYetValid,
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. } => Self::WrongName,
            CertificateError::BadSignature => Self::Forged,
            _ => Self::Certificate,
        }
    }
}

impl std::fmt::Display for TlsFault {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Plaintext => {
                "the server offers no TLS, without which only loopback is connected to; switch it on there (RDS has it)"
            }
            Self::UnknownIssuer => {
                "the server's certificate was issued by none of the trusted roots; renew the bundle of RDS roots, or name the \
                 server's own root in STARLIFT_TRUST_ROOTS"
            }
            Self::Expired => "the server's certificate has expired; give the server a new one",
            Self::NotYetValid => "the server's certificate is not valid yet; set the server's clock, or give it another one",
            Self::WrongName => {
                "the server's certificate is not for the host of the secret; put the name there that the certificate is for"
            }
            Self::Forged => "the server's certificate is forged, or not its own; find out who answers there",
            Self::Certificate => "the server's certificate is not one that a server may have; give the server another one",
            Self::Protocol => "the server speaks no TLS that is accepted; it has to offer TLS 1.2 or 1.3",
        })
    }
}
