//! Has the DNS verified in an agent that stays, and sends once more what has got lost there.

use std::time::Duration;

use super::Engine;
use super::edge::{Edge, Key};
use super::selection::usable;
use crate::LOG;
use crate::io::clock;
use crate::io::verify::{Rounds, Wanted};
use crate::judge::Phase;
use crate::judge::verification::{Step, Verification};
use crate::state::Record;

/// When each record is verified, and the round that is under way.
#[derive(Debug)]
pub(super) struct Verifier {
    pub(super) rounds: Rounds<Key>,
    known: Vec<(Key, Verification)>,
    is_on: bool,
}

impl Verifier {
    pub(super) fn new() -> std::io::Result<Self> {
        Ok(Self { rounds: Rounds::new()?, known: Vec::new(), is_on: false })
    }
}

impl Engine {
    /// Has the DNS verified from now on, as one that stays does.
    pub(crate) fn turn_on_verification(&mut self) {
        self.edge.verifier.is_on = true;
    }

    /// When servers are to be asked next, in time since boot.
    #[must_use]
    pub(crate) fn verification_due_at(&self) -> Option<Duration> {
        let Edge { verifier, .. } = &self.edge;
        if verifier.rounds.is_under_way() {
            return None;
        }
        let due_at = verifier.known.iter().filter_map(|known| self.due_at(known)).min();
        due_at.map(|at| at.max(verifier.rounds.put_off_until()))
    }

    fn due_at(&self, (key, verification): &(Key, Verification)) -> Option<Duration> {
        verification.due_at(usable(&self.config, &key.0)?.verify_hours)
    }

    /// Takes what servers have told, asks those that are due, and sends again what is lost.
    pub(crate) fn verify(&mut self) {
        if !self.edge.verifier.is_on {
            return;
        }
        for (key, address, seen) in self.edge.verifier.rounds.take() {
            let Some(record) = self.verifiable(&key) else { continue };
            let is_of = record.past.published().is_some_and(|known| known.address == address);
            let known = &mut self.edge.verifier.known;
            let Some((_, verification)) = known.iter_mut().find(|(other, _)| *other == key) else {
                continue;
            };
            if is_of {
                let times = (clock::since_boot(), clock::now());
                let (step, dns) = verification.learn(seen, record.dns, times);
                self.follow(&key, &record.verified(dns), step);
            }
        }
        self.plan();
        self.start_due();
    }

    /// The record, if it is as it should be as far as the provider has said.
    fn verifiable(&self, key: &Key) -> Option<Record> {
        self.ledger.record(key).filter(|record| is_settled(record)).cloned()
    }

    /// Begins a timetable for what was acknowledged since, and forgets what is no more.
    fn plan(&mut self) {
        let records = self.ledger.state().records.iter();
        let mut known = std::mem::take(&mut self.edge.verifier.known);
        let now = clock::since_boot();
        let timetable = |record: &Record| {
            let published = record.past.published()?;
            let key = (record.identity.section.clone(), record.identity.family);
            let place =
                known.iter().position(|(other, kept)| *other == key && kept.is_of(published));
            Some(match place {
                Some(place) => known.swap_remove(place),
                None => (key, Verification::new(published, now)),
            })
        };
        self.edge.verifier.known =
            records.filter(|record| is_settled(record)).filter_map(timetable).collect();
    }

    fn start_due(&mut self) {
        let now = clock::since_boot();
        if self.verification_due_at().is_none_or(|at| at > now) {
            return;
        }
        let is_due = |known: &&(Key, Verification)| self.due_at(known).is_some_and(|at| at <= now);
        let due = self.edge.verifier.known.iter().filter(is_due);
        let keys: Vec<Key> = due.map(|(key, _)| key.clone()).collect();
        let wanted: Vec<_> = keys.into_iter().filter_map(|key| self.wanted(key)).collect();
        if !wanted.is_empty() {
            self.edge.verifier.rounds.start(wanted);
        }
    }

    fn wanted(&mut self, key: Key) -> Option<Wanted<Key>> {
        let record = self.ledger.record(&key)?;
        let address = record.past.published()?.address;
        let hostname = record.identity.hostname.to_string();
        let host = usable(&self.config, &key.0)?;
        // Without its device nothing is known; that is the look's to tell.
        let names = self.edge.way_of(host, key.1).ok();
        Some(Wanted { key, hostname, address, names })
    }

    fn follow(&mut self, key: &Key, record: &Record, step: Step) {
        self.ledger.advance(record.clone(), &[]);
        let (host, family) = (&key.0, key.1);
        let address = record.dns.map(|dns| dns.address.to_string()).unwrap_or_default();
        match step {
            Step::Nothing => {}
            Step::Restored => {
                log::info!(target: LOG, "{host}: {family} the DNS has {address} again");
            }
            Step::Left => log::warn!(
                target: LOG,
                "{host}: {family} the DNS still has not {address}, although it was sent again \
                 within a day: see dynhost doctor {host}"
            ),
            Step::Repair => {
                log::warn!(
                    target: LOG,
                    "{host}: {family} no server of the zone has {address}, which was stored: \
                     sending it again"
                );
                self.edge.forced.push(key.clone());
                if self.edge.freshen().is_ok() {
                    self.visit(key, |mut visit| visit.look());
                }
            }
        }
        self.settle();
    }
}

/// Whether nothing is left to be told or learnt: only then the DNS has to have the address.
fn is_settled(record: &Record) -> bool {
    record.shown.phase == Phase::Current && !record.past.is_in_doubt()
}
