//! What every room that knows of networks has in common: families of addresses, names of devices.

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

/// DNS servers of one line or one file that are kept, as the resolvers of C libraries do.
pub const MAX_NAME_SERVERS: usize = 3;
