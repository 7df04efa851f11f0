//! Where the loop of the resident agent stands, and when it is to look again.

use std::time::Duration;

use crate::io::state_dir::Poke;
use crate::io::{clock, notify};
use crate::judge::Attention;
use crate::pass::Cause;

/// No wait is shorter, whatever the clocks say.
const WAIT_MIN: Duration = Duration::from_secs(1);
/// So many lines about a set clock
const CLOCK_LINES: u8 = 6;
/// in so much time are enough.
const CLOCK_LINES_EVERY: Duration = Duration::from_hours(1);

/// Where the loop stands.
#[derive(Default)]
pub(super) struct Pace {
    /// Every record was looked at.
    pub(super) complete: bool,
    /// Whether the looks since the last news left something open.
    pub(super) attention: Attention,
    /// Sources have not yet answered what the last look asked them.
    pub(super) is_asking: bool,
    /// That the kernel does not tell its addresses was said.
    pub(super) is_blind: bool,
    /// When the first of the last few lines about a set clock was written, in time since boot, and
    /// how many there were.
    pub(super) clock_told: (Duration, u8),
    /// When the last look began, in time since boot.
    pub(super) looked_at: Duration,
    /// When the next one is due, in time since boot.
    pub(super) look_at: Option<Duration>,
    /// Those who wait for what a look comes to that has begun since they asked.
    pub(super) pokes: Vec<Poke>,
    /// Those who asked about the same later: each gets what its own look comes to.
    pub(super) queued: Vec<Poke>,
    /// How often a supervisor wants to hear that the agent is alive.
    pub(super) watchdog: Option<Duration>,
    /// When it was told last, in time since boot.
    pub(super) told_at: Duration,
}

impl Pace {
    /// No more often than is asked for: procd is told over ubus, which may keep silent.
    pub(super) fn tell_watchdog(&mut self) {
        let now = clock::since_boot();
        if self.watchdog.is_some_and(|interval| now >= self.told_at + interval / 2) {
            self.told_at = now;
            notify::alive();
        }
    }

    /// Whether it is worth a line that the clock was set: where two programs set it in turn, the
    /// first few tell.
    pub(super) fn tells_clock(&mut self, now: Duration) -> bool {
        let (first, lines) = self.clock_told;
        let is_new = lines == 0 || now >= first + CLOCK_LINES_EVERY;
        self.clock_told = if is_new { (now, 1) } else { (first, lines.saturating_add(1)) };
        self.clock_told.1 <= CLOCK_LINES
    }

    /// When the next look is due, in time since boot, where the records want one at `next`, and
    /// a source is to be asked again at `source`.
    pub(super) fn next_look(
        &self,
        next: Option<Duration>,
        source: Option<Duration>,
    ) -> Option<Duration> {
        let unsure = self.attention.next().map(|after| self.looked_at + Duration::from_secs(after));
        let first = [unsure, source, next].into_iter().flatten().min();
        first.map(|at| at.max(self.looked_at + WAIT_MIN))
    }
}

/// What the look is for that they asked for. A site wants no more questions than news would put,
/// however often a member of a group asks.
pub(super) fn cause_of(asked: &[Poke]) -> Option<Cause> {
    let is_owners = asked.iter().any(|poke| poke.is_owners);
    let cause = if is_owners { Cause::Asked } else { Cause::News };
    (!asked.is_empty()).then_some(cause)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::judge::Looked;

    const LOOKED_AT: Duration = Duration::from_secs(1000);

    fn after(seconds: u64) -> Duration {
        LOOKED_AT + Duration::from_secs(seconds)
    }

    #[test]
    fn the_next_look_is_the_first_that_something_wants_but_never_at_once() {
        let sure = Pace { looked_at: LOOKED_AT, ..Pace::default() };
        let mut unsure = Pace { looked_at: LOOKED_AT, ..Pace::default() };
        unsure.attention.looked(Looked::Unsure);
        let rows = [
            (&sure, None, None, None),
            (&sure, Some(after(60)), None, Some(after(60))),
            (&sure, Some(after(0)), None, Some(after(1))),
            (&sure, Some(Duration::ZERO), None, Some(after(1))),
            (&sure, None, Some(after(300)), Some(after(300))),
            (&sure, None, Some(Duration::ZERO), Some(after(1))),
            (&sure, Some(after(60)), Some(after(300)), Some(after(60))),
            (&sure, Some(after(900)), Some(after(300)), Some(after(300))),
            (&unsure, None, None, Some(after(2))),
            (&unsure, Some(after(60)), Some(after(300)), Some(after(2))),
            (&unsure, Some(after(1)), None, Some(after(1))),
        ];
        for (pace, next, source, due) in rows {
            assert_eq!(pace.next_look(next, source), due, "{next:?} {source:?}");
        }
    }

    #[test]
    fn a_clock_that_is_set_all_the_time_is_told_of_a_few_times_an_hour() {
        let mut pace = Pace::default();
        let told = (0..24 * 60).filter(|minute| pace.tells_clock(after(60 * minute))).count();
        assert_eq!(told, 24 * usize::from(CLOCK_LINES));
        let mut pace = Pace::default();
        let told = (0..24).filter(|hour| pace.tells_clock(after(3600 * hour))).count();
        assert_eq!(told, 24, "a clock that is set once an hour is told of each time");
    }
}
