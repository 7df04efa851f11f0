//! A record: who it is, what happened to it, and what is shown of it.

use crate::address::Family;
use crate::config::{DnsName, SectionName};
use crate::judge::verification::Verified;
use crate::judge::{self, ClockSet, Code, Jitter, Past, Phase, Shown, Step};
use crate::provider::failure::Failure;
use crate::text::text;

/// What is known about one host and family.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Record {
    /// Who it is.
    pub identity: Identity,
    /// What happened to it: all that counts for its next update.
    pub past: Past,
    /// What was last seen of it: nothing depends on it.
    pub shown: Shown,
    /// What the servers of its zone were last found to have, if they were asked.
    pub dns: Option<Verified>,
}

/// What makes a record this one and no other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Identity {
    /// The host's section name.
    pub section: SectionName,
    /// The DNS name that is kept current.
    pub hostname: DnsName,
    /// Which of its two records.
    pub family: Family,
    /// Keyed hash over hostname, login, password and URL: a change ends a hold.
    pub fingerprint: Fingerprint,
}

/// Eight hexadecimal digits.
pub type Fingerprint = heapless::String<8>;

impl Record {
    /// A record of which nothing is known yet.
    #[must_use]
    pub fn new(identity: Identity) -> Self {
        Self { identity, past: Past::default(), shown: Shown::nothing(), dns: None }
    }

    /// The record after a judgement.
    #[must_use]
    pub fn after(self, step: &Step) -> Self {
        let published = step.past.published().map(|published| published.address);
        let dns = self.dns.filter(|dns| Some(dns.address) == published);
        Self { past: step.past.clone(), shown: step.shown.clone(), dns, ..self }
    }

    /// The record after `dynhost resume`, if it ends a hold: until it is judged it is shown as due.
    #[must_use]
    pub fn resumed(&self) -> Option<Self> {
        let past = self.past.resumed()?;
        let shown = Shown { phase: Phase::Pending, next_at: None, ..self.shown.clone() };
        Some(Self { past, shown, ..self.clone() })
    }

    /// The record after the wall clock was set.
    #[must_use]
    pub fn clock_was_set(&self, set: ClockSet) -> Self {
        let (past, shown) = (self.past.clock_was_set(set), self.shown.clock_was_set(set));
        Self { past, shown, ..self.clone() }
    }

    /// What the servers of its zone have, if they were asked about what is published now.
    #[must_use]
    pub fn verified_now(&self) -> Option<Verified> {
        let published = self.past.published()?;
        self.dns.filter(|dns| dns.address == published.address)
    }

    /// The record with what the servers of its zone were found to have.
    #[must_use]
    pub fn verified(&self, dns: Option<Verified>) -> Self {
        Self { dns, ..self.clone() }
    }

    /// The past of this record under the identity that the configuration gives it now. Until it is
    /// judged, it is shown as what it was.
    #[must_use]
    pub fn adopted_by(&self, identity: Identity) -> Self {
        if self.identity.fingerprint == identity.fingerprint {
            return Self { identity, ..self.clone() };
        }
        let is_same_name = self.identity.hostname == identity.hostname;
        let shown = Shown { phase: self.shown.phase, ..Shown::nothing() };
        let dns = self.dns.filter(|_| is_same_name);
        Self { identity, past: self.past.of_another_account(is_same_name), shown, dns }
    }

    /// The record after an update of which nothing has left, and nothing will; it is shown as it
    /// was before.
    #[must_use]
    pub fn taken_back(&self, shown: Shown) -> Self {
        Self { past: judge::take_back(&self.past), shown, ..self.clone() }
    }

    /// A host with a fault keeps its past: when the fault is mended, nothing is sent needlessly.
    #[must_use]
    pub fn taken_out(&self, fault: &str) -> Self {
        let reason = text(format_args!("{fault}"));
        let shown = Shown { phase: Phase::Disabled, reason, next_at: None, ..self.shown.clone() };
        Self { shown, ..self.clone() }
    }

    /// Whether an update is under way, or was when this was written.
    #[must_use]
    pub fn is_on_its_way(&self) -> bool {
        let interrupted = Code::Failure(Failure::Interrupted);
        let is_noted = self.past.last().is_some_and(|last| last.code == interrupted);
        self.past.under_way().is_some() || self.shown.phase == Phase::Pending && is_noted
    }
}

impl Identity {
    /// A number of this account on this device, which nobody can guess.
    #[must_use]
    pub fn jitter(&self) -> Jitter {
        Jitter(u32::from_str_radix(&self.fingerprint, 16).unwrap_or(0))
    }
}
