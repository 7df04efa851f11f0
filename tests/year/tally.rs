//! The account of a year: how many updates there were, and how many there may have been.

use dynhost::Time;

/// The account of a year: what was sent, and what allowed it.
#[derive(Debug, Default)]
pub struct Tally {
    /// Updates of an address that has not failed yet.
    pub fresh: u64,
    pub retries: u64,
    /// What an update may follow from.
    pub causes: u64,
    /// How often the weather changed.
    pub troubles: u64,
    trouble_seconds: u64,
    clock_seconds: u64,
    pub clock_wrong: bool,
    since: Time,
}

impl Tally {
    pub fn since(start: Time) -> Self {
        Self { since: start, ..Self::default() }
    }

    /// Each cause in bad times climbs the short ladder once, which then goes in steps of 900 s
    /// less a fifth; a wrong clock is looked at each minute.
    pub fn is_too_high(&self) -> bool {
        let steps = self.trouble_seconds / 720 + self.clock_seconds / 60;
        self.fresh > self.causes || self.retries > 10 * (self.causes + self.troubles) + steps
    }

    pub fn weather(&mut self, now: Time, was_fair: bool) {
        let passed = now - self.since;
        self.since = now;
        if !was_fair {
            self.trouble_seconds += passed;
        }
        if self.clock_wrong {
            self.clock_seconds += passed;
        }
    }
}
