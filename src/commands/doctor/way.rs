//! The ways to the providers, each once however many hosts go it.

use super::hosts::records;
use super::{Error, Said};
use crate::config::{Host, ProviderKind};
use crate::doctor::{Finding, Trouble};
use crate::io::dns::Servers;
use crate::io::http::Route;
use crate::pass::examine::Examiner;

/// A way to a provider, and the hosts that go it.
pub(super) struct Way<'h> {
    pub(super) route: Route,
    pub(super) host: &'h Host,
}

impl Way<'_> {
    /// The provider's name, and the port.
    pub(super) fn target(&self) -> (String, u16) {
        let origin = self.route.origin.split("//").nth(1).unwrap_or_default();
        let default = if self.route.tls { 443 } else { 80 };
        let (name, port) = match origin.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, port.parse().unwrap_or(default)),
            _ => (origin, default),
        };
        (name.trim_start_matches('[').trim_end_matches(']').to_owned(), port)
    }

    pub(super) fn is_ovh(&self) -> bool {
        self.host.provider.url.kind() == ProviderKind::Ovh
    }
}

/// Each way once, however many hosts go it.
pub(super) fn routes<'h>(
    said: &mut Said,
    mut examiner: Option<&mut Examiner>,
    hosts: &[&'h Host],
) -> Result<Vec<Way<'h>>, Error> {
    let mut ways: Vec<Way<'h>> = Vec::new();
    for (host, family) in records(hosts) {
        let by = match examiner.as_deref_mut() {
            Some(examiner) => examiner.way_of(host, family),
            None => Ok((None, Servers::new())),
        };
        match by {
            Ok((device, dns)) => {
                let (url, ca_file) = (&host.provider.url, host.provider.ca_file.clone());
                let (origin, tls) = (url.origin().to_owned(), url.is_https());
                let route = Route { origin, ca_file, device, dns, family: None, tls };
                if !ways.iter().any(|way| way.route == route) {
                    ways.push(Way { route, host });
                }
            }
            Err(failure) => {
                let text = format!("{family} {failure}");
                said.tell(&Finding::trouble(Trouble::Unbound, text).of(&host.name))?;
            }
        }
    }
    Ok(ways)
}
