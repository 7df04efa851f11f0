//! What is sent, what never is, what is held.

use super::*;

#[test]
fn a_new_address_is_sent_and_an_acknowledged_one_never_again() {
    for word in ["good", "nochg", "good 81.2.69.10"] {
        let mut home = Timetable::new();
        home.at(0).sends(A).hears(word);
        assert_eq!(home.at(0).waits(), (None, Why::Current));
        assert_eq!(home.at(4000 * DAY).waits(), (None, Why::Current));
        assert!(home.at(1).forced().would_send(A), "unless it is forced");
        assert!(home.at(1).would_send(B), "a change is sent at once");
    }
}

#[test]
fn nothing_is_sent_while_switched_off_or_without_an_address() {
    let mut home = Timetable::new();
    home.rules.enabled = false;
    assert_eq!(home.at(0).forced().waits(), (None, Why::Disabled));
    assert_eq!(home.at(0).down().waits(), (None, Why::Disabled));
    home.rules.enabled = true;
    assert_eq!(home.at(0).down().forced().waits(), (None, Why::NoAddress));
}

#[test]
fn nothing_more_is_sent_while_an_update_is_under_way() {
    let mut home = Timetable::new();
    let _ = home.at(0).sends(A);
    assert_eq!(home.past.under_way(), Some(A));
    assert_eq!(home.at(0).waits(), (None, Why::UnderWay));
    assert_eq!(home.at(DAY).on(B).forced().waits(), (None, Why::UnderWay));
    home.rules.enabled = false;
    assert_eq!(home.at(DAY).down().waits(), (None, Why::UnderWay));
    assert_eq!(home.at(DAY).judged().shown.reason, "an update to 81.2.69.10 is on its way");
}

#[test]
fn what_is_published_is_in_doubt_while_an_update_is_under_way() {
    let mut home = Timetable::new();
    home.at(0).sends(A).hears("good");
    assert!(!home.past.is_in_doubt());
    let _ = home.at(1).sends(B);
    assert!(home.past.is_in_doubt());
    assert_eq!(home.past.published().map(|published| published.address), Some(A));
    home.past = take_back(&home.past);
    assert!(!home.past.is_in_doubt());
}

#[test]
fn an_update_that_is_taken_back_never_was() {
    let mut home = Timetable::new();
    home.at(0).sends(A).hears("badauth");
    let before = home.past.clone();
    let _ = home.at(DAY).sends(A);
    assert_ne!(home.past, before);
    home.past = take_back(&home.past);
    assert_eq!(home.past, before);
    assert_eq!(take_back(&before), before);
}

#[test]
fn an_update_that_is_due_is_shown_as_that() {
    let shown = Timetable::new().at(0).judged().shown;
    assert_eq!(shown.reason, "an update to 81.2.69.10 is due");
    assert_eq!((shown.phase, shown.next_at), (Phase::Pending, Some(timetable::START)));
    assert_eq!((shown.address, shown.source.as_deref()), (Some(A), Some("interface")));
}

#[test]
fn a_rejection_is_held_and_probed_once_a_day_or_an_hour_after_a_change() {
    for word in PROBED {
        let mut home = Timetable::new();
        home.at(0).sends(A).hears(word);
        assert_eq!(home.at(0).forced().waits(), (Some(DAY), Why::Held), "{word}");
        home.clone().at(0).sends_only_from(DAY, A);
        home.at(0).sends_only_from(HOUR, B);
    }
}

#[test]
fn a_rejection_that_forbids_probes_is_held_for_ever() {
    for word in FINAL {
        let mut home = Timetable::new();
        home.at(0).sends(A).hears(word);
        for (second, address) in [(0, A), (DAY, A), (4000 * DAY, B)] {
            let verdict = home.at(second).on(address).forced().waits();
            assert_eq!(verdict, (None, Why::Held), "{word} at {second}");
        }
    }
}

#[test]
fn a_rejected_probe_is_held_for_another_day() {
    let mut home = Timetable::new();
    home.at(0).sends(A).hears("badauth");
    home.at(DAY).sends(A).hears("401");
    home.at(DAY).sends_only_from(2 * DAY, A);
}

#[test]
fn a_rejection_of_the_published_address_makes_it_doubtful() {
    let mut home = Timetable::new();
    home.at(0).sends(A).hears("good");
    home.at(DAY).forced().sends(A).hears("nohost");
    let published = home.past.published().expect("still the last that was acknowledged");
    assert_eq!((published.address, published.at), (A, timetable::START));
    home.at(DAY).nothing();
    home.resume();
    home.at(DAY).sends(A);
}

#[test]
fn resume_releases_any_hold_and_keeps_the_flap_limit() {
    for word in ["badauth", "abuse"] {
        let mut home = Timetable::new();
        home.at(0).sends(A).hears(word);
        let bucket = home.past.bucket;
        home.resume();
        assert_eq!(home.past.bucket, bucket);
        assert_eq!((home.past.last(), home.past.failures()), (None, 0));
        home.at(0).sends(A);
    }
}

#[test]
fn resume_shortens_no_wait_but_a_hold() {
    for word in ["911", "503", "<html>", "good", "429"] {
        let mut home = Timetable::new();
        home.at(0).sends(A).hears(word);
        assert_eq!(home.past.resumed(), None, "{word}");
    }
    let mut home = Timetable::new();
    home.at(0).sends(A).fails(Resolve);
    assert_eq!(home.past.resumed(), None);
    let _ = home.at(2).sends(A);
    assert_eq!(home.past.resumed(), None);
}

#[test]
fn resume_during_a_probe_forgets_what_was_before_it() {
    let mut home = Timetable::new();
    home.at(0).sends(A).hears("badauth");
    let _ = home.at(DAY).sends(A);
    home.resume();
    assert_eq!(home.past.under_way(), Some(A));
    home.past = learn(timetable::START + DAY, &home.past, A, &timetable::says("badauth", A));
    assert_eq!(home.past.failures(), 1);
    home.at(DAY).sends_only_from(2 * DAY, A);
}

#[test]
fn another_account_is_tried_at_once_and_keeps_the_flap_limit() {
    let mut home = Timetable::new();
    home.at(0).sends(A).hears("good");
    home.at(1).sends(B).hears("abuse");
    let published = home.past.published();
    let bucket = home.past.bucket;
    for is_same_name in [true, false] {
        home.past = home.past.of_another_account(is_same_name);
        assert_eq!(home.past.published(), published.filter(|_| is_same_name));
        assert_eq!(home.past.is_in_doubt(), is_same_name);
        assert_eq!(home.past.bucket, bucket);
        assert!(home.at(2).would_send(B));
        assert!(home.at(2).would_send(A), "whoever published it is not asked");
    }
}

#[test]
fn the_outcome_of_an_account_that_was_changed_meanwhile_is_not_learnt() {
    let mut home = Timetable::new();
    let _ = home.at(0).sends(A);
    home.past = home.past.of_another_account(true);
    let bucket = home.past.bucket.is_full_at();
    assert_eq!(bucket, Some(timetable::START + 300), "it may have arrived all the same");
    let late = learn(timetable::START, &home.past, A, &timetable::says("good", A));
    assert_eq!(late, home.past);
    let _ = home.at(0).sends(B);
    let other = learn(timetable::START, &home.past, A, &timetable::says("good", A));
    assert_eq!(other, home.past, "nor that of another address");
}

#[test]
fn a_wrong_echo_is_not_published() {
    let mut home = Timetable::new();
    home.at(0).sends(A).hears("good 127.0.0.1");
    assert_eq!(home.past.published(), None);
    let mut home = Timetable::new();
    home.at(0).sends(A).hears("good");
    home.at(0).sends(B).hears("good 127.0.0.1");
    home.at(0).sends_only_from(10 * MINUTE, A);
}

#[test]
fn an_update_of_unknown_fate_makes_the_published_address_doubtful() {
    for failure in Failure::ALL {
        let mut home = Timetable::new();
        home.at(0).sends(A).hears("good");
        home.at(DAY).sends(B).fails(*failure);
        let sends_again = home.at(DAY + DAY / 2).would_send(A);
        assert_eq!(sends_again, failure.may_have_arrived(), "{}", failure.token());
        assert_eq!(home.past.is_in_doubt(), failure.may_have_arrived());
    }
}

#[test]
fn a_doubt_outlives_what_did_not_arrive() {
    let mut home = Timetable::new();
    home.at(0).sends(A).hears("good");
    home.at(DAY).sends(B).hears("911");
    home.at(2 * DAY).sends(B).fails(Refused);
    assert!(home.past.is_in_doubt());
    home.at(3 * DAY).sends(A).hears("nochg");
    assert!(!home.past.is_in_doubt());
}

#[test]
fn a_death_during_an_update_leaves_the_published_address_in_doubt() {
    let mut home = Timetable::new();
    home.at(0).sends(A).hears("good");
    home.at(HOUR).sends(B).dies();
    assert_eq!(home.past.last().map(|last| last.code), Some(Code::Failure(Interrupted)));
    assert_eq!(home.past.bucket.is_full_at(), Some(timetable::START + HOUR + 300));
    assert!(home.clone().at(HOUR).would_send(A), "it may be B that is published");
    home.at(HOUR).sends_only_from(HOUR + 2, B);
}

#[test]
fn six_updates_may_follow_each_other_and_then_one_in_five_minutes() {
    let mut home = Timetable::new();
    for address in [A, B, C, A, B, C] {
        home.at(0).sends(address).hears("good");
    }
    assert_eq!(home.at(0).on(A).waits(), (Some(5 * MINUTE), Why::Flapping));
    assert_eq!(home.at(0).forced().waits(), (Some(5 * MINUTE), Why::Flapping));
    home.at(0).sends_only_from(5 * MINUTE, B);
    home.at(5 * MINUTE).sends(A).hears("good");
    assert_eq!(home.at(5 * MINUTE).on(B).waits(), (Some(10 * MINUTE), Why::Flapping));
}

#[test]
fn an_update_that_cannot_have_arrived_does_not_count_as_a_flap() {
    for failure in Failure::ALL {
        let mut home = Timetable::new();
        home.at(0).sends(A).fails(*failure);
        let counts = home.past.bucket.is_full_at().is_some();
        assert_eq!(counts, failure.may_have_arrived(), "{}", failure.token());
    }
}

#[test]
fn a_refresh_is_sent_when_it_was_asked_for_and_is_due() {
    let mut home = Timetable::new();
    home.rules.refresh_days = 7;
    home.at(0).sends(A).hears("good");
    assert_eq!(home.at(0).waits(), (Some(7 * DAY), Why::Current));
    home.at(7 * DAY).sends(A).fails(Resolve);
    home.at(7 * DAY).sends_only_from(7 * DAY + 2, A);
    home.at(7 * DAY + 2).sends(A).hears("nochg");
    assert_eq!(home.at(7 * DAY + 2).waits(), (Some(14 * DAY + 2), Why::Current));
}

#[test]
fn what_is_shown_while_waiting_says_what_and_why() {
    let rows = [
        ("good", "current", ""),
        ("401", "held", "badauth: login or password is wrong"),
        ("503", "backoff", "the provider is busy"),
        ("429", "backoff", "the provider is busy"),
    ];
    for (word, phase, reason) in rows {
        let mut home = Timetable::new();
        home.at(0).sends(A).hears(word);
        shows(&home.at(0).judged(), phase, reason);
    }
    let rows = [
        (Resolve, "backoff", "the provider's name does"),
        (Clock, "pending", "the certificate is not"),
    ];
    for (failure, phase, reason) in rows {
        let mut home = Timetable::new();
        home.at(0).sends(A).fails(failure);
        shows(&home.at(0).judged(), phase, reason);
    }
    let mut home = Timetable::new();
    shows(&home.at(0).down().judged(), "no-address", "device wan is down");
    home.rules.enabled = false;
    shows(&home.at(0).on(A).judged(), "disabled", "switched off");
}

fn shows(step: &Step, phase: &str, reason: &str) {
    let shown = &step.shown;
    assert_eq!(shown.phase.token(), phase);
    assert!(shown.reason.starts_with(reason), "{phase}: {}", shown.reason);
    assert_eq!(shown.reason.is_empty(), phase == "current");
    assert_eq!(shown.address, (phase != "no-address").then_some(A));
    let Action::Wait(wait) = step.action else { panic!("{phase}: sends") };
    assert_eq!(shown.next_at, wait.until);
}
