//! `config provider`: where updates go.

use std::net::Ipv6Addr;

use super::faults::Faults;
use super::table::{Described, Spec, fill, put, some};
use super::value::{absolute_path, at_most_32, boolean};
use super::{HostName, Provider, Severity};
use crate::uci::Section;

/// The provider of a host that names none.
pub(super) const BUILT_IN: &str = "ovh";
/// OVHcloud's address of updates, official since 2024-08.
const OVH: &str =
    "https://dns.eu.ovhapis.com/nic/update?system=dyndns&hostname={hostname}&myip={address}";
/// Longest URL, in bytes, with its placeholders.
const MAX_URL: usize = 1024;

/// A provider section: usable, or the line of its first fault.
pub(super) struct Known {
    pub(super) name: HostName,
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
    let name = HostName::try_from(BUILT_IN).unwrap_or_default();
    Provider { name, url: OVH.to_owned(), ca_file: None }
}

/// What a section says so far.
#[derive(Default)]
pub(super) struct Draft {
    url: Option<String>,
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
            "address of updates, with {hostname} and {address} where they go",
            |draft, value| some(&mut draft.url, url(value)),
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
        (Some(url), Some(line)) if url.starts_with("http://") => {
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
        HostName::new()
    });
    let provider = match (faults.since(mark), draft.url) {
        (None, Some(url)) => Ok(Provider { name: name.clone(), url, ca_file: draft.ca_file }),
        (fault, _) => Err(fault.map_or(line, |fault| fault.line)),
    };
    Some(Known { name, provider })
}

/// A URL that stays valid whatever name and address are put in; errors never repeat it.
fn url(url: &str) -> Result<String, String> {
    if url.len() > MAX_URL {
        return Err(format!("has {} bytes, allowed are {MAX_URL}", url.len()));
    }
    let rest = url.strip_prefix("https://").or_else(|| url.strip_prefix("http://"));
    let rest = rest.ok_or("must start with https://")?;
    let illegal = |c: char| !c.is_ascii_graphic() || "\"<>\\^`|".contains(c);
    if url.contains(illegal) {
        return Err("has a character that no URL holds, write it as %XX".into());
    }
    if url.contains('#') {
        return Err("must not have a fragment (#), it is never sent".into());
    }
    let end = rest.find(['/', '?']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(end);
    check_authority(authority)?;
    for placeholder in ["{hostname}", "{address}"] {
        if path.matches(placeholder).count() != 1 {
            return Err(format!("must have {placeholder} once, after the host"));
        }
    }
    if path.matches(['{', '}']).count() != 4 {
        return Err("must have no braces but those of {hostname} and {address}".into());
    }
    Ok(url.to_owned())
}

/// `HOST[:PORT]`.
fn check_authority(authority: &str) -> Result<(), String> {
    if authority.contains('@') {
        return Err("must not hold a login, use option username and option password".into());
    }
    let (host, port) = match authority.rfind(':') {
        Some(colon) if !authority.ends_with(']') => {
            let (host, port) = authority.split_at(colon);
            (host, port.strip_prefix(':'))
        }
        _ => (authority, None),
    };
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'-' | b'.' | b'_');
    let legal = host.strip_prefix('[').and_then(|host| host.strip_suffix(']')).map_or_else(
        || !host.is_empty() && host.bytes().all(legal),
        |address| address.parse::<Ipv6Addr>().is_ok(),
    );
    if !legal {
        return Err("has no valid host after //, like dns.example.com or [2001:db8::1]".into());
    }
    let digits = |port: &str| port.bytes().all(|b| b.is_ascii_digit());
    match port {
        Some(port) if !digits(port) || !port.parse::<u16>().is_ok_and(|port| port > 0) => {
            Err("has no valid port after the host, allowed are 1 to 65535".into())
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TAIL: &str = "/nic/update?hostname={hostname}&myip={address}";

    #[test]
    fn the_built_in_provider_passes_its_own_check() {
        assert_eq!(url(OVH).as_deref(), Ok(OVH));
        assert_eq!(built_in().name, BUILT_IN);
    }

    #[test]
    fn hosts_and_ports_are_checked() {
        let good = [
            "localhost:8443",
            "dns.example.com",
            "10.0.0.1:1",
            "[2001:db8::1]",
            "[::1]:65535",
            "my_lab",
        ];
        for host in good {
            assert!(url(&format!("https://{host}{TAIL}")).is_ok(), "{host}");
        }
        let bad = [
            ("", "host"),
            (":443", "host"),
            ("a b", "character"),
            ("é.fr", "character"),
            ("user@lab", "login"),
            ("user:s3cret@lab", "login"),
            ("[::1", "host"),
            ("[lab]", "host"),
            ("2001:db8::1", "host"),
            ("lab:", "port"),
            ("lab:0", "port"),
            ("lab:65536", "port"),
            ("lab:+1", "port"),
            ("lab:https", "port"),
            ("{hostname}", "host"),
        ];
        for (host, expected) in bad {
            let text = url(&format!("https://{host}{TAIL}")).expect_err(host);
            assert!(text.contains(expected) && !text.contains("s3cret"), "{host}: {text}");
        }
    }

    #[test]
    fn both_placeholders_come_once_and_nothing_else_has_braces() {
        let good =
            ["/{hostname}/{address}", "?a={address}&h={hostname}", "/%7B?{address}{hostname}"];
        for tail in good {
            assert!(url(&format!("https://lab{tail}")).is_ok(), "{tail}");
        }
        let bad = [
            ("/", "{hostname}"),
            ("", "{hostname}"),
            ("/?h={hostname}", "{address}"),
            ("/?h={hostname}&i={hostname}&a={address}", "{hostname}"),
            ("/?h={hostname}&a={address}&p={password}", "no braces"),
            ("/?h={hostname}&a={address}}", "no braces"),
            ("/?h={{hostname}&a={address}", "no braces"),
            ("/?h={hostname}&a={address}#top", "fragment"),
            ("/?h={hostname}&a={address}\n", "character"),
        ];
        for (tail, expected) in bad {
            let text = url(&format!("https://lab{tail}")).expect_err(tail);
            assert!(text.contains(expected), "{tail}: {text}");
        }
        let longest = format!("https://lab{TAIL}&x=");
        let longest = format!("{longest}{}", "a".repeat(MAX_URL - longest.len()));
        assert!(url(&longest).is_ok());
        assert!(url(&format!("{longest}a")).is_err_and(|text| text.contains("1025 bytes")));
        for scheme in ["", "ftp://", "HTTPS://", "//", "https:/"] {
            assert!(url(&format!("{scheme}lab{TAIL}")).is_err(), "{scheme}");
        }
    }
}
