//! Messages of ubus: the two questions put to ubusd, and its answers out of a stream of bytes.
//!
//! ```text
//! message  version 0, type, be16 sequence, be32 peer; one blob (id 0) with the attributes
//! ```
//!
//! ubusd says HELLO once. Each question then gets any number of DATA and one STATUS, all with the
//! sequence of the question; the peer is that of the question too (0 for a look-up, else the
//! object's id).

use super::Malformed;
use super::blob::{self, Blob, Blobs};
use super::interface::InterfaceName;
use super::large::Large;

/// Bytes of the largest message that is kept; a status has about 1 KiB.
pub const MAX_MESSAGE: usize = 64 * 1024;
/// Bytes of the largest message that is read, ubus' own limit (`UBUS_MAX_MSGLEN`); of one beyond
/// [`MAX_MESSAGE`] only the fields that are used are kept.
pub const MAX_LARGE: usize = 1024 * 1024;

/// netifd's object that answers for every interface.
pub const NETIFD: &str = "network.interface";
/// procd's object for the services that it supervises.
pub const SERVICES: &str = "service";

/// Matches one object for each interface, its name after the last dot of this pattern.
pub const INTERFACES: &str = "network.interface.*";

/// The status of a question that was answered.
pub const STATUS_OK: u32 = 0;
/// The status for an object, or from netifd an interface, that there is not.
pub const STATUS_NOT_FOUND: u32 = 4;
/// The status for what the access list keeps from this user.
pub const STATUS_DENIED: u32 = 6;

const HEADER: usize = 8;
const MAX_BUFFERED: usize = 2 * MAX_MESSAGE;

const HELLO: u8 = 0;
const STATUS: u8 = 1;
const DATA: u8 = 2;
const LOOKUP: u8 = 4;
const INVOKE: u8 = 5;

const ATTRIBUTE_STATUS: u8 = 1;
const ATTRIBUTE_PATH: u8 = 2;
const ATTRIBUTE_OBJECT: u8 = 3;
const ATTRIBUTE_METHOD: u8 = 4;
pub(super) const ATTRIBUTE_DATA: u8 = 7;

/// The question for the ids of all objects at `path`: [`NETIFD`] or [`INTERFACES`].
#[must_use]
pub fn lookup(seq: u16, path: &'static str) -> Vec<u8> {
    let mut attributes = Vec::new();
    blob::put(&mut attributes, ATTRIBUTE_PATH, &terminated(path));
    message(LOOKUP, seq, 0, &attributes)
}

/// The question for the status of one interface, put to the object that [`lookup`] gave.
#[must_use]
pub fn invoke_status(seq: u16, object: u32, interface: &InterfaceName) -> Vec<u8> {
    invoke(seq, object, "status", &[("interface", interface)])
}

/// Winds up procd's watchdog of one instance of a service: with its names alone, as a mode or a
/// timeout would set it anew (procd's `service_handle_watchdog`).
#[must_use]
pub fn invoke_watchdog(seq: u16, object: u32, service: &str, instance: &str) -> Vec<u8> {
    invoke(seq, object, "watchdog", &[("name", service), ("instance", instance)])
}

fn invoke(seq: u16, object: u32, method: &str, texts: &[(&str, &str)]) -> Vec<u8> {
    let mut data = Vec::new();
    for (name, text) in texts {
        blob::put_text(&mut data, name, text);
    }
    let mut attributes = Vec::new();
    blob::put(&mut attributes, ATTRIBUTE_OBJECT, &object.to_be_bytes());
    blob::put(&mut attributes, ATTRIBUTE_METHOD, &terminated(method));
    blob::put(&mut attributes, ATTRIBUTE_DATA, &data);
    message(INVOKE, seq, object, &attributes)
}

fn terminated(text: &str) -> Vec<u8> {
    [text.as_bytes(), &[0]].concat()
}

fn message(kind: u8, seq: u16, peer: u32, attributes: &[u8]) -> Vec<u8> {
    let mut out = vec![0, kind];
    out.extend_from_slice(&seq.to_be_bytes());
    out.extend_from_slice(&peer.to_be_bytes());
    blob::put(&mut out, 0, attributes);
    out
}

/// What a message from ubusd is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// The greeting; its peer is the id given to this client.
    Hello,
    /// The end of an answer.
    Status,
    /// One part of an answer.
    Data,
    /// Anything else, not meant for a client that only asks.
    Other(u8),
}

/// One message from ubusd, with the attributes an answer can have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// What it is.
    pub kind: Kind,
    /// The sequence of the question it answers.
    pub seq: u16,
    /// The peer of the question it answers.
    pub peer: u32,
    /// How the question ended, in a [`Kind::Status`].
    pub status: Option<u32>,
    /// The object found or answering; absent if ubusd itself speaks.
    pub object: Option<u32>,
    /// The path of the object found.
    pub path: Option<String>,
    /// The answer of the object, a list of fields; empty if there is none.
    pub data: Vec<u8>,
}

/// Cuts a stream into messages; holds at most two messages of [`MAX_MESSAGE`].
#[derive(Debug, Default)]
pub struct Decoder {
    buffer: Vec<u8>,
    large: Option<([u8; HEADER], Large)>,
}

impl Decoder {
    /// Takes the next bytes of the stream.
    ///
    /// # Errors
    /// More bytes without a [`Decoder::next_message`] between than two messages can have.
    pub fn push(&mut self, bytes: &[u8]) -> Result<(), Malformed> {
        let buffered = self.buffer.len().saturating_add(bytes.len());
        if buffered > MAX_BUFFERED {
            return Err(Malformed::TooLarge(buffered));
        }
        self.buffer.extend_from_slice(bytes);
        Ok(())
    }

    /// The next whole message; `None` means that more bytes are needed.
    ///
    /// # Errors
    /// The stream is not ubus; every further call says so again.
    pub fn next_message(&mut self) -> Result<Option<Message>, Malformed> {
        if let Some((header, large)) = &mut self.large {
            let Some(attributes) = large.take(&mut self.buffer)? else { return Ok(None) };
            let message = parse(*header, &attributes);
            self.large = None;
            return message.map(Some);
        }
        let Some((header, rest)) = self.buffer.split_first_chunk::<HEADER>() else {
            return Ok(None);
        };
        if header[0] != 0 {
            return Err(Malformed::Version(header[0]));
        }
        let Some((outer, _)) = rest.split_first_chunk::<{ blob::HEADER }>() else {
            return Ok(None);
        };
        let length = blob::announced(*outer)?;
        if length > MAX_LARGE - HEADER {
            return Err(Malformed::TooLarge(HEADER + length));
        }
        if length > MAX_MESSAGE - HEADER {
            self.large = Some((*header, Large::new(length - blob::HEADER)));
            self.buffer.drain(..HEADER + blob::HEADER);
            return self.next_message();
        }
        let Some(attributes) = rest.get(blob::HEADER..length) else {
            return Ok(None);
        };
        let message = parse(*header, attributes)?;
        self.buffer.drain(..HEADER + length);
        Ok(Some(message))
    }
}

fn parse(header: [u8; HEADER], attributes: &[u8]) -> Result<Message, Malformed> {
    let [_, kind, s0, s1, p0, p1, p2, p3] = header;
    let mut message = Message {
        kind: match kind {
            HELLO => Kind::Hello,
            STATUS => Kind::Status,
            DATA => Kind::Data,
            other => Kind::Other(other),
        },
        seq: u16::from_be_bytes([s0, s1]),
        peer: u32::from_be_bytes([p0, p1, p2, p3]),
        status: None,
        object: None,
        path: None,
        data: Vec::new(),
    };
    for attribute in (Blobs { rest: attributes }) {
        keep(&mut message, attribute?)?;
    }
    Ok(message)
}

fn keep(message: &mut Message, attribute: Blob<'_>) -> Result<(), Malformed> {
    match attribute.id {
        ATTRIBUTE_STATUS => message.status = Some(attribute.number()?),
        ATTRIBUTE_OBJECT => message.object = Some(attribute.number()?),
        ATTRIBUTE_PATH => message.path = attribute.text()?.map(str::to_owned),
        ATTRIBUTE_DATA => message.data = attribute.payload.to_vec(),
        _ => {}
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    const HELLO_BYTES: [u8; 12] = [0, 0, 0, 0, 0xf8, 0x4a, 0x14, 0x1e, 0, 0, 0, 4];
    const STATUS_BYTES: [u8; 28] = [
        0, 1, 0, 2, 0x86, 8, 0x52, 0x79, // STATUS, sequence 2, peer
        0, 0, 0, 20, // the outer blob
        1, 0, 0, 8, 0, 0, 0, 4, // status 4
        3, 0, 0, 8, 0x86, 8, 0x52, 0x79, // object
    ];

    fn only(bytes: &[u8]) -> Result<Option<Message>, Malformed> {
        let mut decoder = Decoder::default();
        decoder.push(bytes)?;
        decoder.next_message()
    }

    #[test]
    fn a_look_up_names_the_object_and_has_no_peer() {
        let expected = b"\0\x04\0\x01\0\0\0\0\0\0\0\x1c\x02\0\0\x16network.interface\0\0\0";
        assert_eq!(lookup(1, NETIFD), expected);
    }

    #[test]
    fn a_question_names_object_method_and_interface() {
        let expected = [
            &b"\0\x05\0\x02\x86\x08\x52\x79\0\0\0\x30"[..],
            b"\x03\0\0\x08\x86\x08\x52\x79",
            b"\x04\0\0\x0bstatus\0\0",
            b"\x07\0\0\x18\x83\0\0\x14\0\x09interface\0wan\0",
        ];
        let wan = InterfaceName::try_from("wan").unwrap();
        assert_eq!(invoke_status(2, 0x8608_5279, &wan), expected.concat());
    }

    #[test]
    fn a_watchdog_is_wound_up_by_the_names_of_service_and_instance() {
        let bytes = invoke_watchdog(7, 0x0102_0304, "dynhost", "instance1");
        let has = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
        assert_eq!(bytes[..8], [0, INVOKE, 0, 7, 1, 2, 3, 4]);
        for text in [&b"watchdog\0"[..], b"\0\x04name\0", b"dynhost\0", b"instance1\0"] {
            assert!(has(text), "{text:?} is not in {bytes:?}");
        }
    }

    #[test]
    fn a_stream_is_cut_into_messages_wherever_it_was_split() {
        let stream = [&HELLO_BYTES[..], &STATUS_BYTES, &HELLO_BYTES].concat();
        for size in 1..=stream.len() {
            let mut decoder = Decoder::default();
            let mut kinds = Vec::new();
            for chunk in stream.chunks(size) {
                decoder.push(chunk).unwrap();
                while let Some(message) = decoder.next_message().unwrap() {
                    kinds.push((message.kind, message.seq, message.status, message.object));
                }
            }
            let status = (Kind::Status, 2, Some(4), Some(0x8608_5279));
            let hello = (Kind::Hello, 0, None, None);
            assert_eq!(kinds, [hello, status, hello], "in pieces of {size}");
        }
    }

    #[test]
    fn what_is_not_ubus_is_said_again_at_each_call() {
        let mut decoder = Decoder::default();
        decoder.push(b"HTTP/1.1 400 Bad Request").unwrap();
        for _ in 0..2 {
            assert_eq!(decoder.next_message(), Err(Malformed::Version(b'H')));
        }
    }

    #[test]
    fn a_wrong_header_is_a_fault_before_the_rest_has_come() {
        let sized = |bytes: [u8; 4]| only(&[&[0; 8], &bytes[..]].concat());
        assert_eq!(sized([0, 0, 0, 3]), Err(Malformed::Length));
        assert_eq!(sized([0, 0, 0xff, 0xf8]), Ok(None));
        assert_eq!(sized([0, 0, 0xff, 0xf9]), Ok(None));
        assert_eq!(sized([0, 0x0f, 0xff, 0xf8]), Ok(None));
        assert_eq!(sized([0, 0x0f, 0xff, 0xf9]), Err(Malformed::TooLarge(MAX_LARGE + 1)));
        assert_eq!(sized([0, 0xff, 0xff, 0xff]), Err(Malformed::TooLarge(0x0100_0007)));
    }

    #[test]
    fn numbers_of_another_width_are_faults() {
        for attribute in [ATTRIBUTE_STATUS, ATTRIBUTE_OBJECT] {
            let mut attributes = Vec::new();
            blob::put(&mut attributes, attribute, &[0, 0, 4]);
            assert_eq!(only(&message(STATUS, 1, 0, &attributes)), Err(Malformed::Length));
        }
    }

    /// A status with so many bytes of routes between the fields that are used.
    fn with_routes(bytes: usize) -> Vec<u8> {
        let mut data = Vec::new();
        blob::put_field(&mut data, 7, "up", &[1]);
        blob::put_field(&mut data, 1, "route", &vec![0; bytes]);
        blob::put_text(&mut data, "l3_device", "pppoe-wan");
        let mut attributes = Vec::new();
        blob::put(&mut attributes, ATTRIBUTE_OBJECT, &[0x86, 8, 0x52, 0x79]);
        blob::put(&mut attributes, ATTRIBUTE_DATA, &data);
        message(DATA, 2, 7, &attributes)
    }

    #[test]
    fn of_a_large_answer_the_routes_are_passed_over() {
        for bytes in [100, 70_000, 200_001, MAX_LARGE - 200] {
            let stream = [with_routes(bytes), STATUS_BYTES.to_vec()].concat();
            for piece in [1000, 4096] {
                let (mut decoder, mut read) = (Decoder::default(), Vec::new());
                for chunk in stream.chunks(piece) {
                    decoder.push(chunk).unwrap();
                    assert!(decoder.buffer.len() <= MAX_MESSAGE + piece);
                    while let Some(message) = decoder.next_message().unwrap() {
                        read.push(message);
                    }
                }
                let [data, status] = &read[..] else { panic!("{bytes}: {read:?}") };
                let wan = super::super::InterfaceStatus::decode(&data.data).unwrap();
                assert_eq!(wan.l3_device.as_deref(), Some("pppoe-wan"), "{bytes}");
                assert_eq!((data.seq, data.peer, data.object), (2, 7, Some(0x8608_5279)));
                assert_eq!(status.status, Some(4));
            }
        }
    }

    #[test]
    fn a_large_answer_of_impossible_lengths_is_a_fault() {
        let mut bytes = with_routes(70_000);
        // The header of the route's field, which says that it is longer than the data.
        let at = bytes.windows(5).position(|window| window == b"route").unwrap() - 6;
        bytes[at + 1] = 0xff;
        assert!(matches!(only(&bytes[..MAX_MESSAGE]), Err(Malformed::Length)));
    }

    #[test]
    fn a_decoder_that_nobody_empties_refuses_to_grow() {
        let mut decoder = Decoder::default();
        decoder.push(&vec![0; MAX_BUFFERED]).unwrap();
        assert_eq!(decoder.push(&[0]), Err(Malformed::TooLarge(MAX_BUFFERED + 1)));
    }
}
