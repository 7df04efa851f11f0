//! The decision: the first obstacle in the way of an update, or none.

use std::net::IpAddr;

use super::past::{Course, Past};
use super::{Rules, backoff};
use crate::address::Found;
use crate::{RELEASED, Time};

const DAY: Time = 86_400;

/// What to do about a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// [`begin`](super::begin) an update to this address, and send it.
    Send(IpAddr),
    /// Send nothing.
    Wait(Wait),
}

/// Why nothing is sent, and for how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wait {
    /// When to judge again; `None` if only an event or the user changes anything.
    pub until: Option<Time>,
    /// The obstacle.
    pub why: Why,
}

/// Why nothing is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Switched off by the user.
    Disabled,
    /// There is nothing to publish.
    NoAddress,
    /// An update is being sent: its outcome is learnt first.
    UnderWay,
    /// The provider rejected the last update.
    Held,
    /// The provider has this address.
    Current,
    /// Certificates cannot be checked before the clock is set.
    Clock,
    /// The last update came to nothing.
    Backoff,
    /// The address changes too often.
    Flapping,
}

/// The question that is put to each obstacle.
struct Question<'a> {
    now: Time,
    rules: Rules,
    past: &'a Past,
    address: IpAddr,
    /// The user wants an update and has not had it yet.
    forced: bool,
}

pub(super) fn decide(now: Time, rules: Rules, past: &Past, found: Option<&Found>) -> Action {
    if past.under_way().is_some() {
        return Action::wait(None, Why::UnderWay);
    }
    if !rules.enabled {
        return Action::wait(None, Why::Disabled);
    }
    let Some(&Found { address, .. }) = found else {
        return Action::wait(None, Why::NoAddress);
    };
    // What was just learnt came of the update that was asked for.
    let forced = rules.force && past.news.is_none();
    let question = Question { now, rules, past, address, forced };
    let obstacle = question
        .held()
        .or_else(|| question.current())
        .or_else(|| question.clock_unset())
        .or_else(|| question.backing_off())
        .or_else(|| question.flapping());
    obstacle.map_or(Action::Send(address), Action::Wait)
}

impl Question<'_> {
    /// The dyndns2 rules want a client to stop after such a word until its user acts: no force, no
    /// change of the address ends it, only a probe where the word allows one.
    fn held(&self) -> Option<Wait> {
        let Course::Rejected { may_probe, trouble } = &self.past.course else { return None };
        let is_new = trouble.last.address != self.address;
        let probe_at = trouble.last.at.saturating_add(backoff::probe_after(is_new));
        let until = may_probe.then_some(probe_at);
        self.wait_until(until, Why::Held)
    }

    /// An update that changes nothing is what providers call abuse; DNS, which may lag for minutes
    /// or be cached, is not asked. After an update of unknown fate nobody knows what is published.
    fn current(&self) -> Option<Wait> {
        let known = self.past.course.known();
        let published = known.published.filter(|published| published.address == self.address)?;
        if known.in_doubt || self.forced {
            return None;
        }
        let seconds = Time::from(self.rules.refresh_days) * DAY;
        let refresh_at = (seconds > 0).then(|| published.at.saturating_add(seconds));
        self.wait_until(refresh_at, Why::Current)
    }

    /// A router without a battery boots in 1970 or at the date of its newest file, and every
    /// certificate is "not yet valid". Others switch the validation off for good (inadyn's
    /// `broken-rtc`).
    fn clock_unset(&self) -> Option<Wait> {
        let look_at = self.now.saturating_add(backoff::while_clock_is_unset());
        let is_unset = self.rules.needs_clock && self.now < RELEASED;
        is_unset.then_some(Wait { until: Some(look_at), why: Why::Clock })
    }

    fn backing_off(&self) -> Option<Wait> {
        let trouble = self.past.course.trouble()?;
        let is_new = trouble.last.address != self.address;
        let (seconds, why, is_cut_short) = match &self.past.course {
            Course::Never(_)
            | Course::UnderWay { .. }
            | Course::Stored(_)
            | Course::Rejected { .. } => return None,
            // A new address has not failed yet: it mostly comes with a new line.
            Course::Failing(trouble) => {
                let wait = backoff::after_failures(trouble.count, self.rules.jitter);
                (wait, Why::Backoff, is_new || self.forced)
            }
            Course::TooEarly(_) => (backoff::while_clock_is_unset(), Why::Clock, self.forced),
            Course::Hiccup { retry_after, trouble } => {
                let wait = backoff::after_hiccups(trouble.count, *retry_after, self.rules.jitter);
                (wait, Why::Backoff, is_new || self.forced)
            }
            // What answers there is not the provider, whatever is asked of it.
            Course::NotUnderstood(trouble) => {
                let wait = backoff::after_unknown(trouble.count, self.rules.jitter);
                (wait, Why::Backoff, self.forced)
            }
            // The provider itself asked for it.
            Course::Unavailable { retry_after, .. } => {
                let wait = backoff::after_unavailable(*retry_after, self.rules.jitter);
                (wait, Why::Backoff, false)
            }
        };
        if is_cut_short {
            return None;
        }
        // Where the flap limit bites longer, it is for these tries, and no address has changed.
        let due = trouble.last.at.saturating_add(seconds).max(self.past.bucket.allows_at());
        self.wait_until(Some(due), why)
    }

    fn flapping(&self) -> Option<Wait> {
        self.wait_until(Some(self.past.bucket.allows_at()), Why::Flapping)
    }

    fn wait_until(&self, until: Option<Time>, why: Why) -> Option<Wait> {
        let is_over = until.is_some_and(|until| self.now >= until);
        (!is_over).then_some(Wait { until, why })
    }
}

impl Action {
    fn wait(until: Option<Time>, why: Why) -> Self {
        Self::Wait(Wait { until, why })
    }
}
