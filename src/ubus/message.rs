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

/// Bytes of the largest message that is read; ubus itself allows 1 MiB, a status has about 1 KiB.
pub const MAX_MESSAGE: usize = 64 * 1024;

/// netifd's object that answers for every interface.
pub const NETIFD: &str = "network.interface";

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
const ATTRIBUTE_DATA: u8 = 7;

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
    let mut data = Vec::new();
    blob::put_text(&mut data, "interface", interface);
    let mut attributes = Vec::new();
    blob::put(&mut attributes, ATTRIBUTE_OBJECT, &object.to_be_bytes());
    blob::put(&mut attributes, ATTRIBUTE_METHOD, &terminated("status"));
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
        if length > MAX_MESSAGE - HEADER {
            return Err(Malformed::TooLarge(HEADER + length));
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
