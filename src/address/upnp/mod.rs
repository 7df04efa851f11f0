//! UPnP's Internet Gateway Device, versions 1 and 2: found by SSDP, described in XML, asked by
//! SOAP.
//!
//! In scope: the external address. Out of scope: port mappings, and being told of changes (GENA),
//! which needs a listening socket.

pub mod description;
pub mod soap;
pub mod ssdp;
pub mod url;
mod xml;

use std::fmt;
use std::net::Ipv4Addr;
use std::time::Duration;

use super::cadence::Cadence;
use super::gateway::Gateway;
use super::source::About;

/// What this source says of itself.
pub const ABOUT: About = About {
    token: "upnp",
    is_built: cfg!(feature = "upnp"),
    cadence: Cadence {
        poll: Duration::from_mins(1),
        poll_max: Duration::from_mins(5),
        rest: Duration::from_secs(1),
    },
    explanation: "the gateway is asked by UPnP, after a search in the local network",
};

/// Why a gateway tells no address this way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The gateway that was asked.
    pub gateway: Gateway,
    /// What came of it.
    pub why: Why,
}

/// What came of a search and of the questions after it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Nobody answered the search.
    Silent,
    /// Another machine did, which is not believed.
    Foreign(Ipv4Addr),
    /// Its answer leads to another machine, or to no address at all.
    Elsewhere,
    /// It could not be asked further, for this reason in one word.
    Http(&'static str),
    /// It answered with this status.
    Status(u16),
    /// Its description or its answer is not proper XML, or too long.
    Malformed,
    /// It describes no service that knows an external address.
    NoService,
    /// It refused with this code.
    Fault(u16),
    /// It has no address.
    Down,
}

impl Refusal {
    /// Whether asking again may help, without anybody doing anything.
    #[must_use]
    pub const fn may_come_back(&self) -> bool {
        match self.why {
            Why::Silent | Why::Foreign(_) | Why::Http(_) | Why::Status(_) | Why::Malformed => true,
            Why::Elsewhere | Why::NoService | Why::Fault(_) | Why::Down => false,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Gateway { address, .. } = &self.gateway;
        match self.why {
            Why::Silent => write!(
                f,
                "the gateway {address} {} does not answer UPnP: switch it on there, or use another \
                 source",
                self.gateway.whose()
            ),
            Why::Foreign(other) => write!(
                f,
                "{other} answers UPnP, and only the gateway {address} is believed: if {other} is \
                 the box (of a pair with a shared address, too), name it by `option gateway`"
            ),
            Why::Elsewhere => write!(
                f,
                "the gateway {address} answers UPnP with the address of another machine, which is \
                 not believed"
            ),
            Why::Http(failure) => {
                write!(f, "the gateway {address} cannot be asked by UPnP: {failure}")
            }
            Why::Status(status) => {
                write!(f, "the gateway {address} answers UPnP with status {status}")
            }
            Why::Malformed => {
                write!(f, "the gateway {address} answers UPnP with what is no proper XML")
            }
            Why::NoService => {
                write!(f, "the gateway {address} has no UPnP service that knows its address")
            }
            Why::Fault(code) => write!(
                f,
                "the gateway {address} does not tell its address by UPnP (error {code}): use \
                 another source"
            ),
            Why::Down => {
                write!(f, "the gateway {address} has no address, it says by UPnP: its line is down")
            }
        }
    }
}
