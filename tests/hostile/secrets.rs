//! The password in another form: what a provider's page repeats of a request is not passed on.

use std::fmt::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

use crate::support::agent::Agent;
use crate::support::lab::fault::Fault;
use crate::support::lab::options::{Identifier, LabOptions};
use crate::support::lab::reply::Reply;
use crate::support::stage::{Stage, one_host};

const SECRET: &str = "pa55#W:%0rd<\u{e9}&\"'x9Kq2Z";
const LOGIN: &str = "example.com-home";
/// So many characters in a row of any form are more than chance.
const TELLING: usize = 6;

fn each(bytes: &[u8], write: impl Fn(&mut String, u8)) -> String {
    let mut text = String::new();
    for byte in bytes {
        write(&mut text, *byte);
    }
    text
}

fn each_char(write: impl Fn(&mut String, u32)) -> String {
    let mut text = String::new();
    for c in SECRET.chars() {
        write(&mut text, u32::from(c));
    }
    text
}

/// The password as pages, encoders and careless programs write it.
fn forms() -> Vec<(&'static str, String)> {
    let secret = SECRET.as_bytes();
    let pair = format!("{LOGIN}:{SECRET}");
    let percent: String = form_urlencoded::byte_serialize(secret).collect();
    let html = SECRET.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;");
    let json = SECRET.replace('"', "\\\"").replace('\u{e9}', "\\u00e9");
    vec![
        ("as it is", SECRET.into()),
        ("with its login", pair.clone()),
        ("base64 with its login", STANDARD.encode(&pair)),
        ("base64", STANDARD.encode(secret)),
        ("base64 behind one byte", STANDARD.encode(format!("x{SECRET}"))),
        ("base64 behind two bytes", STANDARD.encode(format!("xx{SECRET}"))),
        ("base64 for URLs", URL_SAFE_NO_PAD.encode(&pair)),
        ("percent", percent.clone()),
        ("percent in small letters", percent.to_lowercase()),
        ("percent throughout", each(secret, |text, byte| _ = write!(text, "%{byte:02x}"))),
        ("HTML by name", html.replace('\'', "&#39;").replace('\u{e9}', "&eacute;")),
        ("HTML by number", each_char(|text, c| _ = write!(text, "&#{c};"))),
        ("HTML by hexadecimal number", each_char(|text, c| _ = write!(text, "&#x{c:x};"))),
        ("JSON", json),
        ("JSON throughout", each_char(|text, c| _ = write!(text, "\\u{c:04x}"))),
        ("hexadecimal", each(secret, |text, byte| _ = write!(text, "{byte:02x}"))),
        ("hexadecimal in capitals", each(secret, |text, byte| _ = write!(text, "{byte:02X}"))),
    ]
}

/// Notations that nobody would list: whatever they are, nothing of them is passed on.
fn odd_forms() -> Vec<(&'static str, String)> {
    let pair = format!("{LOGIN}:{SECRET}");
    let base64 = STANDARD.encode(&pair);
    let end = &base64.as_bytes()[base64.len() - 12..];
    let swapped = |c: char| if c.is_lowercase() { c.to_ascii_uppercase() } else { c };
    vec![
        ("hexadecimal of base64's end", each(end, |text, byte| _ = write!(text, "{byte:02x}"))),
        ("decimals of base64's end", each(end, |text, byte| _ = write!(text, "{byte} "))),
        ("base64 of base64", STANDARD.encode(&base64)),
        ("UTF-16", each_char(|text, c| _ = write!(text, "{}\0", char::from_u32(c).unwrap()))),
        ("code points", each_char(|text, c| _ = write!(text, "U+{c:04X} "))),
        ("percent and u", each_char(|text, c| _ = write!(text, "%u{c:04x}"))),
        ("octal numbers", each_char(|text, c| _ = write!(text, "{c:o} "))),
        ("binary numbers", each_char(|text, c| _ = write!(text, "{c:08b} "))),
        ("calls", each_char(|text, c| _ = write!(text, "chr({c})."))),
        ("places", {
            let places = SECRET.chars().enumerate();
            places.map(|(place, c)| format!("{place}:{c} ")).collect()
        }),
        (
            "elements",
            each_char(|text, c| _ = write!(text, "<b>{}</b>", char::from_u32(c).unwrap())),
        ),
        ("reversed", SECRET.chars().rev().collect()),
        ("rotated", SECRET.chars().map(|c| rotated(c, 13)).collect()),
        ("the next letters", SECRET.chars().map(|c| rotated(c, 1)).collect()),
        ("in capitals", SECRET.chars().map(swapped).collect()),
        ("base32", base32(pair.as_bytes())),
        ("base32 in small letters", base32(SECRET.as_bytes()).to_lowercase()),
        ("the login", LOGIN.into()),
        ("the login reversed", LOGIN.chars().rev().collect()),
        ("the login in base64", STANDARD.encode(LOGIN)),
    ]
}

fn rotated(c: char, by: u8) -> char {
    let from = if c.is_ascii_lowercase() { b'a' } else { b'A' };
    if !c.is_ascii_alphabetic() {
        return c;
    }
    char::from(from + (c as u8 - from + by) % 26)
}

/// RFC 4648, section 6, without its padding.
fn base32(bytes: &[u8]) -> String {
    let bits: String = bytes.iter().map(|byte| format!("{byte:08b}")).collect();
    let letter = |bits: &[u8]| {
        let value = bits.iter().fold(0, |value, bit| value << 1 | usize::from(bit - b'0'));
        char::from(b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"[value << (5 - bits.len())])
    };
    bits.as_bytes().chunks(5).map(letter).collect()
}

/// Every piece of a form that gives it away.
fn pieces() -> Vec<String> {
    let mut pieces = Vec::new();
    for (_, form) in forms().into_iter().filter(|(name, _)| *name != "with its login") {
        let characters: Vec<char> = form.chars().collect();
        pieces.extend(characters.windows(TELLING).map(String::from_iter));
    }
    pieces
}

/// An agent that was told this, and all it said and wrote of it.
fn said(stage: &Stage, reply: Reply) -> String {
    stage.lab.clear_faults();
    stage.lab.fault(Fault::Reply(reply));
    let agent = Agent::new(&one_host(&stage.lab, &[("password", SECRET)]));
    let mut all = agent.run(&["--log-level", "debug", "update"]).said();
    for path in crate::support::stranger::below(&agent.state_dir()) {
        if path.is_file() {
            all += &String::from_utf8_lossy(&std::fs::read(path).unwrap());
        }
    }
    all
}

fn knowing(password: &str) -> LabOptions {
    let identifiers = vec![Identifier::new(LOGIN, password, "home")];
    LabOptions { identifiers, ..LabOptions::default() }
}

/// What of the password is in there.
fn given_away<'a>(pieces: &'a [String], text: &str) -> Option<&'a String> {
    pieces.iter().find(|piece| text.contains(piece.as_str()))
}

#[test]
fn no_form_of_the_password_that_a_page_repeats_is_passed_on() {
    let (stage, pieces) = (Stage::with(knowing(SECRET)), pieces());
    let mut complaints = Vec::new();
    for (name, form) in forms() {
        let json = format!("{{\"class\":\"x\",\"message\":\"no {form}\"}}");
        for reply in [
            Reply::text(200, format!("no {form}")),
            Reply::html(503, format!("<p>no {form}</p>")),
            Reply::text(400, json),
        ] {
            let status = reply.status;
            let text = said(&stage, reply);
            if let Some(piece) = given_away(&pieces, &text) {
                complaints.push(format!("{name} in HTTP {status}: {piece:?} in {text}"));
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn no_notation_that_nobody_thought_of_is_passed_on_either() {
    let stage = Stage::with(knowing(SECRET));
    let mut complaints = Vec::new();
    for (name, form) in odd_forms() {
        for body in [format!("no {form}"), form.replace(' ', ","), format!("<p>{form}</p>")] {
            let text = said(&stage, Reply::html(503, &body));
            let found = body.split(&[' ', '<', '>'][..]).find(|piece| {
                piece.chars().count() > 3 && !piece.ends_with('p') && text.contains(piece)
            });
            // Single characters would be found in every text.
            let spelled = body.get(..24).filter(|start| text.contains(start));
            if let Some(piece) = found.or(spelled) {
                complaints.push(format!("{name}: {piece:?} in {text}"));
            }
        }
    }
    assert!(complaints.is_empty(), "{}", complaints.join("\n"));
}

#[test]
fn what_a_length_limit_leaves_of_the_password_is_not_passed_on() {
    let (stage, pieces) = (Stage::with(knowing(SECRET)), pieces());
    let forms = [SECRET.to_owned(), STANDARD.encode(format!("{LOGIN}:{SECRET}"))];
    for form in forms {
        // From a page that is cut by its sender to one that is cut by any limit of ours.
        for before in [0, 40, 64, 96, 120, 160, 180, 200, 210, 220, 230] {
            for kept in [form.chars().count(), TELLING + 4] {
                let cut: String = form.chars().take(kept).collect();
                let text = said(&stage, Reply::text(200, "y".repeat(before) + " " + &cut));
                let found = given_away(&pieces, &text);
                assert_eq!(found, None, "{kept} behind {before} bytes: {text}");
            }
        }
    }
}

#[test]
fn a_password_that_is_a_word_of_ours_leaves_our_sentences_whole() {
    let echo = Fault::WrongEcho([81, 2, 69, 99].into());
    let faults = [None, Some(Fault::Unauthorized), Some(Fault::Word("911".into())), Some(echo)];
    let sentences = |password: &str| {
        let told = faults.iter().map(|fault| {
            let stage = Stage::with(knowing(password));
            if let Some(fault) = fault {
                stage.lab.fault(fault.clone());
            }
            stage.configure(&[("password", password)]);
            let line = stage.update().lines().remove(0);
            let sentence = line.text.split("; next: ").next().map(str::to_owned);
            let last = stage.agent.record("home")["last"]["text"].to_string();
            (line.result, sentence, last)
        });
        told.collect::<Vec<_>>()
    };
    let usual = sentences(SECRET);
    for password in ["address", "wrong", "stored", "the", "provider", "update", "e", "81.2.69.10"] {
        assert_eq!(sentences(password), usual, "with the password {password:?}");
    }
}
