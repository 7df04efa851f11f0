//! Source `auto`: the interface if its address is public, else what the box in front of it says.

use std::net::IpAddr;

use super::cadence::Cadence;
use super::source::{About, Source};
use super::special::Prefix;
use super::{Family, NoAddress};

/// What this source says of itself.
pub const ABOUT: About = About {
    token: "auto",
    is_built: true,
    cadence: Cadence::BY_EVENT,
    explanation: "interface if its address is public, else natpmp, else upnp, else web if \
                  `list web` is given",
};

/// What is tried after the interface, in this order.
pub const AFTER: [Source; 3] = [Source::Natpmp, Source::Upnp, Source::Web];

/// Whether the reason that the interface has for no address leaves anything to ask: only a private
/// address says that there is a box in front, and what is on its way is not overtaken.
#[must_use]
pub fn goes_on(family: Family, reason: &NoAddress) -> bool {
    let NoAddress::Special { address: IpAddr::V4(address), .. } = reason else {
        return family == Family::Ipv6 && !reason.is_transient();
    };
    address.is_private()
}

/// Whether `source` is worth a question for a record of this family after `reason`: a gateway that
/// knows itself to be behind another router has the same to say by every protocol.
#[must_use]
pub fn asks(source: Source, family: Family, reason: &NoAddress) -> bool {
    let is_of_family = family == Family::Ipv4 || !source.asks_gateway();
    // A site would see the address that the provider shares.
    let is_worth_it =
        reason.behind().is_none_or(|behind| source == Source::Web && !behind.is_shared());
    source.about().is_built && is_of_family && is_worth_it
}

/// What is said when nobody had an address: what the boxes say, as a private address of our own is
/// what one expects behind a box.
#[must_use]
pub fn said(own: NoAddress, mut reasons: Vec<NoAddress>) -> NoAddress {
    // A box that knows what is in front of it leaves nothing to say for the others.
    if let Some(place) = reasons.iter().position(|why| why.behind().is_some()) {
        return reasons.swap_remove(place);
    }
    NoAddress::each_of(reasons).unwrap_or(own)
}

/// Carrier-grade NAT (RFC 6598).
pub(crate) const SHARED: Prefix =
    Prefix { first: IpAddr::V4(std::net::Ipv4Addr::new(100, 64, 0, 0)), length: 10 };

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::gateway::{Behind, Make};
    use crate::address::{DeviceName, NoAnswer, special};

    fn private(address: &str) -> NoAddress {
        special::refuse(address.parse().unwrap(), false).unwrap_err()
    }

    fn behind(address: &str) -> NoAddress {
        let (gateway, make) = ([192, 168, 1, 1].into(), Make::Unknown);
        Behind { gateway, address: address.parse().unwrap(), make }.judge(false).unwrap_err()
    }

    #[test]
    fn a_box_is_asked_only_from_behind_it() {
        let device = DeviceName::new();
        for (family, reason, goes_on) in [
            (Family::Ipv4, private("192.168.1.20"), true),
            (Family::Ipv4, private("10.0.0.2"), true),
            (Family::Ipv4, private("172.20.0.2"), true),
            // This machine has the line itself.
            (Family::Ipv4, private("100.64.1.2"), false),
            (Family::Ipv4, private("169.254.1.2"), false),
            (Family::Ipv4, NoAddress::NoDefaultRoute(Family::Ipv4), false),
            (Family::Ipv4, NoAddress::NoCarrier(device.clone()), false),
            (Family::Ipv6, private("fd00::1"), true),
            (Family::Ipv6, NoAddress::NoCarrier(device), false),
        ] {
            assert_eq!(super::goes_on(family, &reason), goes_on, "{reason}");
        }
    }

    #[cfg(all(feature = "natpmp", feature = "upnp", feature = "web"))]
    #[test]
    fn who_is_asked_next_follows_from_what_the_last_one_said() {
        let silent = NoAddress::from(NoAnswer::Ipv4Only("natpmp"));
        for (family, reason, asked) in [
            (Family::Ipv4, &silent, &AFTER[..]),
            (Family::Ipv6, &silent, &AFTER[2..]),
            (Family::Ipv4, &behind("10.0.0.2"), &AFTER[2..]),
            (Family::Ipv4, &behind("0.0.0.0"), &AFTER[2..]),
            (Family::Ipv4, &behind("100.64.1.2"), &[]),
        ] {
            let asks = AFTER.into_iter().filter(|source| super::asks(*source, family, reason));
            assert_eq!(asks.collect::<Vec<_>>(), asked, "{family} {reason}");
        }
    }

    #[test]
    fn a_diagnosis_is_said_alone() {
        let (own, silent) =
            (private("192.168.1.20"), NoAddress::from(NoAnswer::Ipv4Only("natpmp")));
        assert_eq!(said(own.clone(), vec![]), own);
        assert_eq!(said(own.clone(), vec![silent.clone()]), silent);
        assert_eq!(said(own, vec![silent, behind("100.64.1.2")]), behind("100.64.1.2"));
    }
}
