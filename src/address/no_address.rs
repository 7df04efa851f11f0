//! Why there is no address to publish: values with a sentence for status and logs.

use std::fmt;
use std::mem::discriminant;
use std::net::{IpAddr, Ipv6Addr};

use super::flaw::Flaw;
use super::gateway::Behind;
use super::no_interface::NoInterface;
use super::special::Range;
use super::{DeviceName, Family, NoAnswer};

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
    /// The address can be reached, and is not for the DNS all the same.
    Flawed {
        /// The address that was refused.
        address: Ipv6Addr,
        /// Its device.
        device: DeviceName,
        /// What is wrong with it.
        flaw: Flaw,
    },
    /// The kernel did not answer a question about the device.
    Untold(String),
    /// The default route leads into a tunnel, whose address is of no use.
    Tunnel {
        /// The tunnel's device.
        device: DeviceName,
        /// What is wrong with its address.
        why: Box<NoAddress>,
    },
    /// `option command` gave no address.
    CommandFailed {
        /// The program that was run.
        program: String,
        /// What went wrong.
        why: String,
    },
    /// Who was asked beside the kernel has none to tell.
    NoAnswer(Box<NoAnswer>),
    /// What each of several sources says, in their order.
    EachOf(Vec<NoAddress>),
    /// What netifd says of the logical interface, or that it cannot be asked.
    Interface(NoInterface),
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
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Interface(reason) => reason.is_transient(),
            Self::EachOf(reasons) => reasons.iter().any(Self::is_transient),
            Self::Flawed { flaw, .. } => *flaw == Flaw::Tentative,
            reason => matches!(reason, Self::NoCarrier(_) | Self::Untold(_)),
        }
    }

    /// Whether a source could not be asked, as this device lacks what that needs: it is tried again
    /// soon.
    #[must_use]
    pub fn is_unasked(&self) -> bool {
        match self {
            Self::NoAnswer(reason) => matches!(**reason, NoAnswer::Unasked { .. }),
            Self::EachOf(reasons) => reasons.iter().any(Self::is_unasked),
            _ => false,
        }
    }

    /// Whether whoever was asked may have an answer at another time: it is asked again.
    #[must_use]
    pub fn may_come_back(&self) -> bool {
        match self {
            Self::NoAnswer(reason) => reason.may_come_back(),
            Self::EachOf(reasons) => reasons.iter().any(Self::may_come_back),
            _ => false,
        }
    }

    /// Whether it is the same kind of reason: for the words of others in it, and an address that
    /// is refused, may differ each time.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Special { range: one, .. }, Self::Special { range: other, .. }) => one == other,
            (
                Self::Flawed { device: one, flaw, .. },
                Self::Flawed { device: other, flaw: other_flaw, .. },
            ) => one == other && flaw == other_flaw,
            (Self::Untold(_), Self::Untold(_)) => true,
            (Self::Tunnel { why: one, .. }, Self::Tunnel { why: other, .. }) => one.is_like(other),
            (
                Self::CommandFailed { program: one, .. },
                Self::CommandFailed { program: other, .. },
            ) => one == other,
            (Self::NoAnswer(one), Self::NoAnswer(other)) => {
                discriminant(&**one) == discriminant(&**other)
            }
            (Self::Interface(one), Self::Interface(other)) => {
                discriminant(one) == discriminant(other)
            }
            (Self::EachOf(ones), Self::EachOf(others)) => {
                let mut pairs = ones.iter().zip(others);
                ones.len() == others.len() && pairs.all(|(one, other)| one.is_like(other))
            }
            (one, other) => one == other,
        }
    }

    /// What a gateway has on its line, if that is the reason.
    #[must_use]
    pub fn behind(&self) -> Option<&Behind> {
        match self {
            Self::NoAnswer(reason) => reason.behind(),
            _ => None,
        }
    }

    /// What several sources say; the same thing said twice is said once.
    #[must_use]
    pub fn each_of(mut reasons: Vec<Self>) -> Option<Self> {
        reasons.dedup();
        if reasons.len() > 1 { Some(Self::EachOf(reasons)) } else { reasons.pop() }
    }

    /// Whether the address is there but for a moment: duplicate address detection, or the kernel's
    /// turn. A line that is down or dials is none: it may do so for days.
    #[must_use]
    pub const fn is_coming(&self) -> bool {
        matches!(
            self,
            Self::Flawed { flaw: Flaw::Tentative, .. }
                | Self::Interface(NoInterface::Announced { .. })
        )
    }
}

impl From<NoInterface> for NoAddress {
    fn from(reason: NoInterface) -> Self {
        Self::Interface(reason)
    }
}

impl From<NoAnswer> for NoAddress {
    fn from(reason: NoAnswer) -> Self {
        Self::NoAnswer(Box::new(reason))
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
            Self::Flawed { address, device, flaw } => write!(f, "{address} on {device} is {flaw}"),
            Self::Untold(why) => write!(f, "the kernel does not tell its addresses: {why}"),
            Self::Tunnel { device, why } => write!(
                f,
                "{why}; the default route leads into the tunnel {device}: name the line's own \
                 device with `option device`"
            ),
            Self::CommandFailed { program, why } => write!(f, "{program} gave no address: {why}"),
            Self::Interface(reason) => reason.fmt(f),
            Self::NoAnswer(reason) => reason.fmt(f),
            Self::EachOf(reasons) => {
                for (place, reason) in reasons.iter().enumerate() {
                    let between = if place == 0 { "" } else { "; " };
                    write!(f, "{between}{reason}")?;
                }
                Ok(())
            }
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
