//! What `update` prints about one record: `HOST FAMILY RESULT ADDRESS TEXT`.

use std::fmt;
use std::net::IpAddr;

use super::{IpChange, next};
use crate::Time;
use crate::address::Family;
use crate::error::{EXIT_CONFIG, EXIT_HELD, EXIT_NO_ADDRESS, EXIT_OK, EXIT_RETRY};
use crate::judge::{Attempt, Code, Event, Phase};
use crate::provider::reply::Word;
use crate::state::Record;
use crate::text::text;

/// One line of `update`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    section: String,
    family: Option<Family>,
    result: Verdict,
    address: Option<IpAddr>,
    text: String,
}

/// RESULT of a [`Line`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The provider took the address.
    Updated,
    /// The provider has the address.
    Unchanged,
    /// An update is due, but this is a dry run.
    WouldUpdate,
    /// The user must act.
    Held,
    /// The update is late and will be tried by itself.
    Failed,
    /// There is nothing to publish.
    NoAddress,
    /// Likewise, for now: whoever knows the address did not answer.
    NoAnswer,
    /// Switched off.
    Disabled,
    /// Taken out by a fault in the configuration.
    Faulty,
}

impl Line {
    /// The line of a record after a judgement: what an update came to, if there was one, even if
    /// the record is current all the same; else what it waits for.
    #[must_use]
    pub fn of(record: &Record, events: &[Event], now: Time) -> Self {
        let outcome = events.iter().find(|event| event.is_outcome());
        match (outcome, record.past.last()) {
            (Some(Event::Published { from, .. }), Some(last)) => Self::stored(record, *from, last),
            (Some(Event::Confirmed(_)), Some(last)) => {
                Self::stored(record, Some(last.address), last)
            }
            (Some(Event::Rejected(..)), Some(last)) => {
                Self::troubled(record, Verdict::Held, last, now)
            }
            (Some(Event::Failed(..)), Some(last)) => {
                Self::troubled(record, Verdict::Failed, last, now)
            }
            _ => Self::waiting(record, now),
        }
    }

    /// The line of a record that waits.
    #[must_use]
    pub fn waiting(record: &Record, now: Time) -> Self {
        let shown = &record.shown;
        let with_next = || format!("{}; next: {}", shown.reason, next(shown, now));
        let (result, text) = match shown.phase {
            Phase::Current => {
                (Verdict::Unchanged, "the provider has this address, nothing was sent".into())
            }
            Phase::Held => (Verdict::Held, with_next()),
            Phase::Pending | Phase::Backoff => (Verdict::Failed, with_next()),
            Phase::NoAddress => (Verdict::NoAddress, shown.reason.to_string()),
            Phase::Disabled => (Verdict::Disabled, shown.reason.to_string()),
        };
        Self::new(record, result, text)
    }

    /// The same of a record that was just looked at: whoever was silent may answer later.
    #[must_use]
    pub fn of_silence(mut self, may_come_back: bool) -> Self {
        if may_come_back && self.result == Verdict::NoAddress {
            self.result = Verdict::NoAnswer;
        }
        self
    }

    /// The line of a dry run for an update that is due.
    #[must_use]
    pub fn would_update(record: &Record, request: String, address: IpAddr) -> Self {
        let line = Self::new(record, Verdict::WouldUpdate, request);
        Self { address: Some(address), ..line }
    }

    /// The line of a record that is left to the next pass, as the line it is on finds no rest.
    #[must_use]
    pub fn restless(record: &Record) -> Self {
        let text = "the address changes all the time: nothing more is sent in this pass, run update \
                    again when the line is at rest";
        Self::new(record, Verdict::Failed, text.into())
    }

    /// The line of a host with a fault in its configuration.
    #[must_use]
    pub fn faulty(section: &str, fault: &str) -> Self {
        let text = text(format_args!("{fault}")).to_string();
        Self { section: section.into(), family: None, result: Verdict::Faulty, address: None, text }
    }

    /// A record that the configuration has and the runner's does not.
    #[must_use]
    pub fn unknown(section: &str, family: Family) -> Self {
        let text = "the dynhost that runs does not know this host yet: have it read the \
                    configuration again with SIGHUP"
            .into();
        let (section, family) = (section.into(), Some(family));
        Self { section, family, result: Verdict::Failed, address: None, text }
    }

    fn stored(record: &Record, from: Option<IpAddr>, last: &Attempt) -> Self {
        let result = match last.code {
            Code::Word(Word::Nochg) => Verdict::Unchanged,
            Code::Word(_) | Code::Failure(_) => Verdict::Updated,
        };
        let change = IpChange { from, to: Some(last.address) };
        Self::new(record, result, format!("{change}: {}", last.text))
    }

    fn troubled(record: &Record, result: Verdict, last: &Attempt, now: Time) -> Self {
        let text = format!("{}; next: {}", last.explained(), next(&record.shown, now));
        Self::new(record, result, text)
    }

    fn new(record: &Record, result: Verdict, text: String) -> Self {
        let section = record.identity.section.to_string();
        let family = Some(record.identity.family);
        Self { section, family, result, address: record.shown.address, text }
    }
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { section, result, text, .. } = self;
        let family = self.family.map_or_else(|| "-".into(), |family| family.to_string());
        let address = self.address.map_or_else(|| "-".into(), |address| address.to_string());
        write!(f, "{section}\t{family}\t{}\t{address}\t{text}", result.token())
    }
}

impl Verdict {
    fn token(self) -> &'static str {
        match self {
            Self::Updated => "updated",
            Self::Unchanged => "unchanged",
            Self::WouldUpdate => "would-update",
            Self::Held => "held",
            Self::Failed | Self::Faulty => "failed",
            Self::NoAddress | Self::NoAnswer => "no-address",
            Self::Disabled => "disabled",
        }
    }

    fn exit_code(self) -> u8 {
        match self {
            Self::Updated | Self::Unchanged | Self::WouldUpdate | Self::Disabled => EXIT_OK,
            Self::NoAddress => EXIT_NO_ADDRESS,
            Self::Failed | Self::NoAnswer => EXIT_RETRY,
            Self::Held => EXIT_HELD,
            Self::Faulty => EXIT_CONFIG,
        }
    }
}

/// The gravest of the lines' exit codes: 78, 77, 75, 69, 0.
#[must_use]
pub fn exit_code(lines: &[Line]) -> u8 {
    lines.iter().map(|line| line.result.exit_code()).max().unwrap_or(EXIT_OK)
}
