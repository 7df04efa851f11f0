//! Why a source that asks somebody else has no address to tell; each owns its refusals.

use std::fmt;

use super::gateway::Behind;
use super::{DeviceName, natpmp, upnp, web};

/// Why a source that asks somebody else has no address to tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum NoAnswer {
    /// The default route leads to no router that could be asked.
    NoGateway {
        /// The device that it leaves by.
        device: DeviceName,
    },
    /// The gateway has no public address.
    Behind(Behind),
    /// The gateway tells nothing by NAT-PMP or PCP.
    Natpmp(natpmp::Refusal),
    /// The gateway tells nothing by UPnP.
    Upnp(upnp::Refusal),
    /// No site names an address.
    Web(web::Refusal),
    /// The source knows addresses of IPv4 only.
    Ipv4Only(&'static str),
    /// The source could not be asked at all.
    Unasked {
        /// Its name.
        source: &'static str,
        /// What the system says.
        why: String,
    },
}

impl NoAnswer {
    /// What a gateway has on its line, if that is the reason.
    #[must_use]
    pub const fn behind(&self) -> Option<&Behind> {
        match self {
            Self::Behind(behind) => Some(behind),
            _ => None,
        }
    }

    /// Whether asking again may help, without anybody doing anything.
    #[must_use]
    pub const fn may_come_back(&self) -> bool {
        match self {
            Self::Natpmp(refusal) => refusal.may_come_back(),
            Self::Upnp(refusal) => refusal.may_come_back(),
            Self::Web(refusal) => refusal.may_come_back(),
            Self::Unasked { .. } => true,
            Self::NoGateway { .. } | Self::Behind(_) | Self::Ipv4Only(_) => false,
        }
    }
}

impl fmt::Display for NoAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoGateway { device } => write!(
                f,
                "the default route by {device} leads to no router that could be asked: name the \
                 box with `option gateway`, or use another source"
            ),
            Self::Behind(behind) => behind.fmt(f),
            Self::Natpmp(refusal) => refusal.fmt(f),
            Self::Upnp(refusal) => refusal.fmt(f),
            Self::Web(refusal) => refusal.fmt(f),
            Self::Ipv4Only(source) => {
                write!(f, "source {source} knows ipv4 only: take the ipv6 address from interface")
            }
            Self::Unasked { source, why } => write!(f, "source {source} cannot be asked: {why}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;
    use crate::address::gateway::Gateway;
    use crate::address::{Family, NoAddress};
    use crate::text::TEXT_MAX;

    fn gateway() -> Gateway {
        let address = Ipv4Addr::new(192, 168, 100, 254);
        Gateway { address, link: 2, bound: None, is_named: false }
    }

    fn natpmp(why: natpmp::Why) -> NoAnswer {
        NoAnswer::Natpmp(natpmp::Refusal { gateway: gateway(), why })
    }

    fn upnp(why: upnp::Why) -> NoAnswer {
        NoAnswer::Upnp(upnp::Refusal { gateway: gateway(), why })
    }

    fn web(refusal: web::Refusal) -> NoAnswer {
        NoAnswer::Web(refusal)
    }

    /// Whoever is silent may answer later (75); whoever says that there is none has said so (69).
    #[test]
    fn every_reason_is_one_sentence_and_says_whether_it_may_pass() {
        let site = || String::from("https://ip.example.net/");
        let other = Ipv4Addr::new(192, 168, 100, 66);
        for (reason, comes_back, part) in [
            (natpmp(natpmp::Why::Silent), true, "does not answer NAT-PMP"),
            (natpmp(natpmp::Why::NotThere), true, "no NAT-PMP running"),
            (natpmp(natpmp::Why::Unable(8)), true, "PCP result 8"),
            (natpmp(natpmp::Why::Malformed), true, "with what is none"),
            (natpmp(natpmp::Why::NotAuthorized), false, "allow it"),
            (natpmp(natpmp::Why::NoAddress), false, "no public address"),
            (natpmp(natpmp::Why::Unsupported), false, "tells no address"),
            (upnp(upnp::Why::Silent), true, "does not answer UPnP"),
            (upnp(upnp::Why::Foreign(other)), true, "name it by `option gateway`"),
            (upnp(upnp::Why::Http("refused")), true, "refused"),
            (upnp(upnp::Why::Status(404)), true, "404"),
            (upnp(upnp::Why::Malformed), true, "no proper XML"),
            (upnp(upnp::Why::Elsewhere), false, "another machine"),
            (upnp(upnp::Why::NoService), false, "no UPnP service"),
            (upnp(upnp::Why::Fault(501)), false, "error 501"),
            (upnp(upnp::Why::Down), false, "line is down"),
            (
                web(web::Refusal::Failed { site: site(), why: "its certificate is odd".into() }),
                true,
                "its certificate is odd",
            ),
            (web(web::Refusal::Status { site: site(), status: 503 }), true, "status 503"),
            (web(web::Refusal::TooLong(site())), false, "longer than one"),
            (
                web(web::Refusal::NoAddress { site: site(), family: Family::Ipv6 }),
                false,
                "not one ipv6 address",
            ),
            (NoAnswer::Ipv4Only("natpmp"), false, "knows ipv4 only"),
            (NoAnswer::NoGateway { device: DeviceName::new() }, false, "no router"),
            (NoAnswer::Unasked { source: "web", why: "no".into() }, true, "cannot be asked"),
        ] {
            let reason = NoAddress::from(reason);
            let sentence = reason.to_string();
            assert!(sentence.contains(part), "{sentence}");
            assert!(!sentence.ends_with('.') && sentence.len() <= TEXT_MAX, "{sentence}");
            assert_eq!(reason.may_come_back(), comes_back, "{sentence}");
        }
    }

    #[test]
    fn what_several_sources_say_is_said_together_and_the_gravest_counts() {
        let [silent, down] =
            [natpmp(natpmp::Why::Silent), upnp(upnp::Why::Down)].map(NoAddress::from);
        let both = NoAddress::each_of(vec![silent.clone(), down.clone()]).unwrap();
        assert_eq!(both.to_string(), format!("{silent}; {down}"));
        assert!(both.may_come_back() && !both.is_transient());
        assert_eq!(NoAddress::each_of(vec![down.clone(), down.clone()]), Some(down));
        assert_eq!(NoAddress::each_of(vec![]), None);
    }
}
