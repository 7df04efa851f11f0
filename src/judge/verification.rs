//! Whether the DNS holds what the provider acknowledged: when its servers are asked, and what
//! follows.
//!
//! An update that was acknowledged can still be lost: a zone that was restored from a copy, another
//! client with the same login, a record edited by hand. The servers that hold the zone tell. They
//! get a quarter of an hour to hear of an update, and are then asked every few hours.
//!
//! That none of them has the address leads to one update, if a second look a quarter of an hour
//! later finds the same. Whatever comes of it, nothing is sent for that reason again for a day:
//! against somebody who changes the record on purpose there is nothing to be won, and a provider
//! bans those who try.

use std::net::IpAddr;
use std::time::Duration;

use super::past::Published;
use crate::Time;
use crate::dns::authority::Seen;

/// Servers hear of an update within minutes (the provider's guide); so long they are not asked.
pub const QUIET: Duration = Duration::from_mins(15);
/// Between two updates because of the DNS.
const LEFT_ALONE: Time = 86_400;
const HOUR: Duration = Duration::from_hours(1);

/// What was found last, as the state file has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The address that was looked for.
    pub address: IpAddr,
    /// Since when the servers say the same about it.
    pub at: Time,
    /// Whether they have it.
    pub agrees: bool,
    /// When an update was sent because they had not.
    pub repaired_at: Option<Time>,
}

/// What follows from a look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Nothing that anybody has to know.
    Nothing,
    /// The servers have the address again.
    Restored,
    /// They have not: it is sent once more.
    Repair,
    /// They have not, although it was sent again within the last day.
    Left,
}

/// When the servers of one record are asked.
#[derive(Clone, Debug)]
pub struct Verification {
    published: Published,
    /// When that was first seen here, in time since boot.
    since: Duration,
    checked_at: Option<Duration>,
    /// The first of the looks in a row that disagreed.
    disagrees_since: Option<Duration>,
    /// That they are left alone was told.
    is_told: bool,
}

impl Verification {
    /// Of what was just acknowledged, or is known since a start of the program.
    #[must_use]
    pub fn new(published: Published, now: Duration) -> Self {
        Self { published, since: now, checked_at: None, disagrees_since: None, is_told: false }
    }

    /// Whether it is about this.
    #[must_use]
    pub fn is_of(&self, published: Published) -> bool {
        self.published == published
    }

    /// When the servers are to be asked, every so many hours; `None` for never.
    #[must_use]
    pub fn due_at(&self, hours: u16) -> Option<Duration> {
        let pace = HOUR.checked_mul(hours.into()).filter(|pace| !pace.is_zero())?;
        Some(match (self.checked_at, self.disagrees_since) {
            (None, _) => self.since + QUIET,
            // The second look, which decides.
            (Some(at), Some(first)) if at == first => at + QUIET.min(pace),
            (Some(at), _) => at + pace,
        })
    }

    /// Takes what was seen; `before` is what the state had.
    #[must_use]
    pub fn learn(
        &mut self,
        seen: Seen,
        before: Option<Verified>,
        (now, wall): (Duration, Time),
    ) -> (Step, Option<Verified>) {
        self.checked_at = Some(now);
        let before = before.filter(|before| before.address == self.published.address);
        let repaired_at = before.and_then(|before| before.repaired_at);
        let address = self.published.address;
        let same = |agrees| {
            let known = before.filter(|before| before.agrees == agrees);
            let at = known.map_or(wall, |before| before.at);
            Some(Verified { address, at, agrees, repaired_at })
        };
        match seen {
            // A look that told nothing neither confirms the last one nor takes it back.
            Seen::Unknown => (Step::Nothing, before),
            Seen::Agrees => {
                let was_told = before.is_some_and(|before| !before.agrees);
                (self.disagrees_since, self.is_told) = (None, false);
                (if was_told { Step::Restored } else { Step::Nothing }, same(true))
            }
            Seen::Disagrees => {
                let first = *self.disagrees_since.get_or_insert(now);
                if now.saturating_sub(first) < QUIET {
                    return (Step::Nothing, before);
                }
                let step = self.repair(repaired_at, wall);
                let at = if step == Step::Repair { Some(wall) } else { repaired_at };
                (step, same(false).map(|seen| Verified { repaired_at: at, ..seen }))
            }
        }
    }

    fn repair(&mut self, repaired_at: Option<Time>, wall: Time) -> Step {
        // A time ahead is of a clock that was wrong, and as good as now.
        let is_recent = repaired_at.is_some_and(|at| wall.saturating_sub(at) < LEFT_ALONE);
        if !is_recent {
            return Step::Repair;
        }
        if std::mem::replace(&mut self.is_told, true) { Step::Nothing } else { Step::Left }
    }
}

#[cfg(test)]
mod tests;
