//! A clock that is not set, and one that is.

use super::timetable::START;
use super::*;
use crate::RELEASED;

#[test]
fn nothing_is_sent_over_tls_before_the_clock_is_set() {
    for now in [0, 1000, RELEASED - 1] {
        let mut home = Timetable::new();
        let found = Ok(crate::address::Found { address: A, device: None, source: "interface" });
        let forced = Rules { force: true, ..home.rules };
        let look_at = Some(now + MINUTE);
        let action = Action::Wait(Wait { until: look_at, why: Why::Clock });
        assert_eq!(judge(now, forced, &home.past, &found).action, action);
        home.rules.needs_clock = false;
        let plain = judge(now, home.rules, &home.past, &found);
        assert_eq!(plain.action, Action::Send(A), "plain HTTP needs no clock");
    }
    let home = Timetable::new();
    let found = Ok(crate::address::Found { address: A, device: None, source: "interface" });
    assert_eq!(judge(RELEASED, home.rules, &home.past, &found).action, Action::Send(A));
}

#[test]
fn a_certificate_not_yet_valid_waits_for_the_clock() {
    let mut home = Timetable::new();
    for minute in 0..9 {
        home.at(minute * MINUTE).sends(A).fails(Clock);
    }
    let eight = 8 * MINUTE;
    assert_eq!(home.at(eight).on(B).waits(), (Some(eight + MINUTE), Why::Clock));
    assert!(home.at(eight).forced().would_send(A));
    home.at(eight).sends_only_from(eight + MINUTE, A);
}

#[test]
fn it_goes_when_the_clock_is_set() {
    for failure in [Clock, Expired] {
        let mut home = Timetable::new();
        home.at(0).sends(B).hears("good");
        home.at(HOUR).sends(A).fails(failure);
        home.clock_is_set(START + HOUR + 20);
        assert_eq!(home.past.published().map(|published| published.at), Some(START + 20));
        home.at(HOUR + 20).sends(A);
    }
    let mut home = Timetable::new();
    home.at(0).sends(A).fails(Untrusted);
    home.clock_is_set(START + 1);
    home.at(1).nothing();
}

#[test]
fn other_waits_run_on_when_the_clock_is_set() {
    for word in ["badauth", "911", "503", "<html>"] {
        let mut home = Timetable::new();
        home.at(0).sends(A).hears(word);
        let (until, why) = home.at(1).waits();
        home.rules.needs_clock = false;
        for after in [1_000_000, START + 400 * DAY] {
            let mut home = home.clone();
            home.clock_is_set(after);
            let step = judge(after, home.rules, &home.past, &Ok(found()));
            let until = until.map(|until| until - 1 + after);
            assert_eq!(step.action, Action::Wait(Wait { until, why }), "{word}");
        }
    }
}

fn found() -> crate::address::Found {
    crate::address::Found { address: A, device: None, source: "interface" }
}

#[test]
fn a_clock_that_is_set_moves_every_time() {
    let mut home = Timetable::new();
    home.at(0).sends(A).hears("good");
    home.at(100).sends(B).hears("503");
    home.at(150).nothing();
    home.clock_is_set(START + DAY);
    let facts = Facts::of(&home.past, (Phase::Backoff, crate::text::Text::new()));
    let moved = |second: Time| Some(START + DAY + second - 150);
    assert_eq!(facts.published.map(|published| published.at), moved(0));
    assert_eq!(facts.last.map(|last| last.at), moved(100));
    assert_eq!(facts.failing_since, moved(100));
    assert_eq!(facts.bucket_full_at, moved(600));
}

#[test]
fn an_update_under_way_is_moved_with_the_clock() {
    let mut home = Timetable::new();
    home.at(0).sends(A).hears("good");
    home.at(100).sends(B).fails(Resolve);
    let _ = home.at(200).sends(B);
    home.clock_is_set(START + DAY);
    let facts = Facts::of(&home.past, (Phase::Pending, crate::text::Text::new()));
    assert_eq!(facts.last.map(|last| last.at), Some(START + DAY));
    assert_eq!(facts.failing_since, Some(START + DAY - 100));
    assert_eq!(facts.published.map(|published| published.at), Some(START + DAY - 200));
    assert_eq!(facts.failures, 2);
}

#[test]
fn a_clock_set_in_the_middle_of_an_update_makes_no_wait_longer() {
    let before = START - 30 * DAY;
    let set = ClockSet { before, after: START };
    // What the flap limit noted lies a month ahead then, and counts as the emptiest bucket.
    let rows = [("911", 30 * MINUTE), ("503", 5 * MINUTE), ("<html>", 10 * MINUTE)];
    for (word, wait) in rows {
        let mut home = Timetable::new();
        // The outcome is noted at START, and the agent has yet to hear that this is the time.
        home.at(0).sends(A).hears(word);
        home.past = home.past.clock_was_set(set);
        home.at(0).sends_only_from(wait, A);
    }
    let mut home = Timetable::new();
    home.at(0).sends(A).fails(Resolve);
    home.past = home.past.clock_was_set(set);
    home.at(0).sends_only_from(2, A);
    let mut home = Timetable::new();
    for address in [A, B, C, A, B, C] {
        home.at(0).sends(address).hears("good");
    }
    let stored = home.past.clone();
    home.past = home.past.clock_was_set(set);
    assert_eq!(home.past, stored, "not even the flap limit bites for longer than it can");
    home.at(0).sends_only_from(5 * MINUTE, B);
}
