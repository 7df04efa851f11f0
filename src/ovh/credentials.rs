//! Who asks the API, from the environment and the files of the vendor's SDKs.
//!
//! A value of the environment (`OVH_APPLICATION_KEY` for `application_key`) comes before those of
//! the files, and of the files the later ones before the earlier, value by value.

use std::fmt;

use super::ini::Ini;
pub use super::ini::MAX_TEXT as MAX_FILE;
use crate::config::Secret;

/// The files, the weightiest last; the second one is in the user's home.
pub const FILES: [&str; 3] = ["/etc/ovh.conf", "~/.ovh.conf", "./ovh.conf"];
/// The endpoint of who names none.
const DEFAULT_ENDPOINT: &str = "ovh-eu";
/// Longest key, secret or endpoint, in bytes.
const MAX_VALUE: usize = 256;

/// `ovh-eu` and its like: name, base of all calls, where tokens are given out.
const ENDPOINTS: [(&str, &str, &str); 3] = [
    ("ovh-eu", "https://eu.api.ovh.com/1.0", "https://www.ovh.com/auth/oauth2/token"),
    ("ovh-ca", "https://ca.api.ovh.com/1.0", "https://ca.ovh.com/auth/oauth2/token"),
    ("ovh-us", "https://api.us.ovhcloud.com/1.0", "https://us.ovhcloud.com/auth/oauth2/token"),
];

/// Who asks, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Credentials {
    /// Where the calls go.
    pub endpoint: Endpoint,
    /// How they are proved to be ours.
    pub access: Access,
}

/// Where the calls go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// As it was named, which is the section of `ovh.conf` that its keys are in.
    pub name: String,
    /// `https://HOST/1.0`, part of what is signed; without a slash at its end.
    pub base: String,
    /// Where an OAuth2 token is asked for.
    pub token_url: String,
}

/// How calls are proved to be ours.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Access {
    /// A signature on each call.
    Keys {
        /// Names the application.
        application_key: String,
        /// Signs.
        application_secret: Secret,
        /// Names the customer and the rights given; `None` before `dynhost ovh authorize`.
        consumer_key: Option<Secret>,
    },
    /// An OAuth2 service account, whose token is asked for first.
    Service {
        /// Names the service account.
        client_id: String,
        /// Proves it.
        client_secret: Secret,
    },
}

/// Why there are no credentials.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lack {
    /// Neither keys nor a service account are set, for this endpoint.
    Missing(String),
    /// This one is set, without its other half.
    Half(&'static str, &'static str),
    /// Keys and a service account are both set.
    Both,
    /// A file is no INI: which, line, sentence.
    File(String, usize, &'static str),
    /// The endpoint is neither known nor a URL.
    Endpoint,
    /// This value is longer than any key, or holds blanks or control characters.
    Odd(&'static str),
}

impl fmt::Display for Lack {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(endpoint) => write!(
                f,
                "no credentials for the API of OVHcloud ({endpoint}): put application_key and \
                 application_secret into /etc/ovh.conf and run dynhost ovh authorize, or put \
                 client_id and client_secret of a service account there"
            ),
            Self::Half(there, missing) => {
                write!(f, "{there} is set for the API of OVHcloud, set {missing}, too")
            }
            Self::Both => f.write_str(
                "application_key and client_id are both set for the API of OVHcloud, remove one \
                 (ovh.conf and the environment count together)",
            ),
            Self::File(file, 0, what) => write!(f, "{file}: {what}"),
            Self::File(file, line, what) => write!(f, "{file}:{line}: {what}"),
            Self::Endpoint => f.write_str(
                "endpoint is none of OVHcloud's, allowed are ovh-eu, ovh-ca, ovh-us, or a base \
                 URL such as https://eu.api.ovh.com/1.0",
            ),
            Self::Odd(name) => {
                write!(f, "{name} for the API of OVHcloud is no key, copy it again without blanks")
            }
        }
    }
}

/// Puts them together; `files` are names and texts, the weightiest last.
///
/// # Errors
/// A [`Lack`], whose sentence says what to do.
pub fn read(
    environment: &dyn Fn(&str) -> Option<String>,
    files: &[(&str, &str)],
) -> Result<Credentials, Lack> {
    let mut parsed = Vec::new();
    for (name, text) in files {
        let fault = |(line, what)| Lack::File((*name).to_owned(), line, what);
        parsed.push(Ini::parse(text).map_err(fault)?);
    }
    let sources = Sources { environment, files: parsed };
    let endpoint = sources.value("default", "endpoint")?;
    let endpoint = endpoint.unwrap_or_else(|| DEFAULT_ENDPOINT.to_owned());
    let value = |name| sources.value(&endpoint, name);
    let application = pair(
        ("application_key", value("application_key")?),
        ("application_secret", value("application_secret")?),
    )?;
    let client =
        pair(("client_id", value("client_id")?), ("client_secret", value("client_secret")?))?;
    let access = match (application, client) {
        (None, None) => return Err(Lack::Missing(endpoint)),
        (Some(_), Some(_)) => return Err(Lack::Both),
        (Some((application_key, application_secret)), None) => {
            let consumer_key = value("consumer_key")?.map(Secret::new);
            Access::Keys { application_key, application_secret, consumer_key }
        }
        (None, Some((client_id, client_secret))) => Access::Service { client_id, client_secret },
    };
    Ok(Credentials { endpoint: self::endpoint(&endpoint)?, access })
}

struct Sources<'a> {
    environment: &'a dyn Fn(&str) -> Option<String>,
    files: Vec<Ini<'a>>,
}

impl Sources<'_> {
    fn value(&self, section: &str, name: &'static str) -> Result<Option<String>, Lack> {
        let variable = format!("OVH_{}", name.to_ascii_uppercase());
        let set = (self.environment)(&variable).filter(|value| !value.is_empty());
        let in_files = || self.files.iter().rev().find_map(|file| file.value(section, name));
        let value = set.or_else(|| in_files().map(str::to_owned));
        let is_odd = |value: &String| {
            value.len() > MAX_VALUE || !value.bytes().all(|byte| byte.is_ascii_graphic())
        };
        if value.as_ref().is_some_and(is_odd) { Err(Lack::Odd(name)) } else { Ok(value) }
    }
}

fn pair(
    (name, key): (&'static str, Option<String>),
    (other, secret): (&'static str, Option<String>),
) -> Result<Option<(String, Secret)>, Lack> {
    match (key, secret) {
        (Some(key), Some(secret)) => Ok(Some((key, Secret::new(secret)))),
        (None, None) => Ok(None),
        (Some(_), None) => Err(Lack::Half(name, other)),
        (None, Some(_)) => Err(Lack::Half(other, name)),
    }
}

/// A name that the SDKs know, or a base URL; one without a path gets `/1.0`.
fn endpoint(name: &str) -> Result<Endpoint, Lack> {
    if let Some((_, base, token_url)) = ENDPOINTS.iter().find(|(known, ..)| *known == name) {
        let (base, token_url) = ((*base).to_owned(), (*token_url).to_owned());
        return Ok(Endpoint { name: name.to_owned(), base, token_url });
    }
    let rest = name.strip_prefix("https://").ok_or(Lack::Endpoint)?;
    let (host, path) = rest.split_once('/').unwrap_or((rest, ""));
    let legal = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'-' | b':' | b'[' | b']');
    let path = path.trim_end_matches('/');
    let legal_path = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'/' | b'.' | b'-' | b'_');
    if host.is_empty() || !host.bytes().all(legal) || !path.bytes().all(legal_path) {
        return Err(Lack::Endpoint);
    }
    let path = if path.is_empty() { "1.0" } else { path };
    let base = format!("https://{host}/{path}");
    let known = ENDPOINTS.iter().find(|(_, known, _)| known.split('/').nth(2) == Some(host));
    let token_url = known.map_or_else(|| token_url_of(host), |(_, _, url)| (*url).to_owned());
    Ok(Endpoint { name: name.to_owned(), base, token_url })
}

/// The hosts of 2026 have tokens at `auth.` in the place of `api.`; any other gives them itself.
fn token_url_of(host: &str) -> String {
    match host.strip_prefix("api.").filter(|rest| rest.ends_with(".ovhcloud.com")) {
        Some(region) => format!("https://auth.{region}/oauth2/token"),
        None => format!("https://{host}/auth/oauth2/token"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOTHING: &dyn Fn(&str) -> Option<String> = &|_| None;
    const KEYS: &str = "[default]\nendpoint=ovh-eu\n[ovh-eu]\napplication_key=ak\n\
        application_secret=as\nconsumer_key=ck\n";

    fn keys(application_key: &str, secret: &str, consumer_key: Option<&str>) -> Access {
        Access::Keys {
            application_key: application_key.into(),
            application_secret: Secret::new(secret.into()),
            consumer_key: consumer_key.map(|key| Secret::new(key.into())),
        }
    }

    #[test]
    fn the_weightier_file_and_the_environment_win_value_by_value() {
        let home = "[ovh-eu]\nconsumer_key=home\n";
        let here = "[default]\nendpoint=ovh-ca\n[ovh-ca]\napplication_key=ca\napplication_secret=x";
        let files = [("/etc/ovh.conf", KEYS), ("~/.ovh.conf", home), ("./ovh.conf", here)];
        let read_first = |count: usize| read(NOTHING, &files[..count]).unwrap();
        assert_eq!(read_first(1).access, keys("ak", "as", Some("ck")));
        assert_eq!(read_first(2).access, keys("ak", "as", Some("home")));
        assert_eq!(read_first(3).access, keys("ca", "x", None));
        assert_eq!(read_first(3).endpoint.base, "https://ca.api.ovh.com/1.0");
        let environment = |name: &str| match name {
            "OVH_ENDPOINT" => Some(String::from("ovh-eu")),
            "OVH_APPLICATION_SECRET" => Some(String::from("env")),
            "OVH_CONSUMER_KEY" => Some(String::new()),
            _ => None,
        };
        assert_eq!(read(&environment, &files).unwrap().access, keys("ak", "env", Some("home")));
    }

    #[test]
    fn a_service_account_is_read_like_keys() {
        let text = "[ovh-eu]\nclient_id=EU.1\nclient_secret=s\n";
        let read = read(NOTHING, &[("/etc/ovh.conf", text)]).unwrap();
        let client_secret = Secret::new("s".into());
        assert_eq!(read.access, Access::Service { client_id: "EU.1".into(), client_secret });
        assert_eq!(read.endpoint.token_url, "https://www.ovh.com/auth/oauth2/token");
    }

    #[test]
    fn endpoints_are_known_names_or_a_base_url() {
        let own = "https://www.ovh.com/auth/oauth2/token";
        let rows = [
            (
                "ovh-us",
                "https://api.us.ovhcloud.com/1.0",
                "https://us.ovhcloud.com/auth/oauth2/token",
            ),
            ("https://eu.api.ovh.com/v1", "https://eu.api.ovh.com/v1", own),
            ("https://eu.api.ovh.com/1.0/", "https://eu.api.ovh.com/1.0", own),
            (
                "https://api.eu.ovhcloud.com",
                "https://api.eu.ovhcloud.com/1.0",
                "https://auth.eu.ovhcloud.com/oauth2/token",
            ),
            (
                "https://localhost:8443/1.0",
                "https://localhost:8443/1.0",
                "https://localhost:8443/auth/oauth2/token",
            ),
        ];
        for (name, base, token_url) in rows {
            let found = endpoint(name).unwrap();
            assert_eq!(
                (found.base.as_str(), found.token_url.as_str()),
                (base, token_url),
                "{name}"
            );
        }
        let bad = [
            "",
            "ovh",
            "http://eu.api.ovh.com/1.0",
            "https://",
            "https://a@b/1.0",
            "https://a/1.0?b",
            "https://a/1.0#b",
            "https://a b/1.0",
        ];
        for name in bad {
            assert_eq!(endpoint(name), Err(Lack::Endpoint), "{name}");
        }
    }

    #[test]
    fn every_lack_is_a_sentence_without_secrets() {
        let section = |text: &str| format!("[ovh-eu]\n{text}");
        let rows = [
            (String::new(), "no credentials for the API of OVHcloud (ovh-eu): put application_key"),
            (
                section("application_key=s3cret"),
                "application_key is set for the API of OVHcloud, set application_secret, too",
            ),
            (
                section("client_secret=s3cret"),
                "client_secret is set for the API of OVHcloud, set client_id, too",
            ),
            (
                section(
                    "application_key=s3cret\napplication_secret=s3cret\nclient_id=x\nclient_secret=s3cret",
                ),
                "both set",
            ),
            (section("consumer_key=s3 cret"), "no credentials"),
            (
                section("application_key=s3cret s3cret"),
                "application_key for the API of OVHcloud is no key",
            ),
            (String::from("s3cret"), "/etc/ovh.conf:1: an option needs"),
            (
                String::from("[default]\nendpoint=s3cret\n[s3cret]\nclient_id=a\nclient_secret=b"),
                "endpoint is none of OVHcloud's",
            ),
        ];
        for (text, expected) in rows {
            let sentence = read(NOTHING, &[("/etc/ovh.conf", &text)]).unwrap_err().to_string();
            assert!(sentence.contains(expected), "{sentence}");
            assert!(!sentence.contains("s3cret"), "{sentence}");
        }
        let read = read(NOTHING, &[("/etc/ovh.conf", KEYS)]).unwrap();
        let shown = format!("{read:?}");
        assert!(!shown.contains("\"as\"") && !shown.contains("\"ck\""), "{shown}");
    }
}
