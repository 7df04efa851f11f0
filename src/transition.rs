//! What changed for a record, for programs that want to be told (`option on_change`).

use crate::Time;
use crate::state::{Phase, Record};

/// A name that is not current for this long is worth a message.
const FAILING_SECONDS: Time = 3600;

/// Something that a person, or a program of theirs, wants to hear of once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Transition {
    /// The provider acknowledged a new address.
    Published,
    /// The provider rejected an update: the user must act.
    Held,
    /// A hold is over.
    Released,
    /// Updates have failed for more than an hour.
    Failing,
}

impl Transition {
    /// The value of `DYNHOST_EVENT`.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Held => "held",
            Self::Released => "released",
            Self::Failing => "failing",
        }
    }
}

/// The transitions between two looks at one record, in the order they are told.
#[must_use]
pub fn between(before: &Record, after: &Record) -> Vec<Transition> {
    let mut transitions = Vec::new();
    let held = |record: &Record| record.state == Phase::Held;
    let published = |record: &Record| record.published.as_ref().map(|at| at.address);
    if held(before) && !held(after) && after.state != Phase::NoAddress {
        transitions.push(Transition::Released);
    }
    if published(after).is_some() && published(before) != published(after) {
        transitions.push(Transition::Published);
    }
    if !held(before) && held(after) && before.last != after.last {
        transitions.push(Transition::Held);
    }
    if !is_failing(before) && is_failing(after) {
        transitions.push(Transition::Failing);
    }
    transitions
}

fn is_failing(record: &Record) -> bool {
    match (record.failing_since, &record.last) {
        (Some(since), Some(last)) => last.at.saturating_sub(since) >= FAILING_SECONDS,
        _ => false,
    }
}

/// The variables that a program is told a transition by.
#[must_use]
pub fn variables(transition: Transition, record: &Record) -> Vec<(&'static str, String)> {
    let or_empty = |address: Option<std::net::IpAddr>| {
        address.map(|address| address.to_string()).unwrap_or_default()
    };
    let published = record.published.as_ref().map(|published| published.address);
    vec![
        ("DYNHOST_EVENT", transition.token().into()),
        ("DYNHOST_HOST", record.host.to_string()),
        ("DYNHOST_HOSTNAME", record.hostname.to_string()),
        ("DYNHOST_FAMILY", record.family.to_string()),
        ("DYNHOST_STATE", record.state.token().into()),
        ("DYNHOST_ADDRESS", or_empty(record.address)),
        ("DYNHOST_PUBLISHED", or_empty(published)),
        ("DYNHOST_REASON", record.reason.to_string()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Family;
    use crate::reply::Word;
    use crate::state::{Code, Last, Published};
    use crate::text::Text;

    fn record(state: Phase, published: Option<&str>) -> Record {
        let name = "home".try_into().expect("short");
        let hostname = "home.example.com".try_into().expect("short");
        let mut record = Record::new(name, hostname, Family::Ipv4);
        record.state = state;
        record.published = published
            .map(|address| Published { address: address.parse().expect("an address"), at: 0 });
        record
    }

    fn rejected(mut record: Record) -> Record {
        let address = "81.2.69.1".parse().expect("an address");
        let code = Code::Word(Word::Badauth);
        record.last = Some(Last { at: 1, address, code, text: Text::new() });
        record
    }

    #[test]
    fn each_transition_is_told_once_and_a_repetition_never() {
        use Transition::{Held, Published, Released};
        let (one, two) = (Some("81.2.69.1"), Some("81.2.69.2"));
        let rows: Vec<(Record, Record, &[Transition])> = vec![
            (record(Phase::Pending, None), record(Phase::Current, one), &[Published]),
            (record(Phase::Current, one), record(Phase::Current, two), &[Published]),
            (record(Phase::Current, one), record(Phase::Current, one), &[]),
            (record(Phase::Pending, one), rejected(record(Phase::Held, one)), &[Held]),
            (record(Phase::Held, one), record(Phase::Held, one), &[]),
            (record(Phase::Held, one), record(Phase::Current, two), &[Released, Published]),
            (record(Phase::Held, one), record(Phase::Pending, one), &[Released]),
            // The line is down; the hold is still there when it comes back.
            (record(Phase::Held, one), record(Phase::NoAddress, one), &[]),
            (record(Phase::NoAddress, one), record(Phase::Held, one), &[]),
            (record(Phase::Backoff, one), record(Phase::Backoff, one), &[]),
        ];
        for (before, after, transitions) in rows {
            assert_eq!(between(&before, &after), transitions, "{before:?} -> {after:?}");
        }
    }

    #[test]
    fn failing_is_told_when_an_hour_has_passed_and_not_again() {
        let failed = |at| {
            let mut record = record(Phase::Backoff, None);
            record.failing_since = Some(1000);
            let address = "81.2.69.1".parse().expect("an address");
            let code = Code::Word(Word::Busy);
            record.last = Some(Last { at, address, code, text: Text::new() });
            record
        };
        assert_eq!(between(&failed(1000), &failed(4599)), []);
        assert_eq!(between(&failed(4599), &failed(4600)), [Transition::Failing]);
        assert_eq!(between(&failed(4600), &failed(9999)), []);
    }

    #[test]
    fn a_program_is_told_the_names_of_the_contract() {
        let names: Vec<_> = variables(Transition::Held, &record(Phase::Held, None));
        assert!(names.contains(&("DYNHOST_EVENT", "held".into())));
        assert!(names.contains(&("DYNHOST_PUBLISHED", String::new())));
        assert!(names.iter().all(|(name, _)| name.starts_with("DYNHOST_")));
    }
}
