//! What the agent holds open: the kernel, providers and programs, and the attempts under way.

use std::net::IpAddr;
use std::time::Duration;

use super::verify::Verifier;
use crate::address::{Family, Found, NoAddress, NoInterface};
use crate::config::Host;
use crate::error::Error;
use crate::io::announcements::Announcements;
use crate::io::calls::{CallId, Calls, Permit};
use crate::io::clock;
use crate::io::dns::Names;
use crate::io::hooks::Hooks;
use crate::io::news::News;
use crate::io::slow::{Cause, SlowSources};
use crate::io::sources::{Exit, Sources};
use crate::judge::Shown;
use crate::provider::failure::Failure;
use crate::state::Fingerprint;
use crate::view::line::Line;

/// The longest that an open connection waits for news to be looked at: a storm of them is no
/// reason to send nothing.
pub(super) const HOLD_MAX: Duration = Duration::from_secs(1);

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
    /// Its connection is open and waits, since this time since boot, for the word to send.
    pub(super) held: Option<(Permit, Duration)>,
}

/// What an update that is due comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// It is sent.
    Sends,
    /// It is shown: nothing is sent or written.
    Dry,
    /// It is left to another pass: what is on its way comes to its end, and nothing else begins.
    Closes,
}

/// What the agent holds open, and what it leaves open.
#[derive(Debug)]
pub(super) struct Edge {
    pub(super) news: News,
    pub(super) sources: Option<Sources>,
    pub(super) slow: SlowSources,
    pub(super) announcements: Announcements,
    pub(super) calls: Calls,
    pub(super) hooks: Hooks,
    pub(super) verifier: Verifier,
    pub(super) attempts: Vec<Attempt>,
    /// Those that have left, and whose record is in force no more.
    pub(super) strays: Vec<Attempt>,
    /// Records that are sent although their address is published.
    pub(super) forced: Vec<Key>,
    /// Records whose source has not answered yet.
    pub(super) waiting: Vec<Key>,
    pub(super) mode: Mode,
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
            announcements: Announcements::default(),
            calls: Calls::new().map_err(Error::System)?,
            hooks: Hooks::new().map_err(Error::System)?,
            verifier: Verifier::new().map_err(Error::System)?,
            attempts: Vec::new(),
            strays: Vec::new(),
            forced: Vec::new(),
            waiting: Vec::new(),
            mode: Mode::Sends,
            lines: Vec::new(),
            unsure: false,
            transient: false,
        })
    }

    /// A look at everything begins: what was known before is asked anew, where it is due or
    /// `cause` gives reason to.
    pub(super) fn renew(&mut self, cause: Cause) -> Result<(), Error> {
        self.news.cover().map_err(Error::Netlink)?;
        match &mut self.sources {
            Some(sources) => sources.refresh()?,
            none => *none = Some(Sources::open()?),
        }
        self.slow.renew(cause);
        self.announcements.renew();
        self.waiting.clear();
        self.calls.next_round();
        (self.unsure, self.transient) = (false, false);
        Ok(())
    }

    /// Takes the kernel's tables again if it told of something since the look; whether it did.
    pub(super) fn freshen(&mut self) -> Result<bool, Error> {
        let has_news = self.news.hear().map_err(Error::Netlink)?;
        match &mut self.sources {
            Some(sources) if has_news => sources.refresh()?,
            Some(_) => {}
            none => *none = Some(Sources::open()?),
        }
        Ok(has_news)
    }

    /// How names are looked up for this host's record: by the device that its traffic must leave
    /// by, if it must, from the name servers of that line.
    ///
    /// # Errors
    /// [`Failure::Bind`] if there is no such device now, [`Failure::NoIpv4`] if none carries IPv4.
    pub(super) fn way_of(&mut self, host: &Host, family: Family) -> Result<Names, Failure> {
        if !host.bind {
            return Ok(Names::default());
        }
        let sources = self.sources.as_mut().ok_or(Failure::Bind)?;
        let Exit { device, dns } = sources.exit(host, family)?;
        Ok(Names { device: Some(device), servers: dns, family: None })
    }

    pub(super) fn note(&mut self, found: &Result<Found, NoAddress>) {
        if let Err(reason) = found {
            self.transient |= reason.is_transient();
            // netifd calls an interface up after the kernel has told of its address.
            self.unsure |= reason.is_transient()
                || reason.is_unasked()
                || matches!(reason, NoAddress::Interface(NoInterface::NoUbus { .. }));
        }
    }

    pub(super) fn attempt(&self, key: &Key) -> Option<&Attempt> {
        self.attempts.iter().find(|attempt| attempt.key == *key)
    }

    /// Open connections that wait for the word to send.
    pub(super) fn take_held(&mut self) -> Vec<(Key, Permit, Duration)> {
        let held = |attempt: &mut Attempt| {
            let (permit, since) = attempt.held.take()?;
            Some((attempt.key.clone(), permit, since))
        };
        self.attempts.iter_mut().filter_map(held).collect()
    }

    /// When one of them has waited long enough for news to be looked at, in time since boot.
    pub(super) fn hold_over_at(&self) -> Option<Duration> {
        let now = clock::since_boot();
        let held = self.attempts.iter().filter_map(|attempt| attempt.held.as_ref());
        held.map(|(_, since)| *since + HOLD_MAX).filter(|over| *over > now).min()
    }

    pub(super) fn take_attempt(&mut self, call: CallId) -> Option<Attempt> {
        take(&mut self.attempts, call)
    }

    pub(super) fn take_stray(&mut self, call: CallId) -> Option<Attempt> {
        take(&mut self.strays, call)
    }

    /// Whether calls or answers are on their way.
    pub(super) fn is_busy(&self) -> bool {
        !self.attempts.is_empty() || !self.strays.is_empty() || self.slow.are_asked()
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
    }

    pub(super) fn say(&mut self, key: Key, line: Line) {
        self.lines.retain(|(other, _)| *other != key);
        self.lines.push((key, line));
    }

    pub(super) fn line(&self, key: &Key) -> Option<&Line> {
        self.lines.iter().find(|(other, _)| other == key).map(|(_, line)| line)
    }
}

fn take(attempts: &mut Vec<Attempt>, call: CallId) -> Option<Attempt> {
    let place = attempts.iter().position(|attempt| attempt.call == call)?;
    Some(attempts.remove(place))
}
