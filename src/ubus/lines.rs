//! From a configured interface to the devices, addresses and prefixes of its line.
//!
//! A line has up to six logical interfaces. `wan6` stands in OpenWrt's default configuration;
//! `wan_6` and `wan_4` are made by PPP and by modems once the line is connected, and are gone
//! again when it is not; so are `wan6_4` and `wan_6_4`, which odhcp6c makes where the provider
//! carries IPv4 inside IPv6 (MAP, DS-Lite).

use std::fmt;
use std::net::{IpAddr, Ipv6Addr};

use super::Translated;
use super::interface::{Delegated, InterfaceName, InterfaceStatus, MAX_ASSIGNED, MAX_PREFIXES};
use crate::net::{DeviceName, Family, MAX_NAME_SERVERS};

const SUFFIXES: [&str; 6] = ["", "6", "_6", "_4", "6_4", "_6_4"];
const IPV4_SUFFIXES: [&str; 4] = ["", "_4", "6_4", "_6_4"];
const IPV6_SUFFIXES: [&str; 3] = ["", "6", "_6"];

/// The logical interfaces of the line that `name` stands for, itself first.
#[must_use]
pub fn siblings(name: &str) -> heapless::Vec<InterfaceName, 6> {
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
    pub devices: heapless::Vec<DeviceName, 4>,
    /// For a line without an IPv6 address of its own: the router's addresses out of its prefixes.
    pub assigned: heapless::Vec<Assigned, MAX_ASSIGNED>,
    /// The prefixes delegated over it that are still preferred.
    pub prefixes: heapless::Vec<Delegated, MAX_PREFIXES>,
    /// The name servers that came with it, for questions that must leave by it.
    pub dns: heapless::Vec<IpAddr, MAX_NAME_SERVERS>,
    /// The addresses that its interfaces have of their own.
    pub own: Vec<IpAddr>,
    /// One of its interfaces that is still being connected.
    pub pending: Option<InterfaceName>,
    /// A network that a prefix went to, and that has no address out of it yet.
    pub unassigned: Option<InterfaceName>,
    /// The address that its IPv4 traffic leaves with, where it is carried inside IPv6.
    pub translated: Option<Translated>,
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
/// At most 4 siblings and, for IPv6, the networks of [`MAX_PREFIXES`] prefixes are asked for.
///
/// # Errors
/// The interface is unknown or not connected, or a question failed.
pub fn resolve<E>(
    name: &str,
    family: Family,
    ask: &mut Ask<'_, E>,
) -> Result<Lines, Unresolved<E>> {
    let mut lines = Lines::default();
    for suffix in suffixes(family) {
        let Some(sibling) = sibling(name, suffix) else { continue };
        match ask(&sibling).map_err(Unresolved::Ask)? {
            Some(status) => lines.add(sibling, status, family),
            None if suffix.is_empty() => return Err(Unresolved::Unknown(name.to_owned())),
            None => {}
        }
    }
    if !lines.devices.is_empty() {
        lines.add_assigned(ask).map_err(Unresolved::Ask)?;
        return Ok(lines);
    }
    let is_pending = lines.pending.is_some();
    Err(if is_pending { Unresolved::Pending } else { Unresolved::Down }(name.to_owned()))
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
    fn add(&mut self, name: InterfaceName, status: InterfaceStatus, family: Family) {
        if status.up {
            let room = MAX_NAME_SERVERS - self.dns.len();
            self.dns.extend(status.dns.iter().copied().take(room));
        }
        if status.pending && self.pending.is_none() {
            self.pending = Some(name);
        }
        if let Some(device) = status.l3_device.filter(|_| status.up)
            && !self.devices.contains(&device)
        {
            let _ = self.devices.push(device);
        }
        if status.up {
            // `lan` has its IPv6 addresses out of prefixes of other interfaces.
            let own = status.own.iter().copied();
            let own = own.chain(status.assigned.iter().copied().map(IpAddr::V6));
            self.own.extend(own.filter(|own| Family::of(*own) == family));
        }
        if status.up && family == Family::Ipv4 {
            self.translated = self.translated.take().or(status.translated);
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
            let status = ask(&network)?.filter(|status| status.up).unwrap_or_default();
            let is_delegated = |address: &&Ipv6Addr| {
                self.prefixes.iter().any(|delegated| delegated.prefix.contains(**address))
            };
            let addresses = status.assigned.iter().filter(is_delegated);
            let device = status.l3_device.iter().cycle();
            let assigned: Vec<_> = device
                .zip(addresses)
                .map(|(device, address)| Assigned { device: device.clone(), address: *address })
                .collect();
            if assigned.is_empty() {
                self.unassigned.get_or_insert(network);
            }
            let room = MAX_ASSIGNED - self.assigned.len();
            self.assigned.extend(assigned.into_iter().take(room));
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

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::super::interface::{Downstream, MAX_DOWNSTREAM, Prefix};
    use super::*;

    fn up(device: &str) -> InterfaceStatus {
        let l3_device = Some(DeviceName::try_from(device).unwrap());
        InterfaceStatus { up: true, l3_device, ..InterfaceStatus::default() }
    }

    fn delegated(prefix: &str, preferred_seconds: u32, to: &[&str]) -> Delegated {
        let prefix = Prefix { address: prefix.parse().unwrap(), length: 56 };
        let network = |name: &&str| Downstream {
            interface: InterfaceName::try_from(*name).unwrap(),
            subnet: Prefix { length: 64, ..prefix },
        };
        Delegated { prefix, preferred_seconds, downstream: to.iter().map(network).collect() }
    }

    fn uplink(device: &str, prefixes: &[Delegated]) -> InterfaceStatus {
        InterfaceStatus { prefixes: prefixes.iter().cloned().collect(), ..up(device) }
    }

    fn network(device: &str, assigned: &[&str]) -> InterfaceStatus {
        let assigned = assigned.iter().map(|address| address.parse().unwrap()).collect();
        InterfaceStatus { assigned, ..up(device) }
    }

    type Answers<'a> = [(&'a str, InterfaceStatus)];

    fn resolved(
        (name, family): (&str, Family),
        answers: &Answers<'_>,
    ) -> (Result<Lines, Unresolved<Infallible>>, String) {
        let mut asked = Vec::new();
        let lines = resolve(name, family, &mut |name| {
            asked.push(name.to_owned());
            Ok(answers.iter().find(|(known, _)| *known == name).map(|(_, status)| status.clone()))
        });
        (lines, asked.join(" "))
    }

    fn devices(lines: &Lines) -> Vec<&str> {
        lines.devices.iter().map(DeviceName::as_str).collect()
    }

    #[test]
    fn a_line_has_the_interface_its_ipv6_sibling_and_those_made_at_run_time() {
        assert_eq!(siblings("wan"), ["wan", "wan6", "wan_6", "wan_4", "wan6_4", "wan_6_4"]);
        let longest = "w".repeat(40);
        assert_eq!(siblings(&longest), [longest.as_str()]);
        assert!(siblings(&"w".repeat(41)).is_empty());
    }

    #[test]
    fn an_event_of_a_sibling_concerns_the_host() {
        let rows = [
            ("wan", "wan", true),
            ("wan", "wan6", true),
            ("wan", "wan_6", true),
            ("wan", "wan_4", true),
            ("wan", "wan6_4", true),
            ("wan", "wan_6_4", true),
            ("wan", "wanb", false),
            ("wan", "wan66", false),
            ("wan", "lan", false),
            ("wan", "", false),
            ("wan6", "wan", false),
        ];
        for (configured, event, expected) in rows {
            assert_eq!(covers(configured, event), expected, "{configured}, event {event}");
        }
        for sibling in siblings("wan") {
            assert!(covers("wan", &sibling));
        }
    }

    #[test]
    fn ipv4_is_not_looked_for_on_the_ipv6_sibling() {
        let answers = [("wan", up("eth0")), ("wan6", up("6in4-wan6")), ("wan_4", up("wwan0"))];
        let (lines, asked) = resolved(("wan", Family::Ipv4), &answers);
        assert_eq!(devices(&lines.unwrap()), ["eth0", "wwan0"]);
        assert_eq!(asked, "wan wan_4 wan6_4 wan_6_4");
    }

    #[test]
    fn a_device_shared_by_siblings_is_named_once() {
        let answers = [("wan", up("pppoe-wan")), ("wan_6", up("pppoe-wan"))];
        let (lines, asked) = resolved(("wan", Family::Ipv6), &answers);
        assert_eq!(devices(&lines.unwrap()), ["pppoe-wan"]);
        assert_eq!(asked, "wan wan6 wan_6");
    }

    #[test]
    fn a_tunnel_carries_ipv6_while_the_interface_itself_is_down() {
        let answers = [("wan", InterfaceStatus::default()), ("wan6", up("6in4-wan6"))];
        let (lines, _) = resolved(("wan", Family::Ipv6), &answers);
        assert_eq!(devices(&lines.unwrap()), ["6in4-wan6"]);
    }

    #[test]
    fn each_network_of_a_prefix_is_asked_once_for_addresses_inside_it() {
        let first = delegated("2a01:cb00:1:200::", 1800, &["lan", "guest", "gone"]);
        let second = delegated("2a01:cb00:2:200::", 1800, &["lan"]);
        let inside = ["2a01:cb00:1:200::1", "fd00::1", "2a01:cb00:2:200::1"];
        let answers = [
            ("wan", uplink("eth0", std::slice::from_ref(&first))),
            ("wan6", uplink("eth0", std::slice::from_ref(&second))),
            ("lan", network("br-lan", &inside)),
            ("guest", InterfaceStatus { up: false, ..network("br-guest", &inside) }),
        ];
        let (lines, asked) = resolved(("wan", Family::Ipv6), &answers);
        let lines = lines.unwrap();
        let device = DeviceName::try_from("br-lan").unwrap();
        let expected = [inside[0], inside[2]]
            .map(|address| Assigned { device: device.clone(), address: address.parse().unwrap() });
        assert_eq!(lines.assigned, expected);
        assert_eq!(lines.prefixes, [first, second]);
        assert_eq!(lines.unassigned.as_deref(), Some("guest"));
        assert_eq!(asked, "wan wan6 wan_6 lan guest gone");
    }

    #[test]
    fn the_own_addresses_of_a_line_are_those_of_the_family_on_interfaces_that_are_up() {
        let with = |status: InterfaceStatus, own: &[&str]| {
            let own = own.iter().map(|address| address.parse().unwrap()).collect();
            InterfaceStatus { own, ..status }
        };
        let down = InterfaceStatus { pending: true, ..InterfaceStatus::default() };
        let answers = [
            ("wan", with(up("eth0"), &["81.2.69.10", "2a01::1"])),
            ("wan6", with(up("eth0"), &["2a01::2"])),
            ("wan_6", with(down, &["2a01::3"])),
        ];
        for (family, expected, pending) in
            [(Family::Ipv4, "81.2.69.10", None), (Family::Ipv6, "2a01::1 2a01::2", Some("wan_6"))]
        {
            let lines = resolved(("wan", family), &answers).0.unwrap();
            let own: Vec<_> = lines.own.iter().map(IpAddr::to_string).collect();
            assert_eq!((own.join(" ").as_str(), lines.pending.as_deref()), (expected, pending));
        }
    }

    #[test]
    fn a_prefix_no_longer_preferred_is_left_out() {
        let old = delegated("2a01:cb00:1:200::", 0, &["lan"]);
        let answers =
            [("wan", uplink("eth0", &[old])), ("lan", network("br-lan", &["2a01:cb00:1:200::1"]))];
        let (lines, _) = resolved(("wan", Family::Ipv6), &answers);
        let lines = lines.unwrap();
        assert!(lines.assigned.is_empty() && lines.prefixes.is_empty());
    }

    #[test]
    fn more_prefixes_and_addresses_than_the_limits_are_left_out() {
        let names: Vec<String> = (0..MAX_DOWNSTREAM).map(|n| format!("lan{n}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let prefixes = vec![delegated("2a01:cb00:1:200::", 1800, &names); MAX_PREFIXES];
        let addresses = ["2a01:cb00:1:200::1"; MAX_ASSIGNED];
        let mut answers =
            vec![("wan", uplink("eth0", &prefixes)), ("wan6", uplink("a", &prefixes))];
        answers.extend(names.iter().map(|name| (*name, network("br-lan", &addresses))));
        let (lines, _) = resolved(("wan", Family::Ipv6), &answers);
        let lines = lines.unwrap();
        assert_eq!((lines.prefixes.len(), lines.assigned.len()), (MAX_PREFIXES, MAX_ASSIGNED));
    }

    #[test]
    fn an_interface_without_a_device_is_explained() {
        let down = InterfaceStatus::default();
        let pending = InterfaceStatus { pending: true, ..down.clone() };
        let rows: [(&Answers<'_>, &str); 4] = [
            (&[], "wan is not an interface of this router"),
            (&[("wan_6", up("eth0"))], "wan is not an interface of this router"),
            (&[("wan", down.clone()), ("wan6", down.clone())], "interface wan is down"),
            (&[("wan", down), ("wan6", pending)], "interface wan is still connecting"),
        ];
        for (answers, expected) in rows {
            let (lines, _) = resolved(("wan", Family::Ipv6), answers);
            assert_eq!(lines.unwrap_err().to_string(), expected);
        }
    }

    #[test]
    fn a_failure_to_ask_ends_the_search() {
        let mut asked = 0;
        let lines = resolve("wan", Family::Ipv6, &mut |_| {
            asked += 1;
            Err("no ubus")
        });
        assert_eq!((lines, asked), (Err(Unresolved::Ask("no ubus")), 1));
    }
}
