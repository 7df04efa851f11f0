//! Which of the kernel's addresses is the WAN address.

mod prefix;

use std::cmp::Reverse;
use std::net::IpAddr;

pub use prefix::on_link_prefix;

use super::cadence::Cadence;
use super::flaw::Flaw;
use super::renewal::is_left_behind;
use super::rtnetlink::{
    Address, DAD_FAILED, DEPRECATED, Link, SCOPE_GLOBAL, SECONDARY, Snapshot, TEMPORARY, TENTATIVE,
    Way,
};
use super::source::About;
use super::{DeviceName, Family, Found, NoAddress, NoInterface, special};

/// What this source says of itself.
pub const ABOUT: About = About {
    token: "interface",
    is_built: true,
    cadence: Cadence::BY_EVENT,
    explanation: "the kernel is asked for the address of the uplink, and tells of changes itself",
};

/// Among more candidates nobody's past is looked at: the kernel makes 16 addresses of a device from
/// advertisements (`max_addresses`), and a comparison of each with each takes its time.
const MAX_COMPARED: usize = 64;

/// Which devices may carry the address.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum On<'a> {
    /// Those of the default route with the lowest metric.
    DefaultRoute,
    /// These, earlier ones first.
    Devices(&'a [DeviceName]),
}

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Want<'a> {
    /// The family of the record.
    pub family: Family,
    /// Where it may be.
    pub on: On<'a>,
    /// Take addresses that are not globally reachable, too.
    pub allow_special: bool,
    /// The address the provider last acknowledged: an IPv6 one is kept while it is a candidate.
    pub published: Option<IpAddr>,
    /// Take these only; any if `None`.
    pub only: Option<&'a [IpAddr]>,
}

/// An address that may be published.
#[derive(Clone, Copy, Debug)]
pub struct Candidate<'s> {
    /// The position of its device.
    rank: usize,
    /// Its device.
    pub link: &'s Link,
    /// The address.
    pub address: &'s Address,
}

/// The WAN address.
///
/// IPv4: the first device with a candidate; a current lease before one whose time is over, then the
/// address that the kernel would send from, primary before secondary, then the kernel's order.
/// IPv6: what is still refreshed before what is not (see [`super::renewal`]); then the published
/// one while it is a candidate; else the first device with a candidate, longest preferred lifetime,
/// lowest address.
///
/// # Errors
///
/// The most telling reason why no address qualifies.
pub fn select(snapshot: &Snapshot, want: &Want<'_>) -> Result<Found, NoAddress> {
    let mut candidates = Vec::new();
    let mut refusals = Vec::new();
    for verdict in examine(snapshot, want)? {
        match verdict {
            Ok(candidate) => candidates.push(candidate),
            Err(refusal) => refusals.push(refusal),
        }
    }
    match best(snapshot, &candidates, want) {
        Some(Candidate { link, address, .. }) => Ok(Found {
            address: address.address,
            device: Some(link.name.clone()),
            source: ABOUT.token,
        }),
        None => Err(most_telling(refusals).unwrap_or(NoAddress::NoDefaultRoute(want.family))),
    }
}

/// The verdict on every address of the devices in question, and on a device that has none.
///
/// # Errors
/// There is no device in question.
pub fn examine<'s>(
    snapshot: &'s Snapshot,
    want: &Want<'_>,
) -> Result<Vec<Result<Candidate<'s>, NoAddress>>, NoAddress> {
    let mut verdicts = Vec::new();
    for (rank, link) in links(snapshot, want)?.into_iter().enumerate() {
        match link {
            Ok(link) => {
                let verdict = |verdict: Result<_, _>| {
                    verdict.map(|address| Candidate { rank, link, address })
                };
                verdicts.extend(addresses(snapshot, want, link).into_iter().map(verdict));
            }
            Err(refusal) => verdicts.push(Err(refusal)),
        }
    }
    Ok(verdicts)
}

/// The devices to look at, best first; one that cannot be used is its reason.
fn links<'s>(
    snapshot: &'s Snapshot,
    want: &Want<'_>,
) -> Result<Vec<Result<&'s Link, NoAddress>>, NoAddress> {
    match want.on {
        On::Devices(names) => Ok(names
            .iter()
            .map(|name| {
                let link = snapshot.link(name);
                usable(link.ok_or_else(|| NoAddress::NoSuchDevice(name.clone()))?)
            })
            .collect()),
        On::DefaultRoute => {
            let devices: Vec<_> = default_links(snapshot, want.family).map(usable).collect();
            if devices.is_empty() {
                return Err(NoAddress::NoDefaultRoute(want.family));
            }
            Ok(devices)
        }
    }
}

/// The devices of the default route with the lowest metric, in the kernel's order; of those that
/// the kernel uses now, if it uses one.
pub fn default_links(snapshot: &Snapshot, family: Family) -> impl Iterator<Item = &Link> {
    let routes = move || snapshot.default_routes.iter().filter(move |r| r.family == family);
    let best = routes().map(|route| (route.is_dead, route.metric)).min();
    routes()
        .filter(move |route| Some((route.is_dead, route.metric)) == best)
        .filter_map(|route| snapshot.links.iter().find(|link| link.index == route.link))
}

fn usable(link: &Link) -> Result<&Link, NoAddress> {
    if link.up { Ok(link) } else { Err(NoAddress::DeviceDown(link.name.clone())) }
}

/// Every address of the family on a device, judged; a lone reason if there is none.
///
/// A missing carrier is named only then: a bridge whose ports are all unplugged still answers on
/// the address that a delegated prefix gave it.
fn addresses<'s>(
    snapshot: &'s Snapshot,
    want: &Want<'_>,
    link: &Link,
) -> Vec<Result<&'s Address, NoAddress>> {
    let mut on_device: Vec<_> = snapshot
        .addresses
        .iter()
        .filter(|address| address.link == link.index)
        .filter(|address| Family::of(address.address) == want.family)
        // IPv4 has no scopes of its own; there the special ranges say enough.
        .filter(|address| address.address.is_ipv4() || address.scope == SCOPE_GLOBAL)
        .collect();
    let is_empty = on_device.is_empty();
    on_device.retain(|address| want.only.is_none_or(|only| only.contains(&address.address)));
    if !on_device.is_empty() {
        let judged = |address| judge(address, link, want.allow_special).map(|()| address);
        return on_device.into_iter().map(judged).collect();
    }
    let (device, family) = (link.name.clone(), want.family);
    vec![Err(if !is_empty {
        NoInterface::NotOwn { device, family }.into()
    } else if link.carrier {
        NoAddress::NoneOnDevice { device, family }
    } else {
        NoAddress::NoCarrier(device)
    })]
}

fn judge(address: &Address, link: &Link, allow_special: bool) -> Result<(), NoAddress> {
    special::refuse(address.address, allow_special)?;
    // The flags below are those of IPv6: bit 0 means secondary for IPv4.
    let IpAddr::V6(ip) = address.address else { return Ok(()) };
    let has = |flag| address.flags & flag != 0;
    let flaw = match () {
        // A duplicate stays tentative for ever, so it is looked at first.
        () if has(DAD_FAILED) => Flaw::Duplicate,
        () if has(TENTATIVE) => Flaw::Tentative,
        () if has(DEPRECATED) || address.preferred_seconds == 0 => Flaw::Deprecated,
        () if has(TEMPORARY) => Flaw::Temporary,
        () => return Ok(()),
    };
    Err(NoAddress::Flawed { address: ip, device: link.name.clone(), flaw })
}

fn best<'s>(
    snapshot: &Snapshot,
    candidates: &[Candidate<'s>],
    want: &Want<'_>,
) -> Option<Candidate<'s>> {
    let few = candidates.len() <= MAX_COMPARED;
    let candidates = candidates.iter().copied();
    match want.family {
        // The first of equals wins, as it does when the kernel selects a source address.
        Family::Ipv4 => candidates.min_by_key(|c| {
            let Address { link, address, flags, .. } = *c.address;
            let is_way = |way: &Way| (way.link, way.source) == (link, Some(address));
            let is_used = snapshot.ways.iter().any(is_way);
            (c.rank, flags & DEPRECATED, !is_used, flags & SECONDARY)
        }),
        Family::Ipv6 => candidates.min_by_key(|c| {
            let Address { address, preferred_seconds, .. } = *c.address;
            let is_kept = Some(address) == want.published;
            let is_left_behind = few && is_left_behind(snapshot, c.address);
            (is_left_behind, !is_kept, c.rank, Reverse(preferred_seconds), address)
        }),
    }
}

/// A wait comes first, then what is wrong with the line, then with its addresses, from the nearly
/// good ones to none at all; the first of equals.
fn most_telling(refusals: Vec<NoAddress>) -> Option<NoAddress> {
    refusals.into_iter().min_by_key(|refusal| match refusal {
        NoAddress::NoSuchDevice(_) | NoAddress::DeviceDown(_) | NoAddress::NoCarrier(_) => {
            (1, None)
        }
        NoAddress::Flawed { flaw, .. } if *flaw > Flaw::Tentative => (2, Some(*flaw)),
        NoAddress::Flawed { .. } => (0, None),
        NoAddress::Special { .. } => (3, None),
        NoAddress::Interface(_) => (4, None),
        // None at all on the device; what else there is comes from other places.
        _ => (5, None),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::rtnetlink::DefaultRoute;

    /// Links 1 "lo", 2 "wan0", 3 "wan1", 4 "down0", all up but the last.
    fn snapshot(addresses: &[(u32, &str, u32, u32)], routes: &[(u32, u32)]) -> Snapshot {
        let link = |(index, name): (u32, &str)| Link {
            index,
            name: name.try_into().unwrap(),
            up: index != 4,
            carrier: true,
            is_tunnel: false,
        };
        let address =
            |&(link, address, flags, preferred_seconds): &(u32, &str, u32, u32)| Address {
                link,
                address: address.parse().unwrap(),
                prefix_length: 64,
                scope: if address.starts_with("fe80") { 253 } else { SCOPE_GLOBAL },
                flags,
                preferred_seconds,
                created: 0,
                updated: 0,
                protocol: 0,
            };
        let mut snapshot = Snapshot::default();
        snapshot.links.extend([(1, "lo"), (2, "wan0"), (3, "wan1"), (4, "down0")].map(link));
        snapshot.addresses.extend(addresses.iter().map(address));
        for family in [Family::Ipv4, Family::Ipv6] {
            let route = |&(link, metric): &(u32, u32)| DefaultRoute {
                family,
                link,
                gateway: None,
                metric,
                is_advertised: false,
                hops: 1,
                is_dead: false,
            };
            snapshot.default_routes.extend(routes.iter().map(route));
        }
        snapshot
    }

    fn on_default_route(family: Family) -> Want<'static> {
        Want { family, on: On::DefaultRoute, allow_special: false, published: None, only: None }
    }

    fn address(snapshot: &Snapshot, want: &Want<'_>) -> Result<String, NoAddress> {
        select(snapshot, want).map(|found| found.address.to_string())
    }

    #[test]
    fn primary_goes_before_secondary_and_then_the_kernels_order_decides() {
        let wan = |first: (&'static str, u32), second: (&'static str, u32)| {
            let both = [(2, first.0, first.1, 0), (2, second.0, second.1, 0)];
            address(&snapshot(&both, &[(2, 0)]), &on_default_route(Family::Ipv4)).unwrap()
        };
        assert_eq!(wan(("81.2.69.11", SECONDARY), ("81.2.69.10", 0)), "81.2.69.10");
        assert_eq!(wan(("81.2.69.11", 0), ("81.2.69.10", 0)), "81.2.69.11");
        assert_eq!(wan(("81.2.69.11", SECONDARY), ("81.2.69.10", SECONDARY)), "81.2.69.11");
        assert_eq!(wan(("192.168.1.2", 0), ("81.2.69.10", SECONDARY)), "81.2.69.10");
    }

    #[test]
    fn what_the_kernel_sends_from_goes_first_unless_its_lease_is_over() {
        for (flags, selected) in [(0, "81.2.69.12"), (DEPRECATED, "81.2.69.10")] {
            let all = [(2, "81.2.69.10", 0, 0), (2, "81.2.69.12", flags | SECONDARY, 0)];
            let mut snapshot = snapshot(&all, &[(2, 0)]);
            snapshot.ways.push(Way { link: 2, source: "81.2.69.12".parse().ok(), gateway: None });
            assert_eq!(address(&snapshot, &on_default_route(Family::Ipv4)).unwrap(), selected);
        }
    }

    #[test]
    fn a_route_that_the_kernel_does_not_use_comes_last_whatever_its_metric() {
        let both = [(2, "81.2.69.10", 0, 0), (3, "81.2.70.10", 0, 0)];
        let mut snapshot = snapshot(&both, &[(2, 5), (3, 10)]);
        let want = on_default_route(Family::Ipv4);
        snapshot.default_routes[0].is_dead = true;
        assert_eq!(address(&snapshot, &want).unwrap(), "81.2.70.10");
        snapshot.default_routes[1].is_dead = true;
        assert_eq!(address(&snapshot, &want).unwrap(), "81.2.69.10");
    }

    #[test]
    fn the_longest_preferred_lifetime_wins_then_the_lowest_address() {
        for (first, second, selected) in [
            (("2a01::1", 1800), ("2a01::2", 3600), "2a01::2"),
            (("2a01::2", u32::MAX), ("2a01::1", 3600), "2a01::2"),
            (("2a01::2", 3600), ("2a01::1", 3600), "2a01::1"),
            (("2a01::2", 3600), ("2a01::1", 0), "2a01::2"),
        ] {
            let both = [(2, first.0, 0, first.1), (2, second.0, 0, second.1)];
            let snapshot = snapshot(&both, &[(2, 0)]);
            let want = on_default_route(Family::Ipv6);
            assert_eq!(address(&snapshot, &want).unwrap(), selected);
            let published = Some("2a01::2".parse().unwrap());
            let kept = address(&snapshot, &Want { published, ..want }).unwrap();
            assert_eq!(kept, "2a01::2");
        }
    }

    #[test]
    fn the_lowest_metric_is_the_default_route_and_equal_ones_count_in_order() {
        let both = [(2, "81.2.69.10", 0, 0), (3, "81.2.70.10", 0, 0)];
        for (routes, selected) in [
            (&[(2, 10), (3, 5)][..], Ok("81.2.70.10".to_owned())),
            (&[(2, 5), (3, 10)], Ok("81.2.69.10".to_owned())),
            (&[(3, 5), (2, 5)], Ok("81.2.70.10".to_owned())),
            (&[(1, 5), (2, 5)], Ok("81.2.69.10".to_owned())),
            (&[(9, 5)], Err(NoAddress::NoDefaultRoute(Family::Ipv4))),
            (&[], Err(NoAddress::NoDefaultRoute(Family::Ipv4))),
        ] {
            let snapshot = snapshot(&both, routes);
            assert_eq!(address(&snapshot, &on_default_route(Family::Ipv4)), selected, "{routes:?}");
        }
    }

    #[test]
    fn an_address_of_another_interface_on_the_device_is_not_taken() {
        let both = [(2, "81.2.69.10", 0, 0), (2, "81.2.69.20", 0, 0)];
        let snapshot = snapshot(&both, &[(2, 0)]);
        let own = ["81.2.69.20".parse().unwrap()];
        let want = on_default_route(Family::Ipv4);
        assert_eq!(address(&snapshot, &Want { only: Some(&own), ..want }).unwrap(), "81.2.69.20");
        let not_own =
            NoInterface::NotOwn { device: "wan0".try_into().unwrap(), family: Family::Ipv4 };
        assert_eq!(address(&snapshot, &Want { only: Some(&[]), ..want }), Err(not_own.into()));
    }

    #[test]
    fn a_flag_of_ipv6_says_nothing_about_ipv4() {
        let flags = TEMPORARY | TENTATIVE | DEPRECATED;
        let snapshot = snapshot(&[(2, "81.2.69.10", flags, 0)], &[(2, 0)]);
        assert_eq!(address(&snapshot, &on_default_route(Family::Ipv4)).unwrap(), "81.2.69.10");
    }

    #[test]
    fn special_addresses_are_taken_only_when_allowed() {
        for (given, family) in [
            ("192.168.1.2", Family::Ipv4),
            ("fd12::1", Family::Ipv6),
            ("2001:db8::1", Family::Ipv6),
            ("2002:5102:450a::1", Family::Ipv6),
        ] {
            let snapshot = snapshot(&[(2, given, 0, 3600)], &[(2, 0)]);
            let want = on_default_route(family);
            let refused = address(&snapshot, &want).unwrap_err();
            assert!(matches!(refused, NoAddress::Special { .. }), "{refused:?}");
            let allowed = Want { allow_special: true, ..want };
            assert_eq!(address(&snapshot, &allowed).unwrap(), given);
        }
    }

    #[test]
    fn a_link_local_ipv6_address_is_never_taken() {
        let snapshot = snapshot(&[(2, "fe80::1", 0, u32::MAX)], &[(2, 0)]);
        let want = Want { allow_special: true, ..on_default_route(Family::Ipv6) };
        assert!(matches!(select(&snapshot, &want), Err(NoAddress::NoneOnDevice { .. })));
    }

    #[test]
    fn of_several_reasons_the_most_telling_one_is_given() {
        let all = [
            ("2a01::4", TENTATIVE, 9),
            ("2a01::5", DAD_FAILED | TENTATIVE, 9),
            ("2a01::6", DEPRECATED, 0),
            ("2a01::7", TEMPORARY, 9),
            ("fd12::8", TENTATIVE, 9),
        ];
        for (from, reason) in [
            "2a01::4 on wan0 is tentative",
            "2a01::5 on wan0 is a duplicate",
            "2a01::6 on wan0 is deprecated",
            "2a01::7 on wan0 is temporary",
            "fd12::8 is a unique local address",
            "device wan0 has no global ipv6 address",
        ]
        .into_iter()
        .enumerate()
        {
            let wan0: Vec<_> = all.iter().skip(from).rev().map(|&(a, f, s)| (2, a, f, s)).collect();
            let refusal = select(&snapshot(&wan0, &[(2, 0)]), &on_default_route(Family::Ipv6));
            let sentence = refusal.unwrap_err().to_string();
            assert!(sentence.starts_with(reason), "{sentence}");
        }
    }

    #[test]
    fn a_line_that_is_down_explains_more_than_the_lan_behind_it() {
        let snapshot = snapshot(&[(2, "fd12::1", 0, 9), (4, "2a01::1", 0, 9)], &[]);
        let devices = ["down0", "wan0"].map(|name| name.try_into().unwrap());
        let on = On::Devices(&devices);
        let want = Want { on, ..on_default_route(Family::Ipv6) };
        let down = NoAddress::DeviceDown("down0".try_into().unwrap());
        assert_eq!(select(&snapshot, &want), Err(down));
    }

    #[test]
    fn what_is_found_names_its_device_and_source() {
        let snapshot = snapshot(&[(3, "81.2.69.10", 0, 0)], &[(3, 0)]);
        let found = select(&snapshot, &on_default_route(Family::Ipv4)).unwrap();
        assert_eq!((found.device.unwrap().as_str(), found.source), ("wan1", "interface"));
    }
}
