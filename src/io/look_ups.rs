//! Looks the provider's name up for ureq, once for all requests of a round.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use ureq::Error;
use ureq::config::Config;
use ureq::http::Uri;
use ureq::http::uri::Scheme;
use ureq::unversioned::resolver::{ResolvedSocketAddrs, Resolver};
use ureq::unversioned::transport::NextTimeout;

use super::background::locked;
use super::cancel::Cancel;
use super::dns::Names;
use crate::dns::Addresses;
use crate::provider::failure::Failure;

/// The addresses of a lane's provider, while they are fresh; shared by its clones.
#[derive(Clone, Debug, Default)]
pub(super) struct Known(Arc<Mutex<Option<Addresses>>>);

impl Known {
    /// What was found in this round.
    pub(super) fn addresses(&self) -> Option<Addresses> {
        locked(&self.0).clone()
    }

    /// Keeps what was found.
    pub(super) fn keep(&self, found: &Addresses) {
        *locked(&self.0) = Some(found.clone());
    }

    /// Another round begins: names may have moved.
    pub(super) fn forget(&self) {
        *locked(&self.0) = None;
    }
}

/// Looks names up as a route wants, and keeps what was found.
#[derive(Debug)]
pub(super) struct LookUps {
    pub(super) names: Names,
    pub(super) known: Known,
    pub(super) cancel: Cancel,
}

impl LookUps {
    fn addresses(&self, host: &str, limit: Duration) -> Result<Addresses, Failure> {
        if let Some(known) = self.known.addresses() {
            return Ok(known);
        }
        let found = self.names.addresses_unless(&self.cancel, host, limit)?;
        self.known.keep(&found);
        Ok(found)
    }
}

impl Resolver for LookUps {
    fn resolve(
        &self,
        uri: &Uri,
        _: &Config,
        timeout: NextTimeout,
    ) -> Result<ResolvedSocketAddrs, Error> {
        let host = uri.host().ok_or(Error::HostNotFound)?;
        let host = host.trim_start_matches('[').trim_end_matches(']');
        let is_tls = uri.scheme() == Some(&Scheme::HTTPS);
        let port = uri.port_u16().unwrap_or(if is_tls { 443 } else { 80 });
        let limit = timeout.not_zero().map_or(Duration::MAX, |left| *left);
        let addresses = self.addresses(host, limit).map_err(std::io::Error::other)?;
        let mut found = self.empty();
        addresses.into_iter().for_each(|address| found.push(SocketAddr::new(address, port)));
        Ok(found)
    }
}
