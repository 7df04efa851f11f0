//! Why a logical interface leads to no address, as far as netifd knows.

use std::fmt;
use std::net::IpAddr;

use super::{DeviceName, Family};

/// Why a logical interface leads to no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoInterface {
    /// ubus knows no logical interface of this name.
    Unknown(String),
    /// The logical interface is down.
    Down(String),
    /// The logical interface is being connected.
    Pending(String),
    /// netifd gives the line this address, and the kernel does not have it yet.
    Announced {
        /// The address to come.
        address: IpAddr,
        /// The device it will be on.
        device: DeviceName,
    },
    /// The line has a prefix, and this network behind it has no address out of it yet.
    Unassigned(String),
    /// The device has addresses of the family, all of them those of another logical interface.
    NotOwn {
        /// The device that was looked at.
        device: DeviceName,
        /// The family that was looked for.
        family: Family,
    },
    /// A logical interface was named, but ubus cannot be asked.
    NoUbus {
        /// The logical interface.
        interface: String,
        /// What went wrong.
        why: String,
    },
}

impl NoInterface {
    /// See [`super::NoAddress::is_transient`].
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        match self {
            Self::Down(_) | Self::Pending(_) | Self::Announced { .. } | Self::Unassigned(_) => true,
            Self::Unknown(_) | Self::NotOwn { .. } | Self::NoUbus { .. } => false,
        }
    }
}

impl fmt::Display for NoInterface {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => {
                write!(f, "there is no interface {name}: see `ubus list 'network.interface.*'`")
            }
            Self::Down(name) => write!(f, "interface {name} is down: see `ifstatus {name}`"),
            Self::Pending(name) => {
                write!(f, "interface {name} is still connecting: see `ifstatus {name}`")
            }
            Self::Announced { address, device } => {
                write!(f, "{address} is about to come to {device}: waiting until the kernel has it")
            }
            Self::Unassigned(network) => write!(
                f,
                "network {network} has no address out of the line's ipv6 prefix yet: see \
                 `ifstatus {network}`"
            ),
            Self::NotOwn { device, family } => write!(
                f,
                "the {family} addresses of {device} belong to another interface on it: name that \
                 interface, or the device with `option device`"
            ),
            Self::NoUbus { interface, why } => write!(
                f,
                "interface {interface} cannot be looked up, {why}; `option device` works without \
                 ubus"
            ),
        }
    }
}
