//! How long after the nth: the ladders that follow a failed update, in seconds.

use crate::Time;

/// After the nth try that did not reach the provider. The first steps are short because the
/// usual cause is an event that came before DNS or the route was ready.
const FAILURE_LADDER: [Time; 10] = [2, 5, 10, 20, 40, 80, 160, 300, 600, 900];
/// Ladders are stretched or shrunk by up to this share, so that devices that lost the same
/// provider at the same moment do not all come back together.
const JITTER_PERCENT: u64 = 20;

/// "No retry before 30 minutes" is the dyndns2 rule after 911, dnserr and the like.
pub const UNAVAILABLE_SECONDS: Time = 30 * 60;
/// A `Retry-After` beyond a day would leave a name wrong for longer than anybody meant.
pub const RETRY_AFTER_MAX: Time = 24 * 3600;
/// First and longest wait after an answer that is not understood.
const UNKNOWN_FIRST: Time = 10 * 60;
const UNKNOWN_MAX: Time = 6 * 3600;
/// A held record is tried once a day, where the rules allow it.
pub const PROBE_SECONDS: Time = 24 * 3600;
/// A held record is tried when the WAN address has changed, if the rejection is this old.
pub const PROBE_NEW_ADDRESS_SECONDS: Time = 3600;
/// How often the clock is looked at while it is not set.
pub const CLOCK_SECONDS: Time = 60;

/// Updates that may follow each other at once before the flap limit bites.
const FLAP_BURST: Time = 6;
/// One more update is allowed after each such interval.
const FLAP_INTERVAL: Time = 5 * 60;

/// Seconds to wait after `failures` tries in a row that did not reach the provider.
///
/// `device` is any number that stays the same for this device and record.
#[must_use]
pub fn after_failures(failures: u16, device: u32) -> Time {
    jittered(FAILURE_LADDER[step(failures).min(FAILURE_LADDER.len() - 1)], device)
}

/// Seconds to wait after `failures` answers in a row that were not understood.
#[must_use]
pub fn after_unknown(failures: u16, device: u32) -> Time {
    let doubled = UNKNOWN_FIRST << step(failures).min(16);
    jittered(doubled.min(UNKNOWN_MAX), device)
}

/// Seconds to wait after the provider said that it is not available.
#[must_use]
pub fn after_unavailable(retry_after: Option<u32>) -> Time {
    let asked = retry_after.map_or(0, Time::from).min(RETRY_AFTER_MAX);
    asked.max(UNAVAILABLE_SECONDS)
}

/// The flap limit as one number: when a bucket of [`FLAP_BURST`] updates will be full again.
///
/// (The generic cell rate algorithm of ATM Forum TM 4.0: one time instead of a count and a time.)
#[must_use]
pub fn bucket_after_update(now: Time, full_at: Option<Time>) -> Time {
    full_at.unwrap_or(now).max(now).saturating_add(FLAP_INTERVAL)
}

/// When the next update is allowed, given when the bucket will be full; never if it is full.
#[must_use]
pub fn bucket_allows_at(full_at: Option<Time>) -> Time {
    full_at.unwrap_or(0).saturating_sub((FLAP_BURST - 1) * FLAP_INTERVAL)
}

/// The latest time at which a bucket can be full: what lies beyond was written by another clock.
#[must_use]
pub fn bucket_latest(now: Time) -> Time {
    now.saturating_add(FLAP_BURST * FLAP_INTERVAL)
}

fn step(failures: u16) -> usize {
    usize::from(failures.saturating_sub(1))
}

fn jittered(seconds: Time, device: u32) -> Time {
    let percent = 100 - JITTER_PERCENT + u64::from(device) % (2 * JITTER_PERCENT + 1);
    (seconds * percent).div_ceil(100)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A device number without jitter.
    const EVEN: u32 = 20;

    #[test]
    fn failures_climb_the_ladder_and_stay_on_top() {
        let waits: Vec<_> = (1..=12).map(|n| after_failures(n, EVEN)).collect();
        assert_eq!(waits, [2, 5, 10, 20, 40, 80, 160, 300, 600, 900, 900, 900]);
        assert_eq!(after_failures(u16::MAX, EVEN), 900);
        assert_eq!(after_failures(0, EVEN), 2);
    }

    #[test]
    fn unknown_answers_double_from_ten_minutes_to_six_hours() {
        let minutes: Vec<_> = (1..=8).map(|n| after_unknown(n, EVEN) / 60).collect();
        assert_eq!(minutes, [10, 20, 40, 80, 160, 320, 360, 360]);
        assert_eq!(after_unknown(u16::MAX, EVEN), 6 * 3600);
    }

    #[test]
    fn jitter_is_a_fifth_at_most_and_the_same_for_a_device() {
        let waits: Vec<_> = (0..1000).map(|device| after_failures(10, device)).collect();
        assert_eq!(waits.iter().min(), Some(&720));
        assert_eq!(waits.iter().max(), Some(&1080));
        assert_eq!(after_failures(10, 7), after_failures(10, 7));
        assert_eq!(after_failures(1, 0), 2, "a wait is never cut to less than a whole second");
    }

    #[test]
    fn unavailable_means_thirty_minutes_or_what_the_provider_asked() {
        let rows = [(None, 1800), (Some(10), 1800), (Some(7200), 7200), (Some(u32::MAX), 86_400)];
        for (asked, wait) in rows {
            assert_eq!(after_unavailable(asked), wait);
        }
    }

    #[test]
    fn the_bucket_allows_six_at_once_and_then_one_in_five_minutes() {
        let mut full_at = None;
        for _ in 0..6 {
            assert!(bucket_allows_at(full_at) <= 1000);
            full_at = Some(bucket_after_update(1000, full_at));
        }
        assert_eq!(bucket_allows_at(full_at), 1300);
        full_at = Some(bucket_after_update(1300, full_at));
        assert_eq!(bucket_allows_at(full_at), 1600);
        assert_eq!(full_at, Some(bucket_latest(1300)));
    }
}
