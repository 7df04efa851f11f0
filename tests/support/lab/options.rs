//! How a lab is set up: where it listens, whom it knows, how long its certificates last.

use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::path::PathBuf;

pub use super::api::options::{ApiOptions, ZoneOptions};

/// 2026-01-01 00:00 UTC: the release date, and any real clock after it, lies well inside.
pub const NOT_BEFORE: u64 = 1_767_225_600;
/// 2036-01-01 00:00 UTC.
pub const NOT_AFTER: u64 = 2_082_758_400;

const ANY_LOOPBACK_PORT: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);

/// Everything about a lab that is fixed when it starts.
#[derive(Clone, Debug)]
pub struct LabOptions {
    /// Where HTTPS is served; port 0 takes a free one.
    pub https: SocketAddr,
    /// Where DNS is served, over UDP and TCP on one port; port 0 takes one free for both.
    pub dns: SocketAddr,
    /// Where further name servers of the provider answer, each with a mode of its own.
    pub further_dns: Vec<SocketAddr>,
    /// The provider's own name: in its certificate and, with the HTTPS address, in its DNS.
    pub name: String,
    /// Further names and addresses for the certificate, beside `localhost`, 127.0.0.1, `name`.
    pub certificate_names: Vec<String>,
    /// Start of the good certificate's validity, seconds since 1970.
    pub not_before: u64,
    /// End of the good certificate's validity, seconds since 1970.
    pub not_after: u64,
    /// Offer TLS 1.2 alone, not 1.3 as well.
    pub only_tls12: bool,
    /// Who may update what.
    pub identifiers: Vec<Identifier>,
    /// The `DynHost` records that exist, with their first addresses.
    pub records: Vec<(String, IpAddr)>,
    /// A request without `system=dyndns` gets HTTP 400 with JSON (newer back end), not `badsys`.
    pub badsys_as_json: bool,
    /// The customer's account, as the API has it.
    pub api: ApiOptions,
    /// Where `ca.pem` and `requests.log` are written; a temporary directory, without a log, if not.
    pub directory: Option<PathBuf>,
}

impl Default for LabOptions {
    fn default() -> Self {
        Self {
            https: ANY_LOOPBACK_PORT,
            dns: ANY_LOOPBACK_PORT,
            further_dns: Vec::new(),
            name: String::from("provider.lab"),
            certificate_names: Vec::new(),
            not_before: NOT_BEFORE,
            not_after: NOT_AFTER,
            only_tls12: false,
            identifiers: vec![Identifier::new("example.com-home", "secret", "home")],
            records: vec![(String::from("home.example.com"), IpAddr::from([81, 2, 69, 1]))],
            badsys_as_json: false,
            api: ApiOptions::default(),
            directory: None,
        }
    }
}

/// What the provider's guide calls an identifier: a login bound to one sub-domain, or to all.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identifier {
    /// `<zone>-<suffix>`.
    pub login: String,
    /// Its password, any text.
    pub password: String,
    /// The one sub-domain it may update; empty for the apex, `*` for every name of the zone.
    pub sub_domain: String,
}

impl Identifier {
    /// An identifier of these three.
    pub fn new(login: &str, password: &str, sub_domain: &str) -> Self {
        Self { login: login.into(), password: password.into(), sub_domain: sub_domain.into() }
    }

    /// Whether it may update `hostname`, a name in lower case.
    pub fn may_update(&self, hostname: &str) -> bool {
        let zone = zone_of(hostname);
        let of_zone = self.login.strip_prefix(zone).is_some_and(|rest| rest.starts_with('-'));
        let sub_domain = hostname.strip_suffix(zone).unwrap_or("").trim_end_matches('.');
        of_zone && (self.sub_domain == "*" || self.sub_domain == sub_domain)
    }
}

/// The zone a name lies in: its last two labels, which is all a lab needs.
pub fn zone_of(hostname: &str) -> &str {
    hostname.rmatch_indices('.').nth(1).map_or(hostname, |(dot, _)| &hostname[dot + 1..])
}
