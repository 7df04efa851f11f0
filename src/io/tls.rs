//! TLS as small as the public web allows.
//!
//! rustls's default provider keeps every suite, curve and key type of ring alive. This one holds
//! what certificates of public authorities are signed with and what servers negotiate; it leaves
//! validation as strict as it was.

mod verifier;

use std::sync::Arc;

use ring::rand::{SecureRandom as _, SystemRandom};
use rustls::crypto::ring::{cipher_suite, kx_group};
use rustls::crypto::{
    CryptoProvider, GetRandomFailed, KeyProvider, SecureRandom, SupportedKxGroup,
    WebPkiSupportedAlgorithms,
};
use rustls::pki_types::{PrivateKeyDer, SignatureVerificationAlgorithm};
use rustls::sign::SigningKey;
use rustls::{ALL_VERSIONS, ClientConfig, Error, SignatureScheme, SupportedCipherSuite};
use webpki::ring as algorithm;

use verifier::Verifier;
#[cfg(feature = "doctor")]
pub(super) use verifier::expires;

use super::{authorities, refusal};
use crate::provider::failure::Failure;

/// The system's authorities, on OpenWrt (ca-bundle) as on Debian (ca-certificates).
const CA_BUNDLE: &str = "/etc/ssl/certs/ca-certificates.crt";

/// What connections are made with that trust the authorities in `ca_file`, or the system's.
pub(super) fn client(ca_file: Option<&str>) -> Result<Arc<ClientConfig>, Failure> {
    let ca_file = ca_file.unwrap_or(CA_BUNDLE).to_owned();
    match authorities::are_in(&ca_file) {
        Ok(true) => {}
        Err(error) if refusal::is_of_resources(&error) => return Err(Failure::Resources),
        Ok(false) | Err(_) => return Err(Failure::CaFile),
    }
    let config = ClientConfig::builder_with_provider(Arc::new(provider()))
        .with_protocol_versions(ALL_VERSIONS)
        .map_err(|_| Failure::Tls)?
        .dangerous()
        .with_custom_certificate_verifier(Arc::new(Verifier::new(ca_file)))
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// Whether a key of this kind can have signed a certificate that is understood.
pub(super) fn knows_key(algorithm: &[u8]) -> bool {
    SIGNATURES.all.iter().any(|known| known.public_key_alg_id().as_ref() == algorithm)
}

fn provider() -> CryptoProvider {
    CryptoProvider {
        cipher_suites: cipher_suites(),
        // X25519 first: it needs a fifth of the time of P-256 where there is no assembly for it.
        kx_groups: KX_GROUPS.to_vec(),
        signature_verification_algorithms: SIGNATURES,
        secure_random: &Ring,
        key_provider: &Ring,
    }
}

static KX_GROUPS: &[&dyn SupportedKxGroup] = &[kx_group::X25519, kx_group::SECP256R1];

/// In order of preference: AES first only where the processor computes it.
fn cipher_suites() -> Vec<SupportedCipherSuite> {
    const CHACHA20: [SupportedCipherSuite; 3] = [
        cipher_suite::TLS13_CHACHA20_POLY1305_SHA256,
        cipher_suite::TLS_ECDHE_ECDSA_WITH_CHACHA20_POLY1305_SHA256,
        cipher_suite::TLS_ECDHE_RSA_WITH_CHACHA20_POLY1305_SHA256,
    ];
    const AES: [SupportedCipherSuite; 3] = [
        cipher_suite::TLS13_AES_128_GCM_SHA256,
        cipher_suite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256,
        cipher_suite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256,
    ];
    if has_aes() { [AES, CHACHA20].concat() } else { [CHACHA20, AES].concat() }
}

#[cfg(any(target_arch = "x86", target_arch = "x86_64"))]
fn has_aes() -> bool {
    std::arch::is_x86_feature_detected!("aes")
}

#[cfg(target_arch = "aarch64")]
fn has_aes() -> bool {
    std::arch::is_aarch64_feature_detected!("aes")
}

#[cfg(not(any(target_arch = "x86", target_arch = "x86_64", target_arch = "aarch64")))]
fn has_aes() -> bool {
    false
}

/// RSA (PKCS #1 and PSS) and ECDSA on P-256 and P-384: what public authorities sign with.
static SIGNATURES: WebPkiSupportedAlgorithms = WebPkiSupportedAlgorithms {
    all: &[
        algorithm::ECDSA_P256_SHA256,
        algorithm::ECDSA_P256_SHA384,
        algorithm::ECDSA_P384_SHA256,
        algorithm::ECDSA_P384_SHA384,
        algorithm::RSA_PKCS1_2048_8192_SHA256,
        algorithm::RSA_PKCS1_2048_8192_SHA384,
        algorithm::RSA_PKCS1_2048_8192_SHA512,
        algorithm::RSA_PSS_2048_8192_SHA256_LEGACY_KEY,
        algorithm::RSA_PSS_2048_8192_SHA384_LEGACY_KEY,
        algorithm::RSA_PSS_2048_8192_SHA512_LEGACY_KEY,
    ],
    mapping: &[
        (SignatureScheme::ECDSA_NISTP384_SHA384, ECDSA_SHA384),
        (SignatureScheme::ECDSA_NISTP256_SHA256, ECDSA_SHA256),
        (SignatureScheme::RSA_PSS_SHA512, &[algorithm::RSA_PSS_2048_8192_SHA512_LEGACY_KEY]),
        (SignatureScheme::RSA_PSS_SHA384, &[algorithm::RSA_PSS_2048_8192_SHA384_LEGACY_KEY]),
        (SignatureScheme::RSA_PSS_SHA256, &[algorithm::RSA_PSS_2048_8192_SHA256_LEGACY_KEY]),
        (SignatureScheme::RSA_PKCS1_SHA512, &[algorithm::RSA_PKCS1_2048_8192_SHA512]),
        (SignatureScheme::RSA_PKCS1_SHA384, &[algorithm::RSA_PKCS1_2048_8192_SHA384]),
        (SignatureScheme::RSA_PKCS1_SHA256, &[algorithm::RSA_PKCS1_2048_8192_SHA256]),
    ],
};

/// In TLS 1.2 the scheme names the hash and leaves the curve open (RFC 8446, section 4.2.3).
const ECDSA_SHA256: &[&dyn SignatureVerificationAlgorithm] =
    &[algorithm::ECDSA_P256_SHA256, algorithm::ECDSA_P384_SHA256];
const ECDSA_SHA384: &[&dyn SignatureVerificationAlgorithm] =
    &[algorithm::ECDSA_P384_SHA384, algorithm::ECDSA_P256_SHA384];

#[derive(Debug)]
struct Ring;

impl SecureRandom for Ring {
    fn fill(&self, buffer: &mut [u8]) -> Result<(), GetRandomFailed> {
        SystemRandom::new().fill(buffer).map_err(|_| GetRandomFailed)
    }
}

impl KeyProvider for Ring {
    fn load_private_key(&self, _: PrivateKeyDer<'static>) -> Result<Arc<dyn SigningKey>, Error> {
        Err(Error::General("client certificates are not used".into()))
    }
}
