//! The address of updates as the user wrote it: a URL with places for what differs between them.

mod authority;
mod masked;

use std::fmt;
use std::net::IpAddr;

use super::ProviderKind;
use crate::address::Family;

pub(super) use authority::path_of;
#[cfg(feature = "web")]
pub(crate) use masked::masked;

/// The domains of `OVHcloud` that updates have gone to.
const OVH: [&str; 3] = ["ovh.com", "ovhapis.com", "ovhcloud.com"];

/// A URL that stays valid whatever name and addresses are put in.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct UrlTemplate {
    text: String,
    /// Bytes of scheme, name and port.
    origin: usize,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Part {
    Literal(String),
    Place(Place),
}

/// What is put in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Hostname,
    /// Of the family that the update is about.
    Address,
    Of(Family),
}

const PLACES: [(&str, Place); 4] = [
    ("{hostname}", Place::Hostname),
    ("{address}", Place::Address),
    ("{ipv4}", Place::Of(Family::Ipv4)),
    ("{ipv6}", Place::Of(Family::Ipv6)),
];

/// What one request sets.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Addresses {
    /// The one that the update is about.
    pub address: IpAddr,
    /// That of the other family, where one request sets both and there is one.
    pub other: Option<IpAddr>,
}

impl UrlTemplate {
    /// Reads a URL; errors never repeat it, as it may hold a password.
    pub(super) fn parse(url: &str) -> Result<Self, String> {
        let path = path_of(url)?;
        let origin = url.len() - path.len();
        let template = Self { text: url.to_owned(), origin, parts: parts(path)? };
        template.check_places()?;
        Ok(template)
    }

    fn check_places(&self) -> Result<(), String> {
        for (name, place) in PLACES {
            if self.parts.iter().filter(|part| **part == Part::Place(place)).count() > 1 {
                return Err(format!("has {name} more than once"));
            }
        }
        let has_each = PLACES.iter().any(|(_, place)| {
            matches!(place, Place::Of(_)) && self.parts.contains(&Part::Place(*place))
        });
        match (self.has(Place::Address), has_each) {
            (true, true) => Err("must have {address}, or {ipv4} and {ipv6}, but not both".into()),
            (false, false) => {
                Err("must have {address}, or {ipv4} and {ipv6}, once after the host".into())
            }
            _ => Ok(()),
        }
    }

    fn has(&self, place: Place) -> bool {
        self.parts.contains(&Part::Place(place))
    }

    /// As the user wrote it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Scheme, name and port: what one connection leads to.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.text.get(..self.origin).unwrap_or(&self.text)
    }

    /// Name or address, and port: what that connection is opened to.
    #[must_use]
    pub fn target(&self) -> (&str, u16) {
        let default = if self.is_https() { 443 } else { 80 };
        let authority = self.origin().split_once("//").map_or("", |(_, authority)| authority);
        let (host, port) = authority::split(authority);
        (host.trim_matches(['[', ']']), port.and_then(|port| port.parse().ok()).unwrap_or(default))
    }

    /// The same with nothing in it that may be a secret, for showing it.
    ///
    /// `OVHcloud`'s own holds none: its login goes into a header.
    #[must_use]
    pub fn masked(&self) -> Self {
        let masked =
            (self.kind() != ProviderKind::Ovh).then(|| Self::parse(&masked::masked(&self.text)));
        masked.and_then(Result::ok).unwrap_or_else(|| self.clone())
    }

    /// Parts that may be secrets, as they stand in it.
    #[must_use]
    pub fn hidden(&self) -> Vec<&str> {
        if self.kind() == ProviderKind::Ovh { Vec::new() } else { masked::hidden(&self.text) }
    }

    /// Whether the provider is reached over TLS.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.text.starts_with("https:")
    }

    /// Whether an address of this family has a place in it.
    #[must_use]
    pub fn takes(&self, family: Family) -> bool {
        self.has(Place::Address) || self.has(Place::Of(family))
    }

    /// Whether one request sets the records of both families, and what is left out may be removed.
    #[must_use]
    pub fn sets_both(&self) -> bool {
        self.has(Place::Of(Family::Ipv4)) && self.has(Place::Of(Family::Ipv6))
    }

    /// Who the provider is.
    #[must_use]
    pub fn kind(&self) -> ProviderKind {
        let host = self.target().0.to_ascii_lowercase();
        let is_of = |domain: &&str| {
            let rest = host.strip_suffix(domain);
            rest.is_some_and(|rest| rest.is_empty() || rest.ends_with('.'))
        };
        if OVH.iter().any(is_of) { ProviderKind::Ovh } else { ProviderKind::Other }
    }

    /// The URL of one request.
    ///
    /// Nothing that is put in can hold a character that is special in a query (RFC 3986, section
    /// 3.4): a hostname is letters, digits, hyphens, dots and at most one `*`, and an address adds
    /// only colons.
    #[must_use]
    pub fn render(&self, hostname: &str, addresses: Addresses) -> String {
        let mut url = self.origin().to_owned();
        for part in &self.parts {
            match part {
                Part::Literal(text) => url += text,
                Part::Place(Place::Hostname) => url += hostname,
                Part::Place(Place::Address) => url += &addresses.address.to_string(),
                Part::Place(Place::Of(family)) => {
                    if let Some(address) = addresses.of(*family) {
                        url += &address.to_string();
                    }
                }
            }
        }
        url
    }
}

/// Without what may be a secret.
impl fmt::Debug for UrlTemplate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&masked::masked(&self.text))
    }
}

impl From<IpAddr> for Addresses {
    fn from(address: IpAddr) -> Self {
        Self { address, other: None }
    }
}

impl Addresses {
    fn of(self, family: Family) -> Option<IpAddr> {
        let both = [Some(self.address), self.other];
        both.into_iter().flatten().find(|address| Family::of(*address) == family)
    }
}

/// What follows the authority, cut at the placeholders.
fn parts(mut path: &str) -> Result<Vec<Part>, String> {
    const BRACES: [char; 2] = ['{', '}'];
    let mut parts = Vec::new();
    while let Some(brace) = path.find(BRACES) {
        let (literal, rest) = path.split_at(brace);
        let place = PLACES.iter().find(|(name, _)| rest.starts_with(name));
        let (name, place) = place
            .ok_or("must have no braces but those of {hostname}, {address}, {ipv4} and {ipv6}")?;
        parts.extend([Part::Literal(literal.to_owned()), Part::Place(*place)]);
        path = rest.get(name.len()..).unwrap_or("");
    }
    parts.push(Part::Literal(path.to_owned()));
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(text: &str) -> Result<UrlTemplate, String> {
        UrlTemplate::parse(text)
    }

    const TAIL: &str = "/nic/update?hostname={hostname}&myip={address}";

    #[test]
    fn a_connection_is_opened_to_a_host_and_a_port() {
        let rows = [
            ("https://dns.example.com", ("dns.example.com", 443)),
            ("http://dns.example.com", ("dns.example.com", 80)),
            ("https://lab:8443", ("lab", 8443)),
            ("http://10.0.0.1:1", ("10.0.0.1", 1)),
            ("https://[2001:db8::1]", ("2001:db8::1", 443)),
            ("http://[::1]:65535", ("::1", 65535)),
        ];
        for (origin, expected) in rows {
            let template = url(&format!("{origin}{TAIL}")).expect(origin);
            assert_eq!(template.target(), expected);
        }
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
    fn placeholders_come_once_and_nothing_else_has_braces() {
        let good = [
            "/{hostname}/{address}",
            "?a={address}&h={hostname}",
            "/%7B?{address}{hostname}",
            "/?a={address}",
            "/?a={ipv4}&b={ipv6}&h={hostname}",
            "/?b={ipv6}&a={ipv4}",
            "/?b={ipv6}",
        ];
        for tail in good {
            assert!(url(&format!("https://lab{tail}")).is_ok(), "{tail}");
        }
        let bad = [
            ("/", "{address}"),
            ("", "{address}"),
            ("/?h={hostname}&a={address}&b={ipv6}", "not both"),
            ("/?a={ipv4}&b={ipv4}", "{ipv4} more than once"),
            ("/?h={hostname}", "{address}"),
            ("/?h={hostname}&i={hostname}&a={address}", "{hostname} more than once"),
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
        let longest = format!("{longest}{}", "a".repeat(authority::MAX_URL - longest.len()));
        assert!(url(&longest).is_ok());
        assert!(url(&format!("{longest}a")).is_err_and(|text| text.contains("1025 bytes")));
        for scheme in ["", "ftp://", "HTTPS://", "//", "https:/"] {
            assert!(url(&format!("{scheme}lab{TAIL}")).is_err(), "{scheme}");
        }
    }

    #[test]
    fn what_is_put_in_is_what_the_request_is_about() {
        let v4: IpAddr = [81, 2, 69, 10].into();
        let v6: IpAddr = "2a01:cb00::1".parse().expect("an address");
        let rows = [
            ("?h={hostname}&a={address}", v4, None, "?h=home.example.com&a=81.2.69.10"),
            ("?h={hostname}&a={address}", v6, Some(v4), "?h=home.example.com&a=2a01:cb00::1"),
            ("?a={ipv4}&b={ipv6}", v4, Some(v6), "?a=81.2.69.10&b=2a01:cb00::1"),
            ("?a={ipv4}&b={ipv6}", v6, Some(v4), "?a=81.2.69.10&b=2a01:cb00::1"),
            ("?a={ipv4}&b={ipv6}&c", v4, None, "?a=81.2.69.10&b=&c"),
            ("/{ipv6}", v6, None, "/2a01:cb00::1"),
        ];
        for (tail, address, other, expected) in rows {
            let template = url(&format!("https://lab:1{tail}")).expect(tail);
            let rendered = template.render("home.example.com", Addresses { address, other });
            assert_eq!(rendered, format!("https://lab:1{expected}"));
            assert_eq!(template.origin(), "https://lab:1");
        }
    }

    #[test]
    fn a_template_knows_what_it_takes_and_whose_it_is() {
        let rows =
            [("{address}", true, true), ("{ipv4}/{ipv6}", true, true), ("{ipv6}", false, true)];
        for (tail, ipv4, ipv6) in rows {
            let template = url(&format!("https://lab/{tail}")).expect(tail);
            let takes = (template.takes(Family::Ipv4), template.takes(Family::Ipv6));
            assert_eq!(
                (takes, template.sets_both()),
                ((ipv4, ipv6), tail.contains("}/{")),
                "{tail}"
            );
        }
        let kinds = [
            ("dns.eu.ovhapis.com", ProviderKind::Ovh),
            ("WWW.OVH.com:443", ProviderKind::Ovh),
            ("ovh.com", ProviderKind::Ovh),
            ("notovh.com", ProviderKind::Other),
            ("ovh.com.example.net", ProviderKind::Other),
            ("[2001:db8::1]", ProviderKind::Other),
        ];
        for (host, kind) in kinds {
            let template = url(&format!("https://{host}/{{address}}")).expect(host);
            assert_eq!(template.kind(), kind, "{host}");
        }
    }
}
