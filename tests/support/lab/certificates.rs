//! The lab's own authority and the certificates it hands out, right and wrong.

use std::sync::Arc;
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair};
use rcgen::{DnType, KeyUsagePurpose};
use rustls::ServerConfig;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::version::{TLS12, TLS13};

use super::options::LabOptions;

/// What is wrong with a certificate.
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
}

/// The public half of the authority and a TLS configuration for each certificate.
pub struct Certificates {
    /// The authority's certificate, for `ca_file`.
    pub ca_pem: String,
    good: Arc<ServerConfig>,
    untrusted: Arc<ServerConfig>,
    expired: Arc<ServerConfig>,
    not_yet_valid: Arc<ServerConfig>,
    other_name: Arc<ServerConfig>,
}

impl Certificates {
    /// Makes the authority and every certificate.
    pub fn new(options: &LabOptions) -> Result<Self, rcgen::Error> {
        let good = Validity { not_before: options.not_before, not_after: options.not_after };
        let names = names(options);
        let (ca_pem, ca) = authority("dynhost lab CA", good)?;
        let (_, stranger) = authority("nobody's CA", good)?;
        let key = KeyPair::generate()?;
        let only_tls12 = options.only_tls12;
        let config = |ca, names: &[String], validity| {
            Ok::<_, rcgen::Error>(server_config(&leaf(ca, &key, names, validity)?, only_tls12))
        };
        Ok(Self {
            ca_pem,
            good: config(&ca, &names, good)?,
            untrusted: config(&stranger, &names, good)?,
            expired: config(&ca, &names, IN_2001)?,
            not_yet_valid: config(&ca, &names, IN_2090)?,
            other_name: config(&ca, &[String::from("other.example")], good)?,
        })
    }

    /// The TLS configuration for the good certificate, or the one that is wrong in this way.
    pub fn config(&self, wrong: Option<Wrong>) -> Arc<ServerConfig> {
        Arc::clone(match wrong {
            None => &self.good,
            Some(Wrong::Untrusted) => &self.untrusted,
            Some(Wrong::Expired) => &self.expired,
            Some(Wrong::NotYetValid) => &self.not_yet_valid,
            Some(Wrong::OtherName) => &self.other_name,
        })
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
) -> Result<(String, Issuer<'static, KeyPair>), rcgen::Error> {
    let mut params = CertificateParams::default();
    params.distinguished_name.push(DnType::CommonName, name);
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    validity.put_into(&mut params);
    let key = KeyPair::generate()?;
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

fn server_config(leaf: &Leaf, only_tls12: bool) -> Arc<ServerConfig> {
    let versions: &[_] = if only_tls12 { &[&TLS12] } else { &[&TLS13, &TLS12] };
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(versions)
        .and_then(|builder| {
            let chain = vec![leaf.certificate.clone()];
            builder.with_no_client_auth().with_single_cert(chain, leaf.key.clone_key())
        })
        .unwrap_or_else(|error| panic!("a certificate made here is fit for TLS: {error}"));
    Arc::new(config)
}
