//! The authorities of a PEM file.
//!
//! Decoded by base64, which the Authorization header needs anyway, and not by rustls, whose decoder
//! looks at one character at a time: for the bundle of a system that was half of the instructions
//! of a whole update.

use std::io::{BufRead, BufReader, Read as _};

use base64::engine::general_purpose::STANDARD;
use base64::{Engine as _, decoded_len_estimate};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;

use super::files::open_regular;

/// The bundle of Debian 12 has 220 KB in 142 certificates.
const FILE_MAX: u64 = 4 * 1024 * 1024;
/// Base64 text of one certificate; those of the bundle have 3 KB at most.
const TEXT_MAX: usize = 64 * 1024;
const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
const END: &[u8] = b"-----END CERTIFICATE-----";

/// The authorities in the file; `None` if there are none that rustls understands.
pub(super) fn read(path: &str) -> Option<RootCertStore> {
    let file = open_regular(path).ok()?.take(FILE_MAX);
    let mut store = RootCertStore::empty();
    each_certificate(BufReader::new(file), &mut |der| {
        // One that is not understood is one authority less, not the end of the others.
        let _ = store.add(CertificateDer::from(der));
    });
    (!store.is_empty()).then_some(store)
}

/// What is wrong with a file of authorities, if anything.
pub(super) fn fault(path: &str) -> Option<String> {
    if let Err(error) = open_regular(path) {
        return Some(format!("cannot be read, so that nothing is sent: {error}"));
    }
    read(path).is_none().then(|| {
        "holds no certificate in PEM form, so that nothing is sent: put one in, or remove ca_file"
            .into()
    })
}

/// Neither the text nor the certificates are in memory as a whole.
fn each_certificate(mut text: impl BufRead, take: &mut dyn FnMut(&[u8])) {
    let (mut line, mut base64, mut der) = (Vec::new(), Vec::new(), Vec::new());
    let mut inside = false;
    while next_line(&mut text, &mut line) {
        match line.trim_ascii() {
            BEGIN => {
                inside = true;
                base64.clear();
            }
            END => {
                // Grown, never cleared: zeros for each certificate would be a seventh of all work.
                let room = decoded_len_estimate(base64.len());
                der.resize(room.max(der.len()), 0);
                match STANDARD.decode_slice(&base64, &mut der) {
                    Ok(length @ 1..) if inside => take(der.get(..length).unwrap_or_default()),
                    _ => {}
                }
                inside = false;
            }
            content if inside && base64.len() + content.len() <= TEXT_MAX => {
                base64.extend_from_slice(content);
            }
            _ => inside = false,
        }
    }
}

/// The next line, or as much of it as fits; false at the end, and where reading fails.
fn next_line(text: &mut impl BufRead, line: &mut Vec<u8>) -> bool {
    line.clear();
    let limit = u64::try_from(TEXT_MAX).unwrap_or(u64::MAX);
    text.take(limit).read_until(b'\n', line).is_ok_and(|length| length > 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ders(text: &str) -> Vec<Vec<u8>> {
        let mut found = Vec::new();
        each_certificate(text.as_bytes(), &mut |der| found.push(der.to_vec()));
        found
    }

    #[test]
    fn each_certificate_is_found_whatever_lies_between_and_how_lines_end() {
        let text = "# Some CA\n-----BEGIN CERTIFICATE-----\nAQID\nBAU=\n-----END CERTIFICATE-----\n\n\
                    subject=x\r\n-----BEGIN CERTIFICATE-----\r\nBgc=\r\n-----END CERTIFICATE-----";
        assert_eq!(ders(text), [vec![1, 2, 3, 4, 5], vec![6, 7]]);
    }

    #[test]
    fn what_is_no_certificate_is_left_out_and_the_next_one_is_found() {
        let good = "-----BEGIN CERTIFICATE-----\nAQID\n-----END CERTIFICATE-----\n";
        let long = "A".repeat(TEXT_MAX + 4);
        let rows = [
            String::new(),
            "-----BEGIN CERTIFICATE-----\n".into(),
            "-----END CERTIFICATE-----\n".into(),
            "AQID\n-----END CERTIFICATE-----\n".into(),
            "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n".into(),
            "-----BEGIN CERTIFICATE-----\nA*ID\n-----END CERTIFICATE-----\n".into(),
            "-----BEGIN PRIVATE KEY-----\nAQID\n-----END PRIVATE KEY-----\n".into(),
            "-----BEGIN CERTIFICATE-----\nAQID\n-----END PRIVATE KEY-----\n".into(),
            format!("-----BEGIN CERTIFICATE-----\n{long}\n-----END CERTIFICATE-----\n"),
        ];
        for row in rows {
            assert!(ders(&row).is_empty(), "{row:.60}");
            assert_eq!(ders(&format!("{row}{good}")), [vec![1, 2, 3]], "{row:.60}");
        }
    }
}
