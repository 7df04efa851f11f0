//! Stays: sleeps until the kernel, the clock or a signal says that something changed.

mod pace;

use std::time::Duration;

use pace::{Pace, cause_of};

use crate::cli::UpdateOptions;
use crate::config::Config;
use crate::error::{EXIT_SYSTEM, Error};
use crate::io::signals::Signals;
use crate::io::state_dir::{Kept, LOCK_INTERVAL, Listener, Poke};
use crate::io::wake::{Ears, Waker, Woken};
use crate::io::{clock, notify};
use crate::judge::Looked;
use crate::pass::{Cause, Engine};
use crate::{LOG, Time};

/// What a resident agent works with.
pub(crate) struct Resident<'a> {
    /// What keeps the names current.
    pub engine: Engine,
    /// How others ask it; with the lock, which is held to the end.
    pub listener: Listener,
    /// Installed before anything else was done.
    pub signals: Signals,
    /// End when nothing is left to do.
    pub until_settled: bool,
    /// Reads the configuration again.
    pub reload: &'a dyn Fn() -> Result<Config, Error>,
}

impl Resident<'_> {
    /// Keeps the names current until SIGTERM, or until settled if that was asked.
    ///
    /// # Errors
    /// [`Error::Netlink`] if the kernel lets nobody listen, [`Error::Resident`] if the state
    /// directory was removed and another one holds what is there now.
    pub(crate) fn run(mut self) -> Result<(), Error> {
        let mut waker = Waker::open().map_err(Error::Netlink)?;
        let mut pace = Pace { watchdog: notify::watchdog(), ..Pace::default() };
        notify::ready();
        self.engine.listen();
        if !self.until_settled {
            self.engine.turn_on_verification();
        }
        self.look(&UpdateOptions::default(), Cause::Asked, &mut pace);
        while !self.is_over(&pace)? {
            let wait = self.wait(&mut pace);
            let Self { engine, listener, signals, .. } = &mut self;
            let (news, reports) = engine.ears();
            let mut ears = Ears { news, signals, listener, reports: &reports };
            let woken = waker.sleep(wait, &mut ears).map_err(Error::Netlink)?;
            if woken.asked.end {
                break;
            }
            if !self.keep(&mut pace)? {
                break;
            }
            self.attend(&woken, &mut pace);
            pace.tell_watchdog();
        }
        notify::stopping();
        Ok(())
    }

    fn is_over(&mut self, pace: &Pace) -> Result<bool, Error> {
        // What is on its way is waited for, but not for ever.
        let is_expecting = self.engine.expects_address() && pace.attention.next().is_some();
        let is_settled =
            self.until_settled && pace.complete && self.engine.is_settled() && !is_expecting;
        if is_settled && !self.listener.read() && !self.engine.has_news()? {
            self.engine.finish(Some(&self.signals));
            // hotplug may have called meanwhile, to somebody who still ran.
            return Ok(!self.signals.are_asking());
        }
        Ok(false)
    }

    /// Looks after the directory of the state; `false` if SIGTERM came while another process was
    /// waited for. Without the lock nothing is sent: two would send the same.
    fn keep(&mut self, pace: &mut Pace) -> Result<bool, Error> {
        loop {
            match self.listener.keep()? {
                Kept::Still => return Ok(true),
                Kept::Anew => {
                    self.engine.save_again();
                    return Ok(true);
                }
                Kept::Waits if self.signals.end() => return Ok(false),
                Kept::Waits => clock::sleep(LOCK_INTERVAL),
            }
            pace.tell_watchdog();
        }
    }

    /// Deals with what woke the agent up.
    fn attend(&mut self, woken: &Woken, pace: &mut Pace) {
        let began = clock::since_boot();
        if let Some((before, after)) = woken.clock_set {
            if pace.tells_clock(clock::since_boot()) {
                log::info!(target: LOG, "the clock was set, {}", moved(before, after));
            }
            self.engine.clock_was_set(before, after);
        }
        let pokes = self.listener.take();
        let is_asked = !pokes.is_empty();
        if woken.asked.reload || pokes.iter().any(|poke| poke.request.reread) {
            self.reload();
        }
        self.engine.attend();
        self.note_answers(pace);
        self.engine.verify();
        self.engine.hear_gateways();
        pace.queued.extend(pokes);
        let asked = self.admit(pace);
        let is_wanted = !asked.is_empty() || woken.asked.look || woken.asked.reload;
        if is_wanted || woken.news {
            pace.attention.news();
        }
        let is_due = pace.look_at.is_some_and(|at| at <= clock::since_boot());
        let is_news = woken.news || woken.clock_set.is_some();
        let cause = match cause_of(&asked) {
            _ if woken.asked.look || woken.asked.reload => Some(Cause::Asked),
            None if is_news => Some(Cause::News),
            None => is_due.then_some(Cause::Time),
            asked => asked,
        };
        if let Some(cause) = cause {
            self.look_for(asked, cause, pace);
        }
        self.answer(pace);
        // Those who waited for the ones that have been answered.
        let asked = self.admit(pace);
        if let Some(cause) = cause_of(&asked) {
            self.look_for(asked, cause, pace);
            self.answer(pace);
        }
        if is_asked {
            self.listener.rest(clock::since_boot().saturating_sub(began));
        }
    }

    /// Takes those who asked about nothing that somebody waits for since a look before: one look
    /// serves all who asked before it began. The owner waits for no member of a group.
    fn admit(&self, pace: &mut Pace) -> Vec<Poke> {
        let mut asked: Vec<Poke> = Vec::new();
        for poke in std::mem::take(&mut pace.queued) {
            let is_first = |earlier: &&Poke| earlier.is_owners || !poke.is_owners;
            let mut earlier = pace.pokes.iter().chain(&pace.queued).filter(is_first);
            if earlier.any(|earlier| self.engine.overlap(&earlier.request, &poke.request)) {
                pace.queued.push(poke);
            } else {
                asked.push(poke);
            }
        }
        asked
    }

    fn look_for(&mut self, asked: Vec<Poke>, cause: Cause, pace: &mut Pace) {
        let options = self.engine.heed(asked.iter().map(|poke| &poke.request));
        pace.pokes.extend(asked);
        self.look(&options, cause, pace);
    }

    /// Tells those who asked what came of it, once nothing is under way that they asked about.
    fn answer(&self, pace: &mut Pace) {
        for poke in std::mem::take(&mut pace.pokes) {
            if !pace.complete {
                poke.answer("", EXIT_SYSTEM);
            } else if self.engine.is_busy_with(&poke.request) {
                pace.pokes.push(poke);
            } else {
                let (lines, exit) = self.engine.answer(&poke.request);
                poke.answer(&lines, exit);
            }
        }
    }

    fn look(&mut self, options: &UpdateOptions, cause: Cause, pace: &mut Pace) {
        pace.looked_at = clock::since_boot();
        let looked = self.engine.look(options, cause);
        match (&looked, pace.is_blind) {
            // Once for each time that it is so, not once for each look.
            (Err(error), false) => {
                log::warn!(target: LOG, "{error}; looking again until it does");
            }
            (Ok(()), true) => log::info!(target: LOG, "the kernel tells its addresses again"),
            _ => {}
        }
        pace.is_blind = looked.is_err();
        pace.complete = looked.is_ok();
        pace.is_asking = looked.is_ok();
        match looked {
            Err(_) => pace.attention.looked(Looked::Failed),
            Ok(()) => self.note_answers(pace),
        }
    }

    /// Notes how the last look went, as soon as its sources' answers tell.
    fn note_answers(&self, pace: &mut Pace) {
        let looked = match (self.engine.is_unsure(), self.engine.is_asking()) {
            _ if !pace.is_asking => return,
            (true, _) => Looked::Unsure,
            (false, false) => Looked::Sure,
            (false, true) => return,
        };
        pace.is_asking = false;
        pace.attention.looked(looked);
    }

    /// How long to sleep; `None` if only an event changes anything.
    fn wait(&self, pace: &mut Pace) -> Option<Duration> {
        let since_boot = clock::since_boot();
        let next = self.engine.next_at().map(|at| at.saturating_sub(clock::now()));
        let next = next.map(|seconds| since_boot + Duration::from_secs(seconds));
        pace.look_at = pace.next_look(next, self.engine.source_due_at());
        let others = [pace.look_at, self.engine.relief_at(), self.engine.verification_due_at()];
        let others = others.map(|at| Some(at?.saturating_sub(since_boot)));
        others.into_iter().chain([pace.watchdog]).flatten().min()
    }

    fn reload(&mut self) {
        notify::reloading();
        match (self.reload)() {
            Ok(config) => {
                self.engine.reconfigure(config);
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

fn moved(before: Time, after: Time) -> String {
    let by = crate::text::span(before.abs_diff(after));
    format!("{} by {by}", if after > before { "ahead" } else { "back" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_set_says_which_way_and_how_far() {
        assert_eq!(moved(1000, 1090), "ahead by 1 min 30 s");
        assert_eq!(moved(1090, 1000), "back by 1 min 30 s");
    }
}
