//! What the lab's threads have in common.

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::api::Account;
use super::certificates::Certificates;
use super::dns::NameServer;
use super::fault::FaultPlan;
use super::journal::Journal;
use super::provider::Provider;
use super::records::Records;
use super::reply::Reply;
use super::request::Request;

/// The lab behind its handle: everything the HTTPS and DNS threads read and change.
pub struct Shared {
    /// Whom the provider knows.
    pub provider: Provider,
    /// The customer's account, as the API has it.
    pub account: Mutex<Account>,
    /// What it hands out in TLS.
    pub certificates: Certificates,
    /// What HTTPS changes and DNS serves.
    pub records: Mutex<Records>,
    /// What goes wrong next.
    pub faults: Mutex<FaultPlan>,
    /// How each name server behaves.
    pub name_servers: Mutex<Vec<NameServer>>,
    /// What has been asked.
    pub journal: Journal,
    /// The provider's own name and its address, for DNS; `None` if it listens on any address.
    pub own_name: Option<(String, IpAddr)>,
}

impl Shared {
    /// Answers one request as if nothing was wrong.
    pub fn answer(&self, request: &Request) -> Reply {
        super::api::answer(self, request)
            .unwrap_or_else(|| self.provider.answer(request, &mut locked(&self.records)))
    }
}

/// Locks, also after a thread has panicked: a test that fails should fail for its first reason.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
