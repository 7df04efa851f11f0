//! From a configured interface to the devices, addresses and prefixes of its line.
//!
//! A line has up to four logical interfaces. `wan6` stands in OpenWrt's default configuration;
//! `wan_6` and `wan_4` are made by PPP and by modems once the line is connected, and are gone
//! again when it is not.

use std::fmt;
use std::net::Ipv6Addr;

use super::interface::{Delegated, InterfaceName, InterfaceStatus, MAX_ASSIGNED, MAX_PREFIXES};
use crate::address::{DeviceName, Family};

const SUFFIXES: [&str; 4] = ["", "6", "_6", "_4"];
const IPV4_SUFFIXES: [&str; 2] = ["", "_4"];
const IPV6_SUFFIXES: [&str; 3] = ["", "6", "_6"];

/// The logical interfaces of the line that `name` stands for, itself first.
#[must_use]
pub fn siblings(name: &str) -> heapless::Vec<InterfaceName, 4> {
    SUFFIXES.iter().filter_map(|suffix| sibling(name, suffix)).collect()
}

/// Whether an event of the interface `event` concerns a host configured for `configured`.
#[must_use]
pub fn covers(configured: &str, event: &str) -> bool {
    event.strip_prefix(configured).is_some_and(|suffix| SUFFIXES.contains(&suffix))
}

fn sibling(name: &str, suffix: &str) -> Option<InterfaceName> {
    let mut sibling = InterfaceName::try_from(name).ok()?;
    sibling.push_str(suffix).ok()?;
    Some(sibling)
}

/// Where a line's address is to be looked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Lines {
    /// The devices that carry it, first choice first, none twice; never empty.
    pub devices: heapless::Vec<DeviceName, 3>,
    /// For a line without an IPv6 address of its own: the router's addresses out of its prefixes.
    pub assigned: heapless::Vec<Assigned, MAX_ASSIGNED>,
    /// The prefixes delegated over it that are still preferred.
    pub prefixes: heapless::Vec<Delegated, MAX_PREFIXES>,
}

/// An address of the router on a network behind it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assigned {
    /// The device that carries it, often `br-lan`.
    pub device: DeviceName,
    /// The address, inside a prefix delegated over the line.
    pub address: Ipv6Addr,
}

/// Why a logical interface leads to no device.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unresolved<E> {
    /// netifd has no interface of this name.
    Unknown(String),
    /// It is there but not connected, and no sibling is.
    Down(String),
    /// It is being connected.
    Pending(String),
    /// The question could not be put.
    Ask(E),
}

impl<E: fmt::Display> fmt::Display for Unresolved<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unknown(name) => write!(f, "{name} is not an interface of this router"),
            Self::Down(name) => write!(f, "interface {name} is down"),
            Self::Pending(name) => write!(f, "interface {name} is still connecting"),
            Self::Ask(failure) => failure.fmt(f),
        }
    }
}

impl<E: std::error::Error> std::error::Error for Unresolved<E> {}

/// Puts a question to netifd; `None` means that there is no such interface.
pub type Ask<'a, E> = dyn FnMut(&str) -> Result<Option<InterfaceStatus>, E> + 'a;

/// Asks for `name` and its siblings until it is known where the line's addresses are.
///
/// At most 3 siblings and, for IPv6, the networks of [`MAX_PREFIXES`] prefixes are asked for.
///
/// # Errors
/// The interface is unknown or not connected, or a question failed.
pub fn resolve<E>(
    name: &str,
    family: Family,
    ask: &mut Ask<'_, E>,
) -> Result<Lines, Unresolved<E>> {
    let mut lines = Lines::default();
    let mut pending = false;
    for suffix in suffixes(family) {
        let Some(sibling) = sibling(name, suffix) else { continue };
        match ask(&sibling).map_err(Unresolved::Ask)? {
            Some(status) => {
                pending |= status.pending;
                lines.add(status, family);
            }
            None if suffix.is_empty() => return Err(Unresolved::Unknown(name.to_owned())),
            None => {}
        }
    }
    if !lines.devices.is_empty() {
        lines.add_assigned(ask).map_err(Unresolved::Ask)?;
        return Ok(lines);
    }
    Err(if pending { Unresolved::Pending } else { Unresolved::Down }(name.to_owned()))
}

/// `wan6` carries no IPv4, even where its device does.
fn suffixes(family: Family) -> &'static [&'static str] {
    match family {
        Family::Ipv4 => &IPV4_SUFFIXES,
        Family::Ipv6 => &IPV6_SUFFIXES,
    }
}

impl Lines {
    /// What does not fit is left out: there are no more devices than siblings, and spare prefixes.
    fn add(&mut self, status: InterfaceStatus, family: Family) {
        if let Some(device) = status.l3_device.filter(|_| status.up)
            && !self.devices.contains(&device)
        {
            let _ = self.devices.push(device);
        }
        if status.up && family == Family::Ipv6 {
            let preferred = |delegated: &Delegated| delegated.preferred_seconds > 0;
            let room = MAX_PREFIXES - self.prefixes.len();
            self.prefixes.extend(status.prefixes.into_iter().filter(preferred).take(room));
        }
    }

    /// The uplink only names the networks its prefix went to; the addresses stand in their status.
    fn add_assigned<E>(&mut self, ask: &mut Ask<'_, E>) -> Result<(), E> {
        for network in self.networks() {
            let Some(status) = ask(&network)?.filter(|status| status.up) else { continue };
            let Some(device) = status.l3_device else { continue };
            let delegated = |address: &Ipv6Addr| {
                self.prefixes.iter().any(|delegated| delegated.prefix.contains(*address))
            };
            for address in status.assigned.into_iter().filter(delegated) {
                let _ = self.assigned.push(Assigned { device: device.clone(), address });
            }
        }
        Ok(())
    }

    fn networks(&self) -> Vec<InterfaceName> {
        let mut networks = Vec::new();
        for downstream in self.prefixes.iter().flat_map(|delegated| &delegated.downstream) {
            if !networks.contains(&downstream.interface) {
                networks.push(downstream.interface.clone());
            }
        }
        networks
    }
}
