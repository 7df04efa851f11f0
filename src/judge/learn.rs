//! How a past goes on: an update begins, an outcome is learnt, a hold is released.

use std::net::IpAddr;

use super::backoff::Ladder;
use super::event::News;
use super::outcome::{Kind, Outcome};
use super::past::{Course, Known, Past, Trouble};
use crate::Time;

/// The past from before an update is sent until its outcome is learnt.
///
/// [`judge`](super::judge) then shows it as on its way, and that is saved before the request
/// leaves. On disk it is an update that failed and may have arrived: if the process dies in the
/// middle of it, the published address is in doubt, and not wrong.
#[must_use]
pub fn begin(now: Time, past: &Past, address: IpAddr) -> Past {
    let before = Box::new(past.course.settled().clone());
    Past { course: Course::UnderWay { since: now, address, before }, ..past.clone() }
}

/// The past after an update of which nothing has left, and nothing will: as if it had not begun.
#[must_use]
pub fn take_back(past: &Past) -> Past {
    Past { course: past.course.settled().clone(), ..past.clone() }
}

/// The past after an update that sent `sent`. [`judge`](super::judge) is to be asked next, by the
/// same rules: it tells what happened, and takes a `force` as done.
///
/// An outcome that comes too late, because the account was changed meanwhile, changes nothing.
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
    /// The past after `dynhost resume`, if that ends a hold. The caller then tells
    /// [`Event::Released`](super::Event::Released).
    ///
    /// The rejection is forgotten, the flap limit is not. Nor is the wait that an unavailable
    /// provider asked for, as that is no hold.
    #[must_use]
    pub fn resumed(&self) -> Option<Self> {
        let Course::Rejected { trouble, .. } = self.course.settled() else { return None };
        let released = Course::Never(trouble.known);
        let course = match &self.course {
            Course::UnderWay { since, address, .. } => {
                Course::UnderWay { since: *since, address: *address, before: Box::new(released) }
            }
            _ => released,
        };
        let mut past = Self { course, ..self.clone() };
        past.told.is_held = false;
        Some(past)
    }

    /// The past under another login, password or URL: only the flap limit goes on. What was
    /// published under the same name stays on show, in doubt, and is sent again.
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

    /// Whether the last update may have changed what is published under its name.
    #[must_use]
    pub fn may_have_stored(&self) -> bool {
        self.if_interrupted().last().is_some_and(|last| last.code.may_have_stored())
    }

    /// The past of an account whose name another one may have changed since: it is sent again.
    #[must_use]
    pub fn in_doubt(&self) -> Self {
        Self { course: self.course.in_doubt(), ..self.clone() }
    }
}

impl Course {
    fn in_doubt(&self) -> Self {
        let known = Known { in_doubt: true, ..self.known() };
        let mut next = match self {
            Self::Never(_) | Self::Stored(_) => return Self::Never(known),
            Self::UnderWay { since, address, before } => {
                let before = Box::new(before.in_doubt());
                return Self::UnderWay { since: *since, address: *address, before };
            }
            other => other.clone(),
        };
        if let Some(trouble) = next.trouble_mut() {
            trouble.known = known;
        }
        next
    }

    /// The course after an update to `address` that came to `outcome`.
    pub(super) fn after(&self, outcome: &Outcome, now: Time, address: IpAddr) -> Self {
        let last = outcome.attempt(now, address);
        let kind = last.code.kind();
        if kind == Kind::Stored {
            return Self::Stored(last);
        }
        let mut known = self.known();
        known.in_doubt |= last.code.may_have_arrived();
        let since = self.trouble().map_or(now, |before| before.since);
        let count = self.count_with(kind, address);
        let trouble = Trouble { known, last, count, since };
        Self::of_trouble(trouble, kind, outcome.retry_after())
    }

    /// The one place where the kind of an outcome becomes a course.
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

    /// On which step of its ladder one more of this kind stands. Failures are counted for each
    /// address, as a new one mostly comes with a new line.
    fn count_with(&self, kind: Kind, address: IpAddr) -> u16 {
        let Some(Trouble { last, count, .. }) = self.trouble() else { return 1 };
        let before = last.code.kind();
        match (kind.ladder(), before.ladder()) {
            (Some(Ladder::Failures), _) if last.address != address => 1,
            _ if kind == before => count.saturating_add(1),
            (Some(ladder), Some(other)) => ladder.above((other, *count)),
            _ => 1,
        }
    }
}
