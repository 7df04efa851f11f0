//! NAT-PMP (RFC 6886) and, where a gateway has only that, PCP (RFC 6887): bytes and their meaning.
//!
//! In scope: the external address and its announcement. Port mappings are made only as PCP tells
//! its address in no other way, and last for seconds.

pub mod message;
pub mod pcp;

use std::fmt;
use std::net::Ipv4Addr;
use std::time::Duration;

use super::cadence::Cadence;
use super::gateway::Gateway;
use super::source::About;

/// What this source says of itself.
pub const ABOUT: About = About {
    token: "natpmp",
    is_built: cfg!(feature = "natpmp"),
    cadence: Cadence {
        poll: Duration::from_mins(1),
        poll_max: Duration::from_mins(5),
        rest: Duration::from_secs(1),
    },
    explanation: "the gateway is asked by NAT-PMP or PCP, and announces changes itself",
};

/// Where a gateway listens.
pub const PORT: u16 = 5351;
/// Where it announces changes, to [`ANNOUNCED_TO`].
pub const ANNOUNCEMENT_PORT: u16 = 5350;
/// All hosts of a network.
pub const ANNOUNCED_TO: Ipv4Addr = Ipv4Addr::new(224, 0, 0, 1);

/// Why a gateway tells no address this way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The gateway that was asked.
    pub gateway: Gateway,
    /// What came of it.
    pub why: Why,
}

/// What came of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Nothing that counts was heard in time.
    Silent,
    /// Its machine is there, the service is not.
    NotThere,
    /// It is switched off for us.
    NotAuthorized,
    /// It has no address of its own.
    NoAddress,
    /// It has neither the one protocol nor the other.
    Unsupported,
    /// It cannot do it just now.
    Unable(u8),
    /// What it sent is neither the one protocol nor the other.
    Malformed,
}

impl Refusal {
    /// Whether asking again may help, without anybody doing anything.
    #[must_use]
    pub const fn may_come_back(&self) -> bool {
        match self.why {
            Why::Silent | Why::NotThere | Why::Unable(_) | Why::Malformed => true,
            Why::NotAuthorized | Why::NoAddress | Why::Unsupported => false,
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Gateway { address, .. } = &self.gateway;
        match self.why {
            Why::Silent => write!(
                f,
                "the gateway {address} {} does not answer NAT-PMP: switch it on there, or name \
                 the box that has it (of a pair with a shared address, too) by `option gateway`",
                self.gateway.whose()
            ),
            Why::NotThere => write!(
                f,
                "the gateway {address} has no NAT-PMP running: switch it on there, or use another \
                 source"
            ),
            Why::NotAuthorized => {
                write!(f, "the gateway {address} refuses NAT-PMP: allow it in its settings")
            }
            Why::NoAddress => write!(
                f,
                "the gateway {address} has no public address, it says by NAT-PMP: its line is \
                 down, or it is behind another router or carrier-grade NAT"
            ),
            Why::Unsupported => {
                write!(f, "the gateway {address} tells no address by NAT-PMP or PCP")
            }
            Why::Unable(code) => {
                write!(f, "the gateway {address} cannot tell its address now (PCP result {code})")
            }
            Why::Malformed => {
                write!(f, "the gateway {address} answers NAT-PMP with what is none")
            }
        }
    }
}
