//! The few URLs that a gateway may name: `http`, its own address, a port and a path.

use std::fmt;
use std::net::Ipv4Addr;

/// A longer path is none that was seen.
const PATH_MAX: usize = 512;
const SCHEME: &str = "http://";

/// A place at the gateway, and nowhere else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url {
    gateway: Ipv4Addr,
    port: u16,
    /// Begins with `/`.
    path: String,
}

impl Url {
    /// A whole URL; `None` unless it leads to the gateway, by its address.
    #[must_use]
    pub fn at(gateway: Ipv4Addr, text: &str) -> Option<Self> {
        let text = text.trim();
        let scheme = text.get(..SCHEME.len())?;
        if !scheme.eq_ignore_ascii_case(SCHEME) {
            return None;
        }
        Self::of_authority(gateway, text.get(SCHEME.len()..)?)
    }

    /// What `reference` means where this URL is the base (RFC 3986, section 5, without `..`);
    /// `None` if it leads away from the gateway.
    #[must_use]
    pub fn join(&self, reference: &str) -> Option<Self> {
        let reference = reference.trim();
        if let Some(authority) = reference.strip_prefix("//") {
            return Self::of_authority(self.gateway, authority);
        }
        let end = reference.find(['/', '?', '#']).unwrap_or(reference.len());
        if reference.get(..end)?.contains(':') {
            return Self::at(self.gateway, reference);
        }
        let path = if reference.is_empty() || reference.starts_with('/') {
            reference.to_owned()
        } else {
            let path = self.path.split('?').next().unwrap_or_default();
            let folder = path.rfind('/').map_or("/", |slash| &path[..=slash]);
            format!("{folder}{reference}")
        };
        Self::of_parts(self.gateway, self.port, path)
    }

    fn of_authority(gateway: Ipv4Addr, rest: &str) -> Option<Self> {
        let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
        let (authority, path) = rest.split_at_checked(end)?;
        let (host, port) = match authority.split_once(':') {
            None => (authority, 80),
            Some((host, "")) => (host, 80),
            Some((host, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => {
                (host, port.parse().ok().filter(|port| *port > 0)?)
            }
            Some(_) => return None,
        };
        let is_there = host.parse() == Ok(gateway);
        is_there.then(|| Self::of_parts(gateway, port, path.to_owned()))?
    }

    /// A fragment is never sent; anything that is no part of a path would break out of a request.
    fn of_parts(gateway: Ipv4Addr, port: u16, path: String) -> Option<Self> {
        let path = path.split('#').next().unwrap_or_default();
        let is_plain =
            path.bytes().all(|byte| byte.is_ascii_graphic() && !b"\"<>\\^`{|}".contains(&byte));
        let slash = if path.starts_with('/') { "" } else { "/" };
        let path = format!("{slash}{path}");
        (is_plain && path.len() <= PATH_MAX).then_some(Self { gateway, port, path })
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { gateway, port, path } = self;
        write!(f, "{SCHEME}{gateway}:{port}{path}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GATEWAY: Ipv4Addr = Ipv4Addr::new(192, 168, 1, 1);

    #[test]
    fn a_url_leads_to_the_gateway_or_is_none() {
        for (text, url) in [
            ("http://192.168.1.1:5000/rootDesc.xml", "http://192.168.1.1:5000/rootDesc.xml"),
            ("HTTP://192.168.1.1/a?b=c#d", "http://192.168.1.1:80/a?b=c"),
            (" http://192.168.1.1 ", "http://192.168.1.1:80/"),
            ("http://192.168.1.1:/x", "http://192.168.1.1:80/x"),
            ("http://192.168.1.1?x", "http://192.168.1.1:80/?x"),
        ] {
            assert_eq!(Url::at(GATEWAY, text).unwrap().to_string(), url, "{text}");
        }
        for text in [
            "",
            "http://",
            "https://192.168.1.1/",
            "ftp://192.168.1.1/",
            "http://192.168.1.2/",
            "http://127.0.0.1/",
            "http://localhost/",
            "http://[fe80::1]/",
            "http://192.168.1.1@evil.example/",
            "http://evil.example@192.168.1.1/",
            "http://192.168.1.1.evil.example/",
            "http://192.168.1.1:0/",
            "http://192.168.1.1:65536/",
            "http://192.168.1.1:+80/",
            "http://192.168.001.1/",
            "http://192.168.1.1/a b",
            "http://192.168.1.1/a\r\nX: y",
            "http://192.168.1.1/é",
            "//192.168.1.1/",
        ] {
            assert_eq!(Url::at(GATEWAY, text), None, "{text}");
        }
        let long = format!("http://192.168.1.1/{}", "a".repeat(PATH_MAX));
        assert_eq!(Url::at(GATEWAY, &long), None);
    }

    #[test]
    fn a_reference_is_resolved_and_never_leaves_the_gateway() {
        let base = Url::at(GATEWAY, "http://192.168.1.1:5000/igd/desc.xml?x=/y").unwrap();
        for (reference, url) in [
            ("/ctl/IPConn", "http://192.168.1.1:5000/ctl/IPConn"),
            ("ctl", "http://192.168.1.1:5000/igd/ctl"),
            ("ctl?a:b", "http://192.168.1.1:5000/igd/ctl?a:b"),
            ("http://192.168.1.1:49000/c", "http://192.168.1.1:49000/c"),
            ("//192.168.1.1/c", "http://192.168.1.1:80/c"),
            ("", "http://192.168.1.1:5000/"),
        ] {
            assert_eq!(base.join(reference).unwrap().to_string(), url, "{reference}");
        }
        for reference in
            ["http://192.168.1.66/c", "//192.168.1.66/c", "https://192.168.1.1/", "a b", "x:y"]
        {
            assert_eq!(base.join(reference), None, "{reference}");
        }
    }
}
