//! The way that bound traffic leaves by.

use super::Sources;
use crate::address::rtnetlink::Snapshot;
use crate::address::select::default_links;
use crate::address::{DeviceName, Family};
use crate::config::{Host, Interfaces, Uplink};
use crate::io::dns::Servers;
use crate::provider::failure::Failure;

/// The way that bound traffic leaves by.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exit {
    /// The device.
    pub device: DeviceName,
    /// The name servers of its line, if OpenWrt names any.
    pub dns: Servers,
}

impl Sources {
    /// What the traffic of this host's record must leave by, where it is bound.
    ///
    /// Also an AAAA record is updated over IPv4, so on 6in4 this is not the device of its address.
    ///
    /// # Errors
    /// [`Failure::Bind`] if there is no device now, [`Failure::NoIpv4`] if none carries IPv4.
    pub fn exit(&mut self, host: &Host, family: Family) -> Result<Exit, Failure> {
        let device = match &host.uplink {
            Uplink::Interface(names) => match self.first(host, names, (family, None)) {
                Ok((name, _)) => return self.ipv4_exit(name),
                // The address is from elsewhere.
                Err(_) => return self.any_exit(names),
            },
            Uplink::Device(device) => Some(device.clone()),
            Uplink::DefaultRoute => self.default_device(Family::Ipv4),
        };
        Ok(Exit { device: device.ok_or(Failure::Bind)?, dns: Servers::new() })
    }

    fn any_exit(&mut self, names: &Interfaces) -> Result<Exit, Failure> {
        let mut exit = Err(Failure::Bind);
        for name in names {
            exit = exit.or_else(|_| self.ipv4_exit(name));
        }
        exit
    }

    /// By the interface itself if its device carries IPv4, else by its sibling: `wan` for `wan6`.
    fn ipv4_exit(&mut self, name: &str) -> Result<Exit, Failure> {
        let sibling = name.strip_suffix('6').map(|name| name.strip_suffix('_').unwrap_or(name));
        let mut failure = Failure::Bind;
        for name in std::iter::once(name).chain(sibling) {
            let Ok(lines) = self.netifd.lines(name, Family::Ipv4) else { continue };
            self.have(lines.devices.to_vec()).map_err(|_| Failure::Bind)?;
            if let Some(device) = lines.devices.iter().find(|device| self.carries_ipv4(device)) {
                return Ok(Exit { device: device.clone(), dns: lines.dns });
            }
            failure = Failure::NoIpv4;
        }
        Err(failure)
    }

    fn carries_ipv4(&self, device: &DeviceName) -> bool {
        let Snapshot { addresses, default_routes, .. } = &self.snapshot;
        self.snapshot.link(device).is_some_and(|link| {
            let mut own = addresses.iter().filter(|address| address.link == link.index);
            let mut routes = default_routes.iter().filter(|route| route.link == link.index);
            own.any(|own| Family::of(own.address) == Family::Ipv4)
                || routes.any(|route| route.family == Family::Ipv4)
        })
    }

    fn default_device(&self, family: Family) -> Option<DeviceName> {
        default_links(&self.snapshot, family).next().map(|link| link.name.clone())
    }
}
