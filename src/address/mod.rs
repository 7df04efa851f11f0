//! Which address is the WAN address: from rtnetlink bytes to one address, or the reason for none.

pub mod rtnetlink;
pub mod select;
pub mod special;

use std::fmt;
use std::net::IpAddr;

use serde::{Deserialize, Serialize};

/// The address family of a record: an `A` or an `AAAA` record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    /// 32-bit addresses, an `A` record.
    Ipv4,
    /// 128-bit addresses, an `AAAA` record.
    Ipv6,
}

/// A device name of the kernel, at most `IFNAMSIZ - 1` = 15 bytes.
pub type DeviceName = heapless::String<15>;

/// An address that may be published, and where it was found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Found {
    /// The address itself.
    pub address: IpAddr,
    /// The device that carries it; `None` if a source other than the kernel named it.
    pub device: Option<DeviceName>,
    /// The source that named it, as in `list source`.
    pub source: &'static str,
}
