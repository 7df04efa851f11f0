//! Timetables of looks at the DNS: in minutes since the program started.

use super::*;
use crate::RELEASED;

const ADDRESS: [u8; 4] = [81, 2, 69, 10];

/// A record whose address was just acknowledged, and the looks at it.
struct Home {
    verification: Verification,
    state: Option<Verified>,
    hours: u16,
}

impl Home {
    fn new(hours: u16) -> Self {
        let verification = Verification::new(published(0), minutes(0));
        Self { verification, state: None, hours }
    }

    /// The next look, which has to be at that minute.
    fn at(&mut self, minute: u64, seen: Seen) -> Step {
        assert_eq!(self.verification.due_at(self.hours), Some(minutes(minute)));
        let now = (minutes(minute), RELEASED + minute * 60);
        let (step, state) = self.verification.learn(seen, self.state, now);
        self.state = state;
        step
    }

    /// The provider acknowledges the same address again.
    fn acknowledged(&mut self, minute: u64) {
        assert!(!self.verification.is_of(published(minute)));
        self.verification = Verification::new(published(minute), minutes(minute));
    }

    fn agrees(&self) -> Option<(u64, bool)> {
        self.state.map(|state| ((state.at - RELEASED) / 60, state.agrees))
    }
}

fn published(minute: u64) -> Published {
    Published { address: ADDRESS.into(), at: RELEASED + minute * 60 }
}

fn minutes(minute: u64) -> Duration {
    Duration::from_mins(minute)
}

use Seen::{Agrees, Disagrees, Unknown};

#[test]
fn a_week_without_trouble_is_a_look_after_a_quarter_of_an_hour_and_then_one_every_six_hours() {
    let mut home = Home::new(6);
    let mut looks = Vec::new();
    while let Some(at) = home.verification.due_at(6).filter(|at| *at < minutes(7 * 24 * 60)) {
        let minute = at.as_secs() / 60;
        assert_eq!(home.at(minute, Agrees), Step::Nothing);
        looks.push(minute);
    }
    assert_eq!(looks.len(), 28);
    assert_eq!(looks[..3], [15, 375, 735]);
    // It is written once: since then nothing was different.
    assert_eq!(home.agrees(), Some((15, true)));
}

#[test]
fn a_drifted_record_is_sent_once_and_then_left_for_a_day() {
    let mut home = Home::new(6);
    assert_eq!(home.at(15, Agrees), Step::Nothing);
    assert_eq!(home.at(375, Disagrees), Step::Nothing);
    assert_eq!(home.agrees(), Some((15, true)), "one look is no proof");
    assert_eq!(home.at(390, Disagrees), Step::Repair);
    assert_eq!(home.agrees(), Some((390, false)));
    // The provider had it all the time (nochg), and the servers still have not.
    home.acknowledged(391);
    assert_eq!(home.at(406, Disagrees), Step::Nothing);
    assert_eq!(home.at(421, Disagrees), Step::Left);
    for (minute, step) in [(781, Step::Nothing), (1141, Step::Nothing), (1501, Step::Nothing)] {
        assert_eq!(home.at(minute, Disagrees), step, "{minute}");
    }
    // A day after the last one, once more.
    assert_eq!(home.at(1861, Disagrees), Step::Repair);
    home.acknowledged(1862);
    assert_eq!(home.at(1877, Agrees), Step::Restored);
    assert_eq!(home.agrees(), Some((1877, true)));
}

#[test]
fn a_restart_does_not_shorten_the_day() {
    let mut home = Home::new(6);
    assert_eq!(home.at(15, Disagrees), Step::Nothing);
    assert_eq!(home.at(30, Disagrees), Step::Repair);
    for restart in [100, 200, 1400] {
        home.verification = Verification::new(published(31), minutes(restart));
        assert_eq!(home.at(restart + 15, Disagrees), Step::Nothing);
        assert_eq!(home.at(restart + 30, Disagrees), Step::Left, "{restart}");
    }
    home.verification = Verification::new(published(31), minutes(1450));
    assert_eq!(home.at(1465, Disagrees), Step::Nothing);
    assert_eq!(home.at(1480, Disagrees), Step::Repair);
}

#[test]
fn looks_that_tell_nothing_count_for_nothing() {
    let mut home = Home::new(6);
    assert_eq!(home.at(15, Disagrees), Step::Nothing);
    assert_eq!(home.at(30, Unknown), Step::Nothing);
    assert_eq!(home.agrees(), None);
    assert_eq!(home.at(390, Disagrees), Step::Repair);
    home.acknowledged(391);
    assert_eq!(home.at(406, Unknown), Step::Nothing);
    assert_eq!(home.agrees(), Some((390, false)));
    // One that agrees in between begins anew.
    let mut home = Home::new(1);
    assert_eq!(home.at(15, Disagrees), Step::Nothing);
    assert_eq!(home.at(30, Agrees), Step::Nothing);
    assert_eq!(home.at(90, Disagrees), Step::Nothing);
    assert_eq!(home.at(105, Disagrees), Step::Repair);
}

#[test]
fn it_is_about_what_was_acknowledged_and_nothing_else() {
    let home = Home::new(6);
    assert!(home.verification.is_of(published(0)));
    assert!(!home.verification.is_of(published(1)));
}

#[test]
fn a_record_is_left_alone_for_a_day_and_no_second_longer() {
    let repaired = |seconds: u64| {
        let mut home = Home::new(6);
        let repaired_at = Some(RELEASED + 30 * 60 - seconds);
        let address = ADDRESS.into();
        home.state = Some(Verified { address, at: RELEASED, agrees: false, repaired_at });
        assert_eq!(home.at(15, Disagrees), Step::Nothing);
        home.at(30, Disagrees)
    };
    assert_eq!(repaired(24 * 3600 - 1), Step::Left);
    assert_eq!(repaired(24 * 3600), Step::Repair);
}

#[test]
fn nothing_is_due_where_it_is_switched_off() {
    assert_eq!(Home::new(0).verification.due_at(0), None);
    assert_eq!(Home::new(1).verification.due_at(u16::MAX), Some(QUIET));
}

#[test]
fn what_was_found_about_another_address_is_not_about_this_one() {
    let mut home = Home::new(6);
    let other = Verified {
        address: [81, 2, 69, 99].into(),
        at: RELEASED,
        agrees: false,
        repaired_at: Some(RELEASED),
    };
    home.state = Some(other);
    assert_eq!(home.at(15, Agrees), Step::Nothing);
    assert_eq!(home.agrees(), Some((15, true)));
}

#[test]
fn a_clock_that_was_ahead_leaves_the_record_alone() {
    let mut home = Home::new(6);
    home.state = Some(Verified {
        address: ADDRESS.into(),
        at: RELEASED,
        agrees: false,
        repaired_at: Some(RELEASED * 2),
    });
    assert_eq!(home.at(15, Disagrees), Step::Nothing);
    assert_eq!(home.at(30, Disagrees), Step::Left);
}
