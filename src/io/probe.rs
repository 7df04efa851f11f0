//! The way to a provider, step by step and timed, as `dynhost doctor` shows it: nothing is sent.

use std::net::{IpAddr, SocketAddr};
use std::time::Duration;

use rustls::{CipherSuite, ClientConnection, ProtocolVersion};

use super::ask::Until;
use super::cancel::Cancel;
use super::clock::since_boot;
use super::dns::{Names, in_hosts};
use super::gate::Gate;
use super::http::Route;
use super::link::LinkConnector;
use super::session::Session;
use super::{refusal, tls};
use crate::dns::resolv_conf::Server;
use crate::dns::{Addresses, is_localhost};
use crate::provider::failure::Failure;

/// A look-up by one server.
const LOOK_UP: Duration = Duration::from_secs(3);
/// One connection; TLS takes a slow router a second.
const CONNECT: Duration = Duration::from_secs(8);

/// What one DNS server says of a name.
#[derive(Debug)]
pub struct Looked {
    /// The server.
    pub server: IpAddr,
    /// How long it took.
    pub time: Duration,
    /// What it said.
    pub said: Result<Addresses, Failure>,
}

/// Whether a name needs no DNS server: it is an address, or this machine's own.
#[must_use]
pub fn is_known_here(host: &str) -> bool {
    host.parse::<IpAddr>().is_ok() || is_localhost(host) || !in_hosts(host).is_empty()
}

/// What each of the servers says that look-ups ask, in their order.
#[must_use]
pub fn each_server(names: &Names, host: &str) -> Vec<Looked> {
    let conf = names.conf();
    let one = |server: &Server| {
        let mut only = conf.clone();
        only.servers = std::iter::once(server.clone()).collect();
        let begun = since_boot();
        let until = Until { end: begun.saturating_add(LOOK_UP), cancel: Cancel::default() };
        let said = names.look_up(host, &only, &until);
        Looked { server: server.address, time: since_boot().saturating_sub(begun), said }
    };
    // A line may name the same one twice.
    let mut servers: Vec<&Server> = Vec::new();
    for server in &conf.servers {
        if !servers.contains(&server) {
            servers.push(server);
        }
    }
    servers.into_iter().map(one).collect()
}

/// The addresses that an update would try, in their order.
///
/// # Errors
/// Why there are none.
pub fn addresses(names: &Names, host: &str) -> Result<Addresses, Failure> {
    names.addresses(host, LOOK_UP)
}

/// A connection that was opened, and closed again.
#[derive(Debug)]
pub struct Reached {
    /// Until it was open.
    pub connected: Duration,
    /// What TLS came to; `None` on a route without.
    pub secured: Option<Secured>,
}

/// What was agreed on.
#[derive(Debug)]
pub struct Secured {
    /// Until it was agreed on.
    pub time: Duration,
    /// Version and suite.
    pub with: [&'static str; 2],
    /// Certificates that the server showed.
    pub certificates: usize,
    /// When its own expires, in seconds since 1970.
    pub expires: Option<u64>,
}

/// Connects to one of the provider's addresses, and checks its certificate for `host`.
///
/// # Errors
/// Why that is not possible.
pub fn reach(route: &Route, host: &str, address: SocketAddr) -> Result<Reached, Failure> {
    let config = if route.tls { Some(tls::client(route.ca_file.as_deref())?) } else { None };
    let device = route.names.device.clone();
    let (gate, cancel) = (Gate::default(), Cancel::default());
    let connector = LinkConnector { device, tls: None, gate, cancel };
    let begun = since_boot();
    let connection = connector.open(address, CONNECT)?;
    let connected = since_boot();
    let Some(config) = config else {
        return Ok(Reached { connected: connected.saturating_sub(begun), secured: None });
    };
    let session = Session::open(config, host, connection);
    let session = session.map_err(|error| refusal::of_tls(&error))?;
    let time = since_boot().saturating_sub(connected);
    let secured = Some(secured(session.agreed(), time));
    Ok(Reached { connected: connected.saturating_sub(begun), secured })
}

fn secured(tls: &ClientConnection, time: Duration) -> Secured {
    let version = match tls.protocol_version() {
        Some(ProtocolVersion::TLSv1_3) => "TLS 1.3",
        _ => "TLS 1.2",
    };
    let certificates = tls.peer_certificates().unwrap_or_default();
    let expires = certificates.first().and_then(tls::expires);
    let suite = tls.negotiated_cipher_suite().map_or("", |suite| name_of(suite.suite()));
    Secured { time, with: [version, suite], certificates: certificates.len(), expires }
}

/// Of the suites that are offered; rustls' own table of names has hundreds.
fn name_of(suite: CipherSuite) -> &'static str {
    match suite {
        CipherSuite::TLS13_AES_128_GCM_SHA256
        | CipherSuite::TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256
        | CipherSuite::TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256 => "AES-128-GCM",
        _ => "ChaCha20-Poly1305",
    }
}
