//! What is told, once each.

use super::*;
use crate::address::NoAddress;
use crate::judge::Event::{
    Confirmed, Failed, FailingForAnHour, Hushed, Published, Rejected, Released, Waits,
};
use crate::judge::Repeat::{Again, New};
use crate::provider::reply::Word;
use timetable::START;

const BADAUTH: Code = Code::Word(Word::Badauth);
const NOHOST: Code = Code::Word(Word::Nohost);
const BUSY: Code = Code::Word(Word::Hiccup);
const RESOLVE: Code = Code::Failure(Resolve);
const REFUSED: Code = Code::Failure(Refused);

#[test]
fn what_is_published_is_told_once() {
    let mut home = Timetable::new();
    assert_eq!(home.at(0).sends(A).hears("good"), [Published { from: None, to: A }]);
    assert_eq!(home.at(1).tells(), []);
    assert_eq!(home.at(2).sends(B).hears("good"), [Published { from: Some(A), to: B }]);
    assert_eq!(home.at(3).forced().sends(B).hears("nochg"), [Confirmed(Again)]);
    home.restarts();
    assert_eq!(home.at(4).tells(), []);
}

#[test]
fn a_failure_is_told_when_it_is_new_or_another() {
    let mut home = Timetable::new();
    assert_eq!(home.at(0).sends(A).fails(Resolve), [Failed(RESOLVE, New)]);
    assert_eq!(home.at(1).tells(), []);
    assert_eq!(home.at(2).sends(A).fails(Resolve), [Failed(RESOLVE, Again)]);
    home.restarts();
    assert_eq!(home.at(7).sends(A).fails(Resolve), [Failed(RESOLVE, Again)]);
    assert_eq!(home.at(17).sends(A).fails(Refused), [Failed(REFUSED, New)]);
    assert_eq!(home.at(37).sends(A).hears("503"), [Failed(BUSY, New)]);
    assert_eq!(home.at(97).sends(A).hears("good"), [Published { from: None, to: A }]);
    assert_eq!(home.at(98).sends(B).fails(Refused), [Failed(REFUSED, New)]);
    assert_eq!(home.at(99).on(A).tells(), [Waits(Why::Current)], "back at what is published");
    assert_eq!(home.at(99).tells(), []);
}

#[test]
fn a_forced_update_that_fails_is_told_although_the_name_is_current() {
    let mut home = Timetable::new();
    home.at(0).sends(A).hears("good");
    for second in [1, 2] {
        let events = home.at(second).forced().sends(A).fails(Refused);
        assert_eq!(events, [Failed(REFUSED, New)]);
        assert_eq!(home.at(second).waits(), (None, Why::Current));
    }
}

#[test]
fn a_force_is_spent_by_the_update_that_it_led_to() {
    let mut home = Timetable::new();
    home.at(0).sends(A).hears("good");
    let rules = Rules { force: true, ..home.rules };
    let _ = home.at(1).forced().sends(A);
    let now = timetable::START + 1;
    let past = learn(now, &home.past, A, &Outcome::Failed(Refused));
    let found = Ok(crate::address::Found { address: A, device: None, source: "interface" });
    let step = judge(now, rules, &past, &found);
    assert_eq!(step.action, Action::Wait(Wait { until: None, why: Why::Current }));
    assert_eq!(judge(now, rules, &step.past, &found).action, Action::Send(A), "another force");
}

#[test]
fn a_hold_is_told_once_and_so_is_its_end() {
    let mut home = Timetable::new();
    assert_eq!(home.at(0).sends(A).hears("badauth"), [Rejected(BADAUTH, New)]);
    assert_eq!(home.at(1).tells(), []);
    assert_eq!(home.at(DAY).tells(), [], "a probe is no release");
    assert_eq!(
        home.at(DAY).sends(A).hears("badauth"),
        [Rejected(BADAUTH, Again), FailingForAnHour]
    );
    assert_eq!(home.at(2 * DAY).sends(A).hears("nohost"), [Rejected(NOHOST, New)]);
    home.resume();
    assert_eq!(home.at(2 * DAY).tells(), [], "whoever resumed it has told so");
    assert_eq!(home.at(2 * DAY).sends(A).hears("nohost"), [Rejected(NOHOST, New)]);
    let events = home.at(3 * DAY).sends(A).hears("good");
    assert_eq!(events, [Released, Published { from: None, to: A }]);
}

#[test]
fn a_hold_is_not_over_because_the_line_is_down_or_the_host_switched_off() {
    let mut home = Timetable::new();
    home.at(0).sends(A).hears("badauth");
    assert_eq!(home.at(1).down().tells(), [Waits(Why::NoAddress)]);
    home.restarts();
    assert_eq!(home.at(2).tells(), []);
    assert_eq!(home.at(3).on(A).tells(), [Waits(Why::Held)]);
    home.rules.enabled = false;
    assert_eq!(home.at(4).tells(), [Waits(Why::Disabled)]);
    home.rules.enabled = true;
    assert_eq!(home.at(5).down().tells(), [Waits(Why::NoAddress)]);
    let events = home.at(DAY).sends(A).hears("badauth");
    assert_eq!(events, [Rejected(BADAUTH, Again), FailingForAnHour, Waits(Why::Held)]);
    home.at(DAY).down().nothing();
    home.past = home.past.of_another_account(true);
    assert_eq!(home.at(DAY).tells(), [Released]);
    assert_eq!(home.at(DAY).tells(), []);
}

#[test]
fn another_account_releases_a_hold() {
    let mut home = Timetable::new();
    home.at(0).sends(A).hears("abuse");
    home.past = home.past.of_another_account(true);
    home.restarts();
    assert_eq!(home.past.last(), None);
    assert_eq!(home.at(1).sends(A).hears("good"), [Published { from: None, to: A }]);
}

#[test]
fn what_another_account_came_to_is_not_told() {
    let mut home = Timetable::new();
    home.at(0).sends(A).fails(Resolve);
    let _ = home.at(3600).sends(A);
    let now = timetable::START + 3600;
    home.past = learn(now, &home.past, A, &Outcome::Failed(Resolve));
    home.past = home.past.of_another_account(true);
    assert_eq!(home.at(3600).tells(), []);
}

#[test]
fn an_hour_of_failures_is_told_once() {
    let mut home = Timetable::new();
    home.at(0).sends(A).fails(Resolve);
    let hour_less_one = [Failed(RESOLVE, Again)];
    assert_eq!(home.at(3599).sends(A).fails(Resolve), hour_less_one);
    assert_eq!(home.at(3604).sends(A).fails(Resolve), [Failed(RESOLVE, Again), FailingForAnHour]);
    assert_eq!(home.at(9999).sends(A).fails(Resolve), [Failed(RESOLVE, Again)]);
    home.at(20_000).sends(A).hears("good");
    assert_eq!(home.at(20_001).sends(B).fails(Resolve), [Failed(RESOLVE, New)]);
    let events = home.at(20_001 + 3600).sends(B).hears("badauth");
    assert_eq!(events, [Rejected(BADAUTH, New), FailingForAnHour]);
}

#[test]
fn a_line_that_is_down_is_told_with_each_reason() {
    let mut home = Timetable::new();
    assert_eq!(home.at(0).down().tells(), [Waits(Why::NoAddress)]);
    assert_eq!(home.at(1).tells(), []);
    home.restarts();
    assert_eq!(home.at(2).tells(), []);
    home.at(3).sends(A).fails(Resolve);
    assert_eq!(home.at(3).down().tells(), [Waits(Why::NoAddress)]);
    assert_eq!(home.at(4).on(A).tells(), [Waits(Why::Backoff)]);
}

#[test]
fn a_reason_that_holds_somebody_elses_text_is_told_once() {
    let failed = |why: String| NoAddress::CommandFailed { program: "/bin/date".into(), why };
    let mut home = Timetable::new();
    assert_eq!(home.at(0).without(failed("0".into())).tells(), [Waits(Why::NoAddress)]);
    for second in 1..100 {
        assert_eq!(home.at(second).without(failed(second.to_string())).tells(), []);
    }
    assert_eq!(home.at(100).down().tells(), [Waits(Why::NoAddress)], "another kind of reason");
    home.restarts();
    assert_eq!(home.at(101).down().tells(), [], "the file has its sentence");
}

#[test]
fn what_changes_all_the_time_is_told_a_few_times_an_hour_and_then_as_it_is() {
    let mut home = Timetable::new();
    home.at(0).sends(A).hears("good");
    let mut told = Vec::new();
    for second in 1..=3600 {
        let at = home.at(second);
        told.extend(if second % 2 == 0 { at.on(A).tells() } else { at.down().tells() });
    }
    let hushed = told.iter().filter(|event| **event == Hushed).count();
    let lines = told.len();
    assert_eq!((hushed, lines), (1, 6 + 1 + 11), "{told:?}");
    // At rest since, and otherwise than it was told last.
    let is_down = told.last() == Some(&Waits(Why::Current));
    let rest: Vec<_> = (3601..3601 + 900)
        .flat_map(|second| {
            let at = home.at(second);
            if is_down { at.down().tells() } else { at.on(A).tells() }
        })
        .collect();
    assert_eq!(rest, [Waits(if is_down { Why::NoAddress } else { Why::Current })]);
    for second in 8000..8005 {
        let at = home.at(second);
        let events =
            if is_down == (second % 2 == 0) { at.on(A).tells() } else { at.down().tells() };
        assert_eq!(events.len(), 1, "it is told at once again: {events:?}");
    }
}

#[test]
fn six_changes_are_told_at_once_and_the_next_after_five_minutes() {
    let mut home = Timetable::new();
    home.at(0).sends(A).hears("good");
    for _ in 0..3 {
        assert_eq!(home.at(1).down().tells(), [Waits(Why::NoAddress)]);
        assert_eq!(home.at(1).on(A).tells(), [Waits(Why::Current)]);
    }
    assert_eq!(home.at(1).down().tells(), [Hushed]);
    assert_eq!(home.at(300).down().tells(), []);
    assert_eq!(home.at(301).down().tells(), [Waits(Why::NoAddress)]);
}

#[test]
fn who_sets_the_clock_neither_hushes_nor_unleashes() {
    for set in [100_000, 300_000] {
        let mut home = Timetable::new();
        home.at(0).sends(A).hears("good");
        for _ in 0..3 {
            assert_eq!(home.at(200_000).down().tells(), [Waits(Why::NoAddress)]);
            assert_eq!(home.at(200_000).on(A).tells(), [Waits(Why::Current)]);
        }
        assert_eq!(home.at(200_000).down().tells(), [Hushed]);
        home.clock_is_set(START + set);
        assert_eq!(home.at(set + 299).down().tells(), []);
        assert_eq!(home.at(set + 300).down().tells(), [Waits(Why::NoAddress)]);
    }
}

#[test]
fn what_a_storm_hushes_is_no_outcome_that_matters() {
    let mut home = Timetable::new();
    home.at(0).sends(A).hears("good");
    for second in 1..=100 {
        let _ = home.at(second).down().tells();
        let _ = home.at(second).on(A).tells();
    }
    assert_eq!(home.at(101).sends(B).fails(Resolve), [Failed(RESOLVE, Again)]);
    assert_eq!(home.at(102).sends(C).hears("good"), [Published { from: Some(A), to: C }]);
    let events = home.at(103).sends(A).hears("badauth");
    assert_eq!(events, [Rejected(BADAUTH, New)]);
}

#[test]
fn waiting_for_the_clock_or_the_flap_limit_is_told_once() {
    let mut home = Timetable::new();
    let clock = Code::Failure(Clock);
    assert_eq!(home.at(0).sends(A).fails(Clock), [Failed(clock, New)]);
    assert_eq!(home.at(60).sends(A).fails(Clock), [Failed(clock, Again)]);
    home.restarts();
    assert_eq!(home.at(120).sends(A).fails(Clock), [Failed(clock, Again)]);
    home.at(180).sends(A).hears("good");
    for address in [B, C, A, B, C] {
        home.at(180).sends(address).hears("good");
    }
    assert_eq!(home.at(181).on(A).tells(), [Waits(Why::Flapping)]);
    home.restarts();
    assert_eq!(home.at(182).on(B).tells(), []);
    home.at(480).sends(B).hears("good");
    assert_eq!(home.at(480).on(C).tells(), [Waits(Why::Flapping)]);
}

#[test]
fn an_address_that_changed_during_the_update_is_sent_next() {
    let mut home = Timetable::new();
    let events = home.at(0).sends(A).after(9).while_on(B).hears("good");
    assert_eq!(events, [Published { from: None, to: A }]);
    home.at(9).sends(B).hears("good");
}

#[test]
fn a_death_during_an_update_is_told_as_a_failure() {
    let mut home = Timetable::new();
    home.at(0).sends(A).hears("good");
    home.at(1).sends(B).dies();
    assert_eq!(home.at(1).tells(), [Waits(Why::Backoff)]);
    let events = home.at(3).sends(B).fails(Interrupted);
    assert_eq!(events, [Failed(Code::Failure(Interrupted), Again)]);
}

#[test]
fn only_what_an_update_came_to_is_an_outcome() {
    for event in [Published { from: None, to: A }, Confirmed(New), Rejected(BUSY, New)] {
        assert!(event.is_outcome());
    }
    assert!(Failed(BUSY, Again).is_outcome());
    for event in [Released, FailingForAnHour, Waits(Why::Held)] {
        assert!(!event.is_outcome());
    }
}
