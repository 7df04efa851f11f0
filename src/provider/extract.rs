//! The start of what a provider wrote, for a person: short, printable, nothing of the password.
//!
//! An error page may repeat the request, `Authorization` included, in any notation. Whatever the
//! notation, one of two things holds: it leaves most characters alone and escapes the rest, or it
//! replaces every character by a fixed number of others. So the text is read several times:
//!
//! - as it is, and with its escapes (percent, HTML, JSON, C) undone once and
//!   again, as one notation is often wrapped in another;
//! - each of these once more as bare letters and digits, without case and without what stands
//!   between them, in which base64 of any alignment and alphabet, hexadecimal and decimal numbers
//!   are looked for.
//!
//! What is looked for is any few characters in a row, so what is left of a password that was cut,
//! broken over lines or partly starred out counts as well. A chance match costs the extract alone,
//! which is a help and no need; sentences of ours never come here.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

use crate::text::Printable;

/// Characters that are shown.
const SHOWN_MAX: usize = 60;
/// Bytes that are looked through. Only what begins within the extract could be shown, and no
/// notation spreads the characters that are looked for over more than the rest.
const LOOKED_AT: usize = 512;
/// How often escapes are undone.
const ROUNDS: usize = 3;
/// Characters of the password in a row that are too many. One with fewer letters and digits of
/// ASCII is in half of all texts, or hard to know again, so beside it nothing is quoted.
const PART: usize = 4;
/// The same as digits of hexadecimal or decimal numbers, of which a few are in every page.
const PART_IN_DIGITS: usize = 8;
/// The same in base64; with a letter more than three characters have, as case is not counted.
const PART_IN_BASE64: usize = 5;

/// The first line of `body` that is not empty, unless it may hold a part of `password`, or of what
/// `Authorization` made of both.
#[must_use]
pub fn extract(body: &[u8], login: &str, password: &str) -> Option<String> {
    let body = body.trim_ascii_start();
    let body = &body[..body.len().min(LOOKED_AT)];
    let forms = Forms::of(login, password);
    if forms.bare.len() < PART || forms.are_in(body) {
        return None;
    }
    let text = read(body);
    let line = text.lines().next().unwrap_or_default();
    // An escape of the provider's own is not for the next reader to undo.
    let line = line.split('\\').next().unwrap_or_default().trim_end();
    let end = line.char_indices().nth(SHOWN_MAX).map_or(line.len(), |(end, _)| end);
    let shown = line.get(..end).unwrap_or_default();
    (!shown.is_empty()).then(|| Printable(shown).to_string())
}

/// Whether the start of `body` may hold a part of a token, written as it stands in a URL.
///
/// One that is too short to be known again is too short for a secret, unlike a password, which is
/// known to be one.
#[must_use]
pub fn repeats(body: &[u8], token: &str) -> bool {
    let body = body.trim_ascii_start();
    let body = &body[..body.len().min(LOOKED_AT)];
    [token.to_owned(), read(&unescaped(token.as_bytes()))].iter().any(|token| {
        let forms = Forms::of("", token);
        forms.bare.len() >= PART && forms.are_in(body)
    })
}

/// What a password looks like to the readings of a text.
struct Forms {
    plain: String,
    bare: String,
    digits: [String; 2],
    base64: [String; 4],
}

impl Forms {
    fn of(login: &str, password: &str) -> Self {
        let plain = lower(password);
        let bytes = password.bytes();
        let digits = [
            bytes.clone().map(|byte| format!("{byte:02x}")).collect(),
            bytes.map(|byte| byte.to_string()).collect(),
        ];
        let pair = format!("{login}:{password}");
        let base64 = [(password, 0), (password, 1), (password, 2), (&*pair, 0)]
            .map(|(text, before)| bare(&base64(text, before)));
        Self { bare: bare(&plain), plain, digits, base64 }
    }

    fn are_in(&self, body: &[u8]) -> bool {
        let mut body = body.to_vec();
        (0..=ROUNDS).any(|round| {
            if round > 0 {
                body = unescaped(&body);
            }
            let plain = lower(&read(&body));
            let bones = bare(&plain);
            // A dump in the notation of C has this before each number.
            let dump = bones.replace("0x", "");
            shares(&plain, &self.plain, PART)
                || shares(&bones, &self.bare, PART)
                || self.digits.iter().any(|digits| shares(&dump, digits, PART_IN_DIGITS))
                || self.base64.iter().any(|form| shares(&bones, form, PART_IN_BASE64))
        })
    }
}

/// The text in base64 behind so many other bytes, without the characters at both ends that its
/// neighbours share.
fn base64(text: &str, before: usize) -> String {
    let encoded = STANDARD_NO_PAD.encode([&b"\0\0"[..before], text.as_bytes()].concat());
    let shared = (before * 8).div_ceil(6);
    let whole = (before + text.len()) * 8 / 6;
    encoded.get(shared..whole).unwrap_or_default().to_owned()
}

/// UTF-8 where it is that, and Latin-1 where it is not.
fn read(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.extend(chunk.invalid().iter().copied().map(char::from));
    }
    text
}

fn lower(text: &str) -> String {
    text.chars().flat_map(char::to_lowercase).collect()
}

/// The letters and digits of ASCII alone, in lower case.
fn bare(text: &str) -> String {
    let letters = text.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|c| c.to_ascii_lowercase()).collect()
}

/// Whether `part` characters in a row of `form`, or all of a shorter one, are in `text`.
fn shares(text: &str, form: &str, part: usize) -> bool {
    let mut ends: Vec<usize> = form.char_indices().map(|(at, _)| at).collect();
    ends.push(form.len());
    let part = part.min(ends.len() - 1);
    let mut rows = ends.windows(part + 1);
    part > 0
        && rows.any(|row| match row {
            [from, .., to] => form.get(*from..*to).is_some_and(|row| text.contains(row)),
            _ => false,
        })
}

/// The text with every escape undone once.
fn unescaped(text: &[u8]) -> Vec<u8> {
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((first, behind)) = rest.split_first() {
        let escape = match first {
            b'%' => number(behind, 16, 2).map(|(value, length)| (u8::try_from(value).ok(), length)),
            b'+' => Some((Some(b' '), 0)),
            _ => None,
        };
        let escape = match escape {
            Some((byte, length)) => Some((byte.into_iter().collect(), length)),
            None if *first == b'&' => entity(behind),
            None if *first == b'\\' => backslash(behind),
            None => None,
        };
        let (meant, length) = escape.unwrap_or_else(|| (vec![*first], 0));
        plain.extend(meant);
        rest = behind.get(length..).unwrap_or_default();
    }
    plain
}

/// What stands behind `&` in HTML, and how many bytes of it there are.
fn entity(text: &[u8]) -> Option<(Vec<u8>, usize)> {
    let (value, length) = match text {
        [b'#', b'x' | b'X', digits @ ..] => {
            number(digits, 16, 0).map(|(c, length)| (c, length + 2))?
        }
        [b'#', digits @ ..] => number(digits, 10, 0).map(|(c, length)| (c, length + 1))?,
        _ => {
            let length = text.iter().take_while(|byte| byte.is_ascii_alphabetic()).count();
            // A name: of no letter or digit, and those are what is compared in the end.
            return (text.get(length) == Some(&b';')).then(|| (Vec::new(), length + 1));
        }
    };
    let end = usize::from(text.get(length) == Some(&b';'));
    Some((utf8(value), length + end))
}

/// What stands behind a backslash in JSON, C and most other languages.
fn backslash(text: &[u8]) -> Option<(Vec<u8>, usize)> {
    let (value, length) = match text {
        [b'u', b'{', digits @ ..] => number(digits, 16, 0).map(|(c, length)| (c, length + 3))?,
        [b'u', digits @ ..] => number(digits, 16, 4).map(|(c, length)| (c, length + 1))?,
        [b'x', digits @ ..] => number(digits, 16, 2).map(|(c, length)| (c, length + 1))?,
        [b'0'..=b'7', ..] => number(text, 8, 3)?,
        // A line break, or the character itself.
        _ => {
            return text
                .first()
                .is_some_and(|c| !c.is_ascii_alphanumeric())
                .then(|| (Vec::new(), 0));
        }
    };
    Some((utf8(value), length))
}

fn utf8(value: u32) -> Vec<u8> {
    char::from_u32(value).map(String::from).unwrap_or_default().into_bytes()
}

/// The number of exactly so many digits, or of all there are for 0; and their count.
fn number(text: &[u8], radix: u32, digits: usize) -> Option<(u32, usize)> {
    let is_digit = |byte: &&u8| char::from(**byte).is_digit(radix);
    let count = text.iter().take_while(is_digit).count();
    let count = if digits == 0 { count } else { digits };
    let text = std::str::from_utf8(text.get(..count)?).ok()?;
    if text.starts_with(['+', '-']) {
        return None;
    }
    u32::from_str_radix(text, radix).ok().map(|value| (value, count))
}

#[cfg(test)]
mod tests {
    use super::*;
    use base64::engine::general_purpose::{STANDARD, URL_SAFE};

    const PASSWORD: &str = "pa55#W:%0rd\u{e9}";
    const LOGIN: &str = "example.com-home";

    fn every(write: impl Fn(char) -> String) -> String {
        PASSWORD.chars().map(write).collect()
    }

    fn percent(text: &str, all: bool) -> String {
        let escaped = |byte: u8| all || !byte.is_ascii_alphanumeric();
        let write =
            |byte| if escaped(byte) { format!("%{byte:02X}") } else { char::from(byte).into() };
        text.bytes().map(write).collect()
    }

    fn html(text: &str) -> String {
        text.replace('&', "&amp;")
            .replace('#', "&num;")
            .replace('%', "&#37;")
            .replace(':', "&#x3A;")
    }

    /// The password in every notation that a page might repeat it in.
    fn forms() -> Vec<String> {
        let pair = format!("{LOGIN}:{PASSWORD}");
        let hex = |between: &str| -> String {
            PASSWORD.bytes().map(|byte| format!("{between}{byte:02x}")).collect()
        };
        let decimal: Vec<String> = PASSWORD.bytes().map(|byte| byte.to_string()).collect();
        let mut forms = vec![
            PASSWORD.to_owned(),
            pair.clone(),
            PASSWORD.to_uppercase(),
            percent(PASSWORD, false),
            percent(PASSWORD, true),
            percent(PASSWORD, true).to_lowercase(),
            percent(&percent(PASSWORD, true), true),
            form(PASSWORD),
            html(PASSWORD),
            html(&html(PASSWORD)),
            every(|c| format!("&#{};", u32::from(c))),
            every(|c| format!("&#x{:x};", u32::from(c))),
            every(|c| format!("&#X{:06X}", u32::from(c))),
            every(|c| format!("\\u{:04x}", u32::from(c))),
            every(|c| format!("\\u{{{:x}}}", u32::from(c))),
            every(|c| format!("\\\\u{:04X}", u32::from(c))),
            every(|c| format!("\\{c}")),
            every(|c| format!("{c} ")),
            every(|c| format!("\\{:03o}", u32::from(c))),
            hex(""),
            hex("").to_uppercase(),
            hex(" "),
            hex("\\x"),
            hex(", 0x"),
            hex("="),
            format!("[{}]", decimal.join(", ")),
            STANDARD.encode(percent(PASSWORD, false)),
        ];
        for before in ["", "a", "ab", LOGIN, "Basic "] {
            for text in [format!("{before}{PASSWORD}"), format!("{before}:{PASSWORD}:more")] {
                let encoded = STANDARD.encode(&text);
                forms.push(encoded.trim_end_matches('=').to_owned());
                forms.push(percent(&encoded, false));
                forms.push(encoded.to_lowercase());
                forms.push(URL_SAFE.encode(&text));
            }
        }
        forms
    }

    fn form(text: &str) -> String {
        percent(text, false).replace("%20", "+")
    }

    #[test]
    fn no_notation_brings_the_password_out() {
        for form in forms() {
            for body in
                [format!("<p>{form}</p>"), format!("\r\n\r\n{form}"), "x".repeat(50) + &form]
            {
                assert_eq!(extract(body.as_bytes(), LOGIN, PASSWORD), None, "{body}");
            }
        }
    }

    #[test]
    fn what_is_left_of_it_does_not_come_out_either() {
        for length in 4..PASSWORD.chars().count() {
            let part: String = PASSWORD.chars().take(length).collect();
            assert_eq!(
                extract(format!("login {part}").as_bytes(), LOGIN, PASSWORD),
                None,
                "{part}"
            );
            let rest: String = PASSWORD.chars().skip(PASSWORD.chars().count() - length).collect();
            assert_eq!(
                extract(format!("{rest} is wrong").as_bytes(), LOGIN, PASSWORD),
                None,
                "{rest}"
            );
        }
        let basic = STANDARD.encode(format!("{LOGIN}:{PASSWORD}"));
        for length in [10, 24, 30] {
            assert_eq!(extract(&basic.as_bytes()[..length], LOGIN, PASSWORD), None);
        }
        // Its start is the end of what is shown.
        for dots in 40..70 {
            let body = ".".repeat(dots) + PASSWORD;
            let shown = extract(body.as_bytes(), LOGIN, PASSWORD);
            assert_eq!(shown, None, "{dots}");
        }
    }

    #[test]
    fn beside_a_password_of_few_letters_nothing_is_quoted() {
        for password in ["x", "abc", "#####", "\u{e9}\u{e9}\u{e9}\u{e9}\u{e9}", "a#b#c"] {
            assert_eq!(extract(b"moved", LOGIN, password), None, "{password}");
        }
        assert_eq!(extract(b"moved", LOGIN, "abcd").as_deref(), Some("moved"));
    }

    #[test]
    fn what_is_quoted_is_short_and_printable() {
        let rows: [(&[u8], Option<&str>); 8] = [
            (b"", None),
            (b" \r\n\t", None),
            (b"\r\n  hello world \r\nmore", Some("hello world")),
            (b"<html>\x1b[31m\xe2\x80\xae", Some("<html>\\u{1b}[31m\\u{202e}")),
            (b"{\"message\":\"look \\u001b here\"}", Some("{\"message\":\"look")),
            (b"caf\xe9 ferm\xc3\xa9", Some("caf\u{e9} ferm\u{e9}")),
            (
                b"{\"class\":\"Client::Error\",\"x\":\"100%\"}",
                Some("{\"class\":\"Client::Error\",\"x\":\"100%\"}"),
            ),
            (&[b'-'; 5000], Some(&"-".repeat(60))),
        ];
        for (body, shown) in rows {
            assert_eq!(extract(body, LOGIN, PASSWORD).as_deref(), shown);
        }
    }

    #[test]
    fn no_bytes_are_too_odd_to_be_read() {
        for body in [
            &b"&"[..],
            b"&#",
            b"&#x",
            b"\\",
            b"\\u",
            b"\\u{",
            b"%",
            b"%f",
            b"\\u{fffffffff}",
            b"&#99999999999;",
            b"\\ud83d\\udd11",
            b"%+1%-2\\x+1",
        ] {
            assert!(extract(&[b"see ", body].concat(), LOGIN, PASSWORD).is_some(), "{body:?}");
        }
    }
}
