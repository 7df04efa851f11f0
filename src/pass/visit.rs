//! One record's turn in a look: find its address, judge, start an update; and what comes of it.

use super::edge::{Attempt, Edge, Key};
use super::ledger::Ledger;
use super::report::Line;
use crate::address::{Found, NoAddress};
use crate::agent::{self, Decision, Outcome, Rules, Wait, Why};
use crate::config::Host;
use crate::failure::Failure;
use crate::io::calls::{Call, CallId, Permit};
use crate::io::clock;
use crate::io::http::{Miss, Response, Route};
use crate::io::sources::Sources;
use crate::state::{Phase, Record};
use crate::text::text;
use crate::{reply, request};

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
        let rules = rules(self.host, self.edge.take_forced(&self.key));
        match (agent::decide(clock::now(), rules, &record, &found), found) {
            (Decision::Update(address), _) if self.edge.is_dry => {
                let line = Line::would_update(&record, self.host, address);
                self.edge.say(self.key.clone(), line);
            }
            (Decision::Update(_), Ok(found)) => self.start(record, found),
            (Decision::Wait(wait), found) => {
                let next = agent::waiting(&record, &found, &wait);
                self.edge.say(self.key.clone(), Line::waiting(&next));
                self.ledger.advance(&record, next);
            }
            // There is nothing to send.
            (Decision::Update(_), Err(_)) => {}
        }
    }

    /// The connection for an update is open: it goes out if the address is still the one to send.
    pub(super) fn permit(&mut self, permit: Permit) {
        let Some(attempt) = self.edge.attempt(&self.key) else { return };
        let (call, address) = (attempt.call, attempt.found.address);
        // Without the kernel's word nothing is known, so nothing is sent.
        let found = self.edge.freshen().ok().and_then(|()| self.find());
        if found.is_some_and(|found| found.is_ok_and(|found| found.address == address)) {
            permit.give();
            self.edge.calls.went_out(call);
            let mut attempts = self.edge.attempts.iter_mut();
            if let Some(attempt) = attempts.find(|attempt| attempt.call == call) {
                attempt.is_sent = true;
            }
        }
    }

    /// An update came to its end.
    pub(super) fn learn(&mut self, attempt: Attempt, ended: Result<Response, Miss>) {
        let address = attempt.found.address;
        let outcome = match ended {
            Err(Miss::Denied) => {
                self.ledger.replace(attempt.before);
                return self.look();
            }
            Err(Miss::Failed(failure)) => Outcome::Failed(self.explained(failure)),
            Ok(Response { status, retry_after, body }) => {
                let mut reply = reply::read(status, retry_after, &body, address);
                reply.quote(&body, &self.host.username, self.host.password.reveal());
                Outcome::Replied(reply)
            }
        };
        self.remember(attempt, &outcome);
    }

    fn remember(&mut self, attempt: Attempt, outcome: &Outcome) {
        let Attempt { before, found: sent, .. } = attempt;
        // Where the source is being asked again, what was sent is what is known.
        let found = self.find().unwrap_or_else(|| Ok(sent.clone()));
        let learnt = agent::record(clock::now(), &before, sent.address, outcome);
        let next = settled(&learnt, rules(self.host, false), &found);
        self.edge.say(self.key.clone(), Line::sent(&before, &next));
        self.ledger.advance(&before, next);
        let is_new = found.is_ok_and(|found| found.address != sent.address);
        // Somebody may have asked for another update while this one was under way.
        if is_new || self.edge.forced.contains(&self.key) {
            self.look();
        }
    }

    fn find(&mut self) -> Option<Result<Found, NoAddress>> {
        if !self.host.enabled {
            return Some(Err(NoAddress::NotAsked));
        }
        let record = self.record()?;
        self.edge.find(self.host, &record)
    }

    fn record(&self) -> Option<Record> {
        self.ledger.state().record(&self.key.0, self.key.1).cloned()
    }

    /// Starts one update. The state file knows of it before it goes out, so that a death in the
    /// middle of it leaves the published address in doubt and not wrong.
    fn start(&mut self, before: Record, found: Found) {
        let address = found.address;
        let interrupted = Outcome::Failed(Failure::Interrupted);
        let ahead = agent::record(clock::now(), &before, address, &interrupted);
        let reason = text(format_args!("an update to {address} is on its way"));
        let (state, shown) = (Phase::Pending, Some(address));
        self.ledger.replace(Record { state, address: shown, reason, next_at: None, ..ahead });
        let provider = &self.host.provider;
        debug!("{}: asking provider {} to store {address}", self.host.name, provider.name);
        let first = before.failures == 0;
        match self.route() {
            Ok(route) => {
                let request = request::update(self.host, address);
                let call = self.edge.calls.start(Call { route, request, first });
                self.edge.attempts.push(Attempt { call, before, found, is_sent: false });
            }
            Err(failure) => {
                let attempt = Attempt { call: CallId::NONE, before, found, is_sent: false };
                self.remember(attempt, &Outcome::Failed(failure));
            }
        }
    }

    fn route(&mut self) -> Result<Route, Failure> {
        let host = self.host;
        let device = match (host.bind, &mut self.edge.sources) {
            (true, Some(sources)) => Some(sources.device(host).ok_or(Failure::Bind)?),
            (true, None) => return Err(Failure::Bind),
            (false, _) => None,
        };
        let ca_file = host.provider.ca_file.clone();
        Ok(Route { origin: origin(&host.provider.url), ca_file, device, tls: needs_tls(host) })
    }

    /// Nothing of this update has left, and nothing will.
    fn take_back(&mut self, call: CallId) {
        if let Some(attempt) = self.edge.take_attempt(call) {
            self.edge.calls.forget(call);
            self.ledger.replace(attempt.before);
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

fn rules(host: &Host, force: bool) -> Rules {
    let Host { enabled, refresh_days, .. } = *host;
    Rules { enabled, force, refresh_days, needs_clock: needs_tls(host) }
}

fn needs_tls(host: &Host) -> bool {
    host.provider.url.starts_with("https:")
}

/// Scheme, name and port of a URL: what one connection leads to.
fn origin(url: &str) -> String {
    let authority = url.find("://").map_or(0, |at| at + 3);
    let end = url.get(authority..).and_then(|rest| rest.find(['/', '?']));
    url.get(..end.map_or(url.len(), |end| authority + end)).unwrap_or(url).to_owned()
}

/// The record as it is shown after an update.
fn settled(record: &Record, rules: Rules, found: &Result<Found, NoAddress>) -> Record {
    match agent::decide(clock::now(), rules, record, found) {
        Decision::Wait(wait) => agent::waiting(record, found, &wait),
        Decision::Update(_) => {
            let wait = Wait { until: Some(clock::now()), why: Why::Backoff };
            agent::waiting(record, found, &wait)
        }
    }
}
