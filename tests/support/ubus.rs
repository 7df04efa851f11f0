//! ubus as its clients see it: what they ask, and the short answers.

use std::io::{self, Read};

/// Version, type, sequence number, peer, and the length of what follows.
pub const HEAD: usize = 12;
/// The number of netifd's object, and of every other one, as it was recorded.
const NUMBER: [u8; 4] = [0x86, 0x08, 0x52, 0x79];
/// The attribute that names it.
const OBJECT: &[u8] = b"\x03\x00\x00\x08\x86\x08\x52\x79";
/// ubusd's own number, as look-ups are answered by itself.
const UBUSD: [u8; 4] = [0; 4];

/// What a client wants.
#[derive(PartialEq)]
pub enum Question {
    /// The number of an object.
    LookUp,
    /// The status of an interface of netifd's.
    Status(String),
    /// The watchdog of this service and instance is wound up.
    Watchdog(String),
}

/// What a client hears first: its own number.
pub fn hello() -> Vec<u8> {
    b"\x00\x00\x00\x00\x86\x08\x52\x79\x00\x00\x00\x04".to_vec()
}

/// An object was found: its number.
pub fn found() -> Vec<u8> {
    [message(2, UBUSD, OBJECT), message(1, UBUSD, &status(0))].concat()
}

/// A method has brought this data, if any, and is done.
pub fn answered(data: &[u8]) -> Vec<u8> {
    let data =
        if data.is_empty() { Vec::new() } else { message(2, NUMBER, &[OBJECT, data].concat()) };
    [data, message(1, NUMBER, &[&status(0), OBJECT].concat())].concat()
}

/// A method is done, and has no data.
pub fn done() -> Vec<u8> {
    answered(&[])
}

/// The object is there, what is asked of it is not.
pub fn not_found() -> Vec<u8> {
    message(1, NUMBER, &[&status(4), OBJECT].concat())
}

fn status(number: u8) -> [u8; 8] {
    [1, 0, 0, 8, 0, 0, 0, number]
}

/// A message of this peer, without the number of the question.
fn message(kind: u8, peer: [u8; 4], attributes: &[u8]) -> Vec<u8> {
    let head = [[0, kind, 0, 0], peer].concat();
    let length = u32::try_from(attributes.len() + 4).expect("a short answer").to_be_bytes();
    [&head[..], &length, attributes].concat()
}

/// The number of the next question, and what it is.
pub fn question(stream: &mut impl Read) -> io::Result<([u8; 2], Question)> {
    let mut head = [0; HEAD];
    stream.read_exact(&mut head)?;
    let length = u32::from_be_bytes([0, head[9], head[10], head[11]]);
    let mut body = vec![0; length.saturating_sub(4) as usize];
    stream.read_exact(&mut body)?;
    Ok(([head[2], head[3]], asked_in(&body)))
}

/// The same messages as answers to the question of another number.
pub fn numbered(mut messages: Vec<u8>, number: [u8; 2]) -> Vec<u8> {
    let mut at = 0;
    while at + HEAD <= messages.len() {
        messages[at + 2..at + 4].copy_from_slice(&number);
        let length =
            u32::from_be_bytes([0, messages[at + 9], messages[at + 10], messages[at + 11]]);
        at += HEAD - 4 + length as usize;
    }
    messages
}

/// What the attributes of a message ask.
pub fn asked_in(body: &[u8]) -> Question {
    let is_watchdog = body.windows(9).any(|window| window == b"watchdog\0");
    let values = ["interface", "name", "instance"].map(|key| value_in(body, key));
    match values {
        [Some(interface), ..] => Question::Status(interface),
        [None, Some(name), Some(instance)] if is_watchdog => {
            Question::Watchdog(format!("{name} {instance}"))
        }
        _ => Question::LookUp,
    }
}

/// The text that an invocation has for this key.
fn value_in(body: &[u8], key: &str) -> Option<String> {
    let length = u8::try_from(key.len()).expect("keys are short");
    let field = [&[0, length], key.as_bytes(), &[0]].concat();
    let at = body.windows(field.len()).position(|window| window == field)? + field.len();
    // What follows is aligned to four bytes; the key's length counts from its header.
    let padded = at + (field.len().next_multiple_of(4) - field.len());
    let value = body[padded..].iter().take_while(|byte| **byte != 0);
    Some(String::from_utf8_lossy(&value.copied().collect::<Vec<_>>()).into_owned())
}
