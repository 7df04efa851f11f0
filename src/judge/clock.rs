//! What a clock that is set does to a past.

use super::outcome::{Attempt, Code};
use super::past::{Course, Known, Past};
use crate::Time;
use crate::provider::failure::Failure;

/// The wall clock was set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ClockSet {
    /// What it would show now.
    pub before: Time,
    /// What it shows.
    pub after: Time,
}

impl ClockSet {
    /// A time that lies ahead, by the new clock: waits run on in boot time, so what lay a minute
    /// ahead still does.
    #[must_use]
    pub fn ahead(self, at: Time) -> Time {
        at.saturating_add(self.after).saturating_sub(self.before)
    }

    /// A time in the past, by the new clock. What was noted a moment ago may be of the new clock
    /// already, so it is kept from lying ahead.
    fn past(self, at: Time) -> Time {
        self.ahead(at).min(self.after)
    }
}

impl Past {
    /// The past by the new clock. A record that waited for just this is due at once.
    #[must_use]
    pub fn clock_was_set(&self, set: ClockSet) -> Self {
        let bucket = self.bucket.moved(set);
        let told = self.told.clock_was_set(set);
        Self { course: self.course.clock_was_set(set), bucket, told, ..self.clone() }
    }
}

impl Course {
    fn clock_was_set(&self, set: ClockSet) -> Self {
        let mut next = match self {
            Self::UnderWay { since, address, before } => Self::UnderWay {
                since: set.past(*since),
                address: *address,
                before: Box::new(before.clock_was_set(set)),
            },
            other if other.is_of_a_wrong_clock() => Self::Never(other.known()),
            other => other.clone(),
        };
        match &mut next {
            Self::UnderWay { .. } => {}
            Self::Never(known) => known.move_times(set),
            Self::Stored(last) => last.at = set.past(last.at),
            Self::Rejected { .. }
            | Self::Unavailable { .. }
            | Self::Hiccup { .. }
            | Self::NotUnderstood(_)
            | Self::Failing(_)
            | Self::TooEarly(_) => next.move_trouble(set),
        }
        next
    }

    fn move_trouble(&mut self, set: ClockSet) {
        if let Some(trouble) = self.trouble_mut() {
            trouble.known.move_times(set);
            trouble.last.at = set.past(trouble.last.at);
            trouble.since = set.past(trouble.since);
        }
    }

    /// A certificate that seemed expired may be one that a clock far ahead looked at.
    fn is_of_a_wrong_clock(&self) -> bool {
        let code = Some(Code::Failure(Failure::Expired));
        matches!(self, Self::TooEarly(_)) || self.code() == code
    }
}

impl Known {
    fn move_times(&mut self, set: ClockSet) {
        if let Some(published) = &mut self.published {
            published.at = set.past(published.at);
        }
    }
}

impl Attempt {
    /// The attempt as a clock that was set back since shows it: ahead counts as now.
    pub(super) fn not_after(self, now: Time) -> Self {
        Self { at: self.at.min(now), ..self }
    }
}
