//! Which of the kernel's addresses is the WAN address.

use std::cmp::Reverse;
use std::net::{IpAddr, Ipv6Addr};

use super::rtnetlink::{
    Address, DAD_FAILED, DEPRECATED, Link, SCOPE_GLOBAL, SECONDARY, Snapshot, TEMPORARY, TENTATIVE,
};
use super::{DeviceName, Family, Found, NoAddress, special, suffix};

/// The name of this source in `list source`.
const SOURCE: &str = "interface";

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
}

/// An address that may be published; `rank` is the position of its device.
#[derive(Clone, Copy)]
struct Candidate<'s> {
    rank: usize,
    link: &'s Link,
    address: &'s Address,
}

/// The WAN address.
///
/// IPv4: the first device with a candidate; primary before secondary, then the kernel's order.
/// IPv6: the published one while it is a candidate; else the first device with a candidate,
/// longest preferred lifetime, lowest address.
///
/// # Errors
///
/// The most telling reason why no address qualifies.
pub fn select(snapshot: &Snapshot, want: &Want<'_>) -> Result<Found, NoAddress> {
    let mut candidates = Vec::new();
    let mut refusals = Vec::new();
    for (rank, link) in links(snapshot, want)?.into_iter().enumerate() {
        match link {
            Ok(link) => {
                for verdict in addresses(snapshot, want, link) {
                    match verdict {
                        Ok(address) => candidates.push(Candidate { rank, link, address }),
                        Err(refusal) => refusals.push(refusal),
                    }
                }
            }
            Err(refusal) => refusals.push(refusal),
        }
    }
    match best(&candidates, want) {
        Some(Candidate { link, address, .. }) => {
            Ok(Found { address: address.address, device: Some(link.name.clone()), source: SOURCE })
        }
        None => Err(most_telling(refusals).unwrap_or(NoAddress::NoDefaultRoute(want.family))),
    }
}

/// The on-link prefix of a selected IPv6 address, at most 64 bits, with the host bits cleared.
///
/// An address from DHCP is a /128 of its own; its prefix is then that of another address of the device.
#[must_use]
pub fn on_link_prefix(snapshot: &Snapshot, found: &Found) -> Option<(Ipv6Addr, u8)> {
    let IpAddr::V6(selected) = found.address else { return None };
    let link = snapshot.link(found.device.as_ref()?)?;
    snapshot
        .addresses
        .iter()
        .filter(|address| address.link == link.index)
        .filter(|address| (1..=suffix::MAX_PREFIX_LENGTH).contains(&address.prefix_length))
        .filter_map(|address| {
            let prefix = special::Prefix { first: address.address, length: address.prefix_length };
            prefix.contains(found.address).then_some(prefix.length)
        })
        .max()
        .map(|length| (network(selected, length), length))
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
            let routes = || snapshot.default_routes.iter().filter(|r| r.family == want.family);
            let lowest = routes().map(|route| route.metric).min();
            let devices: Vec<_> = routes()
                .filter(|route| Some(route.metric) == lowest)
                .filter_map(|route| snapshot.links.iter().find(|link| link.index == route.link))
                .map(usable)
                .collect();
            if devices.is_empty() {
                return Err(NoAddress::NoDefaultRoute(want.family));
            }
            Ok(devices)
        }
    }
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
    let verdicts: Vec<_> = snapshot
        .addresses
        .iter()
        .filter(|address| address.link == link.index)
        .filter(|address| Family::of(address.address) == want.family)
        // IPv4 has no scopes of its own; there the special ranges say enough.
        .filter(|address| address.address.is_ipv4() || address.scope == SCOPE_GLOBAL)
        .map(|address| judge(address, link, want.allow_special).map(|()| address))
        .collect();
    if !verdicts.is_empty() {
        return verdicts;
    }
    let device = link.name.clone();
    vec![Err(if link.carrier {
        NoAddress::NoneOnDevice { device, family: want.family }
    } else {
        NoAddress::NoCarrier(device)
    })]
}

fn judge(address: &Address, link: &Link, allow_special: bool) -> Result<(), NoAddress> {
    special::refuse(address.address, allow_special)?;
    // The flags below are those of IPv6: bit 0 means secondary for IPv4.
    let IpAddr::V6(ip) = address.address else { return Ok(()) };
    let device = || link.name.clone();
    let has = |flag| address.flags & flag != 0;
    // A duplicate stays tentative for ever, so it is looked at first.
    if has(DAD_FAILED) {
        Err(NoAddress::Duplicate { address: ip, device: device() })
    } else if has(TENTATIVE) {
        Err(NoAddress::Tentative { address: ip, device: device() })
    } else if has(DEPRECATED) || address.preferred_seconds == 0 {
        Err(NoAddress::Deprecated { address: ip, device: device() })
    } else if has(TEMPORARY) {
        Err(NoAddress::Temporary { address: ip, device: device() })
    } else {
        Ok(())
    }
}

fn best<'s>(candidates: &[Candidate<'s>], want: &Want<'_>) -> Option<Candidate<'s>> {
    let candidates = candidates.iter().copied();
    match want.family {
        // The first of equals wins, as it does when the kernel selects a source address.
        Family::Ipv4 => candidates.min_by_key(|c| (c.rank, c.address.flags & SECONDARY)),
        Family::Ipv6 => candidates.min_by_key(|c| {
            let Address { address, preferred_seconds, .. } = *c.address;
            (Some(address) != want.published, c.rank, Reverse(preferred_seconds), address)
        }),
    }
}

/// A wait comes first, then what is wrong with the line, then with its addresses, from the nearly
/// good ones to none at all; the first of equals.
fn most_telling(refusals: Vec<NoAddress>) -> Option<NoAddress> {
    refusals.into_iter().min_by_key(|refusal| match refusal {
        NoAddress::Tentative { .. } => 0,
        NoAddress::NoSuchDevice(_) | NoAddress::DeviceDown(_) | NoAddress::NoCarrier(_) => 1,
        NoAddress::Duplicate { .. } => 2,
        NoAddress::Deprecated { .. } => 3,
        NoAddress::Temporary { .. } => 4,
        NoAddress::Special { .. } => 5,
        NoAddress::NoDefaultRoute(_)
        | NoAddress::NoneOnDevice { .. }
        | NoAddress::CommandFailed { .. }
        | NoAddress::InterfaceUnknown(_)
        | NoAddress::InterfaceDown(_)
        | NoAddress::NoUbus { .. }
        | NoAddress::BadSuffix(_)
        | NoAddress::NoPrefix => 6,
    })
}

fn network(address: Ipv6Addr, length: u8) -> Ipv6Addr {
    let host_bits = u128::MAX.checked_shr(length.into()).unwrap_or(0);
    Ipv6Addr::from_bits(address.to_bits() & !host_bits)
}
