//! The records in memory and in the state file, fitted to the configuration.

use crate::LOG;
use crate::Time;
use crate::address::Family;
use crate::agent;
use crate::config::{Config, Host, HostEntry, Hostname};
use crate::error::Error;
use crate::fingerprint::{self, KEY_LENGTH};
use crate::io::clock;
use crate::io::hooks::Hooks;
use crate::io::state_dir::StateDir;
use crate::reply::Meaning;
use crate::state::{Code, Last, MAX_REMOVED, Phase, REMOVED_SECONDS, Record, Removed, State};
use crate::text::text;
use crate::transition;

use super::report;

/// In place of the time when a record was removed that was not.
const IN_FORCE: Time = Time::MAX;

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
        let is_saved = |saved: &State| {
            (&saved.records, &saved.removed) == (&self.state.records, &self.state.removed)
        };
        if !is_saved(&self.saved) {
            self.save_anyway();
        }
    }

    /// Writes key and state once more, as those that were written are gone.
    pub(super) fn save_again(&mut self) {
        self.store.keep_key(&self.key);
        self.save_anyway();
    }

    fn save_anyway(&mut self) {
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

    /// Gives every configured record its past, and puts by the past of what is configured no more.
    pub(super) fn adopt(&mut self, config: &Config) {
        let key = &self.key;
        let known = known(&self.state);
        self.state.records = fitted(&known, config, |pasts, host, family| {
            adopted(pasts, host, family, &fingerprint::of(host, key))
        });
        self.state.removed = removed(known, &self.state.records, clock::now());
    }
}

/// Every record there is a past of; those in force first.
fn known(state: &State) -> Vec<Removed> {
    let now = state.records.iter().map(|record| Removed { at: IN_FORCE, record: record.clone() });
    now.chain(state.removed.iter().cloned()).collect()
}

/// What is put by: the past of no record in force, not too old and not too much, latest first.
fn removed(known: Vec<Removed>, in_force: &[Record], now: Time) -> Vec<Removed> {
    let is_in_force = |past: &Record| in_force.iter().any(|record| is_same(record, past));
    let mut kept = Vec::new();
    for Removed { at, record } in known {
        let at = if at == IN_FORCE { now } else { at };
        let has_past = record.published.is_some() || record.last.is_some();
        if has_past
            && kept.len() < MAX_REMOVED
            && now.saturating_sub(at) <= REMOVED_SECONDS
            && !is_in_force(&record)
            && !kept.iter().any(|kept: &Removed| is_same(&kept.record, &record))
        {
            kept.push(Removed { at, record });
        }
    }
    kept
}

/// Whether both are of one account: a changed one may be changed back.
fn is_same(one: &Record, other: &Record) -> bool {
    one.host == other.host && one.family == other.family && one.fingerprint == other.fingerprint
}

/// Fits a state to the configuration for showing it: without the key nobody can tell whether an
/// account was changed, so every record keeps its past.
pub fn list_configured(state: &mut State, config: &Config) {
    state.records = fitted(&known(state), config, |pasts, host, family| match pasts.first() {
        Some(past) => Record::clone(past),
        None => Record::new(host.name.clone(), host.hostname.clone(), family),
    });
    state.removed.clear();
}

/// One record for each configured host and family, in the order of the configuration.
fn fitted(
    known: &[Removed],
    config: &Config,
    fit: impl Fn(&[&Record], &Host, Family) -> Record,
) -> Vec<Record> {
    let mut records = Vec::new();
    for entry in &config.hosts {
        match entry {
            HostEntry::Usable(host) => {
                let fit = |family: &Family| {
                    let known = known.iter().map(|past| &past.record);
                    let of_it = |past: &&Record| past.host == host.name && past.family == *family;
                    fit(&known.filter(of_it).collect::<Vec<_>>(), host, *family)
                };
                records.extend(host.families.iter().map(fit));
            }
            HostEntry::Faulty { name, fault } => {
                let mut past: Vec<Record> = Vec::new();
                for Removed { record, .. } in known.iter().filter(|past| past.record.host == *name)
                {
                    if !past.iter().any(|earlier| earlier.family == record.family) {
                        past.push(record.clone());
                    }
                }
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
/// doubt, so that it is sent again, and the flap limit goes on. If the account is what it was once,
/// as after a typing error or half a file, that past counts again.
///
/// `pasts` are the latest first.
fn adopted(pasts: &[&Record], host: &Host, family: Family, fingerprint: &str) -> Record {
    let mut fresh = Record::new(host.name.clone(), host.hostname.clone(), family);
    fresh.fingerprint = fingerprint.try_into().unwrap_or_default();
    let Some(latest) = pasts.first() else { return fresh };
    let is_of_it = |past: &&Record| past.fingerprint == fresh.fingerprint;
    if let Some(place) = pasts.iter().position(is_of_it) {
        let (later, past) = (&pasts[..place], pasts[place]);
        let is_in_doubt = past.in_doubt || later.iter().any(|other| has_changed(other, past));
        return Record { in_doubt: is_in_doubt, ..past.clone() };
    }
    fresh.bucket_full_at = latest.bucket_full_at;
    // Until it is looked at, it stays what it was: a hold that ends so is a transition, too.
    fresh.state = latest.state;
    if latest.hostname == fresh.hostname {
        fresh.published.clone_from(&latest.published);
        fresh.in_doubt = true;
    }
    fresh
}

/// Whether an update of a later account may have changed what was published for `past`.
fn has_changed(later: &Record, past: &Record) -> bool {
    let came_through = |last: &Last| match last.code {
        Code::Failure(failure) => failure.may_have_arrived(),
        Code::Word(word) => matches!(word.meaning(), Meaning::Stored | Meaning::Unknown),
    };
    later.hostname == past.hostname && later.last.as_ref().is_some_and(came_through)
}

/// A host with a fault keeps its past: when the fault is mended, nothing is sent needlessly.
fn taken_out(past: Record, fault: &str) -> Record {
    let reason = text(format_args!("{fault}"));
    Record { state: Phase::Disabled, reason, next_at: None, ..past }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RELEASED;
    use crate::state::Published;

    const NOW: Time = RELEASED + 100 * 86_400;

    fn record(host: &str, family: Family) -> Record {
        let hostname = "home.example.com".try_into().expect("short");
        let mut record = Record::new(host.try_into().expect("short"), hostname, family);
        record.published = Some(Published { address: [81, 2, 69, 10].into(), at: NOW });
        record
    }

    fn put_by(hosts: &[(&str, Time)]) -> Vec<Removed> {
        let removed =
            |(host, at): &(&str, Time)| Removed { at: *at, record: record(host, Family::Ipv4) };
        hosts.iter().map(removed).collect()
    }

    fn names(kept: &[Removed]) -> Vec<(&str, Time)> {
        kept.iter().map(|removed| (removed.record.host.as_str(), removed.at)).collect()
    }

    #[test]
    fn what_is_configured_no_more_is_kept_for_a_month() {
        let rows = [
            (("home", IN_FORCE), Some(NOW)),
            (("home", NOW), Some(NOW)),
            (("home", NOW - REMOVED_SECONDS), Some(NOW - REMOVED_SECONDS)),
            (("home", NOW - REMOVED_SECONDS - 1), None),
            // By a clock that ran ahead.
            (("home", NOW + 5), Some(NOW + 5)),
        ];
        for (known, expected) in rows {
            let kept = removed(put_by(&[known]), &[], NOW);
            let expected: Vec<_> = expected.map(|at| ("home", at)).into_iter().collect();
            assert_eq!(names(&kept), expected, "{known:?}");
        }
    }

    #[test]
    fn what_is_in_force_or_has_no_past_or_is_known_better_is_not_kept() {
        let home = [record("home", Family::Ipv4)];
        assert_eq!(removed(put_by(&[("home", IN_FORCE)]), &home, NOW), []);
        let other_family = [record("home", Family::Ipv6)];
        assert_eq!(removed(put_by(&[("home", IN_FORCE)]), &other_family, NOW).len(), 1);
        let mut blank = put_by(&[("home", IN_FORCE)]);
        blank[0].record.published = None;
        assert_eq!(removed(blank, &[], NOW), []);
        let twice = put_by(&[("home", IN_FORCE), ("home", NOW - 5)]);
        assert_eq!(names(&removed(twice, &[], NOW)), [("home", NOW)]);
    }

    #[test]
    fn of_too_many_the_latest_are_kept() {
        let hosts: Vec<String> = (0..=MAX_REMOVED).map(|number| format!("h{number}")).collect();
        let known: Vec<_> = hosts.iter().map(|host| (host.as_str(), IN_FORCE)).collect();
        let kept = removed(put_by(&known), &[], NOW);
        assert_eq!(kept.len(), MAX_REMOVED);
        assert_eq!(kept[0].record.host, "h0");
    }
}
