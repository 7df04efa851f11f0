//! What happened to a record, in a type that cannot contradict itself.
//!
//! ```text
//!            begin              learn
//! Never ---------> UnderWay ---------> Stored
//!   ^                |  ^        |---> Rejected       held
//!   |                |  |        |---> Unavailable    \
//!   |     a death    |  +--------|---> Hiccup          | waits, and
//!   |                v   begin   |---> NotUnderstood   | begins again
//!   +----------- (Failing)       |---> Failing         |
//!     resume, another account    +---> TooEarly       /
//! ```
//!
//! Only [`judge`](super) makes one. So a record cannot be held after `good`, cannot have been
//! failing since some time without a failure, and cannot wait for the `Retry-After` of another
//! reply.
//! Deadlines are derived from these facts each time, so a restart at any instant loses nothing.

use std::net::IpAddr;

use super::backoff::Bucket;
use super::event::News;
use super::outcome::{Attempt, Code, Outcome};
use super::told::Told;
use crate::Time;
use crate::provider::failure::Failure;

/// What happened to one record: what counts for its next update.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Past {
    pub(super) course: Course,
    /// The flap limit: it outlives every outcome.
    pub(super) bucket: Bucket,
    pub(super) told: Told,
    /// What was learnt since the last judgement.
    pub(super) news: Option<News>,
}

/// An address that the provider acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Published {
    /// The address.
    pub address: IpAddr,
    /// When the acknowledgement came.
    pub at: Time,
}

/// What came of the last update.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Course {
    /// None was sent yet, or it counts no more: a hold was released, the account is another one.
    Never(Known),
    /// It is being sent, or was when this process died.
    UnderWay { since: Time, address: IpAddr, before: Box<Course> },
    /// The provider acknowledged it.
    Stored(Attempt),
    /// The provider wants its user to act first.
    Rejected { may_probe: bool, trouble: Trouble },
    /// The provider wants to be left alone.
    Unavailable { retry_after: Option<u32>, trouble: Trouble },
    /// A front end answered for the provider.
    Hiccup { retry_after: Option<u32>, trouble: Trouble },
    /// Something answered that does not speak the protocol.
    NotUnderstood(Trouble),
    /// The provider was not reached, or its answer did not arrive.
    Failing(Trouble),
    /// The certificate is not valid yet by this clock.
    TooEarly(Trouble),
}

/// What every update without success leaves behind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Trouble {
    pub(super) known: Known,
    pub(super) last: Attempt,
    /// The step of its ladder, at least 1: updates in a row without success, if all came to the
    /// same.
    pub(super) count: u16,
    /// When the first of the updates failed that have not succeeded since.
    pub(super) since: Time,
}

/// What the provider is known to have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Known {
    /// What it last acknowledged.
    pub(super) published: Option<Published>,
    /// It may have stored something else since.
    pub(super) in_doubt: bool,
}

impl Default for Course {
    fn default() -> Self {
        Self::Never(Known::default())
    }
}

impl Past {
    /// What the provider last acknowledged.
    #[must_use]
    pub fn published(&self) -> Option<Published> {
        self.course.known().published
    }

    /// Whether a later update may have changed what is published.
    #[must_use]
    pub fn is_in_doubt(&self) -> bool {
        self.course.known().in_doubt
    }

    /// The last update that is over and still counts.
    #[must_use]
    pub fn last(&self) -> Option<&Attempt> {
        self.course.last()
    }

    /// The step of its ladder on which the last update without success stands.
    #[must_use]
    pub fn failures(&self) -> u16 {
        self.course.trouble().map_or(0, |trouble| trouble.count)
    }

    /// The address of the update that is being sent.
    #[must_use]
    pub fn under_way(&self) -> Option<IpAddr> {
        match self.course {
            Course::UnderWay { address, .. } => Some(address),
            _ => None,
        }
    }

    /// What a process knows that finds this after the death of another: an update that is under
    /// way has failed, and may have arrived.
    #[must_use]
    pub fn if_interrupted(&self) -> Self {
        let Course::UnderWay { since, address, before } = &self.course else {
            return self.clone();
        };
        let interrupted = Outcome::Failed(Failure::Interrupted);
        let course = before.after(&interrupted, *since, *address);
        Self { course, bucket: self.bucket.after_update(*since), ..self.clone() }
    }

    pub(super) fn is_held(&self) -> bool {
        matches!(self.course.settled(), Course::Rejected { .. })
    }
}

impl Course {
    /// The course before the update that is under way.
    pub(super) fn settled(&self) -> &Self {
        match self {
            Self::UnderWay { before, .. } => before,
            other => other,
        }
    }

    pub(super) fn known(&self) -> Known {
        match self {
            Self::Never(known) => *known,
            Self::UnderWay { before, .. } => Known { in_doubt: true, ..before.known() },
            Self::Stored(Attempt { at, address, .. }) => {
                Known { published: Some(Published { address: *address, at: *at }), in_doubt: false }
            }
            other => other.trouble().map_or_else(Known::default, |trouble| trouble.known),
        }
    }

    pub(super) fn last(&self) -> Option<&Attempt> {
        match self.settled() {
            Self::Stored(last) => Some(last),
            other => other.trouble().map(|trouble| &trouble.last),
        }
    }

    pub(super) fn code(&self) -> Option<Code> {
        self.last().map(|last| last.code)
    }

    pub(super) fn trouble(&self) -> Option<&Trouble> {
        match self.settled() {
            Self::Never(_) | Self::Stored(_) | Self::UnderWay { .. } => None,
            Self::Rejected { trouble, .. }
            | Self::Unavailable { trouble, .. }
            | Self::Hiccup { trouble, .. }
            | Self::NotUnderstood(trouble)
            | Self::Failing(trouble)
            | Self::TooEarly(trouble) => Some(trouble),
        }
    }

    pub(super) fn trouble_mut(&mut self) -> Option<&mut Trouble> {
        match self {
            Self::UnderWay { before, .. } => before.trouble_mut(),
            Self::Never(_) | Self::Stored(_) => None,
            Self::Rejected { trouble, .. }
            | Self::Unavailable { trouble, .. }
            | Self::Hiccup { trouble, .. }
            | Self::NotUnderstood(trouble)
            | Self::Failing(trouble)
            | Self::TooEarly(trouble) => Some(trouble),
        }
    }

    pub(super) fn retry_after(&self) -> Option<u32> {
        match self.settled() {
            Self::Unavailable { retry_after, .. } | Self::Hiccup { retry_after, .. } => {
                *retry_after
            }
            _ => None,
        }
    }
}
