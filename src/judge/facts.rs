//! A past as the flat facts that the state file has had from version 0.1.0 on, and back.
//!
//! Flat facts can contradict each other, for instance after somebody has edited the file. Then they
//! become the nearest past that is *safe*: every hold and every acknowledged address is kept, and
//! what may have changed since is in doubt. The `state` of a record decides nothing. It is what the
//! user was told, and after a change of the account it says `held` until the next look.

use super::backoff::Bucket;
use super::outcome::{Attempt, Kind};
use super::past::{Course, Known, Past, Published, Trouble};
use super::shown::{FLAPPING, Phase};
use super::told::{Cause, State, Told};
use crate::Time;
use crate::provider::failure::Failure;
use crate::text::Text;

/// What is on disk of a [`Past`].
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The address that the provider last acknowledged.
    pub published: Option<Published>,
    /// An update was sent since whose fate is unknown.
    pub in_doubt: bool,
    /// The last update and what came of it.
    pub last: Option<Attempt>,
    /// When the first of the updates failed that have not succeeded since.
    pub failing_since: Option<Time>,
    /// The step of its ladder on which the last update without success stands.
    pub failures: u16,
    /// `Retry-After` of the last reply, in seconds.
    pub retry_after: Option<u32>,
    /// When the flap limit allows a full burst again.
    pub bucket_full_at: Option<Time>,
    /// What the user was last told.
    pub told: (Phase, Text),
}

impl Facts {
    /// The facts of a past that is shown so.
    #[must_use]
    pub fn of(past: &Past, told: (Phase, Text)) -> Self {
        let past = past.if_interrupted();
        let trouble = past.course.trouble();
        Self {
            published: past.published(),
            in_doubt: past.is_in_doubt(),
            last: past.last().cloned(),
            failing_since: trouble.map(|trouble| trouble.since),
            failures: past.failures(),
            retry_after: past.course.retry_after(),
            bucket_full_at: past.bucket.is_full_at(),
            told,
        }
    }

    /// The past that these facts are of. Times ahead of `now` were written by a clock that was set
    /// back since: they count as now.
    #[must_use]
    pub fn past(self, now: Time) -> Past {
        let bucket = Bucket::full_at(self.bucket_full_at, now);
        let told = self.told.clone();
        let course = self.course(now);
        let told = Told::from_file(told, &course);
        Past { course, bucket, told, news: None }
    }

    fn course(self, now: Time) -> Course {
        let not_after = |published: Published| Published { at: published.at.min(now), ..published };
        let published = self.published.map(not_after);
        let known = Known { published, in_doubt: self.in_doubt };
        let Some(last) = self.last.map(|last| last.not_after(now)) else {
            return Course::Never(known);
        };
        match last.code.kind() {
            Kind::Stored => stored(known, last),
            kind => {
                let in_doubt = known.in_doubt || last.code.may_have_arrived();
                let since = self.failing_since.unwrap_or(last.at).min(last.at);
                let count = self.failures.max(1);
                let trouble = Trouble { known: Known { in_doubt, ..known }, last, count, since };
                Course::of_trouble(trouble, kind, self.retry_after)
            }
        }
    }
}

/// What was acknowledged last is what is published, unless the file has it otherwise: then nobody
/// knows, and an update tells.
fn stored(known: Known, last: Attempt) -> Course {
    let acknowledged = Published { address: last.address, at: last.at };
    match known.published {
        Some(published) if published != acknowledged => {
            Course::Never(Known { in_doubt: true, ..known })
        }
        _ if known.in_doubt => Course::Never(Known { published: Some(acknowledged), ..known }),
        _ => Course::Stored(last),
    }
}

impl Told {
    fn from_file((phase, reason): (Phase, Text), course: &Course) -> Self {
        let code = course.code();
        let is_held = phase == Phase::Held || matches!(course, Course::Rejected { .. });
        let state = match phase {
            Phase::Current => State::Current,
            Phase::Held => State::Held(code),
            Phase::Backoff => State::Failing(code),
            Phase::NoAddress => State::NoAddress(Cause { text: reason, reason: None }),
            Phase::Disabled => State::Disabled,
            Phase::Pending if reason == FLAPPING => State::Flapping,
            Phase::Pending if reason == Failure::Clock.sentence() => State::Clock,
            Phase::Pending => State::Nothing,
        };
        Self::before(state, is_held)
    }
}
