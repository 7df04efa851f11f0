//! The state fitted to the configuration: who keeps which past, and whose past is put by.

use super::file::{MAX_REMOVED, Removed, State};
use super::record::{Fingerprint, Identity, Record};
use crate::Time;
use crate::address::Family;
use crate::config::{Config, DnsName, Host, HostEntry, SectionName};

/// How long the past of what is configured no more is kept, in seconds: a month.
const REMOVED_SECONDS: Time = 30 * 86_400;
/// In place of the time when a record was removed that was not.
const IN_FORCE: Time = Time::MAX;

impl State {
    /// Gives every configured record its past, and puts by the past of what is configured no more.
    pub fn fit(&mut self, config: &Config, now: Time, fingerprint: impl Fn(&Host) -> Fingerprint) {
        let known = self.known();
        self.records = fitted(&known, config, |pasts, host, family| {
            adopted(pasts, identity(host, family, fingerprint(host)))
        });
        self.removed = removed(known, &self.records, now);
    }

    /// The same for showing it: without the key nobody can tell whether an account was changed, so
    /// every record keeps its past.
    pub fn show_configured(&mut self, config: &Config) {
        self.records = fitted(&self.known(), config, |pasts, host, family| match pasts.first() {
            Some(past) => Record::clone(past),
            None => Record::new(identity(host, family, Fingerprint::new())),
        });
        self.removed.clear();
    }

    /// Every record there is a past of; those in force first.
    fn known(&self) -> Vec<Removed> {
        let in_force = |record: &Record| Removed { at: IN_FORCE, record: record.clone() };
        self.records.iter().map(in_force).chain(self.removed.iter().cloned()).collect()
    }
}

fn identity(host: &Host, family: Family, fingerprint: Fingerprint) -> Identity {
    Identity { section: host.name.clone(), hostname: host.hostname.clone(), family, fingerprint }
}

/// What is put by: the past of no record in force, not too old and not too much, latest first.
fn removed(known: Vec<Removed>, in_force: &[Record], now: Time) -> Vec<Removed> {
    let is_in_force = |past: &Record| in_force.iter().any(|record| is_same(record, past));
    let mut kept = Vec::new();
    for Removed { at, record } in known {
        let at = if at == IN_FORCE { now } else { at };
        let has_past = record.past.published().is_some()
            || record.past.last().is_some()
            || record.past.under_way().is_some();
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
    let (one, other) = (&one.identity, &other.identity);
    one.section == other.section
        && one.family == other.family
        && one.fingerprint == other.fingerprint
}

/// One record for each configured host and family, in the order of the configuration.
fn fitted(
    known: &[Removed],
    config: &Config,
    fit: impl Fn(&[&Record], &Host, Family) -> Record,
) -> Vec<Record> {
    let mut records = Vec::new();
    for entry in &config.hosts {
        let name = entry.name();
        let known = known.iter().map(|past| &past.record);
        let pasts: Vec<_> = known.filter(|past| past.identity.section == name).collect();
        match entry {
            HostEntry::Usable(host) => records.extend(host.families.iter().map(|family| {
                let of_it = |past: &&&Record| past.identity.family == *family;
                fit(&pasts.iter().filter(of_it).copied().collect::<Vec<_>>(), host, *family)
            })),
            HostEntry::Faulty { name, fault } => records.extend(taken_out(&pasts, name, fault)),
        }
    }
    records
}

/// The latest record of each family of a host with a fault.
fn taken_out(pasts: &[&Record], name: &SectionName, fault: &str) -> Vec<Record> {
    let mut records: Vec<Record> = Vec::new();
    for past in pasts {
        if !records.iter().any(|earlier| earlier.identity.family == past.identity.family) {
            records.push(past.taken_out(fault));
        }
    }
    if records.is_empty() {
        let (hostname, fingerprint) = (DnsName::new(), Fingerprint::new());
        let identity =
            Identity { section: name.clone(), hostname, family: Family::Ipv4, fingerprint };
        records.push(Record::new(identity).taken_out(fault));
    }
    records
}

/// A record whose account was changed starts anew. What was published stays on show but is in
/// doubt, so that it is sent again, and the flap limit goes on. If the account is what it was once,
/// as after a typing error or half a file, that past counts again.
///
/// `pasts` are the latest first.
fn adopted(pasts: &[&Record], identity: Identity) -> Record {
    let is_same = |past: &&Record| past.identity.fingerprint == identity.fingerprint;
    let place = pasts.iter().position(is_same).unwrap_or(pasts.len());
    let (later, from_there) = pasts.split_at(place);
    match (from_there.first(), later.first()) {
        (Some(past), _) => {
            let is_of_it = |other: &&&Record| other.identity.hostname == identity.hostname;
            let is_overtaken =
                later.iter().filter(is_of_it).any(|other| other.past.may_have_stored());
            let record = past.adopted_by(identity);
            if is_overtaken { Record { past: record.past.in_doubt(), ..record } } else { record }
        }
        (None, Some(latest)) => latest.adopted_by(identity),
        (None, None) => Record::new(identity),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RELEASED;
    use crate::judge::{self, Facts, Outcome, Past, Phase, Published};
    use crate::text::Text;

    const NOW: Time = RELEASED + 100 * 86_400;
    const HOME: std::net::IpAddr = std::net::IpAddr::V4(std::net::Ipv4Addr::new(81, 2, 69, 10));
    const OTHER: std::net::IpAddr = std::net::IpAddr::V4(std::net::Ipv4Addr::new(81, 2, 69, 20));

    fn named(section: &str, family: Family, fingerprint: &str) -> Identity {
        Identity {
            section: section.try_into().expect("short"),
            hostname: "home.example.com".try_into().expect("short"),
            family,
            fingerprint: fingerprint.try_into().expect("eight digits"),
        }
    }

    fn record(section: &str, family: Family) -> Record {
        let published = Some(Published { address: HOME, at: NOW });
        let facts = Facts { published, ..Facts::default() };
        Record { past: facts.past(NOW), ..Record::new(named(section, family, "00000001")) }
    }

    fn put_by(hosts: &[(&str, Time)]) -> Vec<Removed> {
        let removed =
            |(host, at): &(&str, Time)| Removed { at: *at, record: record(host, Family::Ipv4) };
        hosts.iter().map(removed).collect()
    }

    fn names(kept: &[Removed]) -> Vec<(&str, Time)> {
        kept.iter().map(|past| (past.record.identity.section.as_str(), past.at)).collect()
    }

    /// The past after an update that was answered so.
    fn after(past: &Past, at: Time, address: std::net::IpAddr, word: &str) -> Past {
        let begun = judge::begin(at, past, address);
        let reply = crate::provider::reply::read(200, None, word.as_bytes(), address);
        judge::learn(at, &begun, address, &Outcome::Replied(reply))
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
        blank[0].record.past = Past::default();
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
        assert_eq!(kept[0].record.identity.section, "h0");
    }

    #[test]
    fn what_is_under_way_when_it_is_removed_stays_so_until_its_answer_comes() {
        let mut record = Record::new(named("home", Family::Ipv4, "00000001"));
        record.past = judge::begin(NOW, &record.past, HOME);
        let kept = removed(vec![Removed { at: IN_FORCE, record }], &[], NOW);
        assert_eq!(kept[0].record.past.under_way(), Some(HOME));
    }

    #[test]
    fn an_account_that_is_changed_back_gets_its_past_back_in_doubt_if_another_came_through() {
        let ours = named("home", Family::Ipv4, "00000001");
        let mut own = Record::new(ours.clone());
        own.past = after(&own.past, NOW, HOME, "good");
        let mut other = Record::new(named("home", Family::Ipv4, "00000002"));
        let rows = [
            (NOW + 1, "good", true),
            (NOW, "good", true),
            // By a clock that was set back.
            (NOW - 1, "good", true),
            (NOW + 1, "nochg", true),
            (NOW + 1, "<html>", true),
            (NOW + 1, "badauth", false),
            (NOW + 1, "911", false),
        ];
        for (at, word, in_doubt) in rows {
            other.past = after(&Past::default(), at, OTHER, word);
            let back = adopted(&[&other, &own], ours.clone());
            let published = back.past.published().map(|published| published.address);
            assert_eq!(published, Some(HOME), "{at} {word}");
            assert_eq!(back.past.is_in_doubt(), in_doubt, "{at} {word}");
        }
        other.past = after(&Past::default(), NOW, OTHER, "good");
        let still = adopted(&[&own, &other], ours.clone());
        assert_eq!(still, own, "in force since, in the same second");
        other.identity.hostname = "other.example.com".try_into().expect("short");
        other.past = after(&Past::default(), NOW + 1, OTHER, "good");
        assert!(!adopted(&[&other, &own], ours).past.is_in_doubt(), "of another name");
    }

    #[test]
    fn an_account_of_which_nothing_is_known_starts_anew_from_the_latest() {
        let mut latest = record("home", Family::Ipv4);
        latest.shown.phase = Phase::Held;
        latest.past = after(&latest.past, NOW, OTHER, "badauth");
        let theirs = named("home", Family::Ipv4, "00000003");
        let earlier = record("home", Family::Ipv4);
        let fresh = adopted(&[&latest, &earlier], theirs.clone());
        assert_eq!((fresh.past.last(), fresh.shown.phase), (None, Phase::Held));
        assert!(fresh.past.is_in_doubt());
        assert_eq!(adopted(&[], theirs.clone()), Record::new(theirs));
        let facts = Facts::of(&fresh.past, (Phase::Held, Text::new()));
        assert_eq!(facts.bucket_full_at, Some(NOW + 300), "the flap limit goes on");
    }
}
