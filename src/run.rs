//! Stays: sleeps until the kernel, the clock or a signal says that something changed.

use std::time::Duration;

use crate::cli::UpdateOptions;
use crate::config::Config;
use crate::error::{EXIT_SYSTEM, Error};
use crate::io::signals::Signals;
use crate::io::state_dir::{Listener, Poke};
use crate::io::wake::{Ears, Waker, Woken};
use crate::io::{clock, notify};
use crate::judge::{Attention, Looked};
use crate::pass::{Cause, Engine};
use crate::{LOG, Time};

/// No wait is shorter, whatever the clocks say.
const WAIT_MIN: Duration = Duration::from_secs(1);

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

/// Where the loop stands.
#[derive(Default)]
struct Pace {
    /// Every record was looked at.
    complete: bool,
    /// Whether the looks since the last news left something open.
    attention: Attention,
    /// Sources have not yet answered what the last look asked them.
    is_asking: bool,
    /// When the last look began, in time since boot.
    looked_at: Duration,
    /// When the next one is due, in time since boot.
    look_at: Option<Duration>,
    /// Those who wait for what a look comes to that has begun since they asked.
    pokes: Vec<Poke>,
    /// Those who asked about the same later: each gets what its own look comes to.
    queued: Vec<Poke>,
    /// How often a supervisor wants to hear that the agent is alive.
    watchdog: Option<Duration>,
    /// When it was told last, in time since boot.
    told_at: Duration,
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
            if self.listener.keep()? {
                self.engine.save_again();
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
            self.engine.finish();
            // hotplug may have called meanwhile, to somebody who still ran.
            return Ok(!self.signals.are_asking());
        }
        Ok(false)
    }

    /// Deals with what woke the agent up.
    fn attend(&mut self, woken: &Woken, pace: &mut Pace) {
        if let Some((before, after)) = woken.clock_set {
            log::info!(target: LOG, "the clock was set, {}", moved(before, after));
            self.engine.clock_was_set(before, after);
        }
        let pokes = self.listener.take();
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
        let cause = match (is_wanted, woken.news || woken.clock_set.is_some()) {
            (true, _) => Some(Cause::Asked),
            (false, true) => Some(Cause::News),
            (false, false) => is_due.then_some(Cause::Time),
        };
        if let Some(cause) = cause {
            self.look_for(asked, cause, pace);
        }
        self.answer(pace);
        // Those who waited for the ones that have been answered.
        let asked = self.admit(pace);
        if !asked.is_empty() {
            self.look_for(asked, Cause::Asked, pace);
            self.answer(pace);
        }
    }

    /// Takes those who asked about nothing that somebody before them waits for.
    fn admit(&self, pace: &mut Pace) -> Vec<Poke> {
        let mut asked: Vec<Poke> = Vec::new();
        for poke in std::mem::take(&mut pace.queued) {
            let mut earlier = pace.pokes.iter().chain(&asked).chain(&pace.queued);
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
        if let Err(error) = &looked {
            log::warn!(target: LOG, "{error}; looking again in a moment");
        }
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

impl Pace {
    /// No more often than is asked for: procd is told over ubus, which may keep silent.
    fn tell_watchdog(&mut self) {
        let now = clock::since_boot();
        if self.watchdog.is_some_and(|interval| now >= self.told_at + interval / 2) {
            self.told_at = now;
            notify::alive();
        }
    }

    /// When the next look is due, in time since boot, where the records want one at `next`, and
    /// a source is to be asked again at `source`.
    fn next_look(&self, next: Option<Duration>, source: Option<Duration>) -> Option<Duration> {
        let unsure = self.attention.next().map(|after| self.looked_at + Duration::from_secs(after));
        let first = [unsure, source, next].into_iter().flatten().min();
        first.map(|at| at.max(self.looked_at + WAIT_MIN))
    }
}

fn moved(before: Time, after: Time) -> String {
    let by = crate::text::span(before.abs_diff(after));
    format!("{} by {by}", if after > before { "ahead" } else { "back" })
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOOKED_AT: Duration = Duration::from_secs(1000);

    fn after(seconds: u64) -> Duration {
        LOOKED_AT + Duration::from_secs(seconds)
    }

    #[test]
    fn the_next_look_is_the_first_that_something_wants_but_never_at_once() {
        let sure = Pace { looked_at: LOOKED_AT, ..Pace::default() };
        let mut unsure = Pace { looked_at: LOOKED_AT, ..Pace::default() };
        unsure.attention.looked(Looked::Unsure);
        let rows = [
            (&sure, None, None, None),
            (&sure, Some(after(60)), None, Some(after(60))),
            (&sure, Some(after(0)), None, Some(after(1))),
            (&sure, Some(Duration::ZERO), None, Some(after(1))),
            (&sure, None, Some(after(300)), Some(after(300))),
            (&sure, None, Some(Duration::ZERO), Some(after(1))),
            (&sure, Some(after(60)), Some(after(300)), Some(after(60))),
            (&sure, Some(after(900)), Some(after(300)), Some(after(300))),
            (&unsure, None, None, Some(after(2))),
            (&unsure, Some(after(60)), Some(after(300)), Some(after(2))),
            (&unsure, Some(after(1)), None, Some(after(1))),
        ];
        for (pace, next, source, due) in rows {
            assert_eq!(pace.next_look(next, source), due, "{next:?} {source:?}");
        }
    }

    #[test]
    fn a_clock_that_is_set_says_which_way_and_how_far() {
        assert_eq!(moved(1000, 1090), "ahead by 1 min 30 s");
        assert_eq!(moved(1090, 1000), "back by 1 min 30 s");
    }
}
