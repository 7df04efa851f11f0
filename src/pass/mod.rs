//! Looks: read addresses, decide, send, record, save, tell. Where the pure side meets the edge.
//!
//! A look judges every record by what is known at once, and starts what takes time: calls to
//! providers, and programs that tell an address. What comes of those is [attended
//! to](Engine::attend) as it comes in, so that nothing that hangs keeps another record waiting.

mod answer;
mod edge;
#[cfg(feature = "doctor")]
pub(crate) mod examine;
mod find;
mod ledger;
mod once;
pub(crate) mod poke;
mod reload;
mod selection;
mod verify;
mod visit;

use std::os::fd::{AsFd as _, BorrowedFd};
use std::time::Duration;

use crate::Time;
use crate::cli::UpdateOptions;
use crate::config::Config;
use crate::error::Error;
use crate::io::calls::{Calls, Report};
use crate::io::clock;
use crate::io::news::News;
use crate::io::signals::Signals;
use crate::io::slow::SlowSources;
use crate::io::state_dir::StateDir;
use crate::judge::{ClockSet, Phase};
use crate::state::Record;

pub(crate) use crate::io::slow::Cause;
use edge::{Edge, Key, Mode};
use ledger::Ledger;
pub(crate) use selection::check_names;
use selection::{turns, usable};
use visit::Visit;

/// The records, and what the agent holds open to keep them current.
#[derive(Debug)]
pub(crate) struct Engine {
    config: Config,
    ledger: Ledger,
    edge: Edge,
}

impl Engine {
    /// Reads the state and fits it to the configuration; writes nothing but a missing key.
    ///
    /// # Errors
    /// [`Error::File`] if there is a state that may not be read, [`Error::Netlink`] if the kernel
    /// lets nobody listen.
    pub(crate) fn new(config: Config, store: StateDir) -> Result<Self, Error> {
        let mut ledger = Ledger::open(store)?;
        ledger.adopt(&config);
        Ok(Self { config, ledger, edge: Edge::open()? })
    }

    /// The wall clock was set; waits run on in boot time.
    pub(crate) fn clock_was_set(&mut self, before: Time, after: Time) {
        let set = ClockSet { before, after };
        self.ledger.clock_was_set(set);
        for attempt in &mut self.edge.attempts {
            attempt.shown = attempt.shown.clock_was_set(set);
        }
    }

    /// When the next look is due by the state alone.
    #[must_use]
    pub(crate) fn next_at(&self) -> Option<Time> {
        self.ledger.state().records.iter().filter_map(|record| record.shown.next_at).min()
    }

    /// When what waits behind others wants attention, in time since boot.
    #[must_use]
    pub(crate) fn relief_at(&self) -> Option<Duration> {
        let Edge { calls, announcements, .. } = &self.edge;
        let own = [self.edge.hold_over_at(), self.ledger.due_at()];
        own.into_iter().chain([calls.relief_at(), announcements.due_at()]).flatten().min()
    }

    /// Whether calls or programs are under way.
    #[must_use]
    pub(crate) fn is_busy(&self) -> bool {
        self.edge.is_busy()
    }

    /// Whether the last look left nothing to be done by another one.
    #[must_use]
    pub(crate) fn is_settled(&self) -> bool {
        let records = &self.ledger.state().records;
        let waits = |record: &Record| matches!(record.shown.phase, Phase::Pending | Phase::Backoff);
        !self.is_busy() && !records.iter().any(waits)
    }

    /// Whether an address is expected soon that is not there yet.
    #[must_use]
    pub(crate) fn expects_address(&self) -> bool {
        self.edge.transient
    }

    /// Whether sources have not yet told what the last look asked them.
    #[must_use]
    pub(crate) fn is_asking(&self) -> bool {
        !self.edge.waiting.is_empty()
    }

    /// Whether something may have changed since without the kernel telling.
    #[must_use]
    pub(crate) fn is_unsure(&self) -> bool {
        self.edge.unsure
    }

    /// When a source is to be asked again that nobody tells of changes, in time since boot.
    #[must_use]
    pub(crate) fn source_due_at(&self) -> Option<Duration> {
        self.edge.slow.due_at()
    }

    /// Listens to the gateways that are asked, as one that stays does.
    pub(crate) fn listen(&mut self) {
        self.edge.announcements.turn_on();
    }

    /// Takes what gateways have announced: they are [due](Self::source_due_at) to be asked then.
    pub(crate) fn hear_gateways(&mut self) {
        if self.edge.announcements.take() {
            self.edge.slow.doubt_gateways();
        }
    }

    /// Writes the state once more, where the directory that it was in is gone.
    pub(crate) fn save_again(&mut self) {
        self.ledger.save_again();
    }

    /// Whether the kernel has told of something since the last look.
    ///
    /// # Errors
    /// [`Error::Netlink`] if it lets nobody listen any more.
    pub(crate) fn has_news(&mut self) -> Result<bool, Error> {
        self.edge.news.hear().map_err(Error::Netlink)
    }

    /// What is listened to: the kernel, the agent's own threads, and gateways.
    pub(crate) fn ears(&mut self) -> (&mut News, Vec<BorrowedFd<'_>>) {
        let Edge { news, calls, slow, announcements, verifier, .. } = &mut self.edge;
        let own = [Calls::as_fd(calls), SlowSources::as_fd(slow), verifier.rounds.as_fd()];
        (news, own.into_iter().chain(announcements.ear()).collect())
    }

    /// Waits for the programs that are told of changes, unless a signal asks for something.
    pub(crate) fn finish(&self, signals: Option<&Signals>) {
        self.edge.hooks.finish(signals);
    }

    /// Looks at the records that `options` select; sources that take their time are asked again
    /// where they are due, or `cause` gives reason to.
    ///
    /// # Errors
    /// [`Error::Netlink`] if the kernel does not tell its addresses.
    pub(crate) fn look(&mut self, options: &UpdateOptions, cause: Cause) -> Result<(), Error> {
        self.edge.renew(cause)?;
        self.edge.mode = if options.dry_run { Mode::Dry } else { Mode::Sends };
        let turns = turns(&self.config, self.ledger.state(), options);
        let is_forced = |(host, _): &&Key| {
            options.force || options.forced.iter().any(|forced| *host == forced.as_str())
        };
        self.edge.forced.extend(turns.iter().filter(is_forced).cloned());
        self.visit_all(turns);
        self.visit_held();
        self.settle();
        Ok(())
    }

    /// Deals with what calls and programs have come to.
    pub(crate) fn attend(&mut self) {
        for report in self.edge.calls.take() {
            match report {
                Report::Ready(call, permit) => {
                    let attempt = self.edge.attempts.iter().find(|attempt| attempt.call == call);
                    if let Some(key) = attempt.map(|attempt| attempt.key.clone()) {
                        self.visit(&key, |mut visit| visit.permit(permit, clock::since_boot()));
                    }
                }
                Report::Done(call, ended) => {
                    if let Some(attempt) = self.edge.take_attempt(call) {
                        let key = attempt.key.clone();
                        self.visit(&key, |mut visit| visit.learn(attempt, ended));
                    } else if let Some(stray) = self.edge.take_stray(call) {
                        self.ledger.learn_of(&stray, &visit::outcome_of(ended, &stray));
                    }
                }
            }
        }
        if self.edge.slow.take() {
            let waiting = std::mem::take(&mut self.edge.waiting);
            self.visit_all(waiting);
        }
        self.visit_held();
        self.edge.calls.relieve();
        self.settle();
    }

    /// Releases the holds of these hosts.
    ///
    /// # Errors
    /// [`Error::Usage`] if a host is not configured, [`Error::File`] if the state cannot be
    /// written: then nothing was released.
    pub(crate) fn resume(&mut self, hosts: &[String]) -> Result<(), Error> {
        check_names(&self.config, hosts)?;
        self.ledger.resume(hosts);
        self.ledger.write()?;
        self.ledger.tell(&self.config, &self.edge.hooks);
        self.finish(None);
        Ok(())
    }

    fn visit(&mut self, key: &Key, then: impl FnOnce(Visit<'_>)) {
        if let Some(host) = usable(&self.config, &key.0) {
            let (edge, ledger) = (&mut self.edge, &mut self.ledger);
            then(Visit { host, key: key.clone(), edge, ledger });
        }
    }

    fn visit_all(&mut self, keys: Vec<Key>) {
        for key in keys {
            self.visit(&key, |mut visit| visit.look());
        }
    }

    /// Looks again whether what waits with an open connection may be sent.
    fn visit_held(&mut self) {
        for (key, permit, since) in self.edge.take_held() {
            self.visit(&key, |mut visit| visit.permit(permit, since));
        }
    }

    /// Remembers, then tells.
    fn settle(&mut self) {
        if self.edge.mode != Mode::Dry {
            self.ledger.save(!self.edge.attempts.is_empty());
            self.ledger.tell(&self.config, &self.edge.hooks);
        }
    }
}
