//! What kept a connection from being opened: the kernel's, TLS's and the certificate's errors.
//!
//! Nothing of a request has left at that time, whatever the error is.

use std::io::{Error, ErrorKind};

use rustix::io::Errno;
use rustls::{AlertDescription, CertificateError};

use super::tcp::ADDRESS_GONE;
use super::tls;
use crate::provider::failure::{Failure, Names};

/// Whether this device has run out of what every call needs.
pub(super) fn is_of_resources(error: &Error) -> bool {
    let error = Errno::from_io_error(error);
    matches!(error, Some(Errno::NOBUFS | Errno::NOMEM | Errno::MFILE | Errno::NFILE))
}

/// Why no TCP connection came about.
pub(super) fn of_connect(error: &Error) -> Failure {
    match error.kind() {
        ErrorKind::TimedOut => return Failure::ConnectTimeout,
        ADDRESS_GONE => return Failure::AddressGone,
        _ => {}
    }
    match Errno::from_io_error(error) {
        _ if is_of_resources(error) => Failure::Resources,
        Some(Errno::CONNREFUSED) => Failure::Refused,
        // The last is what a kernel without IPv6 says.
        Some(Errno::NETUNREACH | Errno::HOSTUNREACH | Errno::AFNOSUPPORT) => Failure::Unreachable,
        // What a blackhole route answers; there is nothing else invalid about the call.
        Some(Errno::INVAL) => Failure::Blackhole,
        Some(Errno::ACCESS) => Failure::Prohibited,
        Some(Errno::PERM) => Failure::Firewall,
        Some(Errno::NETDOWN | Errno::NODEV | Errno::NXIO) => Failure::LineDown,
        // No address on the device, or no port left.
        Some(Errno::ADDRNOTAVAIL | Errno::ADDRINUSE) => Failure::NoSource,
        _ => Failure::Connect,
    }
}

/// Why no TLS session came about over a TCP connection that did.
pub(super) fn of_tls(error: &Error) -> Failure {
    let inner = error.get_ref();
    if let Some(error) = inner.and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
        return of_handshake(error);
    }
    match error.kind() {
        ErrorKind::TimedOut => Failure::TlsSilent,
        ADDRESS_GONE => Failure::AddressGone,
        ErrorKind::UnexpectedEof
        | ErrorKind::ConnectionReset
        | ErrorKind::ConnectionAborted
        | ErrorKind::BrokenPipe => Failure::TlsClosed,
        _ => Failure::Tls,
    }
}

fn of_handshake(error: &rustls::Error) -> Failure {
    match error {
        rustls::Error::InvalidCertificate(error) => of_certificate(error),
        // The first bytes of an answer in HTTP are no type of TLS record.
        rustls::Error::InvalidMessage(_) => Failure::NotTls,
        rustls::Error::PeerIncompatible(_)
        | rustls::Error::AlertReceived(
            AlertDescription::HandshakeFailure
            | AlertDescription::ProtocolVersion
            | AlertDescription::InsufficientSecurity,
        ) => Failure::NoCommonTls,
        rustls::Error::AlertReceived(AlertDescription::UnrecognisedName) => {
            Failure::WrongName(Names::NONE)
        }
        _ => Failure::Tls,
    }
}

fn of_certificate(error: &CertificateError) -> Failure {
    match error {
        CertificateError::NotValidYet | CertificateError::NotValidYetContext { .. } => {
            Failure::Clock
        }
        CertificateError::Expired | CertificateError::ExpiredContext { .. } => Failure::Expired,
        CertificateError::NotValidForNameContext { presented, .. } if presented.is_empty() => {
            Failure::NoNames
        }
        CertificateError::NotValidForNameContext { presented, .. } => {
            Failure::WrongName(Names::new(presented.iter().map(|name| bare(name))))
        }
        CertificateError::NotValidForName => Failure::WrongName(Names::NONE),
        CertificateError::UnknownIssuer => Failure::Untrusted,
        CertificateError::BadSignature => Failure::OtherAuthority,
        CertificateError::UnsupportedSignatureAlgorithmContext { .. } => Failure::UnknownAlgorithm,
        // Signed with a key of another kind than the authority of that name has.
        CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext {
            public_key_algorithm_id,
            ..
        } if tls::knows_key(public_key_algorithm_id) => Failure::OtherAuthority,
        CertificateError::UnsupportedSignatureAlgorithmForPublicKeyContext { .. } => {
            Failure::UnknownAlgorithm
        }
        CertificateError::Other(other) => match other.0.downcast_ref::<webpki::Error>() {
            Some(webpki::Error::CaUsedAsEndEntity) => Failure::CaAsServer,
            _ => Failure::Tls,
        },
        _ => Failure::Tls,
    }
}

/// The name in what rustls writes as `DnsName("a.example")` or `IpAddress(192.0.2.1)`.
fn bare(name: &str) -> &str {
    let inner = name.split_once('(').map_or(name, |(_, inner)| inner);
    inner.trim_matches(['"', ')'])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_error_of_connect_says_that_nothing_was_sent() {
        for number in 1..=133 {
            let failure = of_connect(&Error::from_raw_os_error(number));
            assert!(!failure.may_have_arrived(), "{number}: {failure}");
        }
        let rows = [
            (Errno::INVAL, Failure::Blackhole),
            (Errno::ACCESS, Failure::Prohibited),
            (Errno::PERM, Failure::Firewall),
            (Errno::NETDOWN, Failure::LineDown),
            (Errno::ADDRNOTAVAIL, Failure::NoSource),
            (Errno::NOBUFS, Failure::Resources),
            (Errno::HOSTUNREACH, Failure::Unreachable),
            (Errno::IO, Failure::Connect),
        ];
        for (errno, failure) in rows {
            assert_eq!(of_connect(&errno.into()), failure, "{errno}");
        }
        assert_eq!(of_connect(&ErrorKind::TimedOut.into()), Failure::ConnectTimeout);
    }

    #[test]
    fn every_error_of_tls_says_that_nothing_was_sent() {
        let errors =
            [ErrorKind::TimedOut, ErrorKind::UnexpectedEof, ErrorKind::Other, ADDRESS_GONE];
        for kind in errors {
            assert!(!of_tls(&kind.into()).may_have_arrived(), "{kind}");
        }
    }

    #[test]
    fn a_name_is_shown_without_what_rustls_puts_around_it() {
        let rows = [
            ("DnsName(\"a.example\")", "a.example"),
            ("IpAddress(192.0.2.1)", "192.0.2.1"),
            ("DirectoryName", "DirectoryName"),
        ];
        for (name, shown) in rows {
            assert_eq!(bare(name), shown);
        }
    }
}
