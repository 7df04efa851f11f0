//! The records in memory and in the state file, fitted to the configuration.

use crate::LOG;
use crate::address::Family;
use crate::agent;
use crate::config::{Config, Host, HostEntry, Hostname};
use crate::error::Error;
use crate::fingerprint::{self, KEY_LENGTH};
use crate::io::clock;
use crate::io::hooks::Hooks;
use crate::io::state_dir::{Request, StateDir};
use crate::state::{Phase, Record, State};
use crate::text::text;
use crate::transition;

use super::report;

/// The state, what of it is on disk, and where that is.
#[derive(Debug)]
pub(super) struct Ledger {
    store: StateDir,
    key: [u8; KEY_LENGTH],
    state: State,
    saved: State,
    /// What nobody was told of yet.
    changes: Vec<Change>,
    /// That the state cannot be written was said.
    is_unwritable: bool,
}

/// A record before and after something happened to it.
#[derive(Debug)]
struct Change {
    before: Record,
    after: Record,
    /// By a look, and not by the user or the clock.
    is_logged: bool,
}

impl Ledger {
    /// Reads the state; writes nothing but a missing key.
    pub(super) fn open(store: StateDir) -> Result<Self, Error> {
        let state = store.load(clock::now())?;
        let key = store.key()?;
        let saved = state.clone();
        Ok(Self { store, key, state, saved, changes: Vec::new(), is_unwritable: false })
    }

    pub(super) fn state(&self) -> &State {
        &self.state
    }

    pub(super) fn replace(&mut self, next: Record) {
        let mut records = self.state.records.iter_mut();
        if let Some(record) =
            records.find(|record| record.host == next.host && record.family == next.family)
        {
            *record = next;
        }
    }

    /// Replaces a record and remembers what changed, for [`tell`](Self::tell).
    pub(super) fn advance(&mut self, before: &Record, next: Record) {
        self.note(before, &next, true);
        self.replace(next);
    }

    fn note(&mut self, before: &Record, after: &Record, is_logged: bool) {
        if before != after {
            let (before, after) = (before.clone(), after.clone());
            self.changes.push(Change { before, after, is_logged });
        }
    }

    /// Makes a new record of each.
    pub(super) fn revise(&mut self, revised: impl Fn(&Record) -> Record) {
        for before in self.state.records.clone() {
            let next = revised(&before);
            self.note(&before, &next, false);
            self.replace(next);
        }
    }

    /// Releases the holds of these hosts.
    pub(super) fn resume(&mut self, hosts: &[String]) {
        let is_named = |record: &Record| hosts.iter().any(|host| record.host == host.as_str());
        self.revise(
            |record| {
                if is_named(record) { agent::resumed(record) } else { record.clone() }
            },
        );
    }

    /// What was asked of the process that holds the state directory.
    pub(super) fn take_request(&self) -> Request {
        self.store.take_request()
    }

    /// Says what changed since the last call, in the log and to the user's programs. The state is
    /// written before: what cannot be said must not be forgotten.
    pub(super) fn tell(&mut self, config: &Config, hooks: &Hooks) {
        for Change { before, after, is_logged } in std::mem::take(&mut self.changes) {
            if is_logged {
                report::log_change(&before, &after);
            }
            let mut hosts = config.hosts.iter().filter_map(HostEntry::usable);
            let host = hosts.find(|host| host.name == after.host);
            let own = host.and_then(|host| host.on_change.as_deref());
            for transition in transition::between(&before, &after) {
                hooks.tell(transition, &after, own.or(config.agent.on_change.as_deref()));
            }
        }
    }

    /// Writes the state.
    pub(super) fn write(&mut self) -> Result<(), Error> {
        self.state.written_at = clock::now();
        self.store.save(&self.state)?;
        self.saved = self.state.clone();
        Ok(())
    }

    /// Writes the state if it changed. That it cannot be written is no reason to stop.
    pub(super) fn save(&mut self) {
        if self.state.records == self.saved.records {
            return;
        }
        match self.write() {
            Ok(()) => self.is_unwritable = false,
            // Once for each disk that is full, not once for each look.
            Err(error) if !self.is_unwritable => {
                log::warn!(target: LOG, "{error}: after a restart an update may be repeated");
                self.is_unwritable = true;
            }
            Err(_) => {}
        }
    }

    /// Gives every configured record its past, and drops the past of what is configured no more.
    pub(super) fn adopt(&mut self, config: &Config) {
        let key = &self.key;
        self.state.records = fitted(&self.state, config, |past, host, family| {
            adopted(past, host, family, &fingerprint::of(host, key))
        });
    }
}

/// Fits a state to the configuration for showing it: without the key nobody can tell whether an
/// account was changed, so every record keeps its past.
pub fn list_configured(state: &mut State, config: &Config) {
    state.records = fitted(state, config, |past, host, family| match past {
        Some(past) => past.clone(),
        None => Record::new(host.name.clone(), host.hostname.clone(), family),
    });
}

/// One record for each configured host and family, in the order of the configuration.
fn fitted(
    state: &State,
    config: &Config,
    fit: impl Fn(Option<&Record>, &Host, Family) -> Record,
) -> Vec<Record> {
    let mut records = Vec::new();
    for entry in &config.hosts {
        match entry {
            HostEntry::Usable(host) => {
                let fit = |family: &Family| fit(state.record(&host.name, *family), host, *family);
                records.extend(host.families.iter().map(fit));
            }
            HostEntry::Faulty { name, fault } => {
                let past = state.records.iter().filter(|past| past.host == *name).cloned();
                let mut past: Vec<_> = past.collect();
                if past.is_empty() {
                    past.push(Record::new(name.clone(), Hostname::new(), Family::Ipv4));
                }
                records.extend(past.into_iter().map(|past| taken_out(past, fault)));
            }
        }
    }
    records
}

/// A record whose account was changed starts anew. What was published stays on show but is in
/// doubt, so that it is sent again, and the flap limit goes on.
fn adopted(past: Option<&Record>, host: &Host, family: Family, fingerprint: &str) -> Record {
    let mut fresh = Record::new(host.name.clone(), host.hostname.clone(), family);
    fresh.fingerprint = fingerprint.try_into().unwrap_or_default();
    let Some(past) = past else { return fresh };
    if past.fingerprint == fresh.fingerprint {
        return past.clone();
    }
    fresh.bucket_full_at = past.bucket_full_at;
    // Until it is looked at, it stays what it was: a hold that ends so is a transition, too.
    fresh.state = past.state;
    if past.hostname == fresh.hostname {
        fresh.published.clone_from(&past.published);
        fresh.in_doubt = true;
    }
    fresh
}

/// A host with a fault keeps its past: when the fault is mended, nothing is sent needlessly.
fn taken_out(past: Record, fault: &str) -> Record {
    let reason = text(format_args!("{fault}"));
    Record { state: Phase::Disabled, reason, next_at: None, ..past }
}
