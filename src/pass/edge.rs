//! What the agent holds open: the kernel, providers and programs, and the attempts under way.

use std::net::IpAddr;
use std::time::Duration;

use crate::address::{Family, Found, NoAddress, NoInterface, command, special};
use crate::config::{Host, Source};
use crate::error::Error;
use crate::io::calls::{CallId, Calls};
use crate::io::hooks::Hooks;
use crate::io::news::News;
use crate::io::slow::{Question, SlowSources};
use crate::io::sources::Sources;
use crate::judge::Shown;
use crate::state::{Fingerprint, Record};
use crate::view::line::Line;

/// One record: a host's section name and a family.
pub(super) type Key = (crate::config::SectionName, Family);

/// One update on its way to the provider.
#[derive(Debug)]
pub(super) struct Attempt {
    pub(super) call: CallId,
    pub(super) key: Key,
    /// Of which account: a changed one does not want to hear of it.
    pub(super) fingerprint: Fingerprint,
    /// What was seen of the record before.
    pub(super) shown: Shown,
    /// What is sent, and where it was found.
    pub(super) found: Found,
    /// The other family's address that the same request sets, if one request sets both.
    pub(super) other: Option<IpAddr>,
    /// The request has left, so that only its reply tells what became of it.
    pub(super) is_sent: bool,
}

/// What the agent holds open, and what it leaves open.
#[derive(Debug)]
pub(super) struct Edge {
    pub(super) news: News,
    pub(super) sources: Option<Sources>,
    pub(super) slow: SlowSources,
    pub(super) calls: Calls,
    pub(super) hooks: Hooks,
    pub(super) attempts: Vec<Attempt>,
    /// Records that are sent although their address is published.
    pub(super) forced: Vec<Key>,
    /// Records whose source has not answered yet.
    pub(super) waiting: Vec<Key>,
    /// Records that netifd is asked about once the others have been sent, or at this time since
    /// boot: it may keep silent.
    pub(super) put_off: Option<(Duration, Vec<Key>)>,
    /// Nothing is sent or written.
    pub(super) is_dry: bool,
    /// What the last look came to, by record.
    pub(super) lines: Vec<(Key, Line)>,
    /// Something may change without the kernel telling.
    pub(super) unsure: bool,
    /// An address is expected soon.
    pub(super) transient: bool,
}

/// An address, a reason why there is none, or neither yet.
pub(super) type Finding = Option<Result<Found, NoAddress>>;

impl Edge {
    pub(super) fn open() -> Result<Self, Error> {
        Ok(Self {
            news: News::open().map_err(Error::Netlink)?,
            sources: None,
            slow: SlowSources::new().map_err(Error::System)?,
            calls: Calls::new().map_err(Error::System)?,
            hooks: Hooks::new().map_err(Error::System)?,
            attempts: Vec::new(),
            forced: Vec::new(),
            waiting: Vec::new(),
            put_off: None,
            is_dry: false,
            lines: Vec::new(),
            unsure: false,
            transient: false,
        })
    }

    /// A look at everything begins: what was known before is asked anew.
    pub(super) fn renew(&mut self) -> Result<(), Error> {
        self.news.cover().map_err(Error::Netlink)?;
        match &mut self.sources {
            Some(sources) => sources.refresh()?,
            none => *none = Some(Sources::open()?),
        }
        self.slow.renew();
        self.waiting.clear();
        self.calls.next_round();
        (self.unsure, self.transient) = (false, false);
        Ok(())
    }

    /// Has what the kernel told since the look looked at.
    pub(super) fn freshen(&mut self) -> Result<(), Error> {
        let has_news = self.news.hear().map_err(Error::Netlink)?;
        match &mut self.sources {
            Some(sources) if has_news => sources.refresh()?,
            Some(_) => {}
            none => *none = Some(Sources::open()?),
        }
        Ok(())
    }

    /// The address of a record, from the first source that has one; the reason is that of the
    /// first source, which is the one the user wants most.
    pub(super) fn find(&mut self, host: &Host, record: &Record) -> Finding {
        let (family, mut first) = (record.identity.family, None);
        for source in &host.sources {
            let found = match source {
                Source::Interface => {
                    let published = record.past.published().map(|published| published.address);
                    let sources = self.sources.as_mut()?;
                    sources.interface(host, family, published)
                }
                Source::Command => self.command(host, family)?,
            };
            match found {
                Ok(found) => return Some(Ok(found)),
                Err(reason) => first = first.or(Some(reason)),
            }
        }
        Some(Err(first.unwrap_or(NoAddress::NoDefaultRoute(family))))
    }

    fn command(&mut self, host: &Host, family: Family) -> Finding {
        let question = Question { command: host.command.clone() };
        let answer = self.slow.ask(&question)?;
        let allowed = answer.and_then(|output| {
            let address = command::address(&host.command, &output, family)?;
            special::refuse(address, host.allow_special)?;
            Ok(Found { address, device: None, source: "command" })
        });
        Some(allowed)
    }

    pub(super) fn note(&mut self, found: &Result<Found, NoAddress>) {
        if let Err(reason) = found {
            self.transient |= reason.is_transient();
            // netifd calls an interface up after the kernel has told of its address.
            self.unsure |= reason.is_transient()
                || matches!(reason, NoAddress::Interface(NoInterface::NoUbus { .. }));
        }
    }

    pub(super) fn attempt(&self, key: &Key) -> Option<&Attempt> {
        self.attempts.iter().find(|attempt| attempt.key == *key)
    }

    pub(super) fn take_attempt(&mut self, call: CallId) -> Option<Attempt> {
        let place = self.attempts.iter().position(|attempt| attempt.call == call)?;
        Some(self.attempts.remove(place))
    }

    /// Whether calls or answers are on their way.
    pub(super) fn is_busy(&self) -> bool {
        !self.attempts.is_empty() || self.slow.are_asked() || self.put_off.is_some()
    }

    /// Takes the records that were put off, if it is their turn now.
    pub(super) fn take_put_off(&mut self, now: Duration) -> Vec<Key> {
        let is_due = |(until, _): &(Duration, _)| self.attempts.is_empty() || *until <= now;
        let due =
            if self.put_off.as_ref().is_some_and(is_due) { self.put_off.take() } else { None };
        due.map(|(_, keys)| keys).unwrap_or_default()
    }

    /// Whether the user wants this record sent in any case; told once.
    pub(super) fn take_forced(&mut self, key: &Key) -> bool {
        let place = self.forced.iter().position(|forced| forced == key);
        place.map(|place| self.forced.remove(place)).is_some()
    }

    /// Whether a call or an answer is on its way for this host.
    pub(super) fn is_busy_with(&self, host: &str) -> bool {
        let mut attempts = self.attempts.iter();
        attempts.any(|attempt| attempt.key.0 == host)
            || self.waiting.iter().any(|(waiting, _)| waiting == host)
            || self.put_off.iter().flat_map(|(_, keys)| keys).any(|(waiting, _)| waiting == host)
    }

    pub(super) fn say(&mut self, key: Key, line: Line) {
        self.lines.retain(|(other, _)| *other != key);
        self.lines.push((key, line));
    }

    pub(super) fn line(&self, key: &Key) -> Option<&Line> {
        self.lines.iter().find(|(other, _)| other == key).map(|(_, line)| line)
    }
}
