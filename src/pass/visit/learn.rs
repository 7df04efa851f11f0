//! What came of an update -> what is known of its record, and of the other one that it set.

use std::net::IpAddr;

use super::{Attempt, Visit, rules};
use crate::address::{Family, Found};
use crate::config::{Addresses, Host};
use crate::io::clock;
use crate::io::http::{Miss, Response};
use crate::judge::{self, Outcome};
use crate::provider::failure::Failure;
use crate::provider::reply::{self, Meaning, Reply};
use crate::state::Record;

impl Visit<'_> {
    /// An update came to its end.
    pub(in super::super) fn learn(&mut self, attempt: Attempt, ended: Result<Response, Miss>) {
        let address = attempt.found.address;
        let sent = Addresses { address, other: attempt.other };
        let outcome = match &ended {
            Err(Miss::Denied) => {
                self.ledger.take_back(&self.key, attempt.shown);
                return self.look();
            }
            Err(Miss::Failed(failure)) => Outcome::Failed(self.explained(*failure)),
            Ok(response) => Outcome::Replied(self.read(response, sent)),
        };
        self.remember(&attempt.found, &outcome);
        if let (Ok(response), Some(other)) = (&ended, sent.other) {
            let reply = self.read(response, Addresses { address: other, other: Some(address) });
            self.share(other, reply);
        }
    }

    fn read(&self, response: &Response, sent: Addresses) -> Reply {
        let Response { status, retry_after, body } = response;
        let mut reply = reply::read(*status, *retry_after, body, sent);
        let Host { provider, username, password, .. } = self.host;
        reply.locate(provider.url.kind());
        let secrets = [&[username, password.reveal()][..], &provider.url.hidden()].concat();
        reply.quote(body, &secrets);
        reply
    }

    /// The same request was about the other family's record, which learns from the same reply
    /// instead of sending it once more.
    fn share(&mut self, address: IpAddr, reply: Reply) {
        let key = (self.key.0.clone(), Family::of(address));
        let (host, edge, ledger) = (self.host, &mut *self.edge, &mut *self.ledger);
        let mut other = Visit { host, key, edge, ledger };
        if let Some(found) = other.answered(address, reply.word.meaning()) {
            other.remember(&found, &Outcome::Replied(reply));
        }
    }

    /// What of this record a reply to the other family's request has answered.
    fn answered(&mut self, address: IpAddr, meaning: Meaning) -> Option<Found> {
        match self.edge.attempt(&self.key) {
            // One that has left, or that is about another address, gets a reply of its own.
            Some(own) if own.is_sent || own.found.address != address => None,
            Some(own) if meaning != Meaning::Unknown => {
                let call = own.call;
                let own = self.edge.take_attempt(call)?;
                self.edge.calls.forget(call);
                Some(own.found)
            }
            None if meaning == Meaning::Stored => self.unasked(address),
            Some(_) | None => None,
        }
    }

    /// As if this record had been sent, unless the provider is known to have the address.
    fn unasked(&mut self, address: IpAddr) -> Option<Found> {
        let record = self.record()?;
        let published = record.past.published().map(|published| published.address);
        if !record.past.is_in_doubt() && published == Some(address) {
            return None;
        }
        let past = judge::begin(clock::now(), &record.past, address);
        self.ledger.advance(Record { past, ..record }, &[]);
        Some(Found { address, device: None, source: "interface" })
    }

    pub(super) fn remember(&mut self, sent: &Found, outcome: &Outcome) {
        let Some(record) = self.record() else { return };
        // Where the source is being asked again, what was sent is what is known.
        let found = self.find().unwrap_or_else(|| Ok(sent.clone()));
        let now = clock::now();
        let learnt = judge::learn(now, &record.past, sent.address, outcome);
        let rules = rules(self.host, false, record.identity.jitter());
        let step = judge::judge(now, rules, &learnt, &found);
        self.note(record.after(&step), &step.events);
        let is_new = found.is_ok_and(|found| found.address != sent.address);
        // Somebody may have asked for another update while this one was under way.
        if is_new || self.edge.forced.contains(&self.key) {
            self.look();
        }
    }
}

/// What came of an update of a host that is configured no more: nobody tells whose words are in the
/// reply, so none of them is kept.
pub(in super::super) fn outcome_of(ended: Result<Response, Miss>, stray: &Attempt) -> Outcome {
    let sent = Addresses { address: stray.found.address, other: stray.other };
    match ended {
        Ok(Response { status, retry_after, body }) => {
            Outcome::Replied(reply::read(status, retry_after, &body, sent))
        }
        Err(Miss::Failed(failure)) => Outcome::Failed(failure),
        Err(Miss::Denied) => Outcome::Failed(Failure::Interrupted),
    }
}
