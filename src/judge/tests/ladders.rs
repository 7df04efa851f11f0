//! How long nothing is sent after an update without success.

use super::*;

#[test]
fn failures_climb_the_ladder_and_a_new_address_restarts_it() {
    let mut home = Timetable::new();
    let mut second = 0;
    for (count, wait) in (1..).zip([2, 5, 10, 20, 40, 80, 160, 300, 600, 900, 900]) {
        home.at(second).sends(A).fails(Resolve);
        assert_eq!(home.past.failures(), count);
        assert!(home.at(second).would_send(B), "a new address goes at once");
        assert!(home.at(second).forced().would_send(A), "and so does a forced one");
        home.at(second).sends_only_from(second + wait, A);
        second += wait;
    }
    home.at(second).sends(B).fails(Refused);
    assert_eq!(home.past.failures(), 1);
    home.at(second).sends_only_from(second + 2, B);
}

#[test]
fn different_failures_are_one_ladder_and_a_success_ends_it() {
    let mut home = Timetable::new();
    home.at(0).sends(A).fails(Resolve);
    home.at(2).sends(A).fails(Refused);
    home.at(7).sends(A).fails(Untrusted);
    assert_eq!(home.past.failures(), 3);
    home.at(17).sends(A).hears("good");
    assert_eq!(home.past.failures(), 0);
    home.at(17).sends(B).fails(Resolve);
    assert_eq!(home.past.failures(), 1);
}

#[test]
fn each_kind_of_nothing_has_a_ladder_of_its_own() {
    let mut home = Timetable::new();
    for (second, word) in [(0, "<html>"), (600, "<html>"), (1800, "502"), (3600, "911")] {
        home.at(second).sends(A).hears(word);
    }
    assert_eq!(home.past.failures(), 1);
    home.at(3600).sends_only_from(3600 + 30 * MINUTE, A);
}

#[test]
fn the_ladder_of_a_device_is_its_own() {
    for (jitter, wait) in [(0, 720), (1 << 31, 900), (u32::MAX, 1080)] {
        let mut home = Timetable::new();
        home.rules.jitter = Jitter(jitter);
        for _ in 0..10 {
            home.at(0).forced().sends(A).fails(Resolve);
        }
        home.at(0).sends_only_from(wait, A);
    }
}

/// What each device waits after the same answer at the same second.
#[track_caller]
fn waits_of_devices(home: &Timetable, earliest: Time, middle: Time, latest: Time) {
    for (jitter, wait) in [(0, earliest), (1 << 31, middle), (u32::MAX, latest)] {
        let mut home = home.clone();
        home.rules.jitter = Jitter(jitter);
        home.at(0).sends_only_from(wait, A);
    }
}

#[test]
fn devices_that_were_answered_together_do_not_come_back_together() {
    let mut home = Timetable::new();
    home.at(0).sends(A).hears("503");
    waits_of_devices(&home, 48, 60, 72);
    let mut home = Timetable::new();
    home.at(0).sends(A).hears_wait(503, 120);
    waits_of_devices(&home, 132, 120, 132);
    let mut home = Timetable::new();
    home.at(0).sends(A).hears("429");
    waits_of_devices(&home, 1980, 1800, 1980);
}

#[test]
fn an_unavailable_provider_has_thirty_minutes_even_if_forced_or_changed() {
    for word in ["911", "dnserr", "429"] {
        let mut home = Timetable::new();
        for count in 0..5 {
            let second = count * 30 * MINUTE;
            home.at(second).sends(A).hears(word);
            let half_an_hour = second + 30 * MINUTE;
            let verdict = home.at(second).on(B).forced().waits();
            assert_eq!(verdict, (Some(half_an_hour), Why::Backoff), "{word}");
            home.at(second).sends_only_from(half_an_hour, A);
        }
    }
}

#[test]
fn retry_after_is_honoured_if_it_is_longer_and_forgotten_after_that() {
    for status in [200, 429] {
        let mut home = Timetable::new();
        home.at(0).sends(A).hears_wait(status, 7200);
        assert_eq!(home.at(0).on(B).forced().waits(), (Some(2 * HOUR), Why::Backoff));
        home.at(2 * HOUR).sends(A).hears("911");
        home.at(2 * HOUR).sends_only_from(2 * HOUR + 30 * MINUTE, A);
        home.at(3 * HOUR).sends(A).hears_wait(status, 10);
        home.at(3 * HOUR).sends_only_from(3 * HOUR + 30 * MINUTE, A);
    }
}

#[test]
fn a_hiccup_of_a_front_end_costs_minutes() {
    for word in ["500", "502", "503"] {
        let mut home = Timetable::new();
        let mut second = 0;
        for minutes in [1, 2, 5, 10, 30, 30] {
            home.at(second).sends(A).hears(word);
            home.at(second).sends_only_from(second + minutes * MINUTE, A);
            second += minutes * MINUTE;
        }
    }
}

#[test]
fn the_retry_after_of_a_hiccup_is_believed_both_ways() {
    for (asked, wait) in [(0, 5), (20, 20), (7200, 7200), (86_400, 6 * HOUR)] {
        let mut home = Timetable::new();
        home.at(0).sends(A).hears_wait(503, asked);
        home.at(0).sends_only_from(wait, A);
    }
}

#[test]
fn a_hiccup_is_tried_once_more_if_forced_or_with_a_new_address() {
    let mut home = Timetable::new();
    home.at(0).sends(A).hears("503");
    home.at(1).nothing();
    home.at(2).forced().sends(A).hears("503");
    home.at(2).sends_only_from(2 + 2 * MINUTE, A);
    home.at(3).sends(B).hears("503");
    home.at(3).sends_only_from(3 + 5 * MINUTE, B);
}

#[test]
fn a_retry_after_of_nothing_is_no_leave_to_pass_the_flap_limit() {
    let mut home = Timetable::new();
    for second in [0, 5, 10, 15, 20, 25] {
        home.at(second).forced().sends(A).hears_wait(503, 0);
    }
    assert_eq!(home.at(26).waits(), (Some(25 + 30 * MINUTE), Why::Backoff));
    assert_eq!(home.at(31).forced().waits(), (Some(300), Why::Flapping));
    assert_eq!(home.at(31).on(B).waits(), (Some(300), Why::Flapping));
}

#[test]
fn answers_not_understood_wait_ten_minutes_to_six_hours() {
    let minutes = [10, 20, 40, 80, 160, 320, 360, 360, 360, 360, 360, 360];
    for (mut home, minutes) in at_once("<html>good").into_iter().zip(minutes) {
        assert!(home.at(0).forced().would_send(A));
        home.at(0).sends_only_from(minutes * MINUTE, B);
    }
}

/// How often a day a provider is asked that gives these answers in turn for ever.
fn asked_a_day(answers: &[&dyn Fn(Sending<'_>) -> Vec<Event>]) -> usize {
    let mut home = Timetable::new();
    let mut answers = answers.iter().cycle();
    let mut second = 0;
    let mut count = 0;
    while second < 24 * 3600 {
        answers.next().expect("some")(home.at(second).sends(A));
        count += 1;
        let (next, _) = home.at(second).waits();
        second = next.expect("it tries again");
    }
    count
}

#[test]
fn a_provider_that_is_out_of_order_for_good_is_asked_a_few_times_an_hour_whatever_it_says() {
    let wait = |sending: Sending<'_>| sending.hears_wait(503, 0);
    let hiccup = |sending: Sending<'_>| sending.hears("502");
    let broken = |sending: Sending<'_>| sending.fails(Malformed);
    let page = |sending: Sending<'_>| sending.hears("<html>");
    // A ladder of 900 s, one of 1800 s, or steps of both in turn.
    let rows: [(&[&dyn Fn(Sending<'_>) -> Vec<Event>], usize); 6] = [
        (&[&wait], 60),
        (&[&hiccup], 60),
        (&[&broken], 110),
        (&[&hiccup, &broken], 80),
        (&[&wait, &broken], 80),
        (&[&wait, &broken, &page], 72),
    ];
    for (number, (answers, most)) in rows.into_iter().enumerate() {
        let asked = asked_a_day(answers);
        assert!(asked <= most, "row {number}: {asked} times a day");
    }
}

#[test]
fn another_kind_of_failure_goes_on_where_the_one_before_stood() {
    let mut home = Timetable::new();
    home.at(0).sends(A).hears("502");
    home.at(60).sends(A).fails(Malformed);
    home.at(60).sends_only_from(60 + 80, A);
    home.at(140).sends(A).hears("502");
    home.at(140).sends_only_from(140 + 120, A);
    home.at(260).sends(A).fails(Malformed);
    home.at(260).sends_only_from(260 + 160, A);
    // A front end that is not reached after it was well is one that was not reached.
    home.at(420).sends(A).hears("good");
    home.at(420).sends(B).fails(Malformed);
    home.at(420).sends_only_from(422, B);
}

#[test]
fn who_asks_for_no_pause_is_believed_twice_in_a_row() {
    let mut home = Timetable::new();
    let mut second = 0;
    for wait in [5, 5, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE, 30 * MINUTE] {
        home.at(second).sends(A).hears_wait(503, 0);
        home.at(second).sends_only_from(second + wait, A);
        second += wait;
    }
}
