//! From an uplink, and what netifd says about it, to the address: its own, that of a prefix it
//! brought, or that of a machine behind it.

use std::net::{IpAddr, Ipv6Addr};

use super::rtnetlink::Snapshot;
use super::select::{On, Want, on_link_prefix, select};
use super::{DeviceName, Family, Found, NoAddress, special, suffix};
use crate::config::Uplink;
use crate::ubus::{Assigned, Delegated, Lines};

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
    let on = match wish.uplink {
        Uplink::DefaultRoute => On::DefaultRoute,
        Uplink::Device(device) => On::Devices(std::slice::from_ref(device)),
        Uplink::Interface(_) => On::Devices(&wish.lines.devices),
    };
    let Wish { family, allow_special, published, .. } = *wish;
    let want = Want { family, on, allow_special, published };
    match wish.suffix.filter(|_| family == Family::Ipv6) {
        Some(suffix) => in_prefix(snapshot, suffix, wish.lines, &want),
        None => select(snapshot, &want)
            .or_else(|none| assigned(snapshot, wish.lines, &want).ok_or(none)),
    }
}

/// On a line that has only a prefix, the router's address is on another device (`br-lan`).
fn assigned(snapshot: &Snapshot, lines: &Lines, want: &Want<'_>) -> Option<Found> {
    lines.assigned.iter().find_map(|Assigned { device, address }| {
        let mut only = snapshot.clone();
        only.addresses.retain(|candidate| candidate.address == *address);
        let on = On::Devices(std::slice::from_ref(device));
        select(&only, &Want { on, ..*want }).ok()
    })
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
        Some(address) => Ok(Found { address: *address, device, source: "interface" }),
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
