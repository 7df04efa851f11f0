//! `config provider`: where updates go.

use super::faults::Faults;
use super::table::{Described, Spec, fill, put, some};
use super::url::UrlTemplate;
use super::value::{absolute_path, at_most_32, boolean};
use super::{Provider, SectionName, Severity};
use crate::uci::Section;

/// The provider of a host that names none.
pub(super) const BUILT_IN: &str = "ovh";
/// OVHcloud's address of updates, official since 2024-08.
const OVH: &str =
    "https://dns.eu.ovhapis.com/nic/update?system=dyndns&hostname={hostname}&myip={address}";

/// A provider section: usable, or the line of its first fault.
pub(super) struct Known {
    pub(super) name: SectionName,
    pub(super) provider: Result<Provider, u32>,
}

/// Every provider section.
pub(super) fn read(sections: &[Section<'_>], faults: &mut Faults<'_>) -> Vec<Known> {
    let providers = sections.iter().filter(|section| section.kind == Draft::SECTION);
    providers.filter_map(|section| one(section, faults)).collect()
}

/// The provider of that name: of a section, or the built-in one.
pub(super) fn find<'k>(known: &'k [Known], name: &str) -> Option<&'k Known> {
    known.iter().find(|known| known.name == name)
}

/// `ovh`, unless a section of that name overrides it.
pub(super) fn built_in() -> Provider {
    let name = SectionName::try_from(BUILT_IN).unwrap_or_default();
    Provider { name, url: UrlTemplate::parse(OVH).unwrap_or_default(), ca_file: None }
}

/// What a section says so far.
#[derive(Default)]
pub(super) struct Draft {
    url: Option<UrlTemplate>,
    insecure_http: bool,
    ca_file: Option<String>,
}

impl Described for Draft {
    const SECTION: &'static str = "provider";
    const SEVERITY: Severity = Severity::Host;
    const OPTIONS: &'static [Spec<Self>] = &[
        Spec::hidden(
            "url",
            "",
            "address of updates, with {hostname} and {address}, or {ipv4} and {ipv6}, where they go",
            |draft, value| some(&mut draft.url, UrlTemplate::parse(value)),
        ),
        Spec::one(
            "ca_file",
            "the system's certificates",
            "PEM file with the only authorities trusted for this provider",
            |draft, value| some(&mut draft.ca_file, absolute_path(value)),
        ),
        Spec::one(
            "insecure_http",
            "0",
            "allow a url with http://, which shows login and password to the network",
            |draft, value| put(&mut draft.insecure_http, boolean(value)),
        ),
    ];
}

fn one(section: &Section<'_>, faults: &mut Faults<'_>) -> Option<Known> {
    let line = section.line;
    let Some(name) = &section.name else {
        let text = "a provider without a name, give it one: config provider 'lab'".into();
        faults.push(Severity::Warning, line, text);
        return None;
    };
    let mark = faults.mark();
    let mut draft = Draft::default();
    fill(section, &mut draft, faults);
    let url_line = section.option("url").map(|entry| entry.line);
    match (&draft.url, url_line) {
        (None, None) => faults.missing(line, "this provider has no url, add option url".into()),
        (Some(url), Some(line)) if !url.is_https() => {
            let (severity, text) = if draft.insecure_http {
                (Severity::Warning, "url: login and password go over the network in clear")
            } else {
                let text = "url: http:// shows the password, use https:// or set insecure_http '1'";
                (Severity::Host, text)
            };
            faults.push(severity, line, text.into());
        }
        _ => {}
    }
    let name = at_most_32(name).unwrap_or_else(|allowed| {
        faults.push(Severity::Host, line, format!("the provider's name {allowed}"));
        SectionName::new()
    });
    let provider = match (faults.since(mark), draft.url) {
        (None, Some(url)) => Ok(Provider { name: name.clone(), url, ca_file: draft.ca_file }),
        (fault, _) => Err(fault.map_or(line, |fault| fault.line)),
    };
    Some(Known { name, provider })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::ProviderKind;

    #[test]
    fn the_built_in_provider_passes_its_own_check() {
        let provider = built_in();
        assert_eq!((provider.name.as_str(), provider.url.as_str()), (BUILT_IN, OVH));
        assert_eq!(provider.url.kind(), ProviderKind::Ovh);
    }
}
