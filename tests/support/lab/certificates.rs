//! The lab's own authority and the certificates it hands out, right and wrong.

use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rcgen::{DnType, KeyUsagePurpose, PKCS_ECDSA_P384_SHA384, PKCS_ED25519};
use rustls::crypto::CryptoProvider;
use rustls::crypto::ring::{cipher_suite, default_provider, kx_group};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::version::{TLS12, TLS13};
use rustls::{ServerConfig, SupportedProtocolVersion};

use super::options::LabOptions;

/// What is wrong with a certificate, or with the TLS that is offered with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Wrong {
    /// Signed by an authority nobody has heard of.
    Untrusted,
    /// Ended in 2002.
    Expired,
    /// Begins in 2090.
    NotYetValid,
    /// For another name.
    OtherName,
    /// Self-signed and an authority, as `openssl req -x509` makes it.
    SelfSigned,
    /// The same, and it begins in 2090.
    SelfSignedNotYetValid,
    /// Signed by an authority of the trusted one's name and with another key.
    RenewedAuthority,
    /// The same, with a key of another kind.
    RenewedAuthorityOtherKind,
    /// Without subjectAltName.
    CommonNameOnly,
    /// Signed with Ed25519.
    Algorithm,
    /// The server's own key is one of Ed25519.
    Key,
    /// Nothing wrong with the certificate, but the server has AES-256 alone.
    Suite,
    /// Nothing wrong with the certificate, but the server has P-384 alone.
    Curve,
}

/// The public half of the authority and a TLS configuration for each certificate.
pub struct Certificates {
    /// The authority's certificate, for `ca_file`.
    pub ca_pem: String,
    /// The certificate of [`Wrong::SelfSigned`].
    pub self_signed_pem: String,
    good: Arc<ServerConfig>,
    wrong: Vec<(Wrong, Arc<ServerConfig>)>,
}

/// What the trusted authority is called.
const AUTHORITY: &str = "dynhost lab CA";

impl Certificates {
    /// Makes the authority and every certificate.
    pub fn new(options: &LabOptions) -> Result<Self, rcgen::Error> {
        let good = Validity { not_before: options.not_before, not_after: options.not_after };
        let names = &names(options);
        let key = &KeyPair::generate()?;
        let ed25519 = &KeyPair::generate_for(&PKCS_ED25519)?;
        let (ca_pem, ca) = authority(AUTHORITY, good, KeyPair::generate()?)?;
        let (_, stranger) = authority("nobody's CA", good, KeyPair::generate()?)?;
        let (_, renewed) = authority(AUTHORITY, good, KeyPair::generate()?)?;
        let p384 = KeyPair::generate_for(&PKCS_ECDSA_P384_SHA384)?;
        let (_, other_kind) = authority(AUTHORITY, good, p384)?;
        let (_, unknown) = authority(AUTHORITY, good, KeyPair::generate_for(&PKCS_ED25519)?)?;
        let versions: &[_] = if options.only_tls12 { &[&TLS12] } else { &[&TLS13, &TLS12] };
        let server = |leaf: Leaf| server_config(&leaf, versions, default_provider());
        let (self_signed_pem, own_authority) = self_signed(names, good)?;
        let (_, not_yet) = self_signed(names, IN_2090)?;
        let suite = CryptoProvider {
            cipher_suites: vec![cipher_suite::TLS13_AES_256_GCM_SHA384],
            ..default_provider()
        };
        let curve = CryptoProvider { kx_groups: vec![kx_group::SECP384R1], ..default_provider() };
        let right = || leaf(&ca, key, names, good);
        let wrong = vec![
            (Wrong::Untrusted, server(leaf(&stranger, key, names, good)?)),
            (Wrong::Expired, server(leaf(&ca, key, names, IN_2001)?)),
            (Wrong::NotYetValid, server(leaf(&ca, key, names, IN_2090)?)),
            (Wrong::OtherName, server(leaf(&ca, key, &[String::from("other.example")], good)?)),
            (Wrong::SelfSigned, server(own_authority)),
            (Wrong::SelfSignedNotYetValid, server(not_yet)),
            (Wrong::RenewedAuthority, server(leaf(&renewed, key, names, good)?)),
            (Wrong::RenewedAuthorityOtherKind, server(leaf(&other_kind, key, names, good)?)),
            (Wrong::CommonNameOnly, server(leaf(&ca, key, &[], good)?)),
            (Wrong::Algorithm, server(leaf(&unknown, key, names, good)?)),
            (Wrong::Key, server(leaf(&ca, ed25519, names, good)?)),
            (Wrong::Suite, server_config(&right()?, &[&TLS13], suite)),
            (Wrong::Curve, server_config(&right()?, versions, curve)),
        ];
        Ok(Self { ca_pem, self_signed_pem, good: server(right()?), wrong })
    }

    /// The TLS configuration for the good certificate, or the one that is wrong in this way.
    pub fn config(&self, wrong: Option<Wrong>) -> Arc<ServerConfig> {
        let is_it = |(other, _): &&(Wrong, Arc<ServerConfig>)| Some(*other) == wrong;
        Arc::clone(self.wrong.iter().find(is_it).map_or(&self.good, |(_, config)| config))
    }
}

/// Seconds since 1970.
#[derive(Clone, Copy)]
struct Validity {
    not_before: u64,
    not_after: u64,
}

/// 2001-01-01 to 2002-01-01.
const IN_2001: Validity = Validity { not_before: 978_307_200, not_after: 1_009_843_200 };
/// 2090-01-01 to 2091-01-01.
const IN_2090: Validity = Validity { not_before: 3_786_912_000, not_after: 3_818_448_000 };

impl Validity {
    fn put_into(self, params: &mut CertificateParams) {
        let epoch = rcgen::date_time_ymd(1970, 1, 1);
        params.not_before = epoch + Duration::from_secs(self.not_before);
        params.not_after = epoch + Duration::from_secs(self.not_after);
    }
}

fn names(options: &LabOptions) -> Vec<String> {
    let mut names = vec![String::from("localhost"), String::from("127.0.0.1")];
    let address = options.https.ip();
    let listening = (!address.is_unspecified()).then(|| address.to_string());
    let further = options.certificate_names.iter().cloned().chain(listening);
    for name in std::iter::once(options.name.clone()).chain(further) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    names
}

fn authority(
    name: &str,
    validity: Validity,
    key: KeyPair,
) -> Result<(String, Issuer<'static, KeyPair>), rcgen::Error> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    validity.put_into(&mut params);
    let pem = params.self_signed(&key)?.pem();
    Ok((pem, Issuer::new(params, key)))
}

struct Leaf {
    certificate: CertificateDer<'static>,
    key: PrivateKeyDer<'static>,
}

fn leaf(
    issuer: &Issuer<'static, KeyPair>,
    key: &KeyPair,
    names: &[String],
    validity: Validity,
) -> Result<Leaf, rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "dynhost lab");
    params.use_authority_key_identifier_extension = true;
    params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
    params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    validity.put_into(&mut params);
    let certificate = params.signed_by(key, issuer)?.der().clone();
    Ok(Leaf { certificate, key: PrivatePkcs8KeyDer::from(key.serialize_der()).into() })
}

/// What is its own authority.
fn self_signed(names: &[String], validity: Validity) -> Result<(String, Leaf), rcgen::Error> {
    let mut params = CertificateParams::new(names)?;
    params.distinguished_name.push(DnType::CommonName, "localhost");
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    validity.put_into(&mut params);
    let key = KeyPair::generate()?;
    let certificate = params.self_signed(&key)?;
    let pem = certificate.pem();
    let key = PrivatePkcs8KeyDer::from(key.serialize_der()).into();
    Ok((pem, Leaf { certificate: certificate.der().clone(), key }))
}

fn server_config(
    leaf: &Leaf,
    versions: &[&'static SupportedProtocolVersion],
    provider: CryptoProvider,
) -> Arc<ServerConfig> {
    let config = ServerConfig::builder_with_provider(Arc::new(provider))
        .with_protocol_versions(versions)
        .and_then(|builder| {
            let chain = vec![leaf.certificate.clone()];
            builder.with_no_client_auth().with_single_cert(chain, leaf.key.clone_key())
        })
        .unwrap_or_else(|error| panic!("a certificate made here is fit for TLS: {error}"));
    Arc::new(config)
}
