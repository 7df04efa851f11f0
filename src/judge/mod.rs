//! The whole judgement: what to do about a record now, what happened, and what is learnt from it.
//!
//! ```text
//!         rules, found, now
//!                |
//! Past ------> judge ------> Step { past, shown, events, action }
//!   ^                                                      |
//!   |                              Wait <------------------+
//!   |                                                      | Send(address)
//!   +--- learn <--- outcome <--- provider <--- begin <-----+
//!                                              (in doubt)
//! ```
//!
//! [`judge`] is the one question, asked at every look and again after [`learn`]; it decides, tells
//! what is shown, and says each thing that happened once, as an [`Event`]: the log, the line of
//! `update` and the user's programs are renderings of it ([`view`](crate::view)). [`begin`] comes
//! before the request leaves: from then on the past is in doubt, in memory and on disk, until the
//! outcome is learnt or [`take_back`] says that nothing has left.
//!
//! Out of scope: which address is the WAN address ([`address`](crate::address)), and what the
//! words of a reply are ([`reply`](crate::provider::reply)).

mod attention;
mod backoff;
mod clock;
mod decide;
mod event;
mod facts;
mod learn;
mod outcome;
mod past;
mod shown;
mod told;
pub mod verification;
#[cfg(test)]
mod tests;

pub use attention::{Attention, Looked};
pub use backoff::Jitter;
pub use clock::ClockSet;
pub use decide::{Action, Wait, Why};
pub use event::{Event, Repeat};
pub use facts::Facts;
pub use learn::{begin, learn, take_back};
pub use outcome::{Attempt, Code, Outcome};
pub use past::{Past, Published};
pub use shown::{Phase, Shown, SourceName};

use told::Cause;

use crate::Time;
use crate::address::{Found, NoAddress};

/// What the user and the provider want of one record.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// `option enabled`.
    pub enabled: bool,
    /// Send once although the address is published or a ladder says wait; never past a hold.
    pub force: bool,
    /// Repeat an unchanged address after that many days; 0 means never.
    pub refresh_days: u16,
    /// The provider is reached over TLS, so certificates must be dated.
    pub needs_clock: bool,
    /// What keeps devices that fail together from coming back together.
    pub jitter: Jitter,
}

/// What a judgement comes to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// The past, in which the events are told.
    pub past: Past,
    /// What the user sees of the record now.
    pub shown: Shown,
    /// What happened since the last judgement, in order: mostly nothing.
    pub events: Vec<Event>,
    /// What to do.
    pub action: Action,
}

/// Judges a record: what to do now, what to show, what happened since the last time.
#[must_use]
pub fn judge(now: Time, rules: Rules, past: &Past, found: &Result<Found, NoAddress>) -> Step {
    let action = decide::decide(now, rules, past, found.as_ref().ok());
    let shown = Shown::of(now, past, found, action);
    let cause = Cause { reason: found.as_ref().err().cloned(), text: shown.reason.clone() };
    let (past, events) = event::tell(now, past, action, cause);
    Step { past, shown, events, action }
}
