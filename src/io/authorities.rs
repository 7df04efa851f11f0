//! The certificates of a PEM file.
//!
//! Decoded by base64, which the Authorization header needs anyway, and not by rustls, whose decoder
//! looks at one character at a time: for the bundle of a system that was half of the instructions
//! of a whole update.

use std::fs::File;
use std::io::{BufRead, BufReader, Read as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ureq::tls::Certificate;

/// The bundle of Debian 12 has 220 KB in 142 certificates.
const FILE_MAX: u64 = 4 * 1024 * 1024;
/// Base64 text of one certificate; those of the bundle have 3 KB at most.
const TEXT_MAX: usize = 64 * 1024;
const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
const END: &[u8] = b"-----END CERTIFICATE-----";

/// The certificates in the file, without what is none; `None` if nothing is left.
pub(super) fn read(path: &str) -> Option<Vec<Certificate<'static>>> {
    let file = File::open(path).ok()?.take(FILE_MAX);
    let certificates = certificates(BufReader::new(file));
    (!certificates.is_empty()).then_some(certificates)
}

/// Takes the text as a stream, so that it is never in memory as a whole.
fn certificates(mut text: impl BufRead) -> Vec<Certificate<'static>> {
    let mut found = Vec::new();
    let (mut line, mut base64, mut inside) = (Vec::new(), Vec::new(), false);
    while next_line(&mut text, &mut line) {
        match line.trim_ascii() {
            BEGIN => {
                inside = true;
                base64.clear();
            }
            END => {
                let der = STANDARD.decode(&base64).ok().filter(|der| inside && !der.is_empty());
                found.extend(der.map(|der| Certificate::from_der(&der).to_owned()));
                inside = false;
            }
            content if inside && base64.len() + content.len() <= TEXT_MAX => {
                base64.extend_from_slice(content);
            }
            _ => inside = false,
        }
    }
    found
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
        certificates(text.as_bytes()).iter().map(|found| found.der().to_vec()).collect()
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
            assert_eq!(ders(&row), [vec![0; 0]; 0], "{row:.60}");
            assert_eq!(ders(&format!("{row}{good}")), [vec![1, 2, 3]], "{row:.60}");
        }
    }
}
