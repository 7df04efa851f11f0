//! What happened to a record, each thing told once.

use std::net::IpAddr;

use super::decide::{Action, Wait, Why};
use super::outcome::{Code, Kind};
use super::past::{Course, Past};
use crate::Time;
use crate::text::Text;

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
}

/// Whether the user knows of it already.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repeat {
    /// It is the first of its kind, or another than before.
    New,
    /// The same was told and nothing else since.
    Again,
}

/// What the user was last told about a record.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Told {
    pub(super) state: State,
    /// The user knows of a hold, whatever was told since.
    pub(super) is_held: bool,
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
    NoAddress(Text),
    Disabled,
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

/// The events since the last judgement, and the past in which they are told.
pub(super) fn tell(past: &Past, action: Action, reason: &Text) -> (Past, Vec<Event>) {
    let mut events = Vec::new();
    let mut next = past.clone();
    next.told.is_held = past.is_held();
    if past.told.is_held && !next.told.is_held {
        events.push(Event::Released);
    }
    let outcome = next.news.take().and_then(|news| outcome(past, news));
    events.extend(outcome);
    if past.news.is_some_and(|news| news.is_an_hour) {
        events.push(Event::FailingForAnHour);
    }
    if let Action::Wait(Wait { why, .. }) = action
        && let Some(state) = State::of(past, why, reason)
    {
        let is_said = state == past.told.state || outcome.is_some_and(|event| event.says(&state));
        if !is_said {
            events.push(Event::Waits(why));
        }
        next.told.state = state;
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
            | Self::Waits(_) => false,
        }
    }

    /// Whether this is what an update came to.
    #[must_use]
    pub fn is_outcome(self) -> bool {
        match self {
            Self::Published { .. } | Self::Confirmed(_) | Self::Rejected(..) | Self::Failed(..) => {
                true
            }
            Self::Released | Self::FailingForAnHour | Self::Waits(_) => false,
        }
    }
}

impl Repeat {
    fn if_told(is_told: bool) -> Self {
        if is_told { Self::Again } else { Self::New }
    }
}

impl State {
    /// The state of a record that waits; `None` while nobody knows what comes of it.
    fn of(past: &Past, why: Why, reason: &Text) -> Option<Self> {
        let code = past.course.code();
        Some(match why {
            Why::UnderWay => return None,
            Why::Current => Self::Current,
            Why::Held => Self::Held(code),
            Why::Backoff => Self::Failing(code),
            Why::Clock => Self::Clock,
            Why::Flapping => Self::Flapping,
            Why::NoAddress => Self::NoAddress(reason.clone()),
            Why::Disabled => Self::Disabled,
        })
    }

    /// The state in which a failure leaves a record.
    fn of_failure(kind: Kind, code: Code) -> Self {
        if kind == Kind::TooEarly { Self::Clock } else { Self::Failing(Some(code)) }
    }
}
