//! A `DynHost` provider to run the agent against: HTTPS with its own authority, records, DNS.
//!
//! ```text
//! client -> https -> connection -> request -> fault, or api, or provider -> delivery -> reply
//!                         \-> journal              \-> records <-/   <- dns <- ask
//! ```

pub mod api;
pub mod ask;
pub mod certificates;
mod connection;
pub mod control;
mod delivery;
pub mod dns;
pub mod fault;
mod https;
pub mod journal;
pub mod options;
mod provider;
pub mod records;
pub mod reply;
pub mod request;
mod shared;

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use dynhost::address::Family;

use api::Account;
use ask::{Answer, Transport};
use certificates::Certificates;
use dns::{Dns, DnsMode};
use fault::{Fault, FaultPlan, Planned};
use https::Https;
use journal::{Journal, Logged};
use options::{Identifier, LabOptions};
use provider::Provider;
use records::{Plain, Records};
use shared::{Shared, locked};

use super::temp::TempDir;

/// A running provider; its threads and sockets end when it is dropped.
pub struct Lab {
    shared: Arc<Shared>,
    https: Mutex<Https>,
    dns: Vec<Dns>,
    ca_file: PathBuf,
    // Kept for its `drop`, which removes the directory.
    _directory: Option<TempDir>,
}

impl Lab {
    /// Starts one in the calling thread's network namespace; panics with the reason if it cannot.
    pub fn start(options: LabOptions) -> Self {
        Self::try_start(options).unwrap_or_else(|error| panic!("the lab cannot start: {error}"))
    }

    /// Starts one; the error is the system's.
    pub fn try_start(options: LabOptions) -> io::Result<Self> {
        let certificates = Certificates::new(&options).map_err(io::Error::other)?;
        let temporary = options.directory.is_none().then(TempDir::new);
        let directory = match (&options.directory, &temporary) {
            (Some(given), _) => given.as_path(),
            (None, Some(temporary)) => temporary.path(),
            (None, None) => Path::new("."),
        };
        let ca_file = directory.join("ca.pem");
        std::fs::write(&ca_file, &certificates.ca_pem)?;
        let journal = match options.directory {
            Some(_) => Journal::with_file(&directory.join("requests.log"))?,
            None => Journal::default(),
        };
        let provider = Provider {
            identifiers: Mutex::new(options.identifiers),
            badsys_as_json: options.badsys_as_json,
        };
        let address = options.https.ip();
        let shared = Arc::new(Shared {
            provider,
            certificates,
            records: Mutex::new(Records::new(&options.records)),
            faults: Mutex::new(FaultPlan::default()),
            account: Mutex::new(Account::new(options.api)),
            name_servers: Mutex::default(),
            journal,
            own_name: (!address.is_unspecified()).then(|| (options.name.clone(), address)),
        });
        let https = Https::start(options.https, Arc::clone(&shared))?;
        let mut dns = Vec::new();
        for (index, address) in std::iter::once(options.dns).chain(options.further_dns).enumerate()
        {
            let name = format!("ns{}.{}", index + 1, options.name);
            dns.push(Dns::start(&name, address, Arc::clone(&shared))?);
        }
        Ok(Self { shared, https: Mutex::new(https), dns, ca_file, _directory: temporary })
    }

    /// Where HTTPS is served.
    pub fn https_address(&self) -> SocketAddr {
        self.https().address()
    }

    /// Where the first name server serves, over UDP and TCP.
    pub fn dns_address(&self) -> SocketAddr {
        self.dns[0].address()
    }

    /// Where every name server serves.
    pub fn dns_addresses(&self) -> Vec<SocketAddr> {
        self.dns.iter().map(Dns::address).collect()
    }

    /// The base of the API, for `OVH_ENDPOINT` with this lab's authority.
    pub fn api_base(&self) -> String {
        format!("https://localhost:{}/1.0", self.https_address().port())
    }

    /// The customer's account: clock, keys, rights.
    pub fn account(&self) -> MutexGuard<'_, Account> {
        locked(&self.shared.account)
    }

    /// Who may update what, by now.
    pub fn identifiers(&self) -> Vec<Identifier> {
        locked(&self.shared.provider.identifiers).clone()
    }

    /// Creates a plain record of this type and target that is visible at once, as the customer area does; its number.
    pub fn add_plain(&self, hostname: &str, data: (&str, &str), ttl: u32) -> u64 {
        let mut records = locked(&self.shared.records);
        let id = records.add_plain(hostname, data, ttl);
        records.refresh(options::zone_of(hostname));
        id
    }

    /// The plain records as stored.
    pub fn plain(&self) -> Vec<Plain> {
        locked(&self.shared.records).plain().to_vec()
    }

    /// The authority's certificate in PEM.
    pub fn ca_file(&self) -> &Path {
        &self.ca_file
    }

    /// The certificate that is its own authority, in PEM.
    pub fn self_signed_pem(&self) -> &str {
        &self.shared.certificates.self_signed_pem
    }

    /// UCI text of a `config provider` that reaches this lab as `localhost`.
    pub fn provider_section(&self, name: &str) -> String {
        self.provider_section_at(name, "localhost")
    }

    /// UCI text of a `config provider` that reaches this lab by another of its names.
    pub fn provider_section_at(&self, name: &str, host: &str) -> String {
        let port = self.https_address().port();
        let query = "system=dyndns&hostname={hostname}&myip={address}";
        let ca_file = self.ca_file.display();
        format!(
            "config provider '{name}'\n\toption url 'https://{host}:{port}/nic/update?{query}'\n\
             \toption ca_file '{ca_file}'\n\n"
        )
    }

    /// From now on this is wrong for everyone, until cleared.
    pub fn fault(&self, fault: Fault) {
        self.plan(Planned { fault, login: None, times: None });
    }

    /// This is wrong for everyone, for the next `times` requests (connections, for theirs).
    pub fn fault_times(&self, fault: Fault, times: u32) {
        self.plan(Planned { fault, login: None, times: Some(times) });
    }

    /// This is wrong for one login alone, until cleared.
    pub fn fault_for(&self, login: &str, fault: Fault) {
        self.plan(Planned { fault, login: Some(login.into()), times: None });
    }

    /// Adds a fault after those planned before.
    pub fn plan(&self, planned: Planned) {
        locked(&self.shared.faults).add(planned);
    }

    /// Nothing is wrong any more.
    pub fn clear_faults(&self) {
        locked(&self.shared.faults).clear();
    }

    /// Refuses connections and cuts the open ones, until `open`.
    pub fn close(&self) {
        self.https().close();
    }

    /// Listens again on the same port, in the calling thread's namespace.
    pub fn open(&self) {
        self.https().open().unwrap_or_else(|error| panic!("the lab cannot listen: {error}"));
    }

    /// How every name server behaves from now on.
    pub fn set_dns(&self, mode: DnsMode) {
        for index in 0..self.dns.len() {
            self.set_dns_at(index, mode);
        }
    }

    /// How one name server, counted from 0, behaves from now on.
    pub fn set_dns_at(&self, index: usize, mode: DnsMode) {
        let view = locked(&self.shared.records).view();
        locked(&self.shared.name_servers)[index].set(mode, view);
    }

    /// Creates or overwrites a record, as the customer area does.
    pub fn set_record(&self, hostname: &str, address: IpAddr) {
        locked(&self.shared.records).set(hostname, address);
    }

    /// Deletes a record, as the customer area does.
    pub fn remove_record(&self, hostname: &str, family: Family) {
        locked(&self.shared.records).remove(hostname, family);
    }

    /// The stored address of a record.
    pub fn record(&self, hostname: &str, family: Family) -> Option<IpAddr> {
        locked(&self.shared.records).address(hostname, family)
    }

    /// What the lab's DNS answers over UDP; the error is a sentence.
    pub fn answer(&self, hostname: &str, family: Family) -> Result<Answer, String> {
        ask::ask(self.dns_address(), Transport::Udp, hostname, family)
    }

    /// What the lab's DNS answers over TCP; the error is a sentence.
    pub fn answer_over_tcp(&self, hostname: &str, family: Family) -> Result<Answer, String> {
        ask::ask(self.dns_address(), Transport::Tcp, hostname, family)
    }

    /// Every request so far.
    pub fn requests(&self) -> Vec<Logged> {
        self.shared.journal.entries()
    }

    /// The requests for one hostname.
    pub fn updates_of(&self, hostname: &str) -> Vec<Logged> {
        let mut requests = self.requests();
        requests.retain(|request| request.hostname().as_deref() == Some(hostname));
        requests
    }

    /// Waits until there have been `count` requests; `false` if that took longer than `timeout`.
    pub fn wait_for_requests(&self, count: usize, timeout: Duration) -> bool {
        self.shared.journal.wait_for(count, timeout)
    }

    /// How many connections were accepted so far.
    pub fn connections(&self) -> usize {
        self.https().connections()
    }

    fn https(&self) -> MutexGuard<'_, Https> {
        locked(&self.https)
    }
}
