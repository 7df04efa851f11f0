//! Status and body -> [`Reply`]: the one table of words, sentences and remedies.
//!
//! The words are those of the dyndns2 protocol as OVHcloud answers them, and what other providers
//! say in their place. A success is HTTP 200 with `good` or `nochg` as the whole first word, and no
//! other address behind it: a client that looks for "good" anywhere, or takes any 2xx for a
//! success, publishes nothing and never notices.

mod api_error;
mod echo;
mod words;

use crate::config::{Addresses, ProviderKind};
use crate::provider::extract::extract;
use crate::text::{Text, text};
use api_error::ApiError;
use echo::Echo;

pub use words::{Meaning, Word};

/// What the provider said about one update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reply {
    /// The word, which decides what happens next.
    pub word: Word,
    /// `Retry-After` in seconds, if the provider gave one.
    pub retry_after: Option<u32>,
    /// What happened, for a person, in sentences of ours; never more than one line.
    pub text: Text,
    /// Whether the sentences leave a reader asking what else the provider wrote.
    pub is_open: bool,
}

impl Reply {
    /// Adds what the provider wrote, where that says more than the word does, without anything of
    /// `secrets`: the text goes to logs and to a file that all may read.
    pub fn quote(&mut self, body: &[u8], secrets: &[&str]) {
        if self.is_open
            && let Some(quote) = extract(body, secrets)
        {
            self.text = text(format_args!("{}: {quote}", self.text));
        }
    }

    /// Adds where the user finds what this is about, if the provider's pages are known.
    pub fn locate(&mut self, kind: ProviderKind) {
        let place = self.word.place();
        if kind == ProviderKind::Ovh && !place.is_empty() {
            self.text = text(format_args!("{} (at OVHcloud: {place})", self.text));
        }
    }
}

/// A body longer than this is no answer of the protocol; its start is enough for the message.
pub const BODY_MAX: usize = 4096;

/// Reads a reply to an update that sent `sent`. Total: every status and body has a meaning.
///
/// A word that rejects says more than the status that it comes under, if that says no as well:
/// servers of the protocol send 400 `nohost`, 403 `abuse`, 404 `nohost`, 405 `badagent`,
/// 422 `dnserr`, 429 `abuse`. A success is one under 200 alone.
#[must_use]
pub fn read(
    status: u16,
    retry_after: Option<u32>,
    body: &[u8],
    sent: impl Into<Addresses>,
) -> Reply {
    let body = String::from_utf8_lossy(&body[..body.len().min(BODY_MAX)]);
    let line = body.lines().map(str::trim).find(|line| !line.is_empty()).unwrap_or("");
    let word = line.split_ascii_whitespace().next().and_then(spoken);
    let word = word.filter(|word| status == 200 || word.meaning() != Meaning::Stored);
    let (word, text, is_open) = match (status, word) {
        (200, Some(word)) if word.meaning() == Meaning::Stored => {
            read_success(word, line, sent.into())
        }
        (200 | 400..=499, Some(word)) => (word, said(word), false),
        (500..=599, Some(word)) if word.meaning() == Meaning::Unavailable => {
            (word, said(word), false)
        }
        // The provider's own back end speaks, but what is out of order may not reject.
        (429, None) | (500..=599, Some(_)) => (Word::Busy, under(Word::Busy, status), true),
        (500..=599, None) => (Word::Hiccup, under(Word::Hiccup, status), true),
        (401 | 403, None) => (Word::Badauth, said(Word::Badauth), false),
        (200..=299, None) if line.is_empty() => (Word::Unknown, silent(status), false),
        _ => match read_error(status, &body) {
            Some(word) => (word, said(word), true),
            None => (Word::Unknown, under(Word::Unknown, status), true),
        },
    };
    Reply { word, retry_after, text, is_open }
}

/// A word of success is believed unless what follows it says something else.
fn read_success(word: Word, line: &str, sent: Addresses) -> (Word, Text, bool) {
    match Echo::read(line, sent) {
        Echo::None | Echo::Same => (word, said(word), false),
        Echo::Other(echo) => {
            let what =
                format_args!("{}: {echo} instead of {}", Word::WrongEcho.sentence(), sent.address);
            (Word::WrongEcho, text(what), false)
        }
        Echo::Unreadable => {
            let token = word.token();
            let what = format_args!(
                "the answer says {token}, but not of which address: that is cut or malformed"
            );
            (Word::Unknown, text(what), true)
        }
    }
}

/// The word of the protocol that `token` is, in any case; the agent's own readings are none.
fn spoken(token: &str) -> Option<Word> {
    let own = [Word::Busy, Word::Hiccup, Word::WrongEcho, Word::Unknown];
    let is_said = |word: &Word| {
        let is = |form: &str| form.eq_ignore_ascii_case(token);
        !own.contains(word) && (is(word.token()) || word.aliases().iter().any(|form| is(form)))
    };
    Word::ALL.iter().copied().find(is_said)
}

/// OVHcloud's newer back end answers a wrong request in JSON: `{"class":..., "message":...}`.
fn read_error(status: u16, body: &str) -> Option<Word> {
    let error = ApiError::parse(body)?;
    match status {
        400 if error.message.contains("'system'") => Some(Word::Badsys),
        400 => Some(Word::Badparam),
        404 if error.speaks_of_a_missing_record() => Some(Word::Nohost),
        _ => None,
    }
}

/// The word's sentence, and the status that it is read from.
fn under(word: Word, status: u16) -> Text {
    text(format_args!("{} (HTTP {status})", word.sentence()))
}

fn said(word: Word) -> Text {
    text(format_args!("{}", word.sentence()))
}

fn silent(status: u16) -> Text {
    text(format_args!(
        "the answer is empty, so nobody knows whether the address is stored (HTTP {status})"
    ))
}

#[cfg(test)]
mod tests {
    use super::words::{FINAL, PROBED};
    use super::*;
    use std::net::IpAddr;
    use std::path::Path;

    fn sent() -> IpAddr {
        [203, 0, 113, 7].into()
    }

    /// Status and body of a file in `tests/replies`.
    fn response(content: &[u8]) -> (u16, &[u8]) {
        let end = content.windows(4).position(|four| four == b"\r\n\r\n").expect("a head");
        let head = std::str::from_utf8(&content[..end]).expect("a head in ASCII");
        let status = head.split(' ').nth(1).expect("a status").parse().expect("a number");
        (status, &content[end + 4..])
    }

    fn read_file(content: &[u8]) -> Reply {
        let (status, body) = response(content);
        read(status, None, body, sent())
    }

    fn read_text(status: u16, body: &str) -> Reply {
        read(status, None, body.as_bytes(), sent())
    }

    #[test]
    #[allow(clippy::disallowed_methods, reason = "reads the corpus")]
    fn every_reply_ever_seen_means_what_its_file_name_says() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/replies");
        let mut seen = Vec::new();
        for entry in std::fs::read_dir(folder).expect("the corpus") {
            let path = entry.expect("a file").path();
            let name = path.file_stem().and_then(|stem| stem.to_str()).expect("a name").to_owned();
            let reply = read_file(&std::fs::read(&path).expect("a reply"));
            let expected = name.split("--").next().expect("a word");
            assert_eq!(reply.word.token(), expected, "{name}: {}", reply.text);
            assert!(!reply.text.is_empty(), "{name}");
            seen.push(reply.word);
        }
        for word in Word::ALL {
            assert!(seen.contains(word), "no file for {}", word.token());
        }
    }

    #[test]
    fn what_each_word_asks_of_the_client_is_the_table_of_the_protocol() {
        let rows = [
            ("good nochg", Meaning::Stored),
            ("badauth nohost !yours !active notfqdn numhost !donator conflict", PROBED),
            ("abuse badagent badsys badparam badop numip", FINAL),
            ("dnserr 911 interval busy", Meaning::Unavailable),
            ("wrong-echo unknown", Meaning::Unknown),
        ];
        let mut count = 0;
        for (tokens, meaning) in rows {
            for token in tokens.split(' ') {
                let word = Word::ALL.iter().find(|word| word.token() == token).expect(token);
                assert_eq!(word.meaning(), meaning, "{token}");
                let acts = matches!(meaning, Meaning::Rejected { .. });
                assert_eq!(!word.remedy().is_empty(), acts, "{token}: only a hold has a remedy");
                assert!(token.len() <= 16, "{token} is not read back from the state file");
                count += 1;
            }
        }
        // Its token is that of the other kind of busy.
        assert_eq!(Word::Hiccup.meaning(), Meaning::Hiccup);
        assert_eq!(count + 1, Word::ALL.len());
    }

    #[test]
    fn a_word_that_says_no_counts_under_every_status_that_says_no() {
        let rejections = Word::ALL.iter().filter(|word| word.meaning() != Meaning::Stored);
        let own = [Word::Busy, Word::Hiccup, Word::WrongEcho, Word::Unknown];
        for word in rejections.filter(|word| !own.contains(word)) {
            for form in word.aliases().iter().copied().chain([word.token()]) {
                for status in [200, 400, 401, 403, 404, 405, 422, 429, 451] {
                    let body = format!("{} and more\n", form.to_uppercase());
                    let reply = read_text(status, &body);
                    assert_eq!(reply.word, *word, "{status} {form}");
                }
                for body in [format!("{form}x"), format!("x {form}"), format!("<p>{form}")] {
                    assert_ne!(read_text(404, &body).word, *word, "{body}");
                }
            }
        }
    }

    #[test]
    fn a_word_under_a_5xx_is_heard_where_it_speaks_of_the_provider_itself() {
        let rows = [
            (500, "911", Word::NineOneOne),
            (503, "dnserr", Word::Dnserr),
            (500, "badauth", Word::Busy),
            (503, "abuse", Word::Busy),
            (502, "good 203.0.113.7", Word::Hiccup),
            (503, "<html>911", Word::Hiccup),
            (429, "good 203.0.113.7", Word::Busy),
        ];
        for (status, body, word) in rows {
            assert_eq!(read_text(status, body).word, word, "{status} {body}");
        }
    }

    #[test]
    fn no_status_but_200_is_a_success_and_no_word_but_two() {
        for status in (100..=199).chain(201..=999) {
            for body in ["good", "good 203.0.113.7", "nochg", "", "successfully_changed"] {
                let reply = read_text(status, body);
                assert_ne!(reply.word.meaning(), Meaning::Stored, "{status} {body}");
            }
        }
        let empty = read_text(204, "");
        assert!(empty.text.starts_with("the answer is empty"), "{}", empty.text);
        assert_eq!(read_text(200, " \r\n").text.as_str(), empty.text.replace("204", "200"));
    }

    #[test]
    fn only_of_ovhcloud_it_is_known_where_to_look() {
        for (kind, is_told) in [(ProviderKind::Ovh, true), (ProviderKind::Other, false)] {
            let mut reply = read_text(401, "");
            reply.locate(kind);
            assert_eq!(reply.text.contains("customer area"), is_told, "{}", reply.text);
        }
        for word in Word::ALL {
            assert!(!word.remedy().contains("customer area"), "{word:?}");
            assert!(!word.sentence().contains("customer area"), "{word:?}");
        }
    }

    #[test]
    fn a_cut_or_malformed_echo_is_no_success_and_says_so() {
        for echo in ["82.6", "203.0.113.", "203.000.113.007", "2a01:cb"] {
            let reply = read_text(200, &format!("good {echo}"));
            assert_eq!((reply.word, reply.is_open), (Word::Unknown, true), "{echo}");
            assert!(reply.text.contains("cut or malformed"), "{}", reply.text);
        }
    }

    #[test]
    fn too_many_requests_are_the_providers_word_and_a_5xx_is_its_front_ends() {
        let rows = [
            (429, Meaning::Unavailable),
            (500, Meaning::Hiccup),
            (503, Meaning::Hiccup),
            (599, Meaning::Hiccup),
            (600, Meaning::Unknown),
        ];
        for (status, meaning) in rows {
            let reply = read(status, None, b"good", sent());
            assert_eq!(reply.word.meaning(), meaning, "{status}");
        }
    }

    #[test]
    fn an_ipv6_echo_is_compared_as_an_address_not_as_text() {
        let sent: IpAddr = "2a01:cb00:1:2::10".parse().expect("an address");
        let reply = read(200, None, b"good 2A01:CB00:0001:2:0:0:0:10", sent);
        assert_eq!(reply.word, Word::Good);
    }

    #[test]
    fn a_wrong_echo_and_an_unknown_answer_are_quoted() {
        let echo = read_file(b"HTTP/1.1 200 OK\r\n\r\ngood 198.51.100.9");
        assert_eq!(
            echo.text,
            "the provider stored another address: 198.51.100.9 instead of 203.0.113.7"
        );
        let (mut page, body) =
            (read_file(b"HTTP/1.1 302 Found\r\n\r\n"), b"<html>\x1b Moved <b>permanently");
        page.quote(body, &["home", "hunter2", "php", "an.other-token"]);
        assert_eq!(
            page.text,
            "the answer is not one of the DynHost protocol (HTTP 302): moved permanently"
        );
    }

    #[test]
    fn a_sentence_of_ours_is_never_struck_out_and_a_word_needs_no_quote() {
        for password in ["address", "wrong", "stored", "login", "e"] {
            for (head, body) in
                [("200 OK", "good"), ("200 OK", "badauth"), ("503 No", "wrong login")]
            {
                let content = format!("HTTP/1.1 {head}\r\n\r\n{body}");
                let mut reply = read_file(content.as_bytes());
                let before = reply.text.clone();
                reply.quote(body.as_bytes(), &["home", password]);
                assert!(reply.text.starts_with(before.as_str()), "{}", reply.text);
                assert!(body.starts_with("wrong") || reply.text == before, "{}", reply.text);
            }
        }
    }

    #[test]
    fn a_404_means_no_record_only_if_it_says_both() {
        let rows = [
            ("No record found for this login", Word::Nohost),
            ("The Record was NOT FOUND", Word::Nohost),
            ("This record does not exist", Word::Nohost),
            ("This service does not exist", Word::Unknown),
            ("This record is locked", Word::Unknown),
        ];
        for (message, word) in rows {
            let body = format!(r#"{{"class":"Client::NotFound","message":"{message}"}}"#);
            let reply = read(404, None, body.as_bytes(), sent());
            assert_eq!(reply.word, word, "{message}");
        }
    }

    #[test]
    fn no_length_of_body_is_too_long() {
        let reply = read(200, Some(5), &vec![b'x'; 1_000_000], sent());
        assert_eq!((reply.word, reply.retry_after), (Word::Unknown, Some(5)));
    }
}
