//! Who a server is, by its certificates and the authorities of a file.

#[cfg(feature = "doctor")]
use std::time::Duration;

use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::client::{verify_server_cert_signed_by_trust_anchor, verify_server_name};
use rustls::crypto::{verify_tls12_signature, verify_tls13_signature};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::server::ParsedCertificate;
use rustls::{CertificateError, DigitallySignedStruct, Error, RootCertStore, SignatureScheme};
use webpki::EndEntityCert;

use super::super::authorities;
use super::SIGNATURES;

/// When a server's certificate expires, in seconds since 1970: what verifying it at the end of time
/// complains about. `None` if it cannot be told.
#[cfg(feature = "doctor")]
pub(in super::super) fn expires(certificate: &CertificateDer<'_>) -> Option<u64> {
    let certificate = ParsedCertificate::try_from(certificate).ok()?;
    let roots = RootCertStore::empty();
    // Far behind the last year that a certificate can have, 9999.
    let never = UnixTime::since_unix_epoch(Duration::from_secs(1 << 40));
    let verified =
        verify_server_cert_signed_by_trust_anchor(&certificate, &roots, &[], never, SIGNATURES.all);
    match verified {
        Err(Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. })) => {
            Some(not_after.as_secs())
        }
        _ => None,
    }
}

/// Verifies as rustls does, and says more when it refuses.
///
/// The dates of a certificate are looked at first, so one that nobody trusts seems to wait for the
/// clock only. That is told where the certificate would be good at another time, and nowhere else.
#[derive(Debug)]
pub(super) struct Verifier {
    ca_file: String,
}

impl Verifier {
    pub(super) fn new(ca_file: String) -> Self {
        Self { ca_file }
    }

    /// The authorities that may have signed one of these certificates.
    fn roots(&self, certificates: &[&CertificateDer<'_>]) -> Result<RootCertStore, Error> {
        // One that cannot be read names nobody, and is refused by rustls.
        let read = certificates.iter().filter_map(|der| EndEntityCert::try_from(*der).ok());
        let read: Vec<_> = read.collect();
        let issuers: Vec<_> = read.iter().map(|certificate| certificate.issuer()).collect();
        authorities::named(&self.ca_file, &issuers)
            .map_err(|error| Error::General(error.to_string()))
    }
}

fn verify(
    roots: &RootCertStore,
    (certificate, others): (&CertificateDer<'_>, &[CertificateDer<'_>]),
    name: &ServerName<'_>,
    time: UnixTime,
) -> Result<ServerCertVerified, Error> {
    let certificate = ParsedCertificate::try_from(certificate)?;
    let algorithms = SIGNATURES.all;
    verify_server_cert_signed_by_trust_anchor(&certificate, roots, others, time, algorithms)?;
    verify_server_name(&certificate, name)?;
    Ok(ServerCertVerified::assertion())
}

impl ServerCertVerifier for Verifier {
    fn verify_server_cert(
        &self,
        certificate: &CertificateDer<'_>,
        others: &[CertificateDer<'_>],
        name: &ServerName<'_>,
        _: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let all: Vec<_> = std::iter::once(certificate).chain(others).collect();
        let roots = self.roots(&all)?;
        let at = |time| verify(&roots, (certificate, others), name, time);
        at(now).map_err(|error| match good_at(&error).map(at) {
            // However it ends, the certificate is refused: this is about the reason.
            Some(Err(reason)) if good_at(&reason).is_none() => reason,
            _ => error,
        })
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls12_signature(message, certificate, signed, &SIGNATURES)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signed: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        verify_tls13_signature(message, certificate, signed, &SIGNATURES)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        SIGNATURES.supported_schemes()
    }
}

/// The time at which a certificate's dates would be right, where they are what is wrong.
fn good_at(error: &Error) -> Option<UnixTime> {
    match error {
        Error::InvalidCertificate(CertificateError::NotValidYetContext { not_before, .. }) => {
            Some(*not_before)
        }
        Error::InvalidCertificate(CertificateError::ExpiredContext { not_after, .. }) => {
            Some(*not_after)
        }
        _ => None,
    }
}
