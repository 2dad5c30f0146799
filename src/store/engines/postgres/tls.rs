//! TLS to PostgreSQL as libpq's modes have it: `require` and `prefer` take any certificate, `verify-ca`
//! one that an authority among the roots has signed, `verify-full` one that also bears the host's name.
//!
//! Two things that OpenSSL does and rustls by itself does not: a server's own certificate among the roots
//! is trusted whatever it says of itself (one that signs itself says that it is an authority), and where
//! a certificate has no list of names, the common name counts.

use std::io;
use std::sync::Arc;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use rustls::{
    CertificateError, ClientConfig, ClientConnection, DigitallySignedStruct, Error, RootCertStore,
    SignatureScheme,
};
use sha2::{Digest as _, Sha256, Sha384, Sha512};

use super::parameters::Parameters;

/// A client's side of TLS to a host, before the first byte.
///
/// # Errors
/// A file of certificates or keys that cannot be read; a mode that needs roots where there are none.
pub(super) fn client(parameters: &Parameters<'_>, host: &str) -> Result<ClientConnection, String> {
    let provider = Arc::new(ring::default_provider());
    let checks = match parameters.get("sslmode") {
        Some("verify-full") => Checks::Name(roots(parameters)?),
        Some("verify-ca") => Checks::Authority(roots(parameters)?),
        _ => Checks::Nothing,
    };
    let name = ServerName::try_from(host.to_owned());
    let name = match (name, &checks) {
        (Ok(name), _) => name,
        (Err(error), Checks::Name(_)) => return Err(format!("{host}: {error}")),
        // Nobody asks for the name, so it need not be one.
        (Err(_), _) => ServerName::from(std::net::IpAddr::from([0, 0, 0, 0])),
    };
    let verifier = Arc::new(Verifier { checks, provider: provider.clone() });
    let builder = ClientConfig::builder_with_provider(provider.clone())
        .with_safe_default_protocol_versions()
        .map_err(|error| error.to_string())?
        .dangerous()
        .with_custom_certificate_verifier(verifier);
    let config = match (parameters.get("sslcert"), parameters.get("sslkey")) {
        (Some(certificate), Some(key)) => {
            // Whether the two belong together the server will say; rustls would refuse an old form of certificate.
            let signs = provider.key_provider.load_private_key(private_key(key)?);
            let signs = signs.map_err(|error| format!("{key}: {error}"))?;
            let own = CertifiedKey::new(certificates(certificate)?, signs);
            builder.with_client_cert_resolver(Arc::new(SingleCertAndKey::from(own)))
        }
        _ => builder.with_no_client_auth(),
    };
    ClientConnection::new(Arc::new(config), name).map_err(|error| error.to_string())
}

fn certificates(path: &str) -> Result<Vec<CertificateDer<'static>>, String> {
    let read = CertificateDer::pem_file_iter(path).and_then(Iterator::collect);
    read.map_err(|error| format!("{path}: {error}"))
}

fn private_key(path: &str) -> Result<PrivateKeyDer<'static>, String> {
    PrivateKeyDer::from_pem_file(path).map_err(|error| format!("{path}: {error}"))
}

/// The certificates that are trusted.
#[derive(Debug)]
struct TrustRoots {
    given: Vec<CertificateDer<'static>>,
    authorities: RootCertStore,
}

/// A certificate among them that rustls does not understand is no authority; it may be the server's own.
fn roots(parameters: &Parameters<'_>) -> Result<TrustRoots, String> {
    let path =
        parameters.get("sslrootcert").ok_or("no root certificates are known; name a file by sslcert=")?;
    let given = certificates(path)?;
    if given.is_empty() {
        return Err(format!("{path}: holds no certificate"));
    }
    let mut authorities = RootCertStore::empty();
    authorities.add_parsable_certificates(given.iter().cloned());
    Ok(TrustRoots { given, authorities })
}

/// What is asked of a server's certificate.
#[derive(Debug)]
enum Checks {
    Nothing,
    Authority(TrustRoots),
    Name(TrustRoots),
}

#[derive(Debug)]
struct Verifier {
    checks: Checks,
    provider: Arc<CryptoProvider>,
}

impl Verifier {
    fn is_signed(
        &self,
        roots: &TrustRoots,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        now: UnixTime,
    ) -> Result<(), Error> {
        let algorithms = self.provider.signature_verification_algorithms.all;
        let signed = ParsedCertificate::try_from(certificate).and_then(|parsed| {
            verify_server_cert_signed_by_trust_anchor(&parsed, &roots.authorities, between, now, algorithms)
        });
        match signed {
            Err(Error::InvalidCertificate(
                expired @ (CertificateError::ExpiredContext { .. }
                | CertificateError::NotValidYetContext { .. }),
            )) => Err(expired.into()),
            Err(_) if roots.given.contains(certificate) => Ok(()),
            other => other,
        }
    }
}

/// Whether a certificate bears a name. Where rustls does not understand it, it was trusted as a whole.
fn bears(certificate: &CertificateDer<'_>, name: &ServerName<'_>) -> Result<(), Error> {
    let named = ParsedCertificate::try_from(certificate).and_then(|parsed| verify_server_name(&parsed, name));
    let host = name.to_str();
    let by_common_name = || {
        !has_names(certificate) && common_name(certificate).is_some_and(|own| own.eq_ignore_ascii_case(&host))
    };
    named.or_else(|error| if by_common_name() { Ok(()) } else { Err(error) })
}

/// The number of the extension that lists a certificate's names, as DER writes it.
const NAMES: [u8; 5] = [0x06, 0x03, 0x55, 0x1d, 0x11];
/// The number of the common name.
const COMMON_NAME: [u8; 5] = [0x06, 0x03, 0x55, 0x04, 0x03];

fn has_names(certificate: &[u8]) -> bool {
    certificate.windows(NAMES.len()).any(|window| window == NAMES)
}

/// The subject's common name: it comes after the issuer's, and nothing but its key and extensions after it.
fn common_name(certificate: &[u8]) -> Option<String> {
    let body = der::inside(certificate)?;
    let mut fields = der::parts(der::inside(body)?);
    // The version is left out where it is the first one.
    let first = fields.next()?;
    let before_subject = if first[0] == 0xa0 { 4 } else { 3 };
    let subject = fields.nth(before_subject)?;
    let at = subject.windows(COMMON_NAME.len()).rposition(|window| window == COMMON_NAME)?;
    let text = der::inside(&subject[at + COMMON_NAME.len()..])?;
    std::str::from_utf8(text).ok().map(str::to_owned)
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        between: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _ocsp: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        match &self.checks {
            Checks::Nothing => {}
            Checks::Authority(roots) => self.is_signed(roots, certificate, between, now)?,
            Checks::Name(roots) => {
                self.is_signed(roots, certificate, between, now)?;
                bears(certificate, name)?;
            }
        }
        Ok(ServerCertVerified::assertion())
    }

    /// Whoever takes any certificate learns nothing from a signature by its key.
    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if matches!(self.checks, Checks::Nothing) {
            return Ok(HandshakeSignatureValid::assertion());
        }
        verify_tls12_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        if matches!(self.checks, Checks::Nothing) {
            return Ok(HandshakeSignatureValid::assertion());
        }
        verify_tls13_signature(message, certificate, signed, &self.provider.signature_verification_algorithms)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }
}

/// What binds a password's proof to this very connection (RFC 5929, `tls-server-end-point`): the hash of
/// the server's certificate, by the hash function of its signature. Nothing where that has none.
pub(super) fn end_point(connection: &ClientConnection) -> Option<Vec<u8>> {
    let certificate = connection.peer_certificates()?.first()?;
    let algorithm = der::parts(der::inside(certificate)?).nth(1)?;
    let number = der::inside(der::parts(der::inside(algorithm)?).next()?)?;
    Some(match number {
        // RSA and ECDSA with SHA-384 and SHA-512.
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0c]
        | [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x03] => Sha384::digest(certificate).to_vec(),
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0d]
        | [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x04] => Sha512::digest(certificate).to_vec(),
        // With SHA-256, and with MD5 and SHA-1, in whose place SHA-256 stands.
        [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x04 | 0x05 | 0x0b]
        | [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x01]
        | [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02] => Sha256::digest(certificate).to_vec(),
        _ => return None,
    })
}

/// Why a handshake failed, out of the I/O error that carries it.
pub(super) fn reason(error: &io::Error) -> String {
    let inner = error.get_ref().and_then(|inner| inner.downcast_ref::<Error>());
    inner.map_or_else(|| error.to_string(), ToString::to_string)
}

/// As much of DER as it takes to find a field of a certificate.
mod der {
    /// Length of the head and of the whole value that these bytes begin with.
    fn lengths(bytes: &[u8]) -> Option<(usize, usize)> {
        let first = usize::from(*bytes.get(1)?);
        let (head, length) = if first < 0x80 {
            (2, first)
        } else {
            let digits = bytes.get(2..2 + (first & 0x7f)).filter(|digits| digits.len() <= 4)?;
            (2 + digits.len(), digits.iter().fold(0, |length, digit| (length << 8) | usize::from(*digit)))
        };
        (bytes.len() >= head + length).then_some((head, head + length))
    }

    /// What is inside of the first value.
    pub(super) fn inside(bytes: &[u8]) -> Option<&[u8]> {
        let (head, whole) = lengths(bytes)?;
        bytes.get(head..whole)
    }

    /// The values that follow each other, each with its head.
    pub(super) fn parts(bytes: &[u8]) -> impl Iterator<Item = &[u8]> {
        let mut rest = bytes;
        std::iter::from_fn(move || {
            let (_, whole) = lengths(rest)?;
            let (first, after) = rest.split_at(whole);
            rest = after;
            Some(first)
        })
    }
}
