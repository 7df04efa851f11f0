//! One record's turn in a look: find its address, judge, start an update; and what comes of it.

mod learn;
mod permit;

pub(super) use learn::outcome_of;

use std::net::IpAddr;

use super::edge::{Attempt, Edge, Key, Mode};
use super::ledger::Ledger;
use crate::LOG;
use crate::address::{Found, NoAddress};
use crate::config::{Addresses, Host};
use crate::io::calls::{Call, CallId};
use crate::io::clock;
use crate::io::http::Route;
use crate::io::sources::Sources;
use crate::judge::{self, Action, Event, Jitter, Outcome, Rules};
use crate::provider::failure::Failure;
use crate::provider::request;
use crate::state::Record;
use crate::view::line::Line;

/// The other family's address.
enum Other {
    /// This, or none.
    Known(Option<IpAddr>),
    /// Its source is being asked: this was published.
    Asked(Option<IpAddr>),
}

impl Other {
    /// By what is known so far; it is looked at again when the request may leave.
    fn now(self) -> Option<IpAddr> {
        match self {
            Self::Known(address) | Self::Asked(address) => address,
        }
    }
}

/// One record's turn.
pub(super) struct Visit<'a> {
    pub(super) host: &'a Host,
    pub(super) key: Key,
    pub(super) edge: &'a mut Edge,
    pub(super) ledger: &'a mut Ledger,
}

impl Visit<'_> {
    /// Judges the record by what is found now, and starts an update if one is due.
    pub(super) fn look(&mut self) {
        let Some(found) = self.find() else {
            self.edge.waiting.push(self.key.clone());
            return;
        };
        self.edge.note(&found);
        if let Some(attempt) = self.edge.attempt(&self.key) {
            let address = attempt.found.address;
            let is_wanted = found.as_ref().is_ok_and(|found| found.address == address);
            // What has left is waited for: its reply tells what the provider has.
            if attempt.is_sent || is_wanted {
                return;
            }
            let call = attempt.call;
            self.take_back(call);
        }
        if let Some(record) = self.record() {
            self.judge(record, found);
        }
    }

    fn judge(&mut self, record: Record, found: Result<Found, NoAddress>) {
        let rules = rules(self.host, self.edge.take_forced(&self.key), record.identity.jitter());
        let step = judge::judge(clock::now(), rules, &record.past, &found);
        match (step.action, found) {
            (Action::Send(address), _) if self.edge.mode == Mode::Dry => {
                let addresses = Addresses { address, other: self.other().now() };
                let request = described(self.host, addresses);
                let line = Line::would_update(&record, request, address);
                self.edge.say(self.key.clone(), line);
            }
            (Action::Send(_), Ok(_)) if self.edge.mode == Mode::Closes => {
                self.edge.say(self.key.clone(), Line::restless(&record));
            }
            (Action::Send(_), Ok(found)) => {
                let attempt = self.attempt(&record, found);
                self.start(Record { past: step.past, ..record }, step.events, attempt);
            }
            (Action::Wait(_), found) => {
                let record = record.after(&step);
                let may_come_back = found.is_err_and(|reason| reason.may_come_back());
                let line = Line::of(&record, &step.events, clock::now());
                self.edge.say(self.key.clone(), line.of_silence(may_come_back));
                self.ledger.advance(record, &step.events);
            }
            // There is nothing to send.
            (Action::Send(_), Err(_)) => {}
        }
    }

    fn note(&mut self, record: Record, events: &[Event]) {
        self.edge.say(self.key.clone(), Line::of(&record, events, clock::now()));
        self.ledger.advance(record, events);
    }

    fn find(&mut self) -> Option<Result<Found, NoAddress>> {
        if !self.host.enabled {
            return Some(Err(NoAddress::NotAsked));
        }
        self.edge.find(self.host, self.ledger.record(&self.key)?)
    }

    fn record(&self) -> Option<Record> {
        self.ledger.record(&self.key).cloned()
    }

    /// Starts one update. The state file knows of it before it goes out, so that a death in the
    /// middle of it leaves the published address in doubt and not wrong.
    fn start(&mut self, record: Record, mut events: Vec<Event>, attempt: Attempt) {
        let (now, address) = (clock::now(), attempt.found.address);
        let first = record.past.failures() == 0;
        let begun = judge::begin(now, &record.past, address);
        let rules = rules(self.host, false, record.identity.jitter());
        let step = judge::judge(now, rules, &begun, &Ok(attempt.found.clone()));
        events.extend(&step.events);
        self.ledger.advance(record.after(&step), &events);
        let other = self.other().now();
        let provider = &self.host.provider;
        debug!("{}: asking provider {} to store {address}", self.host.name, provider.name);
        self.tell_of_sharing(address);
        match self.route() {
            Ok(route) => {
                let request = request::update(self.host, Addresses { address, other });
                let call = self.edge.calls.start(Call { route, request, first });
                self.edge.attempts.push(Attempt { call, other, ..attempt });
            }
            Err(failure) => self.remember(&attempt.found, &Outcome::Failed(failure)),
        }
    }

    fn attempt(&self, record: &Record, found: Found) -> Attempt {
        Attempt {
            call: CallId::NONE,
            key: self.key.clone(),
            fingerprint: record.identity.fingerprint.clone(),
            shown: record.shown.clone(),
            found,
            other: None,
            is_sent: false,
            held: None,
        }
    }

    /// Said when it is about to be published: it works, but not for every port.
    fn tell_of_sharing(&mut self, address: IpAddr) {
        let Some(sources) = &mut self.edge.sources else { return };
        if let Some(shared) = sources.shared(self.host, Some(address)) {
            log::info!(target: LOG, "{}: {shared}", self.host.name);
        }
    }

    fn route(&mut self) -> Result<Route, Failure> {
        Ok(Route::to(&self.host.provider, self.edge.way_of(self.host, self.key.1)?))
    }

    /// The other family's address, where one request sets both: what is found now, or else what
    /// is published, so that no request removes a record by leaving its address out.
    fn other(&mut self) -> Other {
        let Some(record) = self.other_record() else { return Other::Known(None) };
        let known = published(&record);
        match self.edge.find(self.host, &record) {
            Some(found) => Other::Known(found.ok().map(|found| found.address).or(known)),
            None => Other::Asked(known),
        }
    }

    fn other_record(&self) -> Option<Record> {
        let family = self.key.1.other();
        let is_set = self.host.provider.url.sets_both() && self.host.families.contains(&family);
        let record = is_set.then(|| self.ledger.state().record(&self.key.0, family));
        record.flatten().cloned()
    }

    /// Nothing of this update has left, and nothing will.
    fn take_back(&mut self, call: CallId) {
        if let Some(attempt) = self.edge.take_attempt(call) {
            self.edge.calls.forget(call);
            self.ledger.take_back(&self.key, attempt.shown);
        }
    }

    fn explained(&self, failure: Failure) -> Failure {
        let has_ipv4 = self.edge.sources.as_ref().is_none_or(Sources::has_ipv4);
        match failure {
            Failure::Unreachable | Failure::Resolve if !has_ipv4 => Failure::NoIpv4,
            failure => failure,
        }
    }
}

fn published(record: &Record) -> Option<IpAddr> {
    record.past.published().map(|published| published.address)
}

fn rules(host: &Host, force: bool, jitter: Jitter) -> Rules {
    let Host { enabled, refresh_days, .. } = *host;
    Rules { enabled, force, refresh_days, needs_clock: host.provider.url.is_https(), jitter }
}

/// The request of an update, without its password.
fn described(host: &Host, addresses: Addresses) -> String {
    let url = request::shown_url(host, addresses);
    format!("GET {url} with Authorization: Basic {}:***", host.username)
}
