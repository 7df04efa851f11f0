//! What the servers that hold the zones say of the names.

use super::records::{record_of, records};
use super::way::names_of;
use super::{Error, Host, Said};
use crate::config::ProviderKind;
use crate::dns::authority::Servers;
use crate::doctor::dns::{self, Asked};
use crate::doctor::{Finding, Trouble, names};
use crate::io::authoritative::{self, Zones};
use crate::io::dns::Names;
use crate::pass::examine::Examiner;
use crate::provider::failure::Failure;
use crate::state::State;

/// Looks at each name: login, zone, and the record at each server.
pub(super) fn look_at(
    said: &mut Said,
    mut examiner: Option<&mut Examiner>,
    hosts: &[&Host],
    state: &State,
) -> Result<(), Error> {
    let mut guide = Guide { said, zones: Zones::default(), told: Vec::new() };
    for host in hosts {
        let at_ovh = host.provider.url.kind() == ProviderKind::Ovh;
        if let Some(finding) = names::login(&host.hostname, &host.username, at_ovh) {
            guide.said.tell(&finding.of(&host.name))?;
        }
        for (host, family) in records(&[host]) {
            // Without its device nobody is asked, which was told before.
            let Ok(names) = names_of(examiner.as_deref_mut(), host, family) else { continue };
            let hostname = host.hostname.as_str();
            let Some(servers) = guide.servers(host, &names)? else { continue };
            let published = record_of(state, host, family).past.published().map(|at| at.address);
            let asked = Asked { hostname, family, published, at_ovh };
            let reports = authoritative::ask(&servers, hostname, family, &names);
            for finding in dns::record(&asked, &reports) {
                guide.said.tell(&finding.of(&host.name))?;
            }
        }
    }
    Ok(())
}

/// Who holds which name; each zone, and what is wrong with a host's name, is told of once.
struct Guide<'s> {
    said: &'s mut Said,
    zones: Zones,
    told: Vec<String>,
}

impl Guide<'_> {
    /// The servers of the host's zone; what keeps them from being known is said.
    fn servers(&mut self, host: &Host, names: &Names) -> Result<Option<Servers>, Error> {
        let hostname = host.hostname.as_str();
        match self.zones.of(hostname, names) {
            Ok(Some((zone, servers))) => {
                let at_ovh = host.provider.url.kind() == ProviderKind::Ovh;
                self.tell(host, &zone, || Some(dns::delegation(&zone, &servers, at_ovh)))?;
                self.tell(host, &host.name, || names::hostname(hostname, &zone))?;
                Ok(Some(servers))
            }
            Ok(None) => {
                let text = format!("no zone has {hostname}");
                let finding = || Some(Finding::trouble(Trouble::NoZone, text));
                self.tell(host, &host.name, finding).map(|()| None)
            }
            Err(failure) => {
                let text = format!(
                    "the servers of the zone of {hostname} are not known: {}",
                    why(failure)
                );
                let finding = || Some(Finding::trouble(Trouble::Undelegated, text));
                self.tell(host, &host.name, finding).map(|()| None)
            }
        }
    }

    fn tell(
        &mut self,
        host: &Host,
        about: &str,
        finding: impl FnOnce() -> Option<Finding>,
    ) -> Result<(), Error> {
        if self.told.iter().any(|told| told == about) {
            return Ok(());
        }
        self.told.push(about.to_owned());
        finding().map_or(Ok(()), |finding| self.said.tell(&finding.of(&host.name)))
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
