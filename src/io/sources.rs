//! Where a record's address comes from at once: the kernel, and netifd over ubus.

mod netifd;

use std::io;
use std::net::IpAddr;

use self::netifd::Netifd;
use super::dns::Servers;
use super::netlink;
use crate::address::rtnetlink::{Snapshot, Way};
use crate::address::select::default_links;
use crate::address::uplink::{self, Wish};
use crate::address::{DeviceName, Family, Found, NoAddress};
use crate::config::{Host, Uplink};
use crate::error::Error;
use crate::ubus::Lines;

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

    /// Takes the kernel's tables again, and has netifd asked anew; that ubusd keeps silent stays
    /// known.
    ///
    /// # Errors
    /// [`Error::Netlink`] if the kernel does not give them; what was known before stays.
    pub fn refresh(&mut self) -> Result<(), Error> {
        self.snapshot = netlink::snapshot(&self.wanted).map_err(Error::Netlink)?;
        self.netifd.forget();
        Ok(())
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
            Uplink::Interface(name) => self.netifd.lines(name, family)?,
            Uplink::DefaultRoute | Uplink::Device(_) => Lines::default(),
        };
        let wish = Wish {
            uplink: &host.uplink,
            lines: &lines,
            suffix: host.suffix,
            family,
            allow_special: host.allow_special,
            published,
        };
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
                let none = Way { link, source: None };
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

    /// The device that this host's traffic must leave by; `None` if there is none now.
    ///
    /// Also an AAAA record is updated over IPv4, so on 6in4 this is not the device of its address.
    pub fn device(&mut self, host: &Host) -> Option<DeviceName> {
        match &host.uplink {
            Uplink::Device(device) => Some(device.clone()),
            Uplink::Interface(name) => {
                self.netifd.lines(name, Family::Ipv4).ok()?.devices.first().cloned()
            }
            Uplink::DefaultRoute => self.default_device(Family::Ipv4),
        }
    }

    /// The name servers of this host's own line, if OpenWrt names any; `None` if the line is down.
    pub fn dns(&mut self, host: &Host) -> Option<Servers> {
        match &host.uplink {
            Uplink::Interface(name) => Some(self.netifd.lines(name, Family::Ipv4).ok()?.dns),
            Uplink::Device(_) | Uplink::DefaultRoute => Some(Servers::new()),
        }
    }

    /// Whether the device has a way to the IPv4 internet at all.
    #[must_use]
    pub fn has_ipv4(&self) -> bool {
        self.snapshot.default_routes.iter().any(|route| route.family == Family::Ipv4)
    }

    fn default_device(&self, family: Family) -> Option<DeviceName> {
        default_links(&self.snapshot, family).next().map(|link| link.name.clone())
    }
}
