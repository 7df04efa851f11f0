//! Where a record's address comes from at once: the kernel, and netifd over ubus.

use std::net::{IpAddr, Ipv6Addr};

use super::dns::Servers;
use super::{netlink, ubus};
use crate::address::rtnetlink::Snapshot;
use crate::address::select::{On, Want, on_link_prefix, select};
use crate::address::suffix::host_in_prefix;
use crate::address::{DeviceName, Family, Found, NoAddress, special};
use crate::config::{Host, Uplink};
use crate::error::Error;
use crate::ubus::{Lines, Unresolved, resolve};

/// The answers of one look.
#[derive(Debug)]
pub struct Sources {
    snapshot: Snapshot,
    ubus: Option<ubus::Client>,
}

impl Sources {
    /// Takes the kernel's tables.
    ///
    /// # Errors
    /// [`Error::Netlink`] if the kernel does not give them.
    pub fn open() -> Result<Self, Error> {
        let snapshot = netlink::snapshot().map_err(Error::Netlink)?;
        Ok(Self { snapshot, ubus: None })
    }

    /// Asks the kernel, and netifd where the uplink is an interface of OpenWrt.
    ///
    /// `published` is what the provider last acknowledged: among equals it is kept.
    ///
    /// # Errors
    /// Why the record has no address.
    pub fn interface(
        &mut self,
        host: &Host,
        family: Family,
        published: Option<IpAddr>,
    ) -> Result<Found, NoAddress> {
        let lines = match &host.uplink {
            Uplink::Interface(name) => self.lines(name, family)?,
            Uplink::DefaultRoute | Uplink::Device(_) => Lines::default(),
        };
        let on = match &host.uplink {
            Uplink::DefaultRoute => On::DefaultRoute,
            Uplink::Device(device) => On::Devices(std::slice::from_ref(device)),
            Uplink::Interface(_) => On::Devices(&lines.devices),
        };
        let want = Want { family, on, allow_special: host.allow_special, published };
        match host.suffix.filter(|_| family == Family::Ipv6) {
            Some(suffix) => self.in_prefix(suffix, &lines, &want),
            None => select(&self.snapshot, &want)
                .or_else(|none| self.assigned(&lines, &want).ok_or(none)),
        }
    }

    /// The device that this host's traffic must leave by; `None` if there is none now.
    ///
    /// Also an AAAA record is updated over IPv4, so on 6in4 this is not the device of its address.
    pub fn device(&mut self, host: &Host) -> Option<DeviceName> {
        match &host.uplink {
            Uplink::Device(device) => Some(device.clone()),
            Uplink::Interface(name) => {
                self.lines(name, Family::Ipv4).ok()?.devices.first().cloned()
            }
            Uplink::DefaultRoute => self.default_device(Family::Ipv4),
        }
    }

    /// The name servers of this host's own line, if OpenWrt names any; `None` if the line is down.
    pub fn dns(&mut self, host: &Host) -> Option<Servers> {
        match &host.uplink {
            Uplink::Interface(name) => Some(self.lines(name, Family::Ipv4).ok()?.dns),
            Uplink::Device(_) | Uplink::DefaultRoute => Some(Servers::new()),
        }
    }

    /// Whether the device has a way to the IPv4 internet at all.
    #[must_use]
    pub fn has_ipv4(&self) -> bool {
        self.snapshot.default_routes.iter().any(|route| route.family == Family::Ipv4)
    }

    fn default_device(&self, family: Family) -> Option<DeviceName> {
        let routes = self.snapshot.default_routes.iter().filter(|route| route.family == family);
        let lowest = routes.min_by_key(|route| route.metric)?;
        let link = self.snapshot.links.iter().find(|link| link.index == lowest.link)?;
        Some(link.name.clone())
    }

    /// On a line that has only a prefix, the router's address is on another device (`br-lan`).
    fn assigned(&self, lines: &Lines, want: &Want<'_>) -> Option<Found> {
        lines.assigned.iter().find_map(|assigned| {
            let mut only = self.snapshot.clone();
            only.addresses.retain(|address| address.address == assigned.address);
            let on = On::Devices(std::slice::from_ref(&assigned.device));
            select(&only, &Want { on, ..*want }).ok()
        })
    }

    /// The address of a machine in the LAN: delegated prefix, or that of the link, and `suffix`.
    fn in_prefix(
        &self,
        suffix: Ipv6Addr,
        lines: &Lines,
        want: &Want<'_>,
    ) -> Result<Found, NoAddress> {
        let mut prefixes: Vec<_> = lines.prefixes.iter().map(lan_prefix).collect();
        let mut device = lines.devices.first().cloned();
        if prefixes.is_empty() {
            let found = select(&self.snapshot, want)?;
            prefixes.extend(on_link_prefix(&self.snapshot, &found));
            device = found.device;
        }
        let mut reason = None;
        let mut hosts = Vec::new();
        for (prefix, length) in prefixes {
            let host = host_in_prefix(prefix, length, suffix).map_err(NoAddress::BadSuffix);
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

    fn lines(&mut self, name: &str, family: Family) -> Result<Lines, NoAddress> {
        let no_ubus = |failure: ubus::Failure| NoAddress::NoUbus {
            interface: name.into(),
            why: failure.to_string(),
        };
        let client = match &mut self.ubus {
            Some(client) => client,
            none => none.insert(ubus::Client::open().map_err(no_ubus)?),
        };
        resolve(name, family, &mut |interface| client.interface(interface)).map_err(|unresolved| {
            match unresolved {
                Unresolved::Unknown(name) => NoAddress::InterfaceUnknown(name),
                Unresolved::Down(name) | Unresolved::Pending(name) => {
                    NoAddress::InterfaceDown(name)
                }
                Unresolved::Ask(failure) => no_ubus(failure),
            }
        })
    }
}

/// The part of a delegated prefix that the first network behind the router got.
fn lan_prefix(delegated: &crate::ubus::Delegated) -> (Ipv6Addr, u8) {
    let subnet = delegated.downstream.first().map_or(delegated.prefix, |network| network.subnet);
    // A subnet shorter than /64 is shared out further; the first /64 of it is the network's own.
    (subnet.address, subnet.length.max(64))
}

fn allowed(address: IpAddr, allow_special: bool) -> Result<IpAddr, NoAddress> {
    special::refuse(address, allow_special).map(|()| address)
}
