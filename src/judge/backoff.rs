//! How long after the nth: the ladders that follow an update without success, in seconds.
//!
//! | after | seconds | cut short by |
//! | --- | --- | --- |
//! | a failure | 2, 5, 10, 20, 40, 80, 160, 300, 600, then 900 | force, a new address |
//! | a hiccup | 60, 120, 300, 600, then 1800 | force, a new address: once each |
//! | the same with `Retry-After` | what it says, 5 to 21,600, stretched | the same |
//! | no answer of the protocol | 600, doubled up to 21,600 | force |
//! | 911, dnserr, 429 | 1800, or a longer `Retry-After` up to 86,400, stretched | nothing |
//! | a rejection that may be probed | 86,400, for a new address 3600 | resume, another account |
//!
//! A failure is a provider that was not reached or gave no answer, a hiccup a front end that
//! answered 5xx for it. The nth is counted in a row, until a success: where one of these three
//! kinds follows another, its ladder is entered above the step on which the other one stood. A
//! `Retry-After` that is shorter than the step is believed twice in a row.
//!
//! Each device has its own place between four and six fifths of a step, by its [`Jitter`]. A wait
//! that was asked for is only stretched, up to six fifths. `benches/fleet` shows what that is for:
//! after a power cut in a region, those that were told 429 or 503 came back in step, so a provider
//! that takes three tenths of them took an hour and a half instead of 36 minutes after 429.

use super::clock::ClockSet;
use crate::Time;

const MINUTE: Time = 60;
const HOUR: Time = 60 * MINUTE;

/// The first steps are seconds because the usual cause is an event that came before DNS or the
/// route was ready: clients that try once a minute, or wait five, publish that much too late
/// (opnsense/core 3422, inadyn 176, ddclient 328).
const FAILURES: [Time; 10] = [2, 5, 10, 20, 40, 80, 160, 300, 600, 900];
/// A 502 or 503 of a front end is over in minutes as a rule; if it is not, the pace becomes that
/// of the dyndns2 rules.
const HICCUPS: [Time; 5] = [MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 30 * MINUTE];
/// A front end's `Retry-After` is believed both ways, but 0 is no invitation to hammer it, and a
/// front end does not know for a day ahead.
const HICCUP_RETRY_AFTER: (Time, Time) = (5, 6 * HOUR);
/// So many in a row that ask for no pause are believed: a restart is over by then.
const HICCUPS_BELIEVED: u16 = 2;
/// "No retry before 30 minutes" is the dyndns2 rule after 911, dnserr and the like.
const UNAVAILABLE: Time = 30 * MINUTE;
/// A `Retry-After` beyond a day would leave a name wrong for longer than anybody meant.
const RETRY_AFTER_MAX: Time = 24 * HOUR;
/// A captive portal or a broken front end may be there for long; nobody has judged the update.
const UNKNOWN: (Time, Time) = (10 * MINUTE, 6 * HOUR);
/// A rejection may be a fault of the provider: a false 401 must not lock out for ever somebody who
/// is far from home. One try a day is no hammering; the rules ask to stop until the user acts
/// because of clients that tried each minute for months (openwrt/packages 15832).
const PROBE: Time = 24 * HOUR;
/// Another address may be what the provider did not like; an hour keeps a flapping line from it.
const PROBE_NEW_ADDRESS: Time = HOUR;
/// How often the clock is looked at while it is not set; whoever sets it pokes the agent, too.
const CLOCK: Time = MINUTE;

/// Ladders are stretched or shrunk by up to a fifth, so that devices that lost the same provider at
/// the same moment do not all come back together.
const JITTER_FRACTION: u64 = 5;

/// Updates that may follow each other at once before the flap limit bites: a line that is put
/// right by hand reconnects a few times.
const FLAP_BURST: Time = 6;
/// One more update is allowed after each such interval. Providers count updates, also those with
/// a new address, and block a name for `abuse` (ddns-updater 266, 896).
const FLAP_INTERVAL: Time = 5 * MINUTE;

/// A number that differs between devices and stays the same on each: what the jitter is made of.
///
/// All its bits count: with whole percents 100,000 devices would come back in 41 crowds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Jitter(pub u32);

impl Jitter {
    /// The one that changes nothing.
    pub const NONE: Self = Self(1 << 31);

    /// Four to six fifths of a step of ours, never less than a whole second.
    fn of(self, seconds: Time) -> Time {
        let fifth = seconds << 32;
        (fifth * (JITTER_FRACTION - 1) + 2 * seconds * u64::from(self.0))
            .div_ceil(JITTER_FRACTION << 32)
    }

    /// Five to six fifths: for who was asked to wait, and never comes sooner.
    fn above(self, seconds: Time) -> Time {
        let part = u64::from(self.0.wrapping_sub(Self::NONE.0));
        seconds + (seconds * part).div_ceil(JITTER_FRACTION << 32)
    }
}

/// The waits that grow with each update without success.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ladder {
    /// The provider was not reached.
    Failures,
    /// A front end answered for it.
    Hiccups,
    /// What answered does not speak the protocol.
    Unknown,
}

impl Ladder {
    /// No ladder has more steps.
    const STEPS: u16 = 10;

    /// Seconds on the step for the nth in a row.
    fn step(self, count: u16) -> Time {
        match self {
            Self::Failures => step(&FAILURES, count),
            Self::Hiccups => step(&HICCUPS, count),
            Self::Unknown => {
                let (first, most) = UNKNOWN;
                (first << count.saturating_sub(1).min(16)).min(most)
            }
        }
    }

    /// The first step that is longer than the one on which another ladder was left; the last if
    /// none is.
    #[must_use]
    pub(super) fn above(self, (other, count): (Self, u16)) -> u16 {
        let left = other.step(count);
        (1..Self::STEPS).find(|count| self.step(*count) > left).unwrap_or(Self::STEPS)
    }
}

/// Seconds to wait after `count` tries in a row that did not reach the provider.
#[must_use]
pub(super) fn after_failures(count: u16, jitter: Jitter) -> Time {
    jitter.of(Ladder::Failures.step(count))
}

/// Seconds to wait after `count` answers in a row that a front end gave for the provider.
#[must_use]
pub(super) fn after_hiccups(count: u16, retry_after: Option<u32>, jitter: Jitter) -> Time {
    let (least, most) = HICCUP_RETRY_AFTER;
    let own = Ladder::Hiccups.step(count);
    match retry_after {
        Some(asked) if count <= HICCUPS_BELIEVED => {
            jitter.above(Time::from(asked).clamp(least, most))
        }
        Some(asked) => jitter.above(Time::from(asked).clamp(own, most)),
        None => jitter.of(own),
    }
}

/// Seconds to wait after `count` answers in a row that were not understood.
#[must_use]
pub(super) fn after_unknown(count: u16, jitter: Jitter) -> Time {
    jitter.of(Ladder::Unknown.step(count))
}

/// Seconds to wait after the provider said that it is not available.
#[must_use]
pub(super) fn after_unavailable(retry_after: Option<u32>, jitter: Jitter) -> Time {
    let asked = retry_after.map_or(0, Time::from).min(RETRY_AFTER_MAX);
    jitter.above(asked.max(UNAVAILABLE))
}

/// Seconds after which a rejection is put to the test.
#[must_use]
pub(super) fn probe_after(is_new_address: bool) -> Time {
    if is_new_address { PROBE_NEW_ADDRESS } else { PROBE }
}

/// Seconds between two looks at a clock that is not set.
#[must_use]
pub(super) fn while_clock_is_unset() -> Time {
    CLOCK
}

fn step(ladder: &[Time], count: u16) -> Time {
    let last = ladder.len().saturating_sub(1);
    ladder.get(usize::from(count.saturating_sub(1)).min(last)).copied().unwrap_or(0)
}

/// The flap limit as one time: when a bucket of six updates will be full again.
///
/// (The generic cell rate algorithm of ATM Forum TM 4.0: one time instead of a count and a time.)
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Bucket {
    /// `None` if it is full.
    full_at: Option<Time>,
}

impl Bucket {
    /// The bucket that will be full then, as far as one can be that empty `now`: what lies beyond
    /// was written by another clock.
    #[must_use]
    pub(super) fn full_at(full_at: Option<Time>, now: Time) -> Self {
        let latest = now.saturating_add(FLAP_BURST * FLAP_INTERVAL);
        Self { full_at: full_at.map(|at| at.min(latest)) }
    }

    /// When it will be full.
    #[must_use]
    pub(super) fn is_full_at(self) -> Option<Time> {
        self.full_at
    }

    /// The bucket after an update.
    #[must_use]
    pub(super) fn after_update(self, now: Time) -> Self {
        let full_at = self.full_at.unwrap_or(now).max(now).saturating_add(FLAP_INTERVAL);
        Self { full_at: Some(full_at) }
    }

    /// When the next update is allowed; in the past, or 0, if it is now.
    #[must_use]
    pub(super) fn allows_at(self) -> Time {
        self.full_at.unwrap_or(0).saturating_sub((FLAP_BURST - 1) * FLAP_INTERVAL)
    }

    /// The bucket by a clock that was set.
    #[must_use]
    pub(super) fn moved(self, set: ClockSet) -> Self {
        Self::full_at(self.full_at.map(|at| set.ahead(at)), set.after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_climb_the_ladder_and_stay_on_top() {
        let waits: Vec<_> = (1..=12).map(|n| after_failures(n, Jitter::NONE)).collect();
        assert_eq!(waits, [2, 5, 10, 20, 40, 80, 160, 300, 600, 900, 900, 900]);
        assert_eq!(after_failures(u16::MAX, Jitter::NONE), 900);
        assert_eq!(after_failures(0, Jitter::NONE), 2);
    }

    #[test]
    fn hiccups_climb_a_ladder_of_minutes() {
        let minutes: Vec<_> = (1..=7).map(|n| after_hiccups(n, None, Jitter::NONE) / 60).collect();
        assert_eq!(minutes, [1, 2, 5, 10, 30, 30, 30]);
    }

    #[test]
    fn the_retry_after_of_a_hiccup_is_believed_both_ways_within_limits() {
        let rows = [(0, 5), (5, 5), (10, 10), (7200, 7200), (21_600, 21_600), (21_601, 21_600)];
        for (asked, wait) in rows {
            assert_eq!(after_hiccups(1, Some(asked), Jitter::NONE), wait);
            assert_eq!(after_hiccups(2, Some(asked), Jitter::NONE), wait);
            assert_eq!(after_hiccups(3, Some(asked), Jitter::NONE), wait.max(300));
            assert_eq!(after_hiccups(9, Some(asked), Jitter::NONE), wait.max(1800));
        }
    }

    #[test]
    fn unknown_answers_double_from_ten_minutes_to_six_hours() {
        let minutes: Vec<_> = (1..=8).map(|n| after_unknown(n, Jitter::NONE) / 60).collect();
        assert_eq!(minutes, [10, 20, 40, 80, 160, 320, 360, 360]);
        assert_eq!(after_unknown(u16::MAX, Jitter::NONE), 6 * 3600);
        assert_eq!(after_unknown(0, Jitter::NONE), 600);
    }

    #[test]
    fn another_ladder_is_entered_above_the_step_on_which_the_one_before_was_left() {
        let rows = [
            (Ladder::Hiccups, (Ladder::Failures, 3), 1),
            (Ladder::Failures, (Ladder::Hiccups, 1), 6),
            (Ladder::Hiccups, (Ladder::Failures, 10), 5),
            (Ladder::Unknown, (Ladder::Failures, 9), 2),
            (Ladder::Unknown, (Ladder::Hiccups, 9), 3),
            (Ladder::Failures, (Ladder::Unknown, 7), Ladder::STEPS),
        ];
        for (ladder, before, count) in rows {
            assert_eq!(ladder.above(before), count, "{ladder:?} after {before:?}");
        }
    }

    /// Devices evenly over all that there are, first and last included.
    fn devices() -> impl Iterator<Item = Jitter> {
        (0..=u32::MAX).step_by(1 << 20).chain([u32::MAX]).map(Jitter)
    }

    #[test]
    fn jitter_is_a_fifth_at_most_and_the_same_for_a_device() {
        let waits: Vec<_> = devices().map(|device| after_failures(10, device)).collect();
        assert_eq!(waits.iter().min(), Some(&720));
        assert_eq!(waits.iter().max(), Some(&1080));
        assert_eq!(after_failures(10, Jitter(7)), after_failures(10, Jitter(7)));
        assert_eq!(after_failures(1, Jitter(0)), 2, "never cut to less than a whole second");
        assert_eq!(after_unknown(1, Jitter(0)), 480);
        let hiccups: Vec<_> = devices().map(|device| after_hiccups(1, None, device)).collect();
        assert_eq!((hiccups.iter().min(), hiccups.iter().max()), (Some(&48), Some(&72)));
    }

    #[test]
    fn who_was_asked_to_wait_never_comes_sooner_and_the_last_a_fifth_later() {
        let asked: [(Time, fn(Jitter) -> Time); 3] = [
            (1800, |device| after_unavailable(None, device)),
            (86_400, |device| after_unavailable(Some(u32::MAX), device)),
            (120, |device| after_hiccups(2, Some(120), device)),
        ];
        for (seconds, wait) in asked {
            let waits: Vec<_> = devices().map(wait).collect();
            assert_eq!(waits.iter().min(), Some(&seconds));
            // The last of these devices but one is 2^-12 of all from the edge.
            let latest = waits.iter().max().map(|latest| seconds + seconds / 5 - latest);
            assert!(latest.is_some_and(|missing| missing <= 5), "{seconds}: {latest:?}");
        }
    }

    #[test]
    fn no_second_of_a_step_gets_a_crowd() {
        let mut seconds = std::collections::BTreeMap::new();
        for device in devices() {
            *seconds.entry(after_unavailable(None, device)).or_insert(0) += 1;
        }
        assert!(seconds.len() >= 360, "{} seconds", seconds.len());
        let even = devices().count() / 360;
        assert!(seconds.values().all(|count| *count <= 2 * even), "{seconds:?}");
    }

    #[test]
    fn unavailable_means_thirty_minutes_or_what_the_provider_asked() {
        let rows = [(None, 1800), (Some(10), 1800), (Some(7200), 7200), (Some(u32::MAX), 86_400)];
        for (asked, wait) in rows {
            assert_eq!(after_unavailable(asked, Jitter::NONE), wait);
        }
    }

    #[test]
    fn the_bucket_allows_six_at_once_and_then_one_in_five_minutes() {
        let mut bucket = Bucket::default();
        for _ in 0..6 {
            assert!(bucket.allows_at() <= 1000);
            bucket = bucket.after_update(1000);
        }
        assert_eq!(bucket.allows_at(), 1300);
        bucket = bucket.after_update(1300);
        assert_eq!(bucket.allows_at(), 1600);
        assert_eq!(bucket, Bucket::full_at(Some(Time::MAX), 1300), "it cannot be emptier");
    }
}
