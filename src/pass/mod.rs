//! One pass: read addresses, decide, send, record, save, log. Where the pure side meets the edge.

mod ledger;
pub mod poke;
mod report;

use std::net::IpAddr;

use crate::LOG;
use crate::address::{Family, Found, NoAddress};
use crate::agent::{self, Decision, Outcome, Rules, Wait, Why};
use crate::cli::UpdateOptions;
use crate::config::{Config, Host, HostEntry, Source, Uplink};
use crate::error::Error;
use crate::failure::Failure;
use crate::io::clock;
use crate::io::http::{Clients, Response, Route};
use crate::io::sources::Sources;
use crate::io::state_dir::StateDir;
use crate::state::{Phase, Record};
use crate::text::text;
use crate::{Time, reply, request, ubus};

use ledger::Ledger;
pub use ledger::list_configured;
pub use report::{Line, Verdict, exit_code};

/// The agent between passes.
#[derive(Debug)]
pub struct Agent {
    config: Config,
    ledger: Ledger,
    patience: Patience,
    unsure: bool,
    tentative: bool,
}

/// Whether a pass waits for an address that is still tentative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// There is no other pass: it waits.
    OnePass,
    /// The kernel will tell: other records are not kept waiting.
    Resident,
}

impl Agent {
    /// Reads the state and fits it to the configuration; writes nothing but a missing key.
    ///
    /// # Errors
    /// [`Error::File`] if there is a state that may not be read.
    pub fn new(config: Config, store: StateDir, patience: Patience) -> Result<Self, Error> {
        Ok(Self::with(config, Ledger::open(store)?, patience))
    }

    /// The same for a dry run: nothing at all is written.
    ///
    /// # Errors
    /// [`Error::File`] if there is a state that may not be read.
    pub fn dry(config: Config, store: StateDir) -> Result<Self, Error> {
        Ok(Self::with(config, Ledger::peek(store)?, Patience::OnePass))
    }

    fn with(config: Config, mut ledger: Ledger, patience: Patience) -> Self {
        ledger.adopt(&config);
        Self { config, ledger, patience, unsure: false, tentative: false }
    }

    /// Goes on with another configuration; what is known of unchanged hosts stays.
    pub fn reconfigure(&mut self, config: Config) {
        self.ledger.adopt(&config);
        self.config = config;
    }

    /// The wall clock was set; waits run on in boot time.
    pub fn clock_was_set(&mut self, before: Time, after: Time) {
        self.ledger.revise(|record| agent::clock_was_set(record, before, after));
    }

    /// When the next look is due by the state alone.
    #[must_use]
    pub fn next_at(&self) -> Option<Time> {
        self.ledger.state().records.iter().filter_map(|record| record.next_at).min()
    }

    /// Whether the last pass left nothing to be done by another one.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let records = &self.ledger.state().records;
        let waits = |record: &Record| matches!(record.state, Phase::Pending | Phase::Backoff);
        !self.tentative && !records.iter().any(waits)
    }

    /// Whether something may have changed since without the kernel telling.
    #[must_use]
    pub fn is_unsure(&self) -> bool {
        self.unsure
    }

    /// Whether a host's address comes from a program.
    #[must_use]
    pub fn runs_commands(&self) -> bool {
        let mut hosts = self.config.hosts.iter().filter_map(HostEntry::usable);
        hosts.any(|host| host.enabled && host.sources.contains(&Source::Command))
    }

    /// Takes the request that `update --force` or `resume` left, as options for the next pass.
    pub fn take_request(&mut self) -> UpdateOptions {
        let request = self.ledger.take_request();
        self.ledger.resume(&request.resume);
        UpdateOptions { forced: request.force, ..UpdateOptions::default() }
    }

    /// One pass over the records that `options` select.
    ///
    /// # Errors
    /// [`Error::Netlink`] if the kernel does not tell its addresses, [`Error::Usage`] if a host is
    /// named that is not configured.
    pub fn pass(&mut self, options: &UpdateOptions) -> Result<Vec<Line>, Error> {
        check_names(&self.config, &options.hosts)?;
        let mut lines = Vec::new();
        let sources = Sources::open(self.patience == Patience::OnePass)?;
        let mut edge =
            Edge { sources, clients: Clients::default(), unsure: false, tentative: false };
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
        (self.unsure, self.tentative) = (edge.unsure, edge.tentative);
        if !options.dry_run {
            self.ledger.save();
            self.ledger.tell(&self.config);
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
        self.ledger.resume(hosts);
        self.ledger.write()?;
        self.ledger.tell(&self.config);
        Ok(())
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
    unsure: bool,
    tentative: bool,
}

impl Edge {
    fn note(&mut self, found: &Result<Found, NoAddress>) {
        if let Err(reason) = found {
            self.tentative |= reason.is_tentative();
            // netifd calls an interface up after the kernel has told of its address.
            self.unsure |= matches!(reason, NoAddress::InterfaceDown(_) | NoAddress::NoUbus { .. });
        }
    }
}

impl Visit<'_> {
    fn judge(&mut self, ledger: &mut Ledger) -> Result<Option<Line>, Error> {
        let record = ledger.state().record(&self.host.name, self.family).cloned();
        let Some(record) = record else { return Ok(None) };
        let published = record.published.as_ref().map(|published| published.address);
        let found = self.edge.sources.find(self.host, self.family, published)?;
        self.edge.note(&found);
        let forced = self.options.forced.iter().any(|host| self.host.name == host.as_str());
        let rules = rules(self.host, self.options.force || forced);
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
        ledger.advance(&record, next);
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
        let Self { host, edge: Edge { sources, clients, .. }, .. } = self;
        let device = match host.bind.then(|| sources.device(host, self.family)) {
            Some(None) => return Outcome::Failed(Failure::Bind),
            bound => bound.flatten(),
        };
        let provider = &host.provider;
        let route = Route { ca_file: provider.ca_file.clone(), device, tls: needs_tls(host) };
        log::debug!(target: LOG, "{}: asking provider {} to store {address}", host.name, provider.name);
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
