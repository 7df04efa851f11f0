//! The box in front of this machine: which one is believed, and what its own address means.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr};

use super::auto::SHARED;
use super::rtnetlink::Snapshot;
use super::special::range_of;
use super::{DeviceName, Family, NoAddress, NoAnswer};

/// The one machine whose word is taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Gateway {
    /// Nobody else is listened to.
    pub address: Ipv4Addr,
    /// [`super::rtnetlink::Link::index`] of the device of the default route that leads to it.
    pub link: u32,
    /// Traffic leaves by this device, or not at all (`option bind`).
    pub bound: Option<DeviceName>,
    /// It was named by `option gateway`.
    pub is_named: bool,
}

impl Gateway {
    /// The router of the default route by one of `devices`, by any if there are none; or `named`,
    /// which is taken to be beside it.
    ///
    /// # Errors
    /// No IPv4 default route, or one that leads to no router.
    pub fn of(
        snapshot: &Snapshot,
        devices: &[DeviceName],
        named: Option<Ipv4Addr>,
    ) -> Result<Self, NoAddress> {
        let is_by = |link: u32| {
            devices.is_empty()
                || devices
                    .iter()
                    .any(|name| snapshot.link(name).is_some_and(|device| device.index == link))
        };
        let routes = snapshot.default_routes.iter();
        let usable = routes.filter(|route| route.family == Family::Ipv4 && is_by(route.link));
        let best = usable.min_by_key(|route| (route.is_dead, route.metric));
        let route = best.ok_or(NoAddress::NoDefaultRoute(Family::Ipv4))?;
        let found = match route.gateway {
            Some(IpAddr::V4(gateway)) => Some(gateway),
            Some(IpAddr::V6(_)) | None => None,
        };
        let Some(address) = named.or(found) else {
            let link = snapshot.links.iter().find(|link| link.index == route.link);
            let device = link.map(|link| link.name.clone()).unwrap_or_default();
            return Err(NoAnswer::NoGateway { device }.into());
        };
        Ok(Self { address, link: route.link, bound: None, is_named: named.is_some() })
    }

    /// What a machine that is not heard has to be.
    #[must_use]
    pub(super) fn whose(&self) -> &'static str {
        if self.is_named { "of `option gateway`" } else { "of the default route" }
    }
}

/// The make of the box, where there is more to say about it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Make {
    /// One that nothing is known of.
    #[default]
    Unknown,
    /// Free's.
    Freebox,
    /// Orange's.
    Livebox,
}

impl Make {
    /// By what a box calls itself.
    #[must_use]
    pub fn of(names: &str) -> Self {
        let has = |word: &str| {
            names.as_bytes().windows(word.len()).any(|at| at.eq_ignore_ascii_case(word.as_bytes()))
        };
        if has("freebox") {
            Self::Freebox
        } else if has("livebox") {
            Self::Livebox
        } else {
            Self::Unknown
        }
    }

    /// How to come by an address of one's own.
    const fn way_out(self) -> &'static str {
        match self {
            Self::Unknown => {
                "ask the provider for a public IPv4 (Free: \"IP full-stack\" in the customer area; \
                 Orange: a switch in the Livebox's own page)"
            }
            Self::Freebox => "\"IP full-stack\" in Free's customer area ends it",
            Self::Livebox => "a switch in the Livebox's own page ends it",
        }
    }
}

/// A gateway whose own address is not public: what it means is said, and nothing is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Behind {
    /// The box.
    pub gateway: Ipv4Addr,
    /// What it has on its line.
    pub address: Ipv4Addr,
    /// Who made it.
    pub make: Make,
}

impl Behind {
    /// The address that a gateway has on its line, if it may be published.
    ///
    /// # Errors
    /// What it means that it is none.
    pub fn judge(self, allow_special: bool) -> Result<IpAddr, NoAddress> {
        let address = IpAddr::V4(self.address);
        let can_be_one = !self.address.is_unspecified()
            && !self.address.is_broadcast()
            && !self.address.is_multicast();
        if can_be_one && (allow_special || range_of(address).is_none()) {
            return Ok(address);
        }
        Err(NoAnswer::Behind(self).into())
    }

    /// Whether the provider shares one address out to several customers.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        SHARED.contains(self.address.into())
    }
}

impl fmt::Display for Behind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { gateway, address, make } = self;
        if address.is_unspecified() {
            return write!(f, "the gateway {gateway} has no address: its own line is down");
        }
        if self.is_shared() {
            return write!(
                f,
                "carrier-grade NAT: {gateway} has {address} on its line, so port forwarding cannot \
                 work; {}",
                make.way_out()
            );
        }
        if address.is_private() {
            return write!(
                f,
                "double NAT: {gateway} has the private address {address} on its line, another \
                 router in front of it holds the public one: make one of the two a bridge"
            );
        }
        let (name, meaning) = range_of((*address).into())
            .map_or(("no address of a line", "it cannot be published"), |range| {
                (range.name, range.meaning)
            });
        write!(f, "the gateway {gateway} has {address} on its line, {name}: {meaning}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::rtnetlink::{DefaultRoute, Link};

    fn behind(address: &str, make: Make) -> Behind {
        let gateway = Ipv4Addr::new(192, 168, 1, 1);
        Behind { gateway, address: address.parse().unwrap(), make }
    }

    #[test]
    fn only_a_public_address_is_taken_and_the_others_are_explained() {
        assert_eq!(
            behind("81.2.69.10", Make::Unknown).judge(false),
            Ok("81.2.69.10".parse().unwrap())
        );
        for (address, make, said) in [
            ("0.0.0.0", Make::Unknown, "line is down"),
            ("10.0.0.5", Make::Unknown, "double NAT"),
            ("172.16.3.4", Make::Freebox, "double NAT"),
            ("192.168.0.2", Make::Unknown, "double NAT"),
            ("100.64.3.4", Make::Unknown, "ask the provider"),
            ("100.127.255.254", Make::Freebox, "IP full-stack"),
            ("100.64.3.4", Make::Livebox, "a switch in the Livebox's own page"),
            ("127.0.0.1", Make::Unknown, "loopback"),
            ("169.254.3.4", Make::Unknown, "link-local"),
            ("192.0.2.7", Make::Unknown, "documentation"),
            ("224.0.0.1", Make::Unknown, "multicast"),
            ("255.255.255.255", Make::Unknown, "broadcast"),
        ] {
            let refusal = behind(address, make).judge(false).unwrap_err().to_string();
            assert!(refusal.contains(said), "{address}: {refusal}");
            assert!(refusal.len() <= crate::text::TEXT_MAX, "{refusal}");
        }
    }

    #[test]
    fn a_special_address_may_be_allowed_but_none_at_all_may_not() {
        assert!(behind("10.0.0.5", Make::Unknown).judge(true).is_ok());
        for none in ["0.0.0.0", "255.255.255.255", "224.0.0.1"] {
            assert!(behind(none, Make::Unknown).judge(true).is_err(), "{none}");
        }
    }

    #[test]
    fn a_box_is_known_by_its_name_in_any_case() {
        for (names, make) in [
            ("Freebox Server", Make::Freebox),
            ("Orange Livebox 5", Make::Livebox),
            ("LIVEBOX", Make::Livebox),
            ("MiniUPnP", Make::Unknown),
            ("", Make::Unknown),
        ] {
            assert_eq!(Make::of(names), make, "{names}");
        }
    }

    /// Links 1 "eth0" and 2 "eth1"; each route is link, gateway, metric, dead.
    fn snapshot(routes: &[(u32, Option<&str>, u32, bool)]) -> Snapshot {
        let mut snapshot = Snapshot::default();
        snapshot.links.extend([(1, "eth0"), (2, "eth1")].map(|(index, name)| Link {
            index,
            name: name.try_into().unwrap(),
            up: true,
            carrier: true,
            is_tunnel: false,
        }));
        for &(link, gateway, metric, is_dead) in routes {
            let gateway = gateway.map(|gateway| gateway.parse().unwrap());
            let (family, is_advertised, hops) = (Family::Ipv4, false, 1);
            snapshot.default_routes.push(DefaultRoute {
                family,
                link,
                gateway,
                metric,
                is_advertised,
                hops,
                is_dead,
            });
        }
        snapshot
    }

    #[test]
    fn the_gateway_is_that_of_the_best_default_route_of_the_device() {
        let (a, b) = (Some("192.168.1.1"), Some("192.168.2.1"));
        let both = snapshot(&[(1, a, 100, false), (2, b, 50, false)]);
        let eth0 = ["eth0".try_into().unwrap()];
        let found = |snapshot: &Snapshot, devices: &[DeviceName], named| {
            Gateway::of(snapshot, devices, named).map(|gateway| gateway.address.to_string())
        };
        assert_eq!(found(&both, &[], None), Ok("192.168.2.1".into()));
        assert_eq!(found(&both, &eth0, None), Ok("192.168.1.1".into()));
        let named = Some(Ipv4Addr::new(192, 168, 1, 7));
        assert_eq!(found(&both, &eth0, named), Ok("192.168.1.7".into()));
        let dead = snapshot(&[(1, a, 0, true), (2, b, 50, false)]);
        assert_eq!(found(&dead, &[], None), Ok("192.168.2.1".into()));
        let none = found(&snapshot(&[]), &[], None).unwrap_err();
        assert_eq!(none, NoAddress::NoDefaultRoute(Family::Ipv4));
        for other in [None, Some("fe80::1")] {
            let lone = found(&snapshot(&[(1, other, 0, false)]), &[], None).unwrap_err();
            assert!(lone.to_string().contains("default route by eth0 leads to no router"));
        }
        assert_eq!(found(&snapshot(&[(1, None, 0, false)]), &[], named), Ok("192.168.1.7".into()));
    }
}
