//! The records in memory and in the state file, fitted to the configuration.

use crate::address::Family;
use crate::agent;
use crate::config::{Config, Host, HostEntry, Hostname};
use crate::error::Error;
use crate::fingerprint::{self, KEY_LENGTH};
use crate::io::clock;
use crate::io::files::StateDir;
use crate::state::{Phase, Record, State};
use crate::text::text;

/// The state, what of it is on disk, and where that is.
#[derive(Debug)]
pub(super) struct Ledger {
    store: StateDir,
    key: [u8; KEY_LENGTH],
    state: State,
    saved: State,
}

impl Ledger {
    /// Reads the state; writes nothing but a missing key.
    pub(super) fn open(store: StateDir) -> Result<Self, Error> {
        let state = store.load(clock::now())?;
        let key = store.key()?;
        Ok(Self { store, key, saved: state.clone(), state })
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

    /// Releases the holds of these hosts; if that cannot be written, it has not happened.
    pub(super) fn resume(&mut self, hosts: &[String]) -> Result<(), Error> {
        for record in &mut self.state.records {
            if hosts.iter().any(|host| record.host == host.as_str()) {
                *record = agent::resumed(record);
            }
        }
        self.state.written_at = clock::now();
        self.store.save(&self.state)
    }

    /// Writes the state if it changed. That it cannot be written is no reason to stop.
    pub(super) fn save(&mut self) {
        if self.state.records == self.saved.records {
            return;
        }
        self.state.written_at = clock::now();
        match self.store.save(&self.state) {
            Ok(()) => self.saved = self.state.clone(),
            Err(error) => log::warn!("{error}: after a restart an update may be repeated"),
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

/// A record whose account or name was changed starts anew; only the flap limit goes on.
fn adopted(past: Option<&Record>, host: &Host, family: Family, fingerprint: &str) -> Record {
    let mut fresh = Record::new(host.name.clone(), host.hostname.clone(), family);
    fresh.fingerprint = fingerprint.try_into().unwrap_or_default();
    match past {
        Some(past) if past.fingerprint == fresh.fingerprint => past.clone(),
        Some(past) => Record { bucket_full_at: past.bucket_full_at, ..fresh },
        None => fresh,
    }
}

/// A host with a fault keeps its past: when the fault is mended, nothing is sent needlessly.
fn taken_out(past: Record, fault: &str) -> Record {
    let reason = text(format_args!("{fault}"));
    Record { state: Phase::Disabled, reason, next_at: None, ..past }
}
