//! Where a record's address comes from at once: the kernel, and what netifd has said.

mod exit;
mod said;

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use self::said::Netifd;

pub use self::exit::Exit;
use super::netifd::{self, Known};
use super::netlink;
use crate::address::gateway::Gateway;
use crate::address::rtnetlink::{Snapshot, Way};
use crate::address::select::default_links;
use crate::address::uplink::{self, Wish};
use crate::address::{DeviceName, Family, Found, NoAddress};
use crate::config::{Host, Interfaces, SectionName, Uplink};
use crate::error::Error;
use crate::ubus::{Lines, Translated};

/// A note beside the work is not worth a longer wait for netifd.
const NOTE_LIMIT: Duration = Duration::from_millis(500);

/// The answers of one look.
#[derive(Debug)]
pub struct Sources {
    snapshot: Snapshot,
    /// Devices that the kernel was asked for by name, as it has too many to keep them all.
    wanted: Vec<DeviceName>,
    netifd: Netifd,
}

impl Sources {
    /// Takes the kernel's tables.
    ///
    /// # Errors
    /// [`Error::Netlink`] if the kernel does not give them.
    pub fn open() -> Result<Self, Error> {
        let (wanted, netifd) = (Vec::new(), Netifd::default());
        Ok(Self { snapshot: netlink::snapshot(&wanted).map_err(Error::Netlink)?, wanted, netifd })
    }

    /// Takes the kernel's tables again.
    ///
    /// # Errors
    /// [`Error::Netlink`] if the kernel does not give them; what was known before stays.
    pub fn refresh(&mut self) -> Result<(), Error> {
        self.snapshot = netlink::snapshot(&self.wanted).map_err(Error::Netlink)?;
        Ok(())
    }

    /// Asks netifd about a host's interfaces, for a command that has nothing else to do meanwhile.
    pub fn ask_netifd(&mut self, host: &Host) {
        if let Uplink::Interface(names) = &host.uplink {
            let families = netifd::families(host);
            let said = netifd::ask((names, &families), NOTE_LIMIT, &netifd::Silence::default());
            self.learn(said);
        }
    }

    /// Takes what netifd has said.
    pub(crate) fn learn(&mut self, said: Vec<Known>) {
        self.netifd.learn(said);
    }

    /// The address of the host's uplink; what netifd says of it has been [learnt](Self::learn).
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
        match &host.uplink {
            Uplink::Interface(names) => {
                self.first(host, names, (family, published)).map(|(_, found)| found)
            }
            Uplink::DefaultRoute | Uplink::Device(_) => {
                self.find(host, &Lines::default(), (family, published))
            }
        }
    }

    /// The first of the interfaces that has an address; the reason is that of the first one.
    fn first<'n>(
        &mut self,
        host: &Host,
        names: &'n Interfaces,
        wanted: (Family, Option<IpAddr>),
    ) -> Result<(&'n SectionName, Found), NoAddress> {
        let mut first = None;
        for name in names {
            let lines = self.netifd.lines(name, wanted.0).map_err(NoAddress::from);
            match lines.and_then(|lines| self.find(host, &lines, wanted)) {
                Ok(found) => return Ok((name, found)),
                // Going over to another line for a second would tell the provider twice.
                Err(reason) if reason.is_coming() => return Err(reason),
                Err(reason) => first = first.or(Some(reason)),
            }
        }
        Err(first.unwrap_or(NoAddress::NoDefaultRoute(wanted.0)))
    }

    /// The verdict on every address of the host's uplink.
    #[cfg(feature = "doctor")]
    pub fn examine(&mut self, host: &Host, family: Family) -> Vec<Result<Found, NoAddress>> {
        let names = match &host.uplink {
            Uplink::Interface(names) => names.clone(),
            Uplink::DefaultRoute | Uplink::Device(_) => {
                return self.examined(host, &Lines::default(), family);
            }
        };
        let mut verdicts = Vec::new();
        for name in &names {
            match self.netifd.lines(name, family) {
                Ok(lines) => verdicts.extend(self.examined(host, &lines, family)),
                Err(reason) => verdicts.push(Err(reason.into())),
            }
        }
        verdicts
    }

    #[cfg(feature = "doctor")]
    fn examined(
        &mut self,
        host: &Host,
        lines: &Lines,
        family: Family,
    ) -> Vec<Result<Found, NoAddress>> {
        let wish = wish(host, lines, (family, None));
        if let Err(error) = self.have(wish.devices()) {
            return vec![Err(NoAddress::Untold(error.to_string()))];
        }
        uplink::examine(&self.snapshot, &wish)
    }

    fn find(
        &mut self,
        host: &Host,
        lines: &Lines,
        (family, published): (Family, Option<IpAddr>),
    ) -> Result<Found, NoAddress> {
        let wish = wish(host, lines, (family, published));
        let untold = |error: io::Error| NoAddress::Untold(error.to_string());
        self.have(wish.devices()).map_err(untold)?;
        if family == Family::Ipv4 {
            self.ask_ways(&wish.devices()).map_err(untold)?;
        }
        uplink::find(&self.snapshot, &wish)
    }

    /// Asks the kernel which address it would send from, by each device that is in question: it
    /// knows of preferred sources and of rules.
    fn ask_ways(&mut self, devices: &[DeviceName]) -> io::Result<()> {
        let named = devices.iter().filter_map(|name| self.snapshot.link(name));
        let links: Vec<u32> = match devices {
            [] => default_links(&self.snapshot, Family::Ipv4).map(|link| link.index).collect(),
            _ => named.map(|link| link.index).collect(),
        };
        for link in links {
            if !self.snapshot.ways.iter().any(|way| way.link == link) {
                let way = netlink::way(Family::Ipv4, Some(link))?;
                let none = Way { link, source: None, gateway: None };
                self.snapshot.ways.push(way.filter(|way| way.link == link).unwrap_or(none));
            }
        }
        Ok(())
    }

    /// Asks the kernel again where it has so much that these devices were left out.
    fn have(&mut self, mut devices: Vec<DeviceName>) -> io::Result<()> {
        devices.retain(|device| self.snapshot.lacks(device));
        if !devices.is_empty() {
            self.wanted.append(&mut devices);
            self.snapshot = netlink::snapshot(&self.wanted)?;
        }
        Ok(())
    }

    /// The box that this host believes about the address on the line.
    ///
    /// # Errors
    /// Why there is none.
    pub fn gateway(&mut self, host: &Host) -> Result<Gateway, NoAddress> {
        let devices = match &host.uplink {
            Uplink::DefaultRoute => Vec::new(),
            Uplink::Device(device) => vec![device.clone()],
            Uplink::Interface(names) => self.ipv4_devices(names)?,
        };
        let untold = |error: io::Error| NoAddress::Untold(error.to_string());
        self.have(devices.clone()).map_err(untold)?;
        Gateway::of(&self.snapshot, &devices, host.gateway)
    }

    /// The devices of the first interface that has any; the reason is that of the first one.
    fn ipv4_devices(&mut self, names: &Interfaces) -> Result<Vec<DeviceName>, NoAddress> {
        let mut first = None;
        for name in names {
            match self.netifd.lines(name, Family::Ipv4) {
                Ok(lines) if !lines.devices.is_empty() => return Ok(lines.devices.to_vec()),
                Ok(_) => {}
                Err(reason) => first = first.or(Some(reason.into())),
            }
        }
        Err(first.unwrap_or(NoAddress::NoDefaultRoute(Family::Ipv4)))
    }

    /// The address that this host's line has in common with other customers, if it is this one or
    /// none is named.
    pub fn shared(&mut self, host: &Host, address: Option<IpAddr>) -> Option<Translated> {
        let Uplink::Interface(names) = &host.uplink else { return None };
        let is_it = |own: &Translated| address.is_none_or(|address| address == own.address);
        let mut lines = names.iter().filter_map(|name| self.netifd.lines(name, Family::Ipv4).ok());
        lines.find_map(|lines| lines.translated.filter(|own| own.is_shared() && is_it(own)))
    }

    /// Whether the device has a way to the IPv4 internet at all.
    #[must_use]
    pub fn has_ipv4(&self) -> bool {
        self.snapshot.default_routes.iter().any(|route| route.family == Family::Ipv4)
    }

    /// The names of the devices of the default route.
    #[cfg(feature = "doctor")]
    #[must_use]
    pub fn default_devices(&self, family: Family) -> Vec<String> {
        default_links(&self.snapshot, family).map(|link| link.name.to_string()).collect()
    }
}

fn wish<'w>(
    host: &'w Host,
    lines: &'w Lines,
    (family, published): (Family, Option<IpAddr>),
) -> Wish<'w> {
    let Host { uplink, suffix, allow_special, .. } = host;
    let (suffix, allow_special) = (*suffix, *allow_special);
    Wish { uplink, lines, suffix, family, allow_special, published }
}
