//! One record's turn in a pass: find its address, judge, send, remember, log.

use std::net::IpAddr;

use super::ledger::Ledger;
use super::report::{self, Line};
use crate::address::{Family, Found, NoAddress, NoInterface};
use crate::agent::{self, Decision, Outcome, Rules, Wait, Why};
use crate::cli::UpdateOptions;
use crate::config::Host;
use crate::error::Error;
use crate::failure::Failure;
use crate::io::clock;
use crate::io::http::{Clients, Response, Route};
use crate::io::sources::Sources;
use crate::state::{Phase, Record};
use crate::text::text;
use crate::{reply, request};

/// One record's turn in a pass.
pub(super) struct Visit<'a> {
    pub(super) host: &'a Host,
    pub(super) family: Family,
    pub(super) options: &'a UpdateOptions,
    pub(super) edge: &'a mut Edge,
}

/// What one pass holds open, and what it leaves open.
pub(super) struct Edge {
    sources: Sources,
    clients: Clients,
    /// Something may change without the kernel telling.
    pub(super) unsure: bool,
    /// An address is expected within seconds.
    pub(super) tentative: bool,
}

impl Edge {
    /// Takes the kernel's tables; `waits` tells whether a tentative address is waited for.
    pub(super) fn open(waits: bool) -> Result<Self, Error> {
        let (sources, clients) = (Sources::open(waits)?, Clients::default());
        Ok(Self { sources, clients, unsure: false, tentative: false })
    }

    fn note(&mut self, found: &Result<Found, NoAddress>) {
        if let Err(reason) = found {
            self.tentative |= matches!(reason, NoAddress::Tentative { .. });
            // netifd calls an interface up after the kernel has told of its address.
            self.unsure |= reason.is_transient()
                || matches!(reason, NoAddress::Interface(NoInterface::NoUbus { .. }));
        }
    }
}

impl Visit<'_> {
    pub(super) fn judge(&mut self, ledger: &mut Ledger) -> Result<Option<Line>, Error> {
        let record = ledger.state().record(&self.host.name, self.family).cloned();
        let Some(record) = record else { return Ok(None) };
        let published = record.published.as_ref().map(|published| published.address);
        let found = if self.host.enabled {
            self.edge.sources.find(self.host, self.family, published)?
        } else {
            Err(NoAddress::NotAsked)
        };
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
        let device = match host.bind.then(|| sources.device(host)) {
            Some(None) => return Outcome::Failed(Failure::Bind),
            bound => bound.flatten(),
        };
        let provider = &host.provider;
        let route = Route { ca_file: provider.ca_file.clone(), device, tls: needs_tls(host) };
        debug!("{}: asking provider {} to store {address}", host.name, provider.name);
        match clients.send(&route, &request::update(host, address)) {
            Ok(Response { status, retry_after, body }) => {
                let mut reply = reply::read(status, retry_after, &body, address);
                reply.withhold(host.password.reveal());
                Outcome::Replied(reply)
            }
            Err(Failure::Unreachable | Failure::Resolve) if !sources.has_ipv4() => {
                Outcome::Failed(Failure::NoIpv4)
            }
            Err(failure) => Outcome::Failed(failure),
        }
    }
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
