//! When a source is asked again that takes its time, or somebody else's.

use std::time::Duration;

/// How often a source is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cadence {
    /// Asked again after this time, where nothing else gives cause to; zero if the kernel tells of
    /// every change.
    pub poll: Duration,
    /// After failures the time between two polls grows up to this one.
    pub poll_max: Duration,
    /// Never asked again sooner, unless the user wants it: news may come by the hundred.
    pub rest: Duration,
}

impl Cadence {
    /// For a source whose changes are events of the kernel.
    pub const BY_EVENT: Self = Self::every(Duration::ZERO, Duration::ZERO);

    /// The same interval, whatever comes of it.
    #[must_use]
    pub const fn every(poll: Duration, rest: Duration) -> Self {
        Self { poll, poll_max: poll, rest }
    }
}

/// The last time a source was asked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// In time since boot.
    pub at: Duration,
    /// How often in a row it had no address to tell.
    pub failures: u32,
    /// There were news since, so that the answer may be out of date.
    pub is_stale: bool,
}

/// After a failure nobody is spared for longer.
const REST_MAX_AFTER_FAILURE: Duration = Duration::from_secs(1);

impl Asked {
    /// When to ask again, in time since boot.
    #[must_use]
    pub fn due_at(&self, cadence: &Cadence) -> Duration {
        let Cadence { poll, poll_max, rest } = *cadence;
        let doublings = self.failures.saturating_sub(1).min(16);
        let after = match (self.is_stale, self.failures) {
            (true, 0) => rest,
            (true, _) => rest.min(REST_MAX_AFTER_FAILURE),
            (false, _) => poll.saturating_mul(1 << doublings).min(poll_max),
        };
        self.at.saturating_add(after)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn seconds(count: u64) -> Duration {
        Duration::from_secs(count)
    }

    #[test]
    fn it_is_asked_again_by_its_interval_and_sooner_after_news_but_never_in_a_row() {
        let minute = Cadence { poll: seconds(60), poll_max: seconds(300), rest: seconds(1) };
        let web = Cadence { poll: seconds(300), poll_max: seconds(300), rest: seconds(60) };
        let command = Cadence::every(seconds(300), Duration::ZERO);
        for (cadence, failures, is_stale, after) in [
            (minute, 0, false, 60),
            (minute, 0, true, 1),
            // One that was silent is asked less and less often, and at once when there are news.
            (minute, 1, false, 60),
            (minute, 2, false, 120),
            (minute, 3, false, 240),
            (minute, 4, false, 300),
            (minute, u32::MAX, false, 300),
            (minute, 7, true, 1),
            (web, 0, false, 300),
            (web, 0, true, 60),
            (web, 3, false, 300),
            // The line was down, and is up now.
            (web, 1, true, 1),
            (command, 0, true, 0),
            (command, 5, false, 300),
        ] {
            let asked = Asked { at: seconds(1000), failures, is_stale };
            let due = asked.due_at(&cadence);
            assert_eq!(due, seconds(1000 + after), "{cadence:?} {failures} {is_stale}");
        }
    }
}
