//! Why there is no address to publish: values with a sentence for status and logs.

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use super::special::Range;
use super::{DeviceName, Family};

/// Why a record has no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoAddress {
    /// The kernel has no device of this name.
    NoSuchDevice(DeviceName),
    /// The device is administratively down.
    DeviceDown(DeviceName),
    /// The device has no address of the family, and no carrier either.
    NoCarrier(DeviceName),
    /// Table main has no default route of this family.
    NoDefaultRoute(Family),
    /// The device has no address of the family (for IPv6: no global one).
    NoneOnDevice {
        /// The device that was looked at.
        device: DeviceName,
        /// The family that was looked for.
        family: Family,
    },
    /// The address is not globally reachable.
    Special {
        /// The address that was refused.
        address: IpAddr,
        /// The range it is in.
        range: &'static Range,
    },
    /// Duplicate address detection is under way: wait, it takes about a second.
    Tentative {
        /// The address that is being tried.
        address: Ipv6Addr,
        /// Its device.
        device: DeviceName,
    },
    /// Duplicate address detection found another machine with this address.
    Duplicate {
        /// The address that two machines have.
        address: Ipv6Addr,
        /// Our device that has it.
        device: DeviceName,
    },
    /// The address is about to go (RFC 4862): its preferred lifetime is over.
    Deprecated {
        /// The address that was refused.
        address: Ipv6Addr,
        /// Its device.
        device: DeviceName,
    },
    /// The address is a temporary one of the privacy extensions (RFC 8981).
    Temporary {
        /// The address that was refused.
        address: Ipv6Addr,
        /// Its device.
        device: DeviceName,
    },
    /// `option command` gave no address.
    CommandFailed {
        /// The program that was run.
        program: String,
        /// What went wrong.
        why: String,
    },
    /// ubus knows no logical interface of this name.
    InterfaceUnknown(String),
    /// The logical interface is down, as ubus tells.
    InterfaceDown(String),
    /// The logical interface is being connected, as ubus tells.
    InterfacePending(String),
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
    /// The configured suffix and the delegated prefix do not make an address.
    BadSuffix(super::suffix::BadSuffix),
    /// The host is switched off.
    NotAsked,
    /// A suffix was configured, but the line has no prefix to put before it.
    NoPrefix,
}

impl NoAddress {
    /// Whether it may be over within seconds without anybody's doing: it is worth a wait, with a
    /// limit, and no reason to fall back to another address meanwhile.
    ///
    /// netifd runs hotplug's handlers while the address is still tentative, and calls an interface
    /// up a moment after the kernel has told of its address; the carrier of a port comes after the
    /// interface on it.
    #[must_use]
    pub const fn is_transient(&self) -> bool {
        matches!(
            self,
            Self::Tentative { .. }
                | Self::NoCarrier(_)
                | Self::InterfaceDown(_)
                | Self::InterfacePending(_)
                | Self::Announced { .. }
                | Self::Unassigned(_)
        )
    }
}

impl fmt::Display for NoAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoSuchDevice(device) => write!(
                f,
                "there is no device {device}: the line is not connected, or the name is wrong"
            ),
            Self::DeviceDown(device) => write!(f, "device {device} is down: bring it up"),
            Self::NoCarrier(device) => {
                write!(f, "device {device} has no carrier: check the cable and the modem")
            }
            Self::NoDefaultRoute(family) => write!(
                f,
                "there is no {family} default route: the line is not connected, or its device \
                 must be named with `option device`"
            ),
            Self::NoneOnDevice { device, family: Family::Ipv4 } => {
                write!(f, "device {device} has no ipv4 address: the line is not connected")
            }
            Self::NoneOnDevice { device, family: Family::Ipv6 } => write!(
                f,
                "device {device} has no global ipv6 address: the provider gave none, or only a \
                 prefix for another device"
            ),
            Self::Special { address, range } => {
                write!(f, "{address} is {} ({}): {}", range.name, range.prefix, range.meaning)
            }
            Self::Tentative { address, device } => write!(
                f,
                "{address} on {device} is tentative: waiting until it is known to be unique"
            ),
            Self::Duplicate { address, device } => write!(
                f,
                "{address} on {device} is a duplicate: another machine on that link has it, too"
            ),
            Self::Deprecated { address, device } => write!(
                f,
                "{address} on {device} is deprecated: the router or provider withdrew it and has \
                 not sent another"
            ),
            Self::Temporary { address, device } => write!(
                f,
                "{address} on {device} is temporary: privacy extensions change it daily, a stable \
                 address is needed"
            ),
            Self::CommandFailed { program, why } => write!(f, "{program} gave no address: {why}"),
            Self::InterfaceUnknown(interface) => {
                write!(
                    f,
                    "there is no interface {interface}: see `ubus list 'network.interface.*'`"
                )
            }
            Self::InterfaceDown(interface) => {
                write!(f, "interface {interface} is down: see `ifstatus {interface}`")
            }
            Self::InterfacePending(interface) => {
                write!(f, "interface {interface} is still connecting: see `ifstatus {interface}`")
            }
            Self::Announced { address, device } => {
                write!(
                    f,
                    "{address} is about to be put on {device}, the kernel does not have it yet"
                )
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
                "interface {interface} cannot be looked up, {why}; `option device` would do \
                 without ubus"
            ),
            Self::BadSuffix(why) => why.fmt(f),
            Self::NotAsked => f.write_str("the host is switched off"),
            Self::NoPrefix => f.write_str(
                "the line has no ipv6 prefix for `option suffix`: the provider delegated none, or \
                 its device has only a single address",
            ),
        }
    }
}

impl std::error::Error for NoAddress {}
