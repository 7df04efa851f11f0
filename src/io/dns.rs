//! Looks names up within limits of its own: the C library knows none, waits for minutes if
//! resolv.conf(5) says so, asks by any device, and appends what its search list has.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::thread;
use std::time::Duration;

use super::ask::{Asking, Until};
use super::cancel::Cancel;
use super::clock;
use super::files::{open_regular, read_at_most};
use crate::address::{DeviceName, Family};
use crate::dns::resolv_conf::{self, ResolvConf, Server};
use crate::dns::{Addresses, Name, Outcome, hosts, is_local, is_localhost};
use crate::net::MAX_NAME_SERVERS;
use crate::provider::failure::Failure;

/// A whole look-up, whatever leads to whatever else.
const TOTAL: Duration = Duration::from_secs(5);
/// A line that reconnects gets its address, its route and its resolver one after the other: a
/// look-up that fails at once is repeated after each of these pauses.
const SETTLING: [Duration; 3] =
    [Duration::from_millis(50), Duration::from_millis(100), Duration::from_millis(200)];
/// What has not failed by then did not fail at once.
const AT_ONCE: Duration = Duration::from_millis(500);
/// Names that one leads to, each asked for by itself; a server that does the looking up follows
/// them on its own.
const MAX_ALIASES: usize = 4;

const HOSTS: &str = "/etc/hosts";
/// Some block advertisements there, a line each.
const HOSTS_MAX: usize = 1024 * 1024;
const RESOLV_CONF: &str = "/etc/resolv.conf";
const RESOLV_CONF_MAX: usize = 16 * 1024;

/// Name servers that take the place of others.
pub type Servers = heapless::Vec<IpAddr, MAX_NAME_SERVERS>;

/// How names are looked up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Names {
    /// The device that the questions leave by, if they must. A server on this machine is asked all
    /// the same: it puts its own questions as it likes.
    pub device: Option<DeviceName>,
    /// Who is asked in place of a server on this machine.
    pub servers: Servers,
    /// Addresses of this family only; any if `None`.
    pub family: Option<Family>,
}

impl Names {
    /// The addresses of a host within `limit`, and within [`TOTAL`]; those of IPv4 first.
    pub(super) fn addresses(&self, host: &str, limit: Duration) -> Result<Addresses, Failure> {
        self.addresses_unless(&Cancel::default(), host, limit)
    }

    /// The same, given up soon after `cancel`.
    pub(super) fn addresses_unless(
        &self,
        cancel: &Cancel,
        host: &str,
        limit: Duration,
    ) -> Result<Addresses, Failure> {
        let end = clock::since_boot().saturating_add(limit.min(TOTAL));
        let mut found = self.of_any_family(host, &Until { end, cancel: cancel.clone() })?;
        found.retain(|address| self.family.is_none_or(|family| Family::of(*address) == family));
        if found.is_empty() { Err(Failure::NoSuchName) } else { Ok(found) }
    }

    fn of_any_family(&self, host: &str, until: &Until) -> Result<Addresses, Failure> {
        if let Ok(address) = host.parse() {
            return Ok(Addresses::from_iter([address]));
        }
        let known = in_hosts(host);
        if !known.is_empty() {
            return Ok(known);
        }
        if is_localhost(host) {
            let here: [IpAddr; 2] = [Ipv4Addr::LOCALHOST.into(), Ipv6Addr::LOCALHOST.into()];
            return Ok(Addresses::from_iter(here));
        }
        self.once_settled(host, until)
    }

    /// A look-up by what resolv.conf says then. One that took its time is not repeated, nor is one
    /// that was answered.
    fn once_settled(&self, host: &str, until: &Until) -> Result<Addresses, Failure> {
        let began = clock::since_boot();
        let mut found = self.look_up(host, &self.conf(), until);
        for pause in SETTLING {
            let may_settle = matches!(found, Err(Failure::Resolve | Failure::DnsRefused));
            if !may_settle || clock::since_boot() + pause >= until.end.min(began + AT_ONCE) {
                break;
            }
            thread::sleep(pause);
            found = self.look_up(host, &self.conf(), until);
        }
        found
    }

    /// The server on this machine that is asked although traffic is bound to a device.
    #[must_use]
    pub fn asks_locally(&self) -> Option<IpAddr> {
        self.conf().servers.iter().map(|server| server.address).find(is_local)
    }

    pub(super) fn look_up(
        &self,
        host: &str,
        conf: &ResolvConf,
        until: &Until,
    ) -> Result<Addresses, Failure> {
        let mut name = Name::try_from(host).map_err(|_| Failure::NoSuchName)?;
        for _ in 0..=MAX_ALIASES {
            let asking = Asking::new(&name, conf, self.device.as_ref(), until);
            match asking.run()? {
                Outcome::Found(addresses) => return Ok(addresses),
                Outcome::Alias(other) => name = other,
                Outcome::NoSuchName => return Err(Failure::NoSuchName),
                Outcome::Refused => return Err(Failure::DnsRefused),
                Outcome::Silent => return Err(Failure::Resolve),
            }
        }
        Err(Failure::NoSuchName)
    }

    /// Whom to ask.
    pub(super) fn conf(&self) -> ResolvConf {
        let mut conf = resolv_conf::read(&text_of(RESOLV_CONF, RESOLV_CONF_MAX));
        let has_local = conf.servers.iter().any(|server| is_local(&server.address));
        if has_local && !self.servers.is_empty() {
            conf.servers = self.servers.iter().copied().map(Server::from).collect();
        }
        conf
    }
}

/// What `/etc/hosts` has for a name.
pub(super) fn in_hosts(host: &str) -> Addresses {
    hosts::find(&text_of(HOSTS, HOSTS_MAX), host)
}

/// A file that is not there, or that nobody can read, says nothing.
fn text_of(path: &str, limit: usize) -> String {
    let content = open_regular(path).and_then(|file| read_at_most(file, limit));
    let content = content.unwrap_or_default();
    String::from_utf8_lossy(&content).into_owned()
}
