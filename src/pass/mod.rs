//! One pass: read addresses, decide, send, record, save, log. Where the pure side meets the edge.

mod ledger;
mod report;

use std::net::IpAddr;

use crate::address::{Family, Found, NoAddress};
use crate::agent::{self, Decision, Outcome, Rules, Wait, Why};
use crate::cli::UpdateOptions;
use crate::config::{Config, Host, HostEntry, Uplink};
use crate::error::Error;
use crate::failure::Failure;
use crate::io::clock;
use crate::io::files::StateDir;
use crate::io::http::{Clients, Response, Route};
use crate::io::sources::Sources;
use crate::state::{Phase, Record, State};
use crate::text::text;
use crate::{reply, request, ubus};

use ledger::Ledger;
pub use ledger::list_configured;
pub use report::{Line, Verdict, exit_code};

/// The agent between passes.
#[derive(Debug)]
pub struct Agent {
    config: Config,
    ledger: Ledger,
}

impl Agent {
    /// Reads the state and fits it to the configuration; writes nothing but a missing key.
    ///
    /// # Errors
    /// [`Error::File`] if there is a state that may not be read.
    pub fn new(config: Config, store: StateDir) -> Result<Self, Error> {
        let mut ledger = Ledger::open(store)?;
        ledger.adopt(&config);
        Ok(Self { config, ledger })
    }

    /// The state as it stands.
    #[must_use]
    pub fn state(&self) -> &State {
        self.ledger.state()
    }

    /// One pass over the records that `options` select.
    ///
    /// # Errors
    /// [`Error::Netlink`] if the kernel does not tell its addresses, [`Error::Usage`] if a host is
    /// named that is not configured.
    pub fn pass(&mut self, options: &UpdateOptions) -> Result<Vec<Line>, Error> {
        check_names(&self.config, &options.hosts)?;
        let mut lines = Vec::new();
        let mut edge = Edge { sources: Sources::open()?, clients: Clients::default() };
        for entry in self.config.hosts.iter().filter(|entry| is_selected(entry, options)) {
            match entry {
                HostEntry::Faulty { name, fault } => lines.push(Line::faulty(name, fault)),
                HostEntry::Usable(host) => {
                    for family in &host.families {
                        let mut visit = Visit { host, family: *family, options, edge: &mut edge };
                        lines.extend(visit.judge(&mut self.ledger)?);
                    }
                }
            }
        }
        if !options.dry_run {
            self.ledger.save();
        }
        Ok(lines)
    }

    /// Releases the holds of these hosts.
    ///
    /// # Errors
    /// [`Error::Usage`] if a host is not configured, [`Error::File`] if the state cannot be
    /// written: then nothing was released.
    pub fn resume(&mut self, hosts: &[String]) -> Result<(), Error> {
        check_names(&self.config, hosts)?;
        self.ledger.resume(hosts)
    }
}

/// One record's turn in a pass.
struct Visit<'a> {
    host: &'a Host,
    family: Family,
    options: &'a UpdateOptions,
    edge: &'a mut Edge,
}

/// What one pass holds open.
struct Edge {
    sources: Sources,
    clients: Clients,
}

impl Visit<'_> {
    fn judge(&mut self, ledger: &mut Ledger) -> Result<Option<Line>, Error> {
        let record = ledger.state().record(&self.host.name, self.family).cloned();
        let Some(record) = record else { return Ok(None) };
        let published = record.published.as_ref().map(|published| published.address);
        let found = self.edge.sources.find(self.host, self.family, published)?;
        let rules = rules(self.host, self.options.force);
        let (next, line) = match agent::decide(clock::now(), rules, &record, &found) {
            Decision::Wait(wait) => {
                let next = agent::waiting(&record, &found, &wait);
                let line = Line::waiting(&next);
                (next, line)
            }
            Decision::Update(address) if self.options.dry_run => {
                return Ok(Some(Line::would_update(&record, self.host, address)));
            }
            Decision::Update(address) => {
                let next = self.update(&record, address, ledger);
                let next = settled(&next, rules, &found);
                let line = Line::sent(&record, &next);
                (next, line)
            }
        };
        report::log_change(&record, &next);
        ledger.replace(next);
        Ok(Some(line))
    }

    /// Sends one update. The state file knows of it beforehand, so that a death in the middle of
    /// it leaves the published address in doubt and not wrong.
    fn update(&mut self, record: &Record, address: IpAddr, ledger: &mut Ledger) -> Record {
        let interrupted = Outcome::Failed(Failure::Interrupted);
        let ahead = agent::record(clock::now(), record, address, &interrupted);
        let reason = text(format_args!("an update to {address} is on its way"));
        ledger.replace(Record { state: Phase::Pending, address: Some(address), reason, ..ahead });
        ledger.save();
        let outcome = self.send(address);
        agent::record(clock::now(), record, address, &outcome)
    }

    fn send(&mut self, address: IpAddr) -> Outcome {
        let Self { host, edge: Edge { sources, clients }, .. } = self;
        let device = match host.bind.then(|| sources.device(host, self.family)) {
            Some(None) => return Outcome::Failed(Failure::Bind),
            bound => bound.flatten(),
        };
        let provider = &host.provider;
        let route = Route { ca_file: provider.ca_file.clone(), device, tls: needs_tls(host) };
        log::debug!("{}: asking provider {} to store {address}", host.name, provider.name);
        match clients.send(&route, &request::update(host, address)) {
            Ok(Response { status, retry_after, body }) => {
                Outcome::Replied(reply::read(status, retry_after, &body, address))
            }
            Err(Failure::Unreachable | Failure::Resolve) if !sources.has_ipv4() => {
                Outcome::Failed(Failure::NoIpv4)
            }
            Err(failure) => Outcome::Failed(failure),
        }
    }
}

fn check_names(config: &Config, hosts: &[String]) -> Result<(), Error> {
    let names = || config.hosts.iter().map(HostEntry::name);
    match hosts.iter().find(|host| !names().any(|name| name == *host)) {
        None => Ok(()),
        Some(unknown) => {
            let known = names().collect::<Vec<_>>().join(", ");
            Err(Error::Usage(format!("no host '{unknown}' is configured, only: {known}")))
        }
    }
}

/// Whether a pass covers this host. With `--interface` those are left out that are known to be on
/// another interface; of a device or the default route only a look tells.
fn is_selected(entry: &HostEntry, options: &UpdateOptions) -> bool {
    let named = options.hosts.is_empty() || options.hosts.iter().any(|name| name == entry.name());
    let on_interface = match (entry, &options.interface) {
        (HostEntry::Usable(host), Some(event)) => match &host.uplink {
            Uplink::Interface(configured) => ubus::covers(configured, event),
            Uplink::DefaultRoute | Uplink::Device(_) => true,
        },
        (HostEntry::Usable(_) | HostEntry::Faulty { .. }, _) => true,
    };
    named && on_interface
}

fn rules(host: &Host, force: bool) -> Rules {
    let Host { enabled, refresh_days, .. } = *host;
    Rules { enabled, force, refresh_days, needs_clock: needs_tls(host) }
}

fn needs_tls(host: &Host) -> bool {
    host.provider.url.starts_with("https:")
}

/// The record as it is shown after an update.
fn settled(record: &Record, rules: Rules, found: &Result<Found, NoAddress>) -> Record {
    let rules = Rules { force: false, ..rules };
    match agent::decide(clock::now(), rules, record, found) {
        Decision::Wait(wait) => agent::waiting(record, found, &wait),
        Decision::Update(_) => {
            let wait = Wait { until: Some(clock::now()), why: Why::Backoff };
            agent::waiting(record, found, &wait)
        }
    }
}
