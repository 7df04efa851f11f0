//! From an uplink, and what netifd says about it, to the address: its own, that of a prefix it
//! brought, or that of a machine behind it.

use std::net::{IpAddr, Ipv6Addr};

use super::rtnetlink::Snapshot;
#[cfg(feature = "doctor")]
use super::select;
use super::select::{ABOUT, On, Want, default_links, on_link_prefix, select};
use super::{DeviceName, Family, Found, NoAddress, NoInterface, special, suffix};
use crate::ubus::{Assigned, Delegated, Lines};

/// More logical interfaces of one host than this are a fault.
pub const MAX_INTERFACES: usize = 4;

/// Which line's address is published.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Uplink {
    /// The device of the default route.
    DefaultRoute,
    /// `option device`: a kernel device.
    Device(DeviceName),
    /// `list interface`: logical interfaces of OpenWrt, asked over ubus; the first that is up and
    /// has an address. Never empty, none twice.
    Interface(Interfaces),
}

/// Logical interfaces in the order of preference.
pub type Interfaces = heapless::Vec<heapless::String<32>, MAX_INTERFACES>;

/// What is asked of an uplink for one record.
#[derive(Clone, Copy, Debug)]
pub struct Wish<'a> {
    /// The uplink of the host.
    pub uplink: &'a Uplink,
    /// What netifd says about it; empty unless it is a logical interface.
    pub lines: &'a Lines,
    /// The host part of a machine behind this one (`option suffix`).
    pub suffix: Option<Ipv6Addr>,
    /// The family of the record.
    pub family: Family,
    /// Take addresses that are not globally reachable, too.
    pub allow_special: bool,
    /// The address the provider last acknowledged.
    pub published: Option<IpAddr>,
}

impl Wish<'_> {
    /// The devices that may carry the address, where they are known by name.
    #[must_use]
    pub fn devices(&self) -> Vec<DeviceName> {
        match self.uplink {
            Uplink::DefaultRoute => Vec::new(),
            Uplink::Device(device) => vec![device.clone()],
            Uplink::Interface(_) => {
                let assigned = self.lines.assigned.iter().map(|assigned| &assigned.device);
                self.lines.devices.iter().chain(assigned).cloned().collect()
            }
        }
    }
}

/// The address of an uplink.
///
/// # Errors
///
/// Why it has none.
pub fn find(snapshot: &Snapshot, wish: &Wish<'_>) -> Result<Found, NoAddress> {
    let want = want(wish);
    let family = wish.family;
    let found = match wish.suffix.filter(|_| family == Family::Ipv6) {
        Some(suffix) => in_prefix(snapshot, suffix, wish.lines, &want),
        None => select(snapshot, &want).or_else(|reason| {
            // A first choice that is on its way is not to be overtaken by the second one.
            let reason = not_yet(snapshot, wish.lines, reason);
            if reason.is_transient() {
                return Err(reason);
            }
            match family {
                Family::Ipv4 => translated(wish, reason),
                Family::Ipv6 => assigned(snapshot, &want, wish.lines, reason),
            }
        }),
    };
    let found = found.map_err(|reason| match wish.uplink {
        Uplink::DefaultRoute => in_tunnel(snapshot, family, reason),
        Uplink::Device(_) | Uplink::Interface(_) => reason,
    });
    found.map_err(|reason| match &wish.lines.pending {
        Some(sibling) if !reason.is_transient() => NoInterface::Pending(sibling.to_string()).into(),
        _ => reason,
    })
}

fn want<'w>(wish: &'w Wish<'_>) -> Want<'w> {
    let (on, only) = match wish.uplink {
        Uplink::DefaultRoute => (On::DefaultRoute, None),
        Uplink::Device(device) => (On::Devices(std::slice::from_ref(device)), None),
        // An alias (`@wan`) or an interface of `proto none` has the device of another interface,
        // and not its addresses.
        Uplink::Interface(_) => (On::Devices(&wish.lines.devices), Some(&wish.lines.own[..])),
    };
    let Wish { family, allow_special, published, .. } = *wish;
    Want { family, on, allow_special, published, only }
}

/// The verdict on every address of the uplink: one that may be published, or why it may not.
#[cfg(feature = "doctor")]
#[must_use]
pub fn examine(snapshot: &Snapshot, wish: &Wish<'_>) -> Vec<Result<Found, NoAddress>> {
    let found = |verdict: Result<select::Candidate<'_>, _>| {
        verdict.map(|candidate| Found {
            address: candidate.address.address,
            device: Some(candidate.link.name.clone()),
            source: ABOUT.token,
        })
    };
    match select::examine(snapshot, &want(wish)) {
        Ok(verdicts) => verdicts.into_iter().map(found).collect(),
        Err(reason) => vec![Err(reason)],
    }
}

/// A VPN that takes all traffic has the default route, and an address of its own network.
fn in_tunnel(snapshot: &Snapshot, family: Family, reason: NoAddress) -> NoAddress {
    let tunnel = default_links(snapshot, family).find(|link| link.is_tunnel);
    match (tunnel, &reason) {
        (Some(link), NoAddress::Special { .. } | NoAddress::NoneOnDevice { .. }) => {
            NoAddress::Tunnel { device: link.name.clone(), why: Box::new(reason) }
        }
        _ => reason,
    }
}

/// The reason, unless netifd has an address for the line that the kernel does not have yet.
fn not_yet(snapshot: &Snapshot, lines: &Lines, reason: NoAddress) -> NoAddress {
    let missing = lines.own.iter().find(|address| !has(snapshot, **address));
    match (missing, lines.devices.first()) {
        (Some(address), Some(device)) if !reason.is_transient() => {
            NoInterface::Announced { address: *address, device: device.clone() }.into()
        }
        _ => reason,
    }
}

fn has(snapshot: &Snapshot, address: IpAddr) -> bool {
    snapshot.addresses.iter().any(|known| known.address == address)
}

/// Where IPv4 is translated to IPv6 (MAP-T), no device has the address that the internet sees.
fn translated(wish: &Wish<'_>, reason: NoAddress) -> Result<Found, NoAddress> {
    let Some(translated) = &wish.lines.translated else { return Err(reason) };
    let address = allowed(translated.address.into(), wish.allow_special)?;
    Ok(Found { address, device: wish.lines.devices.first().cloned(), source: "interface" })
}

/// On a line that has only a prefix, the router's address is on another device (`br-lan`).
fn assigned(
    snapshot: &Snapshot,
    want: &Want<'_>,
    lines: &Lines,
    reason: NoAddress,
) -> Result<Found, NoAddress> {
    let not_yet = lines.unassigned.as_ref();
    let mut not_yet: Option<NoAddress> =
        not_yet.map(|net| NoInterface::Unassigned(net.to_string()).into());
    for Assigned { device, address } in &lines.assigned {
        let only = [IpAddr::V6(*address)];
        let on = On::Devices(std::slice::from_ref(device));
        let refusal = match select(snapshot, &Want { on, only: Some(&only), ..*want }) {
            Ok(found) => return Ok(found),
            // br-lan's new address is tentative when netifd calls the uplink up.
            Err(refusal) if refusal.is_transient() => Some(refusal),
            Err(_) if !has(snapshot, only[0]) => {
                Some(NoInterface::Announced { address: only[0], device: device.clone() }.into())
            }
            Err(_) => None,
        };
        not_yet = refusal.or(not_yet);
    }
    Err(not_yet.unwrap_or(reason))
}

/// The address of a machine in the LAN: delegated prefix, or that of the link, and `suffix`.
fn in_prefix(
    snapshot: &Snapshot,
    suffix: Ipv6Addr,
    lines: &Lines,
    want: &Want<'_>,
) -> Result<Found, NoAddress> {
    let mut prefixes: Vec<_> = lines.prefixes.iter().map(lan_prefix).collect();
    let mut device = lines.devices.first().cloned();
    if prefixes.is_empty() {
        let found = select(snapshot, want)?;
        prefixes.extend(on_link_prefix(snapshot, &found));
        device = found.device;
    }
    let mut reason = None;
    let mut hosts = Vec::new();
    for (prefix, length) in prefixes {
        let host = suffix::host_in_prefix(prefix, length, suffix).map_err(NoAddress::BadSuffix);
        match host.and_then(|host| allowed(host.into(), want.allow_special)) {
            Ok(host) => hosts.push(host),
            Err(why) => reason = Some(why),
        }
    }
    let kept = hosts.iter().find(|host| Some(**host) == want.published).or(hosts.first());
    match kept {
        Some(address) => Ok(Found { address: *address, device, source: ABOUT.token }),
        None => Err(reason.unwrap_or(NoAddress::NoPrefix)),
    }
}

/// The part of a delegated prefix that the first network behind the router got.
fn lan_prefix(delegated: &Delegated) -> (Ipv6Addr, u8) {
    let subnet = delegated.downstream.first().map_or(delegated.prefix, |network| network.subnet);
    // A subnet shorter than /64 is shared out further; the first /64 of it is the network's own.
    (subnet.address, subnet.length.max(64))
}

/// The address, if it may be published.
///
/// # Errors
///
/// [`NoAddress::Special`].
pub fn allowed(address: IpAddr, allow_special: bool) -> Result<IpAddr, NoAddress> {
    special::refuse(address, allow_special).map(|()| address)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::rtnetlink::{Address, DAD_FAILED, DEPRECATED, Link, TENTATIVE};
    use crate::ubus::InterfaceName;

    const OWN: &str = "2a01:cb00:1:2::10";
    const LAN: &str = "2a01:cb00:1:200::1";

    /// Links 1 "pppoe-wan" and 2 "br-lan".
    fn snapshot(addresses: &[(u32, &str, u32)]) -> Snapshot {
        let link = |(index, name): (u32, &str)| Link {
            index,
            name: name.try_into().unwrap(),
            up: true,
            carrier: true,
            is_tunnel: false,
        };
        let address = |&(link, address, flags): &(u32, &str, u32)| Address {
            link,
            address: address.parse().unwrap(),
            prefix_length: 64,
            scope: 0,
            flags,
            preferred_seconds: 1800,
            created: 0,
            updated: 0,
            protocol: 0,
        };
        let mut snapshot = Snapshot::default();
        snapshot.links.extend([(1, "pppoe-wan"), (2, "br-lan")].map(link));
        snapshot.addresses.extend(addresses.iter().map(address));
        snapshot
    }

    fn lines(own: &[&str], assigned: &[&str]) -> Lines {
        let assigned = assigned.iter().map(|address| Assigned {
            device: "br-lan".try_into().unwrap(),
            address: address.parse().unwrap(),
        });
        Lines {
            devices: std::iter::once("pppoe-wan".try_into().unwrap()).collect(),
            own: own.iter().map(|address| address.parse().unwrap()).collect(),
            assigned: assigned.collect(),
            ..Lines::default()
        }
    }

    fn found(snapshot: &Snapshot, lines: &Lines) -> Result<String, NoAddress> {
        let uplink = Uplink::Interface(Interfaces::new());
        let (family, allow_special) = (Family::Ipv6, false);
        let wish =
            Wish { uplink: &uplink, lines, suffix: None, family, allow_special, published: None };
        find(snapshot, &wish).map(|found| found.address.to_string())
    }

    /// What is on its way is waited for; only what will not come is replaced by the second choice.
    #[test]
    fn the_address_of_a_prefix_is_taken_when_the_line_will_have_none_of_its_own() {
        let both = lines(&[OWN], &[LAN]);
        let prefix_only = lines(&[], &[LAN]);
        for (addresses, lines, expected) in [
            (&[(1, OWN, 0), (2, LAN, 0)][..], &both, Ok(OWN)),
            (&[(1, OWN, TENTATIVE), (2, LAN, 0)], &both, Err("is tentative")),
            (&[(2, LAN, 0)], &both, Err("until the kernel has it")),
            (&[(1, OWN, DAD_FAILED), (2, LAN, 0)], &both, Ok(LAN)),
            (&[(2, LAN, 0)], &prefix_only, Ok(LAN)),
            (&[(2, LAN, TENTATIVE)], &prefix_only, Err("is tentative")),
            (&[], &prefix_only, Err("until the kernel has it")),
        ] {
            match (found(&snapshot(addresses), lines), expected) {
                (Ok(address), Ok(expected)) => assert_eq!(address, expected),
                (Err(reason), Err(why)) => {
                    assert!(reason.to_string().contains(why), "{reason}");
                    assert!(reason.is_transient(), "{reason}");
                }
                other => panic!("{addresses:?}: {other:?}"),
            }
        }
    }

    #[test]
    fn what_will_not_come_by_itself_is_final() {
        let lan = snapshot(&[(2, LAN, DEPRECATED)]);
        for lines in [lines(&[], &[LAN]), lines(&[], &[])] {
            let reason = found(&lan, &lines).unwrap_err();
            assert!(matches!(reason, NoAddress::NoneOnDevice { .. }), "{reason}");
            assert!(!reason.is_transient(), "{reason}");
        }
    }

    #[test]
    fn a_network_or_a_sibling_that_is_not_ready_is_waited_for() {
        let name = |name: &str| InterfaceName::try_from(name).ok();
        let unassigned = Lines { unassigned: name("lan"), ..lines(&[], &[]) };
        let reason = found(&snapshot(&[]), &unassigned).unwrap_err();
        assert_eq!(reason, NoInterface::Unassigned("lan".into()).into());
        let pending = Lines { pending: name("wan6"), ..lines(&[], &[]) };
        let reason = found(&snapshot(&[]), &pending).unwrap_err();
        assert_eq!(reason, NoInterface::Pending("wan6".into()).into());
    }

    #[test]
    fn an_address_that_netifd_gave_another_interface_is_not_this_ones() {
        let other = "2a01:cb00:1:2::20";
        let shared = snapshot(&[(1, OWN, 0), (1, other, 0)]);
        assert_eq!(found(&shared, &lines(&[other], &[])).unwrap(), other);
        let none = found(&shared, &lines(&[], &[])).unwrap_err();
        assert!(matches!(none, NoAddress::Interface(NoInterface::NotOwn { .. })), "{none}");
    }
}
