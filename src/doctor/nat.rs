//! What a refused address says of the line: behind another box, or behind the provider's own.

use std::net::{IpAddr, Ipv4Addr};

use super::trouble::Trouble;
use crate::address::auto::SHARED;
use crate::address::special::Prefix;
use crate::address::{NoAddress, NoAnswer};

/// Addresses on the customer's side of DS-Lite (RFC 6333, section 5.7).
const DS_LITE: Prefix = Prefix { first: IpAddr::V4(Ipv4Addr::new(192, 0, 0, 0)), length: 29 };

/// The trouble behind this reason, if it is about NAT.
#[must_use]
pub fn trouble(reason: &NoAddress) -> Option<Trouble> {
    match reason {
        NoAddress::Special { address, .. } => of_address(*address),
        NoAddress::NoAnswer(answer) => match &**answer {
            NoAnswer::Behind(behind) => of_address(behind.address.into()),
            _ => None,
        },
        // The last one was asked because those before it had none.
        NoAddress::EachOf(reasons) => reasons.iter().rev().find_map(trouble),
        NoAddress::Tunnel { why, .. } => trouble(why),
        _ => None,
    }
}

fn of_address(address: IpAddr) -> Option<Trouble> {
    let IpAddr::V4(ip) = address else { return None };
    if SHARED.contains(address) || DS_LITE.contains(address) {
        return Some(Trouble::SharedAddress);
    }
    ip.is_private().then_some(Trouble::Private)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::gateway::{Behind, Make};
    use crate::address::{Family, special};

    #[test]
    fn what_an_address_means_is_told_by_its_range() {
        let special = |text: &str| special::refuse(text.parse().unwrap(), false).unwrap_err();
        let gateway = Ipv4Addr::new(192, 168, 1, 1);
        let behind = |address: [u8; 4]| {
            NoAnswer::Behind(Behind { gateway, address: address.into(), make: Make::Unknown })
                .into()
        };
        let rows: [(NoAddress, Option<Trouble>); 9] = [
            (special("192.168.1.20"), Some(Trouble::Private)),
            (special("10.0.0.1"), Some(Trouble::Private)),
            (special("100.64.0.9"), Some(Trouble::SharedAddress)),
            (special("192.0.0.2"), Some(Trouble::SharedAddress)),
            (special("169.254.0.9"), None),
            (special("fd00::1"), None),
            (behind([100, 127, 0, 1]), Some(Trouble::SharedAddress)),
            (
                NoAddress::EachOf(vec![special("192.168.1.20"), behind([100, 64, 1, 1])]),
                Some(Trouble::SharedAddress),
            ),
            (NoAddress::NoDefaultRoute(Family::Ipv4), None),
        ];
        for (reason, expected) in rows {
            assert_eq!(trouble(&reason), expected, "{reason}");
        }
    }
}
