//! `config host` sections -> [`HostEntry`]: what must be there, and what must fit together.

use super::faults::Faults;
use super::host::{Draft, VERIFY_HOURS};
use super::provider::{self, Known};
use super::table::{Described, fill};
use super::value::at_most_32;
use super::{
    Host, HostEntry, Interfaces, MAX_HOSTS, Provider, ProviderKind, SectionName, Severity, Source,
    Uplink, sources,
};
use crate::address::{DeviceName, Family};
use crate::uci::Section;

/// What is at hand while the host sections are read.
pub(super) struct Reader<'r, 'f> {
    pub(super) known: &'r [Known],
    pub(super) read_secret: &'r dyn Fn(&str) -> Result<String, String>,
    pub(super) faults: &'r mut Faults<'f>,
}

impl Reader<'_, '_> {
    /// Every host section, in the order of the file.
    pub(super) fn read(mut self, sections: &[Section<'_>]) -> Vec<HostEntry> {
        let mut hosts: Vec<HostEntry> = Vec::new();
        let mut lines = Vec::new();
        for section in sections.iter().filter(|section| section.kind == Draft::SECTION) {
            if hosts.len() >= MAX_HOSTS {
                let text = format!("more than {MAX_HOSTS} hosts, this and later ones are left out");
                self.faults.push(Severity::Host, section.line, text);
                break;
            }
            let mark = self.faults.mark();
            let name = self.name(section, hosts.len());
            let host = self.host(section, &name);
            if let Some(host) = &host {
                self.check_unique(host, section, (&hosts, &lines));
            }
            lines.push(section.line);
            hosts.push(match (host, self.faults.since(mark)) {
                (Some(host), None) => HostEntry::Usable(Box::new(host)),
                (_, fault) => HostEntry::Faulty {
                    name,
                    fault: fault.map(ToString::to_string).unwrap_or_default(),
                },
            });
        }
        self.warn_of_idleness(&hosts);
        hosts
    }

    /// The section's name, or for a fault's sake `@host[0]` as `uci` calls one without a name.
    fn name(&mut self, section: &Section<'_>, index: usize) -> SectionName {
        let Some(name) = &section.name else {
            let text = "a host without a name, give it one: config host 'home'".into();
            self.faults.push(Severity::Host, section.line, text);
            return SectionName::try_from(format!("@host[{index}]").as_str()).unwrap_or_default();
        };
        at_most_32(name).unwrap_or_else(|allowed| {
            let text = format!("the host's name {allowed}");
            self.faults.push(Severity::Host, section.line, text);
            name.chars().take(32).collect()
        })
    }

    /// The host, if nothing it needs is missing; the caller asks for other faults.
    fn host(&mut self, section: &Section<'_>, name: &SectionName) -> Option<Host> {
        let mut draft = Draft::default();
        fill(section, &mut draft, self.faults);
        self.check_together(section, &draft);
        for option in ["hostname", "username"] {
            if section.option(option).is_none() {
                let text = format!("this host has no {option}, add option {option}");
                self.faults.missing(section.line, text);
            }
        }
        let password = self.password(section, &mut draft);
        if let (Some(entry), Some(username)) = (section.option("username"), &draft.username) {
            self.warn_of_unseen(entry.line, "the username", username);
        }
        let provider = self.provider(section, &draft);
        if draft.families.is_empty() {
            draft.families.extend([Family::Ipv4]);
        }
        if let Some(provider) = &provider {
            self.check_provider(section, &draft, provider);
        }
        if draft.sources.is_empty() {
            draft.sources.extend([Source::Interface]);
        }
        let web = sources::web(&mut draft);
        Some(Host {
            name: name.clone(),
            enabled: draft.enabled.unwrap_or(true),
            hostname: draft.hostname?,
            username: draft.username?,
            password: password?,
            provider: provider?,
            families: draft.families,
            uplink: uplink(draft.interfaces, draft.device),
            sources: draft.sources,
            command: draft.command,
            gateway: draft.gateway,
            web,
            suffix: draft.suffix,
            bind: draft.bind,
            allow_special: draft.allow_special,
            refresh_days: draft.refresh_days,
            verify_hours: draft.verify_hours.unwrap_or(VERIFY_HOURS),
            on_change: draft.on_change,
        })
    }

    /// What the provider's URL, and the provider itself, makes of name and families.
    fn check_provider(&mut self, section: &Section<'_>, draft: &Draft, provider: &Provider) {
        let line = |option| section.option(option).map_or(section.line, |entry| entry.line);
        if let Some(name) = draft.hostname.as_ref().filter(|name| name.starts_with("*."))
            && provider.url.kind() == ProviderKind::Ovh
        {
            let text = format!(
                "hostname '{name}': * is not a valid DynHost record, give each name its own host"
            );
            self.faults.push(Severity::Host, line("hostname"), text);
        }
        for family in draft.families.iter().filter(|family| !provider.url.takes(**family)) {
            let text = format!(
                "family {family}: the url of provider '{}' has no {{{family}}}, add it or remove \
                 the family",
                provider.name
            );
            self.faults.push(Severity::Host, line("family"), text);
        }
        if provider.url.sets_both()
            && let [family] = draft.families.as_slice()
        {
            let other = family.other();
            let text = format!(
                "family {family}: each update sets both families and leaves {{{other}}} empty, \
                 which may remove that record: add list family '{other}', or give a url with \
                 {{address}}"
            );
            self.faults.push(Severity::Warning, line("family"), text);
        }
    }

    fn check_together(&mut self, section: &Section<'_>, draft: &Draft) {
        let line = |option| section.option(option).map(|entry| entry.line);
        if let (Some(device), Some(interface)) = (line("device"), line("interface")) {
            let text = format!(
                "device and interface (line {}) exclude each other, give one of them",
                device.min(interface)
            );
            self.faults.push(Severity::Host, device.max(interface), text);
        }
        sources::check_together(section, draft, self.faults);
        if let Some(suffix) = line("suffix")
            && !draft.families.contains(&Family::Ipv6)
            && (line("family").is_none() || !draft.families.is_empty())
        {
            let text = "suffix: is for IPv6 only, add list family 'ipv6'".into();
            self.faults.push(Severity::Host, suffix, text);
        }
    }

    fn provider(&mut self, section: &Section<'_>, draft: &Draft) -> Option<Provider> {
        let entry = section.option("provider");
        let name = match (&draft.provider, entry) {
            (Some(name), _) => name.as_str(),
            (None, None) => provider::BUILT_IN,
            (None, Some(_)) => return None,
        };
        let line = entry.map_or(section.line, |entry| entry.line);
        match provider::find(self.known, name) {
            Some(Known { provider: Ok(provider), .. }) => Some(provider.clone()),
            Some(Known { provider: Err(at), .. }) => {
                let text = format!("provider '{name}' has a fault on line {at}");
                self.faults.push(Severity::Host, line, text);
                None
            }
            None if name == provider::BUILT_IN => Some(provider::built_in()),
            None => {
                let text = format!("provider '{name}': allowed are {}", self.provider_names());
                self.faults.missing(line, text);
                None
            }
        }
    }

    fn provider_names(&self) -> String {
        let sections = self.known.iter().map(|known| known.name.as_str());
        let mut names = String::from(provider::BUILT_IN);
        for name in sections.filter(|name| *name != provider::BUILT_IN && !name.is_empty()) {
            names += ", ";
            names += name;
        }
        names
    }

    /// Two enabled hosts with one record would undo each other's updates for ever. At another
    /// provider it is another record, of a name that two providers serve.
    fn check_unique(
        &mut self,
        host: &Host,
        section: &Section<'_>,
        (earlier, lines): (&[HostEntry], &[u32]),
    ) {
        let rival = |entry: &HostEntry| match entry {
            HostEntry::Usable(other) => {
                other.enabled
                    && other.hostname == host.hostname
                    && other.provider.url.origin() == host.provider.url.origin()
                    && other.families.iter().any(|family| host.families.contains(family))
            }
            HostEntry::Faulty { .. } => false,
        };
        if let Some((_, line)) = earlier.iter().zip(lines).find(|(entry, _)| rival(entry))
            && host.enabled
        {
            let text = format!(
                "the host on line {line} keeps the same record of {} current, disable one of them",
                host.hostname
            );
            let line = section.option("hostname").map_or(section.line, |entry| entry.line);
            self.faults.push(Severity::Host, line, text);
        }
    }

    fn warn_of_idleness(&mut self, hosts: &[HostEntry]) {
        let idle = |entry: &HostEntry| matches!(entry, HostEntry::Usable(host) if !host.enabled);
        let text = match hosts {
            _ if !self.faults.complete => return,
            [] => "no host is configured, add one: config host 'home'",
            hosts if hosts.iter().all(idle) => "every host is disabled, nothing is kept current",
            _ => return,
        };
        self.faults.push(Severity::Warning, 0, text.into());
    }
}

fn uplink(interfaces: Interfaces, device: Option<DeviceName>) -> Uplink {
    match device {
        _ if !interfaces.is_empty() => Uplink::Interface(interfaces),
        Some(device) => Uplink::Device(device),
        None => Uplink::DefaultRoute,
    }
}
