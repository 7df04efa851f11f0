//! The authorities of a PEM file.
//!
//! Decoded by base64, which the Authorization header needs anyway, and not by rustls, whose decoder
//! looks at one character at a time: for the bundle of a system that was half of the instructions
//! of a whole update. And only those are read whole that a server's certificates name as issuer,
//! one or two of some 145: of the others no more is decoded than their own name.

use std::io::{self, BufRead, BufReader, Read as _};

use base64::engine::general_purpose::STANDARD;
use base64::{Engine as _, decoded_len_estimate};
use rustls::RootCertStore;
use rustls::pki_types::CertificateDer;

use super::files::open_regular;

/// The bundle of Debian 12 has 220 KB in 142 certificates.
const FILE_MAX: u64 = 4 * 1024 * 1024;
/// Base64 text of one certificate; those of the bundle have 3 KB at most.
const TEXT_MAX: usize = 64 * 1024;
/// Base64 text, a whole number of its groups, in which the subjects of the bundle end.
const START: usize = 1024;
const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
const END: &[u8] = b"-----END CERTIFICATE-----";

/// The authorities in the file that have one of these names (RFC 5280, section 4.1.2.4, without tag
/// and length): no other one can have signed a certificate with such an issuer.
///
/// # Errors
/// The file cannot be read.
pub(super) fn named(path: &str, names: &[&[u8]]) -> io::Result<RootCertStore> {
    // Where the name cannot be told, rustls looks.
    let is_wanted = |start: &[u8]| subject(start).is_none_or(|subject| names.contains(&subject));
    read(path, &is_wanted, usize::MAX)
}

/// Whether there is any in the file that rustls understands.
///
/// # Errors
/// The file cannot be read.
pub(super) fn are_in(path: &str) -> io::Result<bool> {
    Ok(!read(path, &|_| true, 1)?.is_empty())
}

fn read(path: &str, is_wanted: &dyn Fn(&[u8]) -> bool, most: usize) -> io::Result<RootCertStore> {
    let file = open_regular(path)?.take(FILE_MAX);
    let mut store = RootCertStore::empty();
    each_certificate(BufReader::new(file), is_wanted, &mut |der| {
        // One that is not understood is one authority less, not the end of the others.
        let _ = store.add(CertificateDer::from(der));
        store.len() < most
    });
    Ok(store)
}

/// The subject of the certificate that begins so, if it is as far as that (RFC 5280, section 4.1).
fn subject(certificate: &[u8]) -> Option<&[u8]> {
    const VERSION: u8 = 0xa0;
    let mut rest = content(content(certificate)?)?;
    if rest.first() == Some(&VERSION) {
        rest = behind(rest)?;
    }
    // Serial number, algorithm, issuer, validity.
    for _ in 0..4 {
        rest = behind(rest)?;
    }
    let (head, length) = head(rest)?;
    rest.get(head..head + length)
}

/// What is in the first value, as far as it is there.
fn content(der: &[u8]) -> Option<&[u8]> {
    der.get(head(der)?.0..)
}

fn behind(der: &[u8]) -> Option<&[u8]> {
    let (head, length) = head(der)?;
    der.get(head + length..)
}

/// Bytes of tag and length, and the length, of which no certificate needs more than 16 bits.
fn head(der: &[u8]) -> Option<(usize, usize)> {
    match *der {
        [_, length @ ..=0x7f, ..] => Some((2, length.into())),
        [_, 0x81, length, ..] => Some((3, length.into())),
        [_, 0x82, high, low, ..] => Some((4, u16::from_be_bytes([high, low]).into())),
        _ => None,
    }
}

/// What is wrong with a file of authorities, if anything.
pub(super) fn fault(path: &str) -> Option<String> {
    if let Err(error) = open_regular(path) {
        return Some(format!("cannot be read, so that nothing is sent: {error}"));
    }
    (!are_in(path).is_ok_and(|any| any)).then(|| {
        "holds no certificate in PEM form, so that nothing is sent: put one in, or remove ca_file"
            .into()
    })
}

/// Neither the text nor the certificates are in memory as a whole. By its start a certificate is
/// wanted or not, until `take` wants no more.
fn each_certificate(
    mut text: impl BufRead,
    is_wanted: &dyn Fn(&[u8]) -> bool,
    take: &mut dyn FnMut(&[u8]) -> bool,
) {
    let (mut line, mut base64, mut der) = (Vec::new(), Vec::new(), Vec::new());
    let mut inside = false;
    while next_line(&mut text, &mut line) {
        match line.trim_ascii() {
            BEGIN => {
                inside = true;
                base64.clear();
            }
            END => {
                let start = base64.get(..START).unwrap_or(&base64);
                if inside
                    && decoded(start, &mut der).is_some_and(is_wanted)
                    && let Some(whole) = decoded(&base64, &mut der)
                    && !take(whole)
                {
                    return;
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

/// `der` is grown and never cleared: zeros for each certificate would be a seventh of all work.
fn decoded<'d>(base64: &[u8], der: &'d mut Vec<u8>) -> Option<&'d [u8]> {
    let room = decoded_len_estimate(base64.len());
    der.resize(room.max(der.len()), 0);
    let length = STANDARD.decode_slice(base64, der).ok().filter(|length| *length > 0)?;
    der.get(..length)
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
        each_certificate(text.as_bytes(), &|_| true, &mut |der| {
            found.push(der.to_vec());
            true
        });
        found
    }

    /// Written out, with a name in the place of `subject`.
    fn certificate(version: &[u8], issuer: &[u8], validity: &[u8], subject: &[u8]) -> Vec<u8> {
        let value = |tag: u8, content: &[u8]| match u8::try_from(content.len()) {
            Ok(length @ ..0x80) => [&[tag, length], content].concat(),
            Ok(length) => [&[tag, 0x81, length], content].concat(),
            Err(_) => {
                let [high, low] = u16::try_from(content.len()).unwrap().to_be_bytes();
                [&[tag, 0x82, high, low], content].concat()
            }
        };
        let parts = [
            version.to_vec(),
            value(2, &[7; 20]),
            value(0x30, &[6, 1, 42]),
            value(0x30, issuer),
            value(0x30, validity),
            value(0x30, subject),
            value(0x30, &[3; 300]),
        ];
        value(0x30, &value(0x30, &parts.concat()))
    }

    #[test]
    fn the_subject_is_found_in_the_start_of_a_certificate_and_nowhere_if_it_is_not_there() {
        let version = [0xa0, 3, 2, 1, 2];
        for (version, issuer, subject_of) in [
            (&version[..], &b"issuer"[..], &b"subject"[..]),
            (&[], b"issuer", b"subject"),
            (&version, &[1; 200], &[2; 130]),
            (&version, &[1; 300], &[2; 256]),
            (&version, b"", b""),
        ] {
            let whole = certificate(version, issuer, b"from to", subject_of);
            assert_eq!(subject(&whole), Some(subject_of));
            let end = whole.len() - 304;
            assert_eq!(subject(&whole[..end]), Some(subject_of));
            for cut in 0..end {
                assert_eq!(subject(&whole[..cut]), None, "{cut}");
            }
        }
        for odd in [&[0x30, 0x80][..], &[0x30, 0x83, 1, 0, 0], &[0x30], &[]] {
            assert_eq!(subject(odd), None, "{odd:?}");
        }
    }

    #[test]
    fn only_what_is_wanted_by_its_start_is_taken_and_no_more_than_enough() {
        let text = |der: &[u8]| {
            let base64 = STANDARD.encode(der);
            format!("-----BEGIN CERTIFICATE-----\n{base64}\n-----END CERTIFICATE-----\n")
        };
        let long = [1; 3000];
        let bundle = [text(&[2; 40]), text(&long), text(&[2; 9]), text(&long[..900])].concat();
        let taken = |most: usize| {
            let mut taken = Vec::new();
            let is_wanted = |start: &[u8]| {
                assert!(start.len() <= START / 4 * 3);
                start[0] == 1
            };
            each_certificate(bundle.as_bytes(), &is_wanted, &mut |der| {
                taken.push(der.len());
                taken.len() < most
            });
            taken
        };
        assert_eq!((taken(9), taken(1)), (vec![3000, 900], vec![3000]));
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
