//! Where a record's address comes from.
//!
//! ```text
//! quick   the kernel's tables, and netifd over ubus         Sources::quick
//! slow    a program of the user's                           slow::ask
//! ```
//!
//! Within one pass what is known is not asked again, and what failed for all has failed for all.

mod netifd;
pub mod slow;

use std::net::IpAddr;
use std::time::Duration;

use self::netifd::Netifd;
use self::slow::{Answers, Question};
use super::poll::{input, poll};
use super::{clock, netlink};
use crate::address::rtnetlink::{Snapshot, Way};
use crate::address::select::default_links;
use crate::address::uplink::{self, Wish};
use crate::address::{DeviceName, Family, Found, NoAddress};
use crate::config::{Host, Uplink};
use crate::error::Error;
use crate::ubus::Lines;

/// How long a pass waits for addresses that are not there yet: duplicate address detection takes a
/// second (RFC 4862, section 5.1), and netifd may have asked for more probes.
const NOT_YET: Duration = Duration::from_secs(3);
/// How often netifd is asked meanwhile: it tells nobody but hotplug of what it does.
const LOOK: Duration = Duration::from_millis(250);

/// The answers of one pass.
#[derive(Debug)]
pub struct Sources {
    snapshot: Snapshot,
    /// Devices that the kernel was asked for by name, as it has too many to keep them all.
    wanted: Vec<DeviceName>,
    netifd: Netifd,
    slow: Answers,
    /// What is left of [`NOT_YET`].
    patience: Duration,
}

/// What a source says; the outer error is [`Error::Netlink`].
pub type Answer = Result<Result<Found, NoAddress>, Error>;

impl Sources {
    /// Takes the kernel's tables; `waits` tells whether [`Sources::find`] waits.
    ///
    /// # Errors
    /// [`Error::Netlink`] if the kernel does not give them.
    pub fn open(waits: bool) -> Result<Self, Error> {
        let patience = if waits { NOT_YET } else { Duration::ZERO };
        let (wanted, netifd, slow) = (Vec::new(), Netifd::default(), Answers::default());
        Ok(Self { snapshot: snapshot(&wanted)?, wanted, netifd, slow, patience })
    }

    /// Takes the kernel's tables again, and has netifd asked anew. What programs said, and that
    /// ubusd keeps silent, stays known.
    ///
    /// # Errors
    /// [`Error::Netlink`] if the kernel does not give them; what was known before stays.
    pub fn refresh(&mut self) -> Result<(), Error> {
        self.snapshot = snapshot(&self.wanted)?;
        self.netifd.forget();
        Ok(())
    }

    /// [`Sources::look`], and once more whenever something happens while the address is not there
    /// yet. All records together wait for three seconds.
    ///
    /// # Errors
    /// [`Error::Netlink`].
    pub fn find(&mut self, host: &Host, family: Family, published: Option<IpAddr>) -> Answer {
        let mut watch = None;
        loop {
            let found = self.look(host, family, published)?;
            if self.patience.is_zero() || !found.as_ref().is_err_and(NoAddress::is_transient) {
                return Ok(found);
            }
            let before = clock::since_boot();
            match &watch {
                None => watch = Some(netlink::Watch::open().map_err(Error::Netlink)?),
                Some(watch) => {
                    let limit = self.patience.min(LOOK);
                    poll(&mut [input(watch)], Some(limit)).map_err(Error::Netlink)?;
                    watch.drain().map_err(Error::Netlink)?;
                }
            }
            let waited = clock::since_boot().saturating_sub(before);
            self.patience = self.patience.saturating_sub(waited);
            self.refresh()?;
        }
    }

    /// The address to publish for one record of `host`, from the first source that has one now.
    ///
    /// `published` is what the provider last acknowledged: among equals it is kept. The reason for
    /// none is that of the first source, which is the one the user wants most.
    ///
    /// # Errors
    /// [`Error::Netlink`].
    pub fn look(&mut self, host: &Host, family: Family, published: Option<IpAddr>) -> Answer {
        let mut first = None;
        for source in &host.sources {
            let found = match Question::of(host, *source) {
                Some(question) => self.slow.to(question).address(family, host.allow_special),
                None => self.quick(host, family, published)?,
            };
            match found {
                Ok(found) => return Ok(Ok(found)),
                Err(reason) => first = first.or(Some(reason)),
            }
        }
        Ok(Err(first.unwrap_or(NoAddress::NoDefaultRoute(family))))
    }

    /// What the kernel and netifd say, without what takes long.
    ///
    /// # Errors
    /// [`Error::Netlink`].
    pub fn quick(&mut self, host: &Host, family: Family, published: Option<IpAddr>) -> Answer {
        let lines = match &host.uplink {
            Uplink::Interface(name) => self.netifd.lines(name, family),
            Uplink::DefaultRoute | Uplink::Device(_) => Ok(Lines::default()),
        };
        let lines = match lines {
            Ok(lines) => lines,
            Err(reason) => return Ok(Err(reason.into())),
        };
        let wish = Wish {
            uplink: &host.uplink,
            lines: &lines,
            suffix: host.suffix,
            family,
            allow_special: host.allow_special,
            published,
        };
        self.have(wish.devices())?;
        if family == Family::Ipv4 {
            self.ask_ways(&wish.devices())?;
        }
        Ok(uplink::find(&self.snapshot, &wish))
    }

    /// Asks the kernel which address it would send from, by each device that is in question: it
    /// knows of preferred sources and of rules.
    fn ask_ways(&mut self, devices: &[DeviceName]) -> Result<(), Error> {
        let named = devices.iter().filter_map(|name| self.snapshot.link(name));
        let links: Vec<u32> = match devices {
            [] => default_links(&self.snapshot, Family::Ipv4).map(|link| link.index).collect(),
            _ => named.map(|link| link.index).collect(),
        };
        for link in links {
            if !self.snapshot.ways.iter().any(|way| way.link == link) {
                let way = netlink::way(Family::Ipv4, Some(link)).map_err(Error::Netlink)?;
                let none = Way { link, source: None };
                self.snapshot.ways.push(way.filter(|way| way.link == link).unwrap_or(none));
            }
        }
        Ok(())
    }

    /// Asks the kernel again where it has so much that these devices were left out.
    fn have(&mut self, mut devices: Vec<DeviceName>) -> Result<(), Error> {
        devices.retain(|device| self.snapshot.lacks(device));
        if !devices.is_empty() {
            self.wanted.append(&mut devices);
            self.snapshot = snapshot(&self.wanted)?;
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

    /// Whether the device has a way to the IPv4 internet at all.
    #[must_use]
    pub fn has_ipv4(&self) -> bool {
        self.snapshot.default_routes.iter().any(|route| route.family == Family::Ipv4)
    }

    fn default_device(&self, family: Family) -> Option<DeviceName> {
        default_links(&self.snapshot, family).next().map(|link| link.name.clone())
    }
}

fn snapshot(wanted: &[DeviceName]) -> Result<Snapshot, Error> {
    netlink::snapshot(wanted).map_err(Error::Netlink)
}
