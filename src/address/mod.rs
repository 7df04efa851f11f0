//! Which address is the WAN address: from rtnetlink bytes to one address, or the reason for none.

pub mod auto;
pub mod cadence;
#[cfg(all(test, target_endian = "little"))]
mod captured;
pub mod command;
pub mod gateway;
pub mod natpmp;
pub mod flaw;
mod no_address;
mod no_answer;
mod no_interface;
mod renewal;
pub mod rtnetlink;
pub mod select;
pub mod source;
pub mod special;
pub mod suffix;
pub mod uplink;
pub mod upnp;
pub mod web;

pub use no_address::NoAddress;
pub use no_answer::NoAnswer;
pub use no_interface::NoInterface;

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

impl Family {
    /// The family of an address; an IPv4-mapped IPv6 address is IPv6.
    #[must_use]
    pub const fn of(address: IpAddr) -> Self {
        match address {
            IpAddr::V4(_) => Self::Ipv4,
            IpAddr::V6(_) => Self::Ipv6,
        }
    }

    /// The one of the two that this is not.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::Ipv4 => Self::Ipv6,
            Self::Ipv6 => Self::Ipv4,
        }
    }
}

impl fmt::Display for Family {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Ipv4 => "ipv4",
            Self::Ipv6 => "ipv6",
        })
    }
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
