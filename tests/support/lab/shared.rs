//! What the lab's threads have in common.

use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::certificates::Certificates;
use super::dns::DnsMode;
use super::fault::FaultPlan;
use super::journal::Journal;
use super::provider::Provider;
use super::records::Records;

/// The lab behind its handle: everything the HTTPS and DNS threads read and change.
pub struct Shared {
    /// Whom the provider knows.
    pub provider: Provider,
    /// What it hands out in TLS.
    pub certificates: Certificates,
    /// What HTTPS changes and DNS serves.
    pub records: Mutex<Records>,
    /// What goes wrong next.
    pub faults: Mutex<FaultPlan>,
    /// How DNS behaves.
    pub dns_mode: Mutex<DnsMode>,
    /// What has been asked.
    pub journal: Journal,
    /// The provider's own name and its address, for DNS; `None` if it listens on any address.
    pub own_name: Option<(String, IpAddr)>,
}

/// Locks, also after a thread has panicked: a test that fails should fail for its first reason.
pub fn locked<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
