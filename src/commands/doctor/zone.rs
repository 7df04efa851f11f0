//! What the servers that hold the zones say of the names.

use super::hosts::{record_of, records};
use super::{Error, Host, Said};
use crate::config::ProviderKind;
use crate::dns::Name;
use crate::dns::authority::Servers;
use crate::doctor::dns::{self, Asked};
use crate::doctor::{Finding, Trouble, names};
use crate::io::authoritative;
use crate::io::dns::Names;
use crate::provider::failure::Failure;
use crate::state::State;

/// Looks at each name: login, zone, and the record at each server.
pub(super) fn look_at(said: &mut Said, hosts: &[&Host], state: &State) -> Result<(), Error> {
    let mut zones = Zones::default();
    for host in hosts {
        let at_ovh = host.provider.url.kind() == ProviderKind::Ovh;
        if let Some(finding) = names::login(&host.hostname, &host.username, at_ovh) {
            said.tell(&finding.of(&host.name))?;
        }
        let zone = zones.find(said, host, at_ovh)?;
        let doubled = zone.as_ref().and_then(|(zone, _)| names::hostname(&host.hostname, zone));
        if let Some(finding) = doubled {
            said.tell(&finding.of(&host.name))?;
        }
        for (host, family) in records(&[host]) {
            let published = record_of(state, host, family).past.published().map(|at| at.address);
            let hostname = host.hostname.as_str();
            let asked = Asked { hostname, family, published, at_ovh };
            let Some((_, servers)) = &zone else { continue };
            let reports = authoritative::ask(servers, hostname, family, &Names::default());
            for finding in dns::record(&asked, &reports) {
                said.tell(&finding.of(&host.name))?;
            }
        }
    }
    Ok(())
}

/// Zones whose servers are known already.
#[derive(Default)]
struct Zones(Vec<(Name, Servers)>);

impl Zones {
    /// The host's zone and its servers; what keeps them from being known is said.
    fn find(
        &mut self,
        said: &mut Said,
        host: &Host,
        at_ovh: bool,
    ) -> Result<Option<(Name, Servers)>, Error> {
        let hostname = host.hostname.as_str();
        let is_in = |zone: &Name| {
            hostname
                .strip_suffix(&**zone)
                .is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        if let Some(known) = self.0.iter().find(|(zone, _)| is_in(zone)) {
            return Ok(Some(known.clone()));
        }
        match authoritative::zone_of(hostname, &Names::default()) {
            Ok(Some((zone, servers))) => {
                said.tell(&dns::delegation(&zone, &servers, at_ovh).of(&host.name))?;
                self.0.push((zone.clone(), servers.clone()));
                Ok(Some((zone, servers)))
            }
            Ok(None) => {
                let text = format!("no zone has {hostname}");
                said.tell(&Finding::trouble(Trouble::NoZone, text).of(&host.name)).map(|()| None)
            }
            Err(failure) => {
                let text = format!(
                    "the servers of the zone of {hostname} are not known: {}",
                    why(failure)
                );
                said.tell(&Finding::trouble(Trouble::Undelegated, text).of(&host.name))
                    .map(|()| None)
            }
        }
    }
}

/// A failure's own sentence speaks of the provider.
fn why(failure: Failure) -> &'static str {
    match failure {
        Failure::DnsRefused => "the DNS servers refuse or fail to look it up",
        Failure::NoSuchName => "it is no name for the DNS",
        _ => "no DNS server answers",
    }
}
