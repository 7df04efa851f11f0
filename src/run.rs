//! Stays: sleeps until the kernel, the clock or a signal says that something changed.

use std::time::Duration;

use crate::cli::UpdateOptions;
use crate::config::Config;
use crate::error::Error;
use crate::io::signals::Signals;
use crate::io::state_dir::Lock;
use crate::io::wake::Waker;
use crate::io::{clock, notify};
use crate::pass::Agent;
use crate::{LOG, Time, backoff};

/// How often a look is repeated by itself where the kernel does not tell of the next change:
/// netifd calls an interface up a moment after its address has come.
const UNSURE_LOOKS: u16 = 5;
/// How often `option command` is run where nothing else gives cause to.
const COMMAND_SECONDS: Time = 300;
/// No wait is shorter, whatever the clocks say.
const WAIT_MIN: Duration = Duration::from_secs(1);
const NO_JITTER: u32 = 20;

/// What a resident agent works with.
pub struct Runner<'a> {
    /// The agent.
    pub agent: Agent,
    /// Held to the end.
    pub lock: Option<Lock>,
    /// Installed before anything else was done.
    pub signals: Signals,
    /// End when nothing is left to do.
    pub until_settled: bool,
    /// Reads the configuration again.
    pub reload: &'a dyn Fn() -> Result<Config, Error>,
}

impl Runner<'_> {
    /// Keeps the names current until SIGTERM, or until settled if that was asked.
    ///
    /// # Errors
    /// [`Error::Netlink`] if the kernel lets nobody listen.
    pub fn run(mut self) -> Result<(), Error> {
        // Before the first look, so that no change falls between the look and the listening.
        let mut waker = Waker::open().map_err(Error::Netlink)?;
        notify::ready();
        let mut options = UpdateOptions::default();
        let mut poked = None;
        let mut looks = 0u16;
        while let Some(Look { complete, unsure }) = self.look(&options) {
            if let (Some(began), Some(lock)) = (poked, &self.lock) {
                lock.looked(began);
            }
            let quiet = waker.is_quiet(&self.signals).map_err(Error::Netlink)?;
            if self.until_settled && complete && quiet && self.agent.is_settled() {
                break;
            }
            looks = if unsure { looks.saturating_add(1) } else { u16::MAX };
            let wait = self.wait(looks);
            let woken = waker.sleep(wait, &self.signals).map_err(Error::Netlink)?;
            if woken.asked.end {
                break;
            }
            if let Some((before, after)) = woken.clock_set {
                log::info!(target: LOG, "the clock was set, {}", moved(before, after));
                self.agent.clock_was_set(before, after);
            }
            if woken.asked.reload {
                self.reload();
            }
            // Before the request is taken: who pokes later than this waits for the next look.
            poked = woken.asked.look.then(clock::since_boot);
            options = match poked {
                Some(_) => self.agent.take_request(),
                None => UpdateOptions::default(),
            };
            if woken.news || poked.is_some() || woken.asked.reload {
                looks = 0;
            }
        }
        notify::stopping();
        Ok(())
    }

    /// One pass; `None` if the process is to end.
    fn look(&mut self, options: &UpdateOptions) -> Option<Look> {
        let Self { agent, signals, .. } = self;
        match signals.while_blocked(|| agent.pass(options)).ok()? {
            Ok(_) => Some(Look { complete: true, unsure: agent.is_unsure() }),
            Err(error) => {
                log::warn!(target: LOG, "{error}; looking again in a moment");
                Some(Look { complete: false, unsure: true })
            }
        }
    }

    /// How long to sleep; `None` if only an event changes anything.
    fn wait(&self, looks: u16) -> Option<Duration> {
        let now = clock::now();
        let until = |at: Time| at.saturating_sub(now);
        let unsure = (looks <= UNSURE_LOOKS).then(|| backoff::after_failures(looks, NO_JITTER));
        let command = self.agent.runs_commands().then_some(COMMAND_SECONDS);
        let next = self.agent.next_at().map(until);
        let seconds = [unsure, command, next].into_iter().flatten().min()?;
        Some(Duration::from_secs(seconds).max(WAIT_MIN))
    }

    fn reload(&mut self) {
        notify::reloading();
        match (self.reload)() {
            Ok(config) => {
                self.agent.reconfigure(config);
                log::info!(target: LOG, "the configuration was read again");
            }
            Err(error) => {
                log::error!(target: LOG, "{error}");
                log::error!(target: LOG, "the configuration read before stays in force");
            }
        }
        notify::ready();
    }
}

/// What came of a pass.
struct Look {
    /// Every record was looked at.
    complete: bool,
    /// More may change without the kernel telling.
    unsure: bool,
}

fn moved(before: Time, after: Time) -> String {
    let by = crate::text::span(before.abs_diff(after));
    format!("{} by {by}", if after > before { "ahead" } else { "back" })
}
