//! The records in memory and in the state file, and what happened to them that is still to be told.

use std::time::Duration;

use crate::LOG;
use crate::config::{Config, HostEntry};
use crate::error::Error;
use crate::fingerprint::{self, KEY_LENGTH};
use crate::io::clock;
use crate::io::hooks::Hooks;
use crate::io::state_dir::StateDir;
use crate::judge::{self, ClockSet, Event, Outcome, Shown};
use crate::state::journal::{Base, MAX_LINES};
use crate::state::{Record, State};
use crate::view::{hook, log as log_line};

use super::edge::{Attempt, Key};

/// How long the file is behind the lines that follow it, at most.
const FOLD_AFTER: Duration = Duration::from_secs(2);
/// How soon it is tried again to write what could not be written; twice as long each time,
const AGAIN_AFTER: Duration = Duration::from_secs(1);
/// up to this.
const AGAIN_MAX: Duration = Duration::from_mins(10);
/// The file is written where it has less than so many times the records that changed.
const MUCH: usize = 4;

/// The file as this process wrote it, and how many lines are behind it.
#[derive(Debug)]
struct Written {
    base: Base,
    /// In time since boot.
    at: Duration,
    lines: usize,
}

/// A state that is to be written again, whatever else happens.
#[derive(Clone, Copy, Debug)]
struct Unwritten {
    /// In time since boot.
    again_at: Duration,
    pause: Duration,
}

impl Unwritten {
    /// It failed once more: a full disk has to be emptied by somebody. A try that something else
    /// gave reason to puts off no other.
    fn after(failed: Option<Self>, now: Duration) -> Self {
        match failed {
            Some(failed) if now < failed.again_at => failed,
            _ => {
                let pause = failed.map_or(AGAIN_AFTER, |it| (it.pause * 2).min(AGAIN_MAX));
                Self { again_at: now + pause, pause }
            }
        }
    }
}

/// The state, what of it is on disk, and where that is.
#[derive(Debug)]
pub(super) struct Ledger {
    store: StateDir,
    key: [u8; KEY_LENGTH],
    state: State,
    saved: State,
    /// What of it is in the file, if this process has written it.
    written: Option<Written>,
    /// What nobody was told of yet, and the record after it.
    untold: Vec<(Event, Record)>,
    /// What could not be written, which was said.
    unwritten: Option<Unwritten>,
}

impl Ledger {
    /// Reads the state; writes nothing but a missing key.
    pub(super) fn open(store: StateDir) -> Result<Self, Error> {
        let state = store.load(clock::now())?;
        let key = store.key()?;
        let saved = state.clone();
        let (untold, written, unwritten) = (Vec::new(), None, None);
        Ok(Self { store, key, state, saved, written, untold, unwritten })
    }

    pub(super) fn state(&self) -> &State {
        &self.state
    }

    pub(super) fn record(&self, (section, family): &Key) -> Option<&Record> {
        self.state.record(section, *family)
    }

    /// Replaces a record and remembers what happened to it, for [`tell`](Self::tell).
    pub(super) fn advance(&mut self, next: Record, events: &[Event]) {
        self.untold.extend(events.iter().map(|event| (*event, next.clone())));
        let identity = &next.identity;
        let is_it = |record: &&mut Record| {
            record.identity.section == identity.section && record.identity.family == identity.family
        };
        if let Some(record) = self.state.records.iter_mut().find(is_it) {
            *record = next;
        }
    }

    /// Nothing of an update has left, and nothing will.
    pub(super) fn take_back(&mut self, key: &Key, shown: Shown) {
        if let Some(record) = self.record(key) {
            let before = record.taken_back(shown);
            self.advance(before, &[]);
        }
    }

    /// The record waits for the reply to this, also if it is new under its name.
    pub(super) fn expect(&mut self, attempt: &Attempt) {
        let Some(record) = self.record(&attempt.key).cloned() else { return };
        let address = attempt.found.address;
        if record.past.under_way() != Some(address) {
            let past = judge::begin(clock::now(), &record.past, address);
            self.advance(Record { past, ..record }, &[]);
        }
    }

    /// What came of an update whose record is in force no more.
    pub(super) fn learn_of(&mut self, stray: &Attempt, outcome: &Outcome) {
        let (now, address) = (clock::now(), stray.found.address);
        let State { records, removed, .. } = &mut self.state;
        let removed = removed.iter_mut().map(|removed| &mut removed.record);
        let is_its = |record: &&mut Record| {
            record.identity.fingerprint == stray.fingerprint
                && record.identity.family == stray.key.1
                && record.past.under_way() == Some(address)
        };
        if let Some(record) = records.iter_mut().chain(removed).find(is_its) {
            record.past = judge::learn(now, &record.past, address, outcome);
        }
    }

    pub(super) fn clock_was_set(&mut self, set: ClockSet) {
        for record in &mut self.state.records {
            *record = record.clock_was_set(set);
        }
    }

    /// Releases the holds of these hosts.
    pub(super) fn resume(&mut self, hosts: &[String]) {
        let is_named =
            |record: &&Record| hosts.iter().any(|host| record.identity.section == host.as_str());
        let named = self.state.records.iter().filter(is_named);
        for released in named.filter_map(Record::resumed).collect::<Vec<_>>() {
            self.advance(released, &[Event::Released]);
        }
    }

    /// Says what happened since the last call, in the log and to the user's programs. The state is
    /// written before: what cannot be said must not be forgotten.
    pub(super) fn tell(&mut self, config: &Config, hooks: &Hooks) {
        for (event, record) in std::mem::take(&mut self.untold) {
            if let Some((level, line)) = log_line::line(event, &record, clock::now()) {
                log::log!(target: LOG, level, "{line}");
            }
            let mut hosts = config.hosts.iter().filter_map(HostEntry::usable);
            let host = hosts.find(|host| host.name == record.identity.section);
            let own = host.and_then(|host| host.on_change.as_deref());
            let program = own.or(config.agent.on_change.as_deref());
            if let Some(token) = hook::token(event) {
                hooks.tell(token, hook::variables(token, &record), program);
            }
        }
    }

    /// Writes the state.
    pub(super) fn write(&mut self) -> Result<(), Error> {
        self.state.written_at = clock::now();
        self.written = None;
        let base = self.store.save(&self.state)?;
        self.written = Some(Written { base, at: clock::since_boot(), lines: 0 });
        self.saved = self.state.clone();
        Ok(())
    }

    /// Writes the state if it changed, and as long as `more` is on its way only what did. That it
    /// cannot be written is no reason to stop.
    pub(super) fn save(&mut self, more: bool) {
        let is_saved = (&self.saved.records, &self.saved.removed)
            == (&self.state.records, &self.state.removed);
        let is_due = self.fold_at().is_some_and(|at| !more || at <= clock::since_boot());
        if is_due || self.unwritten.is_some() || !(is_saved || more && self.append()) {
            self.save_anyway();
        }
    }

    /// When to [`save`](Self::save) in any case, in time since boot.
    pub(super) fn due_at(&self) -> Option<Duration> {
        self.unwritten.map_or_else(|| self.fold_at(), |unwritten| Some(unwritten.again_at))
    }

    /// When lines behind the file have it written anew, in time since boot: it is what others read.
    fn fold_at(&self) -> Option<Duration> {
        let behind = self.written.as_ref().filter(|written| written.lines > 0);
        behind.map(|written| written.at.saturating_add(FOLD_AFTER))
    }

    /// Writes the records that changed behind the file, if that is less than the file.
    fn append(&mut self) -> bool {
        let Some(written) = &mut self.written else { return false };
        let (now, before) = (&self.state, &self.saved);
        let is_same = |(now, before): (&Record, &Record)| now.identity == before.identity;
        let mut pairs = now.records.iter().zip(&before.records);
        let is_alike = now.records.len() == before.records.len() && pairs.all(is_same);
        let pairs = now.records.iter().zip(&before.records);
        let changed: Vec<&Record> =
            pairs.filter(|(now, before)| now != before).map(|(now, _)| now).collect();
        let is_short =
            changed.len() * MUCH <= now.records.len() && written.lines + changed.len() <= MAX_LINES;
        if !is_alike || !is_short || now.removed != before.removed {
            return false;
        }
        let is_written = self.store.append(&written.base, &changed).is_ok();
        written.lines += changed.len();
        if is_written {
            self.saved = self.state.clone();
        } else {
            // Half a line may be there.
            self.written = None;
        }
        is_written
    }

    /// Writes key and state once more, as those that were written are gone.
    pub(super) fn save_again(&mut self) {
        self.store.keep_key(&self.key);
        self.save_anyway();
    }

    fn save_anyway(&mut self) {
        let failed = self.unwritten.take();
        if let Err(error) = self.write() {
            // Once for each disk that is full, not once for each look.
            if failed.is_none() {
                log::warn!(target: LOG, "{error}: after a restart an update may be repeated");
            }
            self.unwritten = Some(Unwritten::after(failed, clock::since_boot()));
        }
    }

    /// Gives every configured record its past, and puts by the past of what is configured no more.
    pub(super) fn adopt(&mut self, config: &Config) {
        let key = &self.key;
        self.state.fit(config, clock::now(), |host| fingerprint::of(host, key));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_written_is_tried_again_and_ever_more_seldom() {
        let at = Duration::from_secs;
        let mut unwritten = Unwritten::after(None, at(100));
        for pause in [1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 600, 600] {
            let now = unwritten.again_at;
            assert_eq!(unwritten.pause, at(pause));
            let meanwhile = Unwritten::after(Some(unwritten), now.saturating_sub(at(1) / 2));
            assert_eq!(meanwhile.again_at, now, "a try in between");
            unwritten = Unwritten::after(Some(unwritten), now);
        }
    }
}
