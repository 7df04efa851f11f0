//! Logical interfaces of OpenWrt -> kernel devices: the messages that netifd is asked with.
//!
//! ```text
//! option interface 'wan' -> siblings -> message -> io/ubus -> message -> InterfaceStatus -> Lines
//! ```
//!
//! In scope: the wire format of ubus (messages of blobs) as far as one question to netifd needs
//! it, and what the answer means. Out of scope: the socket and its time limit (`io/ubus.rs`), and
//! whether an address may be published (`address`).
//!
//! The format is that of libubox and ubus: big-endian, each attribute padded to four bytes.

mod blob;
mod interface;
mod large;
mod lines;
mod message;
mod translated;

use std::fmt;

pub use interface::{
    Delegated, Downstream, InterfaceName, InterfaceStatus, MAX_ASSIGNED, MAX_DOWNSTREAM,
    MAX_PREFIXES, Prefix,
};
pub use lines::{Ask, Assigned, Lines, Unresolved, covers, resolve, siblings};
pub use message::{
    Decoder, INTERFACES, Kind, MAX_LARGE, MAX_MESSAGE, Message, NETIFD, SERVICES, STATUS_DENIED,
    STATUS_NOT_FOUND, STATUS_OK, invoke_status, invoke_watchdog, lookup,
};
pub use translated::Translated;

/// Bytes that are not what ubus or netifd speak; the connection they came from is of no more use.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Malformed {
    /// A message announces, or the buffer holds, this many bytes: more than [`MAX_MESSAGE`].
    TooLarge(usize),
    /// The first byte of a message is not the only version there is, 0.
    Version(u8),
    /// An attribute is shorter than its header, longer than its place, or not as long as its type.
    Length,
    /// A name or a text does not end where it should.
    Unterminated,
    /// This field of netifd's answer holds something else than an address, a length or a name.
    Field(&'static str),
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLarge(bytes) => {
                write!(f, "a ubus message of {bytes} bytes, more than is read")
            }
            Self::Version(version) => {
                write!(f, "a ubus message of version {version}, only version 0 is known")
            }
            Self::Length => f.write_str("a ubus attribute whose length cannot be right"),
            Self::Unterminated => f.write_str("a ubus text without its end"),
            Self::Field(name) => write!(f, "no usable `{name}` in netifd's answer"),
        }
    }
}

impl std::error::Error for Malformed {}
