//! How a past goes on: an update begins, an outcome is learnt, a hold is released.

use std::net::IpAddr;

use super::event::News;
use super::outcome::{Kind, Outcome};
use super::past::{Course, Known, Past, Trouble};
use crate::Time;

/// The past from before an update is sent until its outcome is learnt.
///
/// On disk this is an update that failed and may have arrived: a death in the middle of it leaves
/// the published address in doubt, and not wrong.
#[must_use]
pub fn begin(now: Time, past: &Past, address: IpAddr) -> Past {
    let before = Box::new(past.course.settled().clone());
    Past { course: Course::UnderWay { since: now, address, before }, ..past.clone() }
}

/// The past after an update that sent `sent`. [`judge`](super::judge) is to be asked next, by the
/// same rules: it tells what happened, and takes a `force` as done.
///
/// The outcome of an update that is not under way any more, as the account was changed meanwhile,
/// changes nothing.
#[must_use]
pub fn learn(now: Time, past: &Past, sent: IpAddr, outcome: &Outcome) -> Past {
    let Course::UnderWay { address, before, .. } = &past.course else { return past.clone() };
    if *address != sent {
        return past.clone();
    }
    let course = before.after(outcome, now, sent);
    let arrived = course.code().is_some_and(super::Code::may_have_arrived);
    let bucket = if arrived { past.bucket.after_update(now) } else { past.bucket };
    let news = Some(News::between(before, &course));
    Past { course, bucket, news, ..past.clone() }
}

impl Past {
    /// The past after `dynhost resume`: a rejection is forgotten, the flap limit is not. Nor is
    /// the wait that an unavailable provider asked for, as that is no hold.
    #[must_use]
    pub fn resumed(&self) -> Self {
        let course = match &self.course {
            Course::UnderWay { since, address, before } => Course::UnderWay {
                since: *since,
                address: *address,
                before: Box::new(before.released()),
            },
            other => other.released(),
        };
        Self { course, ..self.clone() }
    }

    /// The past by another login, password or URL, which has none but for the flap limit. What was
    /// published under the same name stays on show, in doubt: it is sent again.
    #[must_use]
    pub fn of_another_account(&self, is_same_name: bool) -> Self {
        // What is still under way for the old account counts as arrived.
        let past = self.if_interrupted();
        let known = if is_same_name {
            Known { published: past.published(), in_doubt: true }
        } else {
            Known::default()
        };
        Self { course: Course::Never(known), news: None, ..past }
    }
}

impl Course {
    /// The course after an update that was neither in vain nor interrupted by another.
    pub(super) fn after(&self, outcome: &Outcome, now: Time, address: IpAddr) -> Self {
        let last = outcome.attempt(now, address);
        let kind = last.code.kind();
        if kind == Kind::Stored {
            return Self::Stored(last);
        }
        let mut known = self.known();
        known.in_doubt |= last.code.may_have_arrived();
        let since = self.trouble().map_or(now, |before| before.since);
        let count = self.in_a_row_with(kind, address).saturating_add(1);
        let trouble = Trouble { known, last, count, since };
        Self::of_trouble(trouble, kind, outcome.retry_after())
    }

    /// The course of a kind, to which alone it is due what kind that is.
    pub(super) fn of_trouble(trouble: Trouble, kind: Kind, retry_after: Option<u32>) -> Self {
        match kind {
            Kind::Stored => Self::Stored(trouble.last),
            Kind::Rejected { may_probe } => Self::Rejected { may_probe, trouble },
            Kind::Unavailable => Self::Unavailable { retry_after, trouble },
            Kind::Hiccup => Self::Hiccup { retry_after, trouble },
            Kind::NotUnderstood => Self::NotUnderstood(trouble),
            Kind::Failing => Self::Failing(trouble),
            Kind::TooEarly => Self::TooEarly(trouble),
        }
    }

    /// How many updates in a row came to this kind of nothing. Failures are counted for each
    /// address, as a new one mostly comes with a new line.
    fn in_a_row_with(&self, kind: Kind, address: IpAddr) -> u16 {
        let Some(trouble) = self.trouble() else { return 0 };
        let is_new = kind == Kind::Failing && trouble.last.address != address;
        if trouble.last.code.kind() == kind && !is_new { trouble.count } else { 0 }
    }

    fn released(&self) -> Self {
        match self {
            Self::Rejected { trouble, .. } => Self::Never(trouble.known),
            other => other.clone(),
        }
    }
}
