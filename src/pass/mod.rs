//! One pass: read addresses, decide, send, record, save, log. Where the pure side meets the edge.

mod ledger;
pub mod poke;
mod report;
mod visit;

use crate::address::Family;
use crate::cli::UpdateOptions;
use crate::config::{Config, HostEntry, Source, Uplink};
use crate::error::Error;
use crate::io::state_dir::StateDir;
use crate::state::{Phase, Record, State};
use crate::{Time, agent, ubus};

use ledger::Ledger;
pub use ledger::list_configured;
pub use report::{Line, Verdict, exit_code};
use visit::{Edge, Visit};

/// The agent between passes.
#[derive(Debug)]
pub struct Agent {
    config: Config,
    ledger: Ledger,
    patience: Patience,
    unsure: bool,
    tentative: bool,
}

/// Whether a pass waits for an address that is still tentative.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Patience {
    /// There is no other pass: it waits.
    OnePass,
    /// The kernel will tell: other records are not kept waiting.
    Resident,
}

impl Agent {
    /// Reads the state and fits it to the configuration; writes nothing but a missing key.
    ///
    /// # Errors
    /// [`Error::File`] if there is a state that may not be read.
    pub fn new(config: Config, store: StateDir, patience: Patience) -> Result<Self, Error> {
        let mut ledger = Ledger::open(store)?;
        ledger.adopt(&config);
        Ok(Self { config, ledger, patience, unsure: false, tentative: false })
    }

    /// Goes on with another configuration; what is known of unchanged hosts stays.
    pub fn reconfigure(&mut self, config: Config) {
        self.ledger.adopt(&config);
        self.config = config;
    }

    /// The wall clock was set; waits run on in boot time.
    pub fn clock_was_set(&mut self, before: Time, after: Time) {
        self.ledger.revise(|record| agent::clock_was_set(record, before, after));
    }

    /// When the next look is due by the state alone.
    #[must_use]
    pub fn next_at(&self) -> Option<Time> {
        self.ledger.state().records.iter().filter_map(|record| record.next_at).min()
    }

    /// Whether the last pass left nothing to be done by another one.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        let records = &self.ledger.state().records;
        let waits = |record: &Record| matches!(record.state, Phase::Pending | Phase::Backoff);
        !self.tentative && !records.iter().any(waits)
    }

    /// Whether something may have changed since without the kernel telling.
    #[must_use]
    pub fn is_unsure(&self) -> bool {
        self.unsure
    }

    /// Whether a host's address comes from a program.
    #[must_use]
    pub fn runs_commands(&self) -> bool {
        let mut hosts = self.config.hosts.iter().filter_map(HostEntry::usable);
        hosts.any(|host| host.enabled && host.sources.contains(&Source::Command))
    }

    /// Takes the request that `update --force` or `resume` left, as options for the next pass.
    pub fn take_request(&mut self) -> UpdateOptions {
        let request = self.ledger.take_request();
        self.ledger.resume(&request.resume);
        UpdateOptions { forced: request.force, ..UpdateOptions::default() }
    }

    /// One pass over the records that `options` select.
    ///
    /// # Errors
    /// [`Error::Netlink`] if the kernel does not tell its addresses, [`Error::Usage`] if a host is
    /// named that is not configured.
    pub fn pass(&mut self, options: &UpdateOptions) -> Result<Vec<Line>, Error> {
        check_names(&self.config, &options.hosts)?;
        let mut lines = Vec::new();
        let mut edge = Edge::open(self.patience == Patience::OnePass)?;
        for Turn { place, entry, family } in turns(&self.config, self.ledger.state(), options) {
            let line = match entry {
                HostEntry::Faulty { name, fault } => Some(Line::faulty(name, fault)),
                HostEntry::Usable(host) => {
                    let mut visit = Visit { host, family, options, edge: &mut edge };
                    visit.judge(&mut self.ledger)?
                }
            };
            lines.extend(line.map(|line| (place, line)));
        }
        lines.sort_by_key(|(place, _)| *place);
        (self.unsure, self.tentative) = (edge.unsure, edge.tentative);
        if !options.dry_run {
            self.ledger.save();
            self.ledger.tell(&self.config);
        }
        Ok(lines.into_iter().map(|(_, line)| line).collect())
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
        self.ledger.tell(&self.config);
        Ok(())
    }
}

/// When in a pass a record is looked at.
struct Turn<'a> {
    /// Its place in the configuration.
    place: usize,
    entry: &'a HostEntry,
    family: Family,
}

/// Every record that `options` select: those that work before those that failed last, whose call
/// may hang for half a minute.
fn turns<'a>(config: &'a Config, state: &State, options: &UpdateOptions) -> Vec<Turn<'a>> {
    let failures = |name: &str, family| state.record(name, family).map_or(0, |past| past.failures);
    let mut turns = Vec::new();
    for entry in config.hosts.iter().filter(|entry| is_selected(entry, options)) {
        let families = match entry {
            HostEntry::Usable(host) => &host.families[..],
            HostEntry::Faulty { .. } => &[Family::Ipv4],
        };
        for family in families {
            turns.push(Turn { place: turns.len(), entry, family: *family });
        }
    }
    turns.sort_by_key(|turn| failures(turn.entry.name(), turn.family));
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
            Uplink::Interface(configured) => ubus::covers(configured, event),
            Uplink::DefaultRoute | Uplink::Device(_) => true,
        },
        (HostEntry::Usable(_) | HostEntry::Faulty { .. }, _) => true,
    };
    named && on_interface
}
