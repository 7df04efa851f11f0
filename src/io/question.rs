//! What sources are asked that take their time, each by its own edge.

use std::net::IpAddr;

use super::dns::Names;
#[cfg(feature = "natpmp")]
use super::natpmp;
use super::netifd::{self, Known};
use super::program;
#[cfg(feature = "upnp")]
use super::ssdp;
use super::ubus;
use crate::address::cadence::Cadence;
use crate::address::gateway::{Behind, Gateway};
use crate::address::{Family, NoAddress, NoAnswer, web};
use crate::config::{Host, Interfaces, Source, Uplink, Web};

/// What such a source is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Question {
    /// netifd, about these interfaces of OpenWrt and these families.
    Netifd(Interfaces, Vec<Family>),
    /// Program and arguments: one run serves every host and family that names it.
    Command(Vec<String>),
    /// The gateway, by NAT-PMP or PCP.
    Natpmp(Gateway),
    /// The gateway, by UPnP.
    Upnp(Gateway),
    /// Sites, which address they see.
    Web(Sites),
}

/// What sites are asked, and by which way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Sites {
    /// The sites and their authorities.
    pub(crate) web: Web,
    /// They are reached by this family, so that this is the address they see.
    pub(crate) family: Family,
    /// How their names are looked up; the traffic leaves by the same device.
    pub(crate) names: Names,
}

/// What a source says.
#[cfg_attr(
    not(all(feature = "natpmp", feature = "upnp", feature = "web")),
    allow(dead_code, reason = "nobody is there who says it")
)]
#[derive(Clone, Debug)]
pub(crate) enum Told {
    /// netifd knows this of the interfaces.
    Lines(Vec<Known>),
    /// A program wrote this, for either family.
    Text(Vec<u8>),
    /// A gateway has this on its line.
    Line(Behind),
    /// Sites see this.
    Seen(IpAddr),
}

/// What comes of a question.
pub(crate) type Answer = Result<Told, NoAddress>;

/// What is remembered from one question to the next.
#[derive(Clone, Debug, Default)]
pub(super) struct Memory {
    netifd: netifd::Silence,
    #[cfg(feature = "upnp")]
    gateways: ssdp::Known,
}

impl Question {
    /// What netifd is asked before anything is known of a host's line.
    pub(crate) fn of_line(host: &Host) -> Option<Self> {
        let Uplink::Interface(names) = &host.uplink else { return None };
        Some(Self::Netifd(names.clone(), netifd::families(host)))
    }

    /// How often it may be put.
    pub(super) fn cadence(&self) -> Cadence {
        match self {
            Self::Web(sites) => web::cadence(sites.web.poll_minutes),
            question => question.source().about().cadence,
        }
    }

    /// Whether an announcement of a gateway is news for it.
    pub(super) fn is_of_gateway(&self) -> bool {
        !matches!(self, Self::Command(_) | Self::Netifd(..))
    }

    /// Puts it, and waits for what comes of it.
    pub(super) fn put(&self, memory: &Memory) -> Answer {
        let Memory {
            netifd: silence,
            #[cfg(feature = "upnp")]
            gateways,
        } = memory;
        match self {
            Self::Netifd(names, families) => {
                let said = netifd::ask((names, families), ubus::TIME_LIMIT, silence);
                Ok(Told::Lines(said))
            }
            Self::Command(argv) => program::output_for_address(argv).map(Told::Text),
            #[cfg(feature = "natpmp")]
            Self::Natpmp(gateway) => Ok(Told::Line(natpmp::ask(gateway)?)),
            #[cfg(feature = "upnp")]
            Self::Upnp(gateway) => Ok(Told::Line(gateways.ask(gateway)?)),
            #[cfg(feature = "web")]
            Self::Web(sites) => Ok(Told::Seen(super::web::ask(sites)?)),
            // The configuration lets none of these come here.
            #[allow(unreachable_patterns)]
            question => Err(question.unasked("this program was built without it".into())),
        }
    }

    /// Why it could not be put.
    pub(super) fn unasked(&self, why: String) -> NoAddress {
        NoAnswer::Unasked { source: self.source().token(), why }.into()
    }

    const fn source(&self) -> Source {
        match self {
            Self::Netifd(..) => Source::Interface,
            Self::Command(_) => Source::Command,
            Self::Natpmp(_) => Source::Natpmp,
            Self::Upnp(_) => Source::Upnp,
            Self::Web(_) => Source::Web,
        }
    }
}
