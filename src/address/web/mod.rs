//! Source `web`: a site that answers with the address it was asked from.

pub mod answer;

use std::fmt;
use std::net::IpAddr;
use std::time::Duration;

use super::Family;
use super::cadence::Cadence;
use super::source::About;

/// How often sites are asked unless `option poll_minutes` says otherwise.
pub const POLL_MINUTES: u16 = 5;
/// News do not have them asked more often than this.
const REST: Duration = Duration::from_mins(1);

/// What this source says of itself.
pub const ABOUT: About = About {
    token: "web",
    is_built: cfg!(feature = "web"),
    cadence: cadence(POLL_MINUTES),
    explanation: "sites of `list web` are asked which address they see",
};

/// How often sites are asked that somebody else pays for.
#[must_use]
pub const fn cadence(poll_minutes: u16) -> Cadence {
    Cadence::every(Duration::from_secs(60 * poll_minutes as u64), REST)
}

/// Why the sites name no address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// It could not be asked.
    Failed {
        /// The site, as it was configured.
        site: String,
        /// Why, in a sentence about it.
        why: String,
    },
    /// It answered with another status than 200.
    Status {
        /// The site, as it was configured.
        site: String,
        /// What it said.
        status: u16,
    },
    /// Its answer is longer than an address.
    TooLong(String),
    /// The first line of its answer is not wholly an address of this family.
    NoAddress {
        /// The site, as it was configured.
        site: String,
        /// What was asked for.
        family: Family,
    },
    /// Two sites see different addresses.
    Disagree([(String, IpAddr); 2]),
}

impl Refusal {
    /// Whether asking again may help, without anybody doing anything.
    #[must_use]
    pub const fn may_come_back(&self) -> bool {
        matches!(self, Self::Failed { .. } | Self::Status { .. })
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed { site, why } => write!(f, "{site} names no address: {why}"),
            Self::Status { site, status } => {
                write!(f, "{site} names no address: it answers with status {status}, not 200")
            }
            Self::TooLong(site) => {
                write!(f, "{site} names no address: its answer is longer than one")
            }
            Self::NoAddress { site, family } => write!(
                f,
                "{site} names no address: the first line of its answer is not one {family} address"
            ),
            Self::Disagree([(one, first), (other, second)]) => write!(
                f,
                "{one} sees {first} and {other} sees {second}: nothing is published until they \
                 agree (a proxy or VPN may be in the way of one)"
            ),
        }
    }
}
