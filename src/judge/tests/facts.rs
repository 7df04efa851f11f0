//! From the file to a past: what contradicts itself becomes the nearest past that is safe.

use super::timetable::START;
use super::*;
use crate::provider::reply::Word;
use crate::text::Text;

fn last(code: Code) -> Attempt {
    Attempt { at: START, address: A, code, text: Text::new() }
}

fn facts(word: Word) -> Facts {
    Facts { last: Some(last(Code::Word(word))), ..Facts::default() }
}

#[allow(clippy::unnecessary_wraps, reason = "what facts hold")]
fn published(address: IpAddr) -> Option<super::Published> {
    Some(super::Published { address, at: START })
}

/// What is written of what was read.
fn read(facts: Facts) -> Facts {
    let told = facts.told.clone();
    let read = Facts::of(&facts.past(START), told.clone());
    let again = Facts::of(&read.clone().past(START), told);
    assert_eq!(read, again, "what was read is safe, and stays as it is");
    read
}

/// How much was told lately is not written.
fn at_rest(home: &Timetable) -> Past {
    Past { told: home.past.told.at_rest(), ..home.past.clone() }
}

#[test]
fn what_was_written_is_read_back() {
    for word in PROBED.iter().chain(&FINAL).chain(&["good", "911", "429", "503", "<html>"]) {
        let mut home = Timetable::new();
        home.at(0).sends(B).hears("good");
        home.at(1).sends(A).hears(word);
        let past = at_rest(&home);
        home.restarts();
        assert_eq!(at_rest(&home), past, "{word}");
    }
    for failure in Failure::ALL {
        let mut home = Timetable::new();
        home.at(0).sends(A).fails(*failure);
        let past = at_rest(&home);
        home.restarts();
        assert_eq!(at_rest(&home), past, "{}", failure.token());
    }
}

#[test]
fn a_hold_is_what_the_last_word_says_and_not_the_state_that_was_shown() {
    for shown in [Phase::Current, Phase::Pending, Phase::NoAddress, Phase::Disabled] {
        let rejected = Facts { told: (shown, Text::new()), ..facts(Word::Badauth) };
        let mut home = Timetable::new();
        home.past = rejected.past(START);
        assert_eq!(home.at(1).waits(), (Some(DAY), Why::Held), "{shown:?}");
    }
    // A record of another account, which was not judged yet.
    let released = Facts { told: (Phase::Held, Text::new()), ..Facts::default() };
    let mut home = Timetable::new();
    home.past = released.past(START);
    assert_eq!(home.at(1).tells(), [Event::Released]);
    let mut home = Timetable::new();
    home.past = Facts { told: (Phase::Held, Text::new()), ..facts(Word::Good) }.past(START);
    assert_eq!(home.at(1).waits(), (None, Why::Current), "held after good is no hold");
}

#[test]
fn what_was_acknowledged_last_is_published() {
    let read = read(facts(Word::Good));
    assert_eq!((read.published, read.in_doubt), (published(A), false));
}

#[test]
fn two_acknowledged_addresses_are_in_doubt() {
    let two = Facts { published: published(B), ..facts(Word::Good) };
    let read = read(two.clone());
    assert_eq!((read.published, read.in_doubt, read.last), (published(B), true, None));
    let mut home = Timetable::new();
    home.past = two.past(START);
    assert!(home.at(0).would_send(B) && home.at(0).would_send(A), "one update tells");
}

#[test]
fn a_doubt_is_never_lost() {
    let read = read(Facts { in_doubt: true, ..facts(Word::Nochg) });
    assert_eq!((read.published, read.in_doubt), (published(A), true));
}

#[test]
fn what_may_have_arrived_is_in_doubt() {
    let rows = [
        (Code::Word(Word::Badauth), true),
        (Code::Word(Word::Unknown), true),
        (Code::Failure(Interrupted), true),
        (Code::Failure(Refused), false),
    ];
    for (code, in_doubt) in rows {
        let facts = Facts { published: published(B), last: Some(last(code)), ..Facts::default() };
        assert_eq!(read(facts).in_doubt, in_doubt, "{}", code.token());
    }
}

#[test]
fn failures_belong_to_a_failure() {
    let counted = Facts {
        failures: 9,
        failing_since: Some(START - 5),
        retry_after: Some(7),
        ..facts(Word::Good)
    };
    let read_back = read(counted.clone());
    assert_eq!(
        (read_back.failures, read_back.failing_since, read_back.retry_after),
        (0, None, None)
    );
    let never = read(Facts { last: None, ..counted });
    assert_eq!((never.failures, never.failing_since, never.retry_after), (0, None, None));
    let uncounted = read(facts(Word::Badauth));
    assert_eq!((uncounted.failures, uncounted.failing_since), (1, Some(START)));
    let later = read(Facts { failing_since: Some(START + 5), ..facts(Word::Badauth) });
    assert_eq!(later.failing_since, Some(START), "not after the failure itself");
}

#[test]
fn retry_after_belongs_to_the_word_that_asks_to_wait() {
    let rows = [
        (Word::NineOneOne, true),
        (Word::Busy, true),
        (Word::Hiccup, true),
        (Word::Badauth, false),
        (Word::Unknown, false),
    ];
    for (word, is_kept) in rows {
        let read = read(Facts { retry_after: Some(7200), ..facts(word) });
        assert_eq!(read.retry_after, is_kept.then_some(7200), "{}", word.token());
    }
}

#[test]
fn times_ahead_count_as_now() {
    let ahead = Facts {
        published: published(B),
        failing_since: Some(START),
        bucket_full_at: Some(START),
        ..facts(Word::Hiccup)
    };
    let facts = Facts::of(&ahead.past(5000), (Phase::Pending, Text::new()));
    assert_eq!(facts.published.map(|published| published.at), Some(5000));
    assert_eq!(facts.last.map(|last| last.at), Some(5000));
    assert_eq!(facts.failing_since, Some(5000));
    assert_eq!(facts.bucket_full_at, Some(5000 + 1800));
}

#[test]
fn what_was_told_is_not_told_again() {
    let text = |text: &str| Text::try_from(text).expect("short");
    let flapping = super::super::shown::FLAPPING;
    let under_way = Facts { told: (Phase::Pending, text("on its way")), ..Facts::default() };
    let mut home = Timetable::new();
    home.past = under_way.past(START);
    let clock = Code::Failure(Clock);
    assert_eq!(home.at(0).sends(A).fails(Clock), [Event::Failed(clock, Repeat::New)]);
    let rows = [
        (Phase::NoAddress, "device wan is down: bring it up", true),
        (Phase::NoAddress, "device wan has no carrier", false),
        (Phase::Pending, "", false),
        (Phase::Pending, flapping, false),
        (Phase::Current, "", false),
    ];
    for (phase, reason, is_told) in rows {
        let facts = Facts { told: (phase, text(reason)), ..Facts::default() };
        let mut home = Timetable::new();
        home.past = facts.past(START);
        assert_eq!(home.at(0).down().tells().is_empty(), is_told, "{phase:?} {reason}");
    }
}
