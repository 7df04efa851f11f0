//! What the user hears of a pass: a line per record on standard output, a sentence per change in
//! the log.

use std::fmt;
use std::net::IpAddr;

use crate::LOG;
use crate::address::Family;
use crate::config::{Addresses, Host};
use crate::error::{EXIT_CONFIG, EXIT_HELD, EXIT_NO_ADDRESS, EXIT_OK, EXIT_RETRY};
use crate::io::clock;
use crate::reply::Word;
use crate::state::{Code, Phase, Record};
use crate::text::text;
use crate::{request, status};

/// What `update` prints about one record: `HOST FAMILY RESULT ADDRESS TEXT`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    host: String,
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
    /// Switched off.
    Disabled,
    /// Taken out by a fault in the configuration.
    Faulty,
}

impl Line {
    fn of(record: &Record, result: Verdict, text: String) -> Self {
        let (host, family) = (record.host.to_string(), Some(record.family));
        Self { host, family, result, address: record.address, text }
    }

    pub(super) fn faulty(name: &str, fault: &str) -> Self {
        let text = text(format_args!("{fault}")).to_string();
        Self { host: name.into(), family: None, result: Verdict::Faulty, address: None, text }
    }

    pub(super) fn would_update(record: &Record, host: &Host, addresses: Addresses) -> Self {
        let (url, address) = (request::update(host, addresses).url, addresses.address);
        let text = format!("GET {url} with Authorization: Basic {}:***", host.username);
        let record = Record { address: Some(address), ..record.clone() };
        Self::of(&record, Verdict::WouldUpdate, text)
    }

    pub(super) fn waiting(record: &Record) -> Self {
        let (result, text) = match record.state {
            Phase::Current => {
                (Verdict::Unchanged, "the provider has this address, nothing was sent".into())
            }
            Phase::Held => (Verdict::Held, with_next(record)),
            Phase::Pending | Phase::Backoff => (Verdict::Failed, with_next(record)),
            Phase::NoAddress => (Verdict::NoAddress, record.reason.to_string()),
            Phase::Disabled => (Verdict::Disabled, record.reason.to_string()),
        };
        Self::of(record, result, text)
    }

    /// A record that the configuration has and the runner's does not.
    pub(super) fn unknown(host: &str, family: Family) -> Self {
        let text = "the dynhost that runs does not know this host yet: have it read the \
                    configuration again with SIGHUP"
            .into();
        let (host, family) = (host.into(), Some(family));
        Self { host, family, result: Verdict::Failed, address: None, text }
    }

    pub(super) fn sent(before: &Record, after: &Record) -> Self {
        let Some(last) = &after.last else { return Self::waiting(after) };
        let published = |record: &Record| record.published.as_ref().map(|at| at.address);
        let change = IpChange { from: published(before), to: published(after) };
        match sent_verdict(last.code) {
            Some(verdict) => Self::of(after, verdict, format!("{change}: {}", last.text)),
            // What was forced, and failed, has left the name as it was.
            None if after.state == Phase::Current => {
                Self::of(after, Verdict::Failed, last.text.to_string())
            }
            None => Self::waiting(after),
        }
    }
}

/// What an update came to if it succeeded.
fn sent_verdict(code: Code) -> Option<Verdict> {
    match code {
        Code::Word(Word::Good) => Some(Verdict::Updated),
        Code::Word(Word::Nochg) => Some(Verdict::Unchanged),
        Code::Word(_) | Code::Failure(_) => None,
    }
}

fn with_next(record: &Record) -> String {
    format!("{}; next: {}", record.reason, next(record))
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { host, result, text, .. } = self;
        let family = self.family.map_or_else(|| "-".into(), |family| family.to_string());
        let address = self.address.map_or_else(|| "-".into(), |address| address.to_string());
        write!(f, "{host}\t{family}\t{}\t{address}\t{text}", result.token())
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
            Self::NoAddress => "no-address",
            Self::Disabled => "disabled",
        }
    }

    fn exit_code(self) -> u8 {
        match self {
            Self::Updated | Self::Unchanged | Self::WouldUpdate | Self::Disabled => EXIT_OK,
            Self::NoAddress => EXIT_NO_ADDRESS,
            Self::Failed => EXIT_RETRY,
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

/// Each outcome is logged once per change, not once per try.
pub(super) fn log_change(before: &Record, after: &Record) {
    let Record { host, family, state, reason, .. } = after;
    let moved = |record: &Record| record.published.as_ref().map(|published| published.address);
    if (before.state, &before.reason, moved(before)) == (*state, reason, moved(after)) {
        return;
    }
    match (state, moved(after)) {
        (Phase::Current, Some(address)) if moved(before) == moved(after) => {
            log::info!(target: LOG, "{host}: {family} address {address} is published and current");
        }
        (Phase::Current, address) => {
            let change = IpChange { from: moved(before), to: address };
            log::info!(target: LOG, "{host}: {family} {change}");
        }
        (Phase::Held, _) => {
            log::error!(target: LOG, "{host}: {family} update rejected, {reason}; next: {}", next(after));
        }
        (Phase::Backoff | Phase::Pending | Phase::NoAddress, _) => {
            log::warn!(target: LOG, "{host}: {family} {reason}; next: {}", next(after));
        }
        (Phase::Disabled, _) => log::info!(target: LOG, "{host}: {family} {reason}"),
    }
}

/// The words that the guide's own clients answered with: "IP changed".
struct IpChange {
    from: Option<IpAddr>,
    to: Option<IpAddr>,
}

impl fmt::Display for IpChange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.from, self.to) {
            (Some(from), Some(to)) if from != to => write!(f, "IP changed from {from} to {to}"),
            (_, Some(to)) => write!(f, "IP is now {to}"),
            (_, None) => f.write_str("IP is not known"),
        }
    }
}

fn next(record: &Record) -> String {
    status::next(record, clock::now())
}
