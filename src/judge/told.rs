//! What the user was last told about a record, and how often.

use super::backoff::Bucket;
use super::clock::ClockSet;
use super::decide::Why;
use super::event::Event;
use super::outcome::{Code, Kind};
use super::past::Past;
use crate::Time;
use crate::address::NoAddress;
use crate::text::Text;

/// What the user was last told about a record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) state: State,
    /// The user knows of a hold, whatever was told since.
    pub(super) is_held: bool,
    /// What changes all the time is told at the pace of the flap limit: six times, and then once
    /// in five minutes.
    pace: Bucket,
    /// That it is so was told.
    pub(super) is_hushed: bool,
}

/// The state that was told.
#[allow(clippy::large_enum_variant, reason = "a record has one")]
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) enum State {
    #[default]
    Nothing,
    Current,
    Held(Option<Code>),
    Failing(Option<Code>),
    Clock,
    Flapping,
    NoAddress(Cause),
    Disabled,
}

/// Why there is no address; two are the same if they are of one kind, as the words in them may be
/// somebody else's.
#[derive(Clone, Debug, Default)]
pub(super) struct Cause {
    /// Not known of what was told before this process began.
    pub(super) reason: Option<NoAddress>,
    pub(super) text: Text,
}

impl PartialEq for Cause {
    fn eq(&self, other: &Self) -> bool {
        match (&self.reason, &other.reason) {
            (Some(one), Some(other)) => one.is_like(other),
            _ => self.text == other.text,
        }
    }
}

impl Eq for Cause {}

impl Told {
    /// What another process has told.
    pub(super) fn before(state: State, is_held: bool) -> Self {
        Self { state, is_held, ..Self::default() }
    }

    /// Whether this is to be told now; it counts as told if it is.
    pub(super) fn may_tell(&mut self, now: Time, event: Event) -> bool {
        if event.is_always_told() {
            return true;
        }
        if self.pace.allows_at() > now {
            self.is_hushed = true;
            return false;
        }
        if self.pace.is_full_at().is_none_or(|full_at| full_at <= now) {
            self.is_hushed = false;
        }
        self.pace = self.pace.after_update(now);
        true
    }

    /// The same, long after the last time that something was told.
    #[cfg(test)]
    pub(super) fn at_rest(&self) -> Self {
        Self::before(self.state.clone(), self.is_held)
    }

    /// By a clock that was set.
    #[must_use]
    pub(super) fn clock_was_set(&self, set: ClockSet) -> Self {
        Self { pace: self.pace.moved(set), ..self.clone() }
    }
}

impl State {
    /// The state of a record that waits; `None` while nobody knows what comes of it.
    pub(super) fn of(past: &Past, why: Why, cause: Cause) -> Option<Self> {
        let code = past.course.code();
        Some(match why {
            Why::UnderWay => return None,
            Why::Current => Self::Current,
            Why::Held => Self::Held(code),
            Why::Backoff => Self::Failing(code),
            Why::Clock => Self::Clock,
            Why::Flapping => Self::Flapping,
            Why::NoAddress => Self::NoAddress(cause),
            Why::Disabled => Self::Disabled,
        })
    }

    /// The state in which a failure leaves a record.
    pub(super) fn of_failure(kind: Kind, code: Code) -> Self {
        if kind == Kind::TooEarly { Self::Clock } else { Self::Failing(Some(code)) }
    }
}
