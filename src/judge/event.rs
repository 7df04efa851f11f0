//! What happened to a record, each thing told once.

use std::net::IpAddr;

use super::decide::{Action, Wait, Why};
use super::outcome::{Code, Kind};
use super::past::{Course, Past};
use super::told::{Cause, State};
use crate::Time;

/// A name that is not current for this long is worth a message.
const FAILING_SECONDS: Time = 3600;

/// Something that happened to a record since it was last judged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Event {
    /// A hold is over.
    Released,
    /// An update came to this: the provider acknowledged another address than before.
    Published {
        /// What it acknowledged before.
        from: Option<IpAddr>,
        /// What it has now.
        to: IpAddr,
    },
    /// An update came to this: the provider acknowledged the same address once more.
    Confirmed(Repeat),
    /// An update came to this: the provider rejected it, and the user must act.
    Rejected(Code, Repeat),
    /// An update came to this: it had no success and will be repeated.
    Failed(Code, Repeat),
    /// No update has had success for an hour.
    FailingForAnHour,
    /// It waits for another reason than before, and no update led to that.
    Waits(Why),
    /// It changes too often to be told each time: from now on a few times an hour.
    Hushed,
}

/// Whether the user knows of it already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// It is the first of its kind, or another than before.
    New,
    /// The same was told and nothing else since.
    Again,
}

/// What an outcome changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct News {
    /// What was published before.
    from: Option<IpAddr>,
    /// What came of the update before.
    after: Option<Code>,
    /// The trouble has come to last an hour.
    is_an_hour: bool,
}

impl News {
    pub(super) fn between(before: &Course, after: &Course) -> Self {
        let from = before.known().published.map(|published| published.address);
        let is_an_hour = !before.lasts_an_hour() && after.lasts_an_hour();
        Self { from, after: before.code(), is_an_hour }
    }
}

impl Course {
    fn lasts_an_hour(&self) -> bool {
        let seconds =
            |trouble: &super::past::Trouble| trouble.last.at.saturating_sub(trouble.since);
        self.trouble().map(seconds).is_some_and(|seconds| seconds >= FAILING_SECONDS)
    }
}

/// The events since the last judgement, and the past in which they are told; `cause` is why there
/// is no address.
pub(super) fn tell(now: Time, past: &Past, action: Action, cause: Cause) -> (Past, Vec<Event>) {
    let mut events = Vec::new();
    let mut next = past.clone();
    let told = &mut next.told;
    told.is_held = past.is_held();
    if past.told.is_held && !told.is_held {
        events.push(Event::Released);
    }
    let outcome = next.news.take().and_then(|news| outcome(past, news));
    let outcome =
        outcome.map(|event| if told.may_tell(now, event) { event } else { event.again() });
    events.extend(outcome);
    if past.news.is_some_and(|news| news.is_an_hour) {
        events.push(Event::FailingForAnHour);
    }
    if let Action::Wait(Wait { why, .. }) = action
        && let Some(state) = State::of(past, why, cause)
    {
        let is_said = state == told.state || outcome.is_some_and(|event| event.says(&state));
        if is_said || told.may_tell(now, Event::Waits(why)) {
            events.extend((!is_said).then_some(Event::Waits(why)));
            told.state = state;
        }
    }
    if told.is_hushed && !past.told.is_hushed {
        events.push(Event::Hushed);
    }
    (next, events)
}

/// What the update came to of which there is news.
fn outcome(past: &Past, news: News) -> Option<Event> {
    let last = past.last()?;
    let told = &past.told;
    Some(match last.code.kind() {
        Kind::Stored if news.from == Some(last.address) => {
            Event::Confirmed(Repeat::if_told(told.state == State::Current))
        }
        Kind::Stored => Event::Published { from: news.from, to: last.address },
        Kind::Rejected { .. } => {
            let is_told = told.is_held && news.after == Some(last.code);
            Event::Rejected(last.code, Repeat::if_told(is_told))
        }
        kind @ (Kind::TooEarly
        | Kind::Failing
        | Kind::Unavailable
        | Kind::Hiccup
        | Kind::NotUnderstood) => {
            let state = State::of_failure(kind, last.code);
            Event::Failed(last.code, Repeat::if_told(told.state == state))
        }
    })
}

impl Event {
    /// Whether the state follows from this, so that nobody has to be told of it.
    fn says(self, state: &State) -> bool {
        match self {
            Self::Published { .. } | Self::Confirmed(Repeat::New) => *state == State::Current,
            Self::Rejected(code, Repeat::New) => *state == State::Held(Some(code)),
            Self::Failed(code, Repeat::New) => *state == State::of_failure(code.kind(), code),
            Self::Confirmed(Repeat::Again)
            | Self::Rejected(_, Repeat::Again)
            | Self::Failed(_, Repeat::Again)
            | Self::Released
            | Self::FailingForAnHour
            | Self::Waits(_)
            | Self::Hushed => false,
        }
    }

    /// The same outcome, of which the log says nothing.
    fn again(self) -> Self {
        match self {
            Self::Confirmed(_) => Self::Confirmed(Repeat::Again),
            Self::Failed(code, _) => Self::Failed(code, Repeat::Again),
            other => other,
        }
    }

    /// Whether it is told at any pace: the flap limit and the ladders hold it, or the user waits
    /// for it.
    pub(super) fn is_always_told(self) -> bool {
        match self {
            Self::Waits(_) | Self::Confirmed(Repeat::New) | Self::Failed(_, Repeat::New) => false,
            Self::Published { .. }
            | Self::Rejected(..)
            | Self::Released
            | Self::FailingForAnHour
            | Self::Hushed
            | Self::Confirmed(Repeat::Again)
            | Self::Failed(_, Repeat::Again) => true,
        }
    }

    /// Whether this is what an update came to.
    #[must_use]
    pub fn is_outcome(self) -> bool {
        match self {
            Self::Published { .. } | Self::Confirmed(_) | Self::Rejected(..) | Self::Failed(..) => {
                true
            }
            Self::Released | Self::FailingForAnHour | Self::Waits(_) | Self::Hushed => false,
        }
    }
}

impl Repeat {
    fn if_told(is_told: bool) -> Self {
        if is_told { Self::Again } else { Self::New }
    }
}
