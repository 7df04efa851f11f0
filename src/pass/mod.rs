//! Looks: read addresses, decide, send, record, save, tell. Where the pure side meets the edge.
//!
//! A look judges every record by what is known at once, and starts what takes time: calls to
//! providers, and programs that tell an address. What comes of those is [attended
//! to](Agent::attend) as it comes in, so that nothing that hangs keeps another record waiting.

mod edge;
mod ledger;
pub mod poke;
mod report;
mod visit;

use std::os::fd::{AsFd as _, BorrowedFd};
use std::time::Duration;

use crate::address::Family;
use crate::cli::UpdateOptions;
use crate::config::{Config, HostEntry, Source, Uplink};
use crate::error::Error;
use crate::io::calls::{Calls, Report};
use crate::io::clock;
use crate::io::news::News;
use crate::io::poll::{input, poll};
use crate::io::slow::SlowSources;
use crate::io::state_dir::StateDir;
use crate::poke::Request;
use crate::state::{Phase, Record, State};
use crate::{Time, agent, ubus};

use edge::{Attempt, Edge, Key};
use ledger::Ledger;
pub use ledger::list_configured;
pub use report::{Line, Verdict, exit_code};
use visit::Visit;

/// How long a single pass waits for an address that is expected: duplicate address detection takes
/// a second (RFC 4862, section 5.1), and netifd may have asked for more probes.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long records whose address needs netifd let the others go first.
const HEAD_START: Duration = Duration::from_secs(1);
/// How soon it looks again where the kernel does not tell of the next change.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

/// The records, and what the agent holds open to keep them current.
#[derive(Debug)]
pub struct Agent {
    config: Config,
    ledger: Ledger,
    edge: Edge,
}

impl Agent {
    /// Reads the state and fits it to the configuration; writes nothing but a missing key.
    ///
    /// # Errors
    /// [`Error::File`] if there is a state that may not be read, [`Error::Netlink`] if the kernel
    /// lets nobody listen.
    pub fn new(config: Config, store: StateDir) -> Result<Self, Error> {
        let mut ledger = Ledger::open(store)?;
        ledger.adopt(&config);
        Ok(Self { config, ledger, edge: Edge::open()? })
    }

    /// Goes on with another configuration; what is known of unchanged hosts stays.
    pub fn reconfigure(&mut self, config: Config) {
        self.take_back_unsent();
        self.ledger.adopt(&config);
        self.config = config;
        let (state, calls) = (self.ledger.state(), &mut self.edge.calls);
        self.edge.attempts.retain(|attempt| {
            let Record { host, family, fingerprint, .. } = &attempt.before;
            let now = state.record(host, *family);
            let is_same = now.is_some_and(|now| now.fingerprint == *fingerprint);
            if !is_same {
                calls.forget(attempt.call);
            }
            is_same
        });
    }

    /// Calls off what has not left yet: the look that follows starts anew what is still wanted.
    fn take_back_unsent(&mut self) {
        let (sent, unsent): (Vec<_>, Vec<_>) = std::mem::take(&mut self.edge.attempts)
            .into_iter()
            .partition(|attempt| attempt.is_sent);
        self.edge.attempts = sent;
        for attempt in unsent {
            self.edge.calls.forget(attempt.call);
            self.ledger.replace(attempt.before);
        }
    }

    /// The wall clock was set; waits run on in boot time.
    pub fn clock_was_set(&mut self, before: Time, after: Time) {
        self.ledger.revise(|record| agent::clock_was_set(record, before, after));
        for attempt in &mut self.edge.attempts {
            attempt.before = agent::clock_was_set(&attempt.before, before, after);
        }
    }

    /// When the next look is due by the state alone.
    #[must_use]
    pub fn next_at(&self) -> Option<Time> {
        self.ledger.state().records.iter().filter_map(|record| record.next_at).min()
    }

    /// When what waits behind others wants attention, in time since boot.
    #[must_use]
    pub fn relief_at(&self) -> Option<Duration> {
        let put_off = self.edge.put_off.as_ref().map(|(until, _)| *until);
        [self.edge.calls.relief_at(), put_off].into_iter().flatten().min()
    }

    /// Whether calls or programs are under way.
    #[must_use]
    pub fn is_busy(&self) -> bool {
        self.edge.is_busy()
    }

    /// Whether the last look left nothing to be done by another one.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let records = &self.ledger.state().records;
        let waits = |record: &Record| matches!(record.state, Phase::Pending | Phase::Backoff);
        !self.is_busy() && !records.iter().any(waits)
    }

    /// Whether an address is expected soon that is not there yet.
    #[must_use]
    pub fn expects_address(&self) -> bool {
        self.edge.transient
    }

    /// Whether something may have changed since without the kernel telling.
    #[must_use]
    pub fn is_unsure(&self) -> bool {
        self.edge.unsure
    }

    /// Whether a host's address comes from a program.
    #[must_use]
    pub fn runs_commands(&self) -> bool {
        let mut hosts = self.config.hosts.iter().filter_map(HostEntry::usable);
        hosts.any(|host| host.enabled && host.sources.contains(&Source::Command))
    }

    /// Releases the holds that were asked to be; what else was asked, as options for a look.
    pub fn heed<'r>(&mut self, requests: impl Iterator<Item = &'r Request>) -> UpdateOptions {
        let mut options = UpdateOptions::default();
        for request in requests {
            self.ledger.resume(&request.resume);
            options.forced.extend(poke::forced(&self.config, request));
        }
        options
    }

    /// Whether two requests are about the same host.
    #[must_use]
    pub fn overlap(&self, one: &Request, other: &Request) -> bool {
        let mut hosts = self.config.hosts.iter();
        hosts.any(|host| poke::is_about(one, host) && poke::is_about(other, host))
    }

    /// Whether calls or programs are under way for what was asked.
    #[must_use]
    pub fn is_busy_with(&self, request: &Request) -> bool {
        let mut hosts = self.config.hosts.iter().filter(|host| poke::is_about(request, host));
        hosts.any(|host| self.edge.is_busy_with(host.name()))
    }

    /// What `update` would have printed and exited with after the last look.
    #[must_use]
    pub fn answer(&self, request: &Request) -> (String, u8) {
        let lines = self.lines(&poke::options(request));
        (poke::printed(&lines), exit_code(&lines))
    }

    /// Writes the state once more, where the directory that it was in is gone.
    pub fn save_again(&mut self) {
        self.ledger.save_again();
    }

    /// Whether the kernel has told of something since the last look.
    ///
    /// # Errors
    /// [`Error::Netlink`] if it lets nobody listen any more.
    pub fn has_news(&mut self) -> Result<bool, Error> {
        self.edge.news.hear().map_err(Error::Netlink)
    }

    /// What is listened to: the kernel, and the agent's own threads.
    pub(crate) fn ears(&mut self) -> (&mut News, [BorrowedFd<'_>; 2]) {
        let Edge { news, calls, slow, .. } = &mut self.edge;
        (news, [Calls::as_fd(calls), SlowSources::as_fd(slow)])
    }

    /// Waits for the programs that are told of changes.
    pub fn finish(&self) {
        self.edge.hooks.finish();
    }

    /// One pass: a look, and what comes of it; a line for each record.
    ///
    /// # Errors
    /// [`Error::Netlink`] if the kernel does not tell its addresses, [`Error::Usage`] if a host is
    /// named that is not configured.
    pub fn pass(&mut self, options: &UpdateOptions) -> Result<Vec<Line>, Error> {
        check_names(&self.config, &options.hosts)?;
        self.look(options)?;
        let patience = clock::since_boot() + PATIENCE;
        let mut look_at = clock::since_boot() + LOOK_AGAIN;
        while self.is_busy() || (self.edge.transient && clock::since_boot() < patience) {
            self.wait(self.edge.transient.then_some(look_at))?;
            self.attend();
            let now = clock::since_boot();
            let is_news = self.has_news()? && self.edge.news.over_at().is_some_and(|at| at <= now);
            if is_news || (self.edge.transient && look_at <= now && now < patience) {
                look_at = now + LOOK_AGAIN;
                self.look(options)?;
            }
        }
        self.finish();
        Ok(self.lines(options))
    }

    /// Waits for something to attend to.
    fn wait(&self, look_at: Option<Duration>) -> Result<(), Error> {
        let Edge { news, calls, slow, .. } = &self.edge;
        let until = [self.relief_at(), news.over_at(), look_at].into_iter().flatten().min();
        let wait = until.map(|until| until.saturating_sub(clock::since_boot()));
        poll(&mut [input(calls), input(slow), input(news)], wait).map_err(Error::Netlink)?;
        Ok(())
    }

    /// Looks at the records that `options` select.
    ///
    /// # Errors
    /// [`Error::Netlink`] if the kernel does not tell its addresses.
    pub fn look(&mut self, options: &UpdateOptions) -> Result<(), Error> {
        self.edge.renew()?;
        self.edge.is_dry = options.dry_run;
        let turns = turns(&self.config, self.ledger.state(), options);
        let is_forced = |(host, _): &&Key| {
            options.force || options.forced.iter().any(|forced| *host == forced.as_str())
        };
        self.edge.forced.extend(turns.iter().filter(is_forced).cloned());
        let (netifd, kernel): (Vec<Key>, Vec<Key>) =
            turns.into_iter().partition(|(host, _)| self.asks_netifd(host));
        self.visit_all(kernel);
        self.edge.put_off =
            (!netifd.is_empty()).then(|| (clock::since_boot() + HEAD_START, netifd));
        self.visit_put_off();
        self.settle();
        Ok(())
    }

    /// Deals with what calls and programs have come to.
    pub fn attend(&mut self) {
        for report in self.edge.calls.take() {
            match report {
                Report::Ready(call, permit) => {
                    let attempt = self.edge.attempts.iter().find(|attempt| attempt.call == call);
                    if let Some(key) = attempt.map(Attempt::key) {
                        self.visit(&key, |mut visit| visit.permit(permit));
                    }
                }
                Report::Done(call, ended) => {
                    if let Some(attempt) = self.edge.take_attempt(call) {
                        self.visit(&attempt.key(), |mut visit| visit.learn(attempt, ended));
                    }
                }
            }
        }
        if self.edge.slow.take() {
            let waiting = std::mem::take(&mut self.edge.waiting);
            self.visit_all(waiting);
        }
        self.visit_put_off();
        self.edge.calls.relieve(clock::since_boot());
        self.settle();
    }

    /// Releases the holds of these hosts.
    ///
    /// # Errors
    /// [`Error::Usage`] if a host is not configured, [`Error::File`] if the state cannot be
    /// written: then nothing was released.
    pub fn resume(&mut self, hosts: &[String]) -> Result<(), Error> {
        check_names(&self.config, hosts)?;
        self.ledger.resume(hosts);
        self.ledger.write()?;
        self.ledger.tell(&self.config, &self.edge.hooks);
        self.finish();
        Ok(())
    }

    /// What the last look at the records that `options` select came to, in the order of the
    /// configuration.
    #[must_use]
    pub fn lines(&self, options: &UpdateOptions) -> Vec<Line> {
        let mut lines = Vec::new();
        for entry in self.config.hosts.iter().filter(|entry| is_selected(entry, options)) {
            match entry {
                HostEntry::Faulty { name, fault } => lines.push(Line::faulty(name, fault)),
                HostEntry::Usable(host) => {
                    let said = |family: &Family| self.edge.line(&(host.name.clone(), *family));
                    lines.extend(host.families.iter().filter_map(said).cloned());
                }
            }
        }
        lines
    }

    fn visit(&mut self, key: &Key, then: impl FnOnce(Visit<'_>)) {
        let mut hosts = self.config.hosts.iter().filter_map(HostEntry::usable);
        if let Some(host) = hosts.find(|host| host.name == key.0) {
            let (edge, ledger) = (&mut self.edge, &mut self.ledger);
            then(Visit { host, key: key.clone(), edge, ledger });
        }
    }

    fn visit_all(&mut self, keys: Vec<Key>) {
        for key in keys {
            self.visit(&key, |mut visit| visit.look());
        }
    }

    /// Has netifd asked, once nobody waits who does not need it.
    fn visit_put_off(&mut self) {
        let keys = self.edge.take_put_off(clock::since_boot());
        self.visit_all(keys);
    }

    fn asks_netifd(&self, name: &str) -> bool {
        let mut hosts = self.config.hosts.iter().filter_map(HostEntry::usable);
        let host = hosts.find(|host| host.name == name);
        host.is_some_and(|host| matches!(host.uplink, Uplink::Interface(_)))
    }

    /// Remembers, then tells.
    fn settle(&mut self) {
        if !self.edge.is_dry {
            self.ledger.save();
            self.ledger.tell(&self.config, &self.edge.hooks);
        }
    }
}

/// The records that `options` select: those that work before those that failed last, whose call
/// may hang.
fn turns(config: &Config, state: &State, options: &UpdateOptions) -> Vec<Key> {
    let failures = |name: &str, family| state.record(name, family).map_or(0, |past| past.failures);
    let mut turns = Vec::new();
    let selected = config.hosts.iter().filter(|entry| is_selected(entry, options));
    for host in selected.filter_map(HostEntry::usable) {
        turns.extend(host.families.iter().map(|family| (host.name.clone(), *family)));
    }
    turns.sort_by_key(|(name, family)| failures(name, *family));
    turns
}

fn check_names(config: &Config, hosts: &[String]) -> Result<(), Error> {
    let names = || config.hosts.iter().map(HostEntry::name);
    match hosts.iter().find(|host| !names().any(|name| name == *host)) {
        None => Ok(()),
        Some(unknown) => {
            let known = names().collect::<Vec<_>>().join(", ");
            Err(Error::Usage(format!("no host '{unknown}' is configured, only: {known}")))
        }
    }
}

/// Whether a pass covers this host. With `--interface` those are left out that are known to be on
/// another interface; of a device or the default route only a look tells.
fn is_selected(entry: &HostEntry, options: &UpdateOptions) -> bool {
    let named = options.hosts.is_empty() || options.hosts.iter().any(|name| name == entry.name());
    let on_interface = match (entry, &options.interface) {
        (HostEntry::Usable(host), Some(event)) => match &host.uplink {
            Uplink::Interface(own) => own.iter().any(|name| ubus::covers(name, event)),
            Uplink::DefaultRoute | Uplink::Device(_) => true,
        },
        (HostEntry::Usable(_) | HostEntry::Faulty { .. }, _) => true,
    };
    named && on_interface
}
