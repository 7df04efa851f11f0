//! What the resident agent sleeps on: one `poll` and no tick.

use std::io;
use std::os::fd::BorrowedFd;
use std::time::Duration;

use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use rustix::io::{Errno, read};

use super::clock;
use super::news::News;
use super::poll::{input, is_ready, poll};
use super::signals::{Asked, Signals};
use super::state_dir::Listener;
use crate::Time;

/// The timer that tells of a set clock must run to something; it is renewed when it fires.
const FAR_SECONDS: Time = 366 * 86_400;

/// Why the agent woke up; several things may have come together.
#[allow(clippy::struct_excessive_bools, reason = "each is a thing of its own")]
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Woken {
    /// Addresses, links or default routes changed, and have come to rest.
    pub news: bool,
    /// The wait is over.
    pub due: bool,
    /// A thread has reported.
    pub reports: bool,
    /// The wall clock was set: from, to.
    pub clock_set: Option<(Time, Time)>,
    /// What signals asked for.
    pub asked: Asked,
    /// Another command asks for something, or the state directory may be gone.
    pub called: bool,
}

/// The file descriptors that are slept on.
#[derive(Debug)]
pub struct Waker {
    deadline: TimerFd,
    clock: TimerFd,
    /// Wall clock less boot clock, when last looked at.
    offset: i128,
}

impl Waker {
    /// Listens from now on.
    ///
    /// # Errors
    /// What the system says.
    pub fn open() -> io::Result<Self> {
        let flags = TimerFlags::TFD_CLOEXEC | TimerFlags::TFD_NONBLOCK;
        let waker = Self {
            deadline: TimerFd::new(ClockId::CLOCK_BOOTTIME, flags)?,
            clock: TimerFd::new(ClockId::CLOCK_REALTIME, flags)?,
            offset: offset(),
        };
        waker.watch_clock()?;
        Ok(waker)
    }

    /// Sleeps until something happens, or for `wait` at most; for ever if it is `None`.
    ///
    /// # Errors
    /// What the system says.
    pub(crate) fn sleep(
        &mut self,
        wait: Option<Duration>,
        ears: &mut Ears<'_>,
    ) -> io::Result<Woken> {
        self.arm(wait)?;
        let mut woken = Woken::default();
        loop {
            let quiet = ears.news.over_at().map(left);
            // What was heard before is no news to the kernel.
            let called = ears.listener.read().then_some(Duration::ZERO);
            let times = [quiet, called, ears.listener.due_at().map(left)];
            let ready = self.poll(ears, times.into_iter().flatten().min())?;
            woken.clock_set = woken.clock_set.or(self.take_clock()?);
            woken.asked = ears.signals.take();
            woken.called = ears.listener.read();
            woken.reports = ready.reports;
            woken.due |= ready.due;
            let pending = ears.news.hear()?;
            woken.news = ears.news.over_at().is_some_and(|over| left(over).is_zero());
            if woken.due && pending && !woken.news {
                // What is due comes with the news; a timer that stays ready would end each wait.
                self.arm(None)?;
            }
            let due = woken.due && !pending;
            let heard = woken.news || woken.reports || woken.called || woken.clock_set.is_some();
            if heard || due || woken.asked != Asked::default() {
                return Ok(woken);
            }
        }
    }

    fn poll(&self, ears: &Ears<'_>, wait: Option<Duration>) -> io::Result<Ready> {
        let mut fds =
            vec![input(&self.deadline), input(ears.news), input(ears.signals), input(&self.clock)];
        // It is read in any case.
        if !ears.listener.rests() {
            fds.push(input(&*ears.listener));
        }
        let own = fds.len();
        fds.extend(ears.reports.iter().map(input));
        poll(&mut fds, wait)?;
        let (own, reports) = fds.split_at(own);
        Ok(Ready { due: own.first().is_some_and(is_ready), reports: reports.iter().any(is_ready) })
    }

    /// Sets the deadline on the boot clock, which no setting of the wall clock moves.
    fn arm(&self, wait: Option<Duration>) -> io::Result<()> {
        // A value of zero disarms the timer, so what is due is due in a moment.
        let wait = wait.map_or(Duration::ZERO, |wait| wait.max(Duration::from_millis(1)));
        Ok(self.deadline.set(Expiration::OneShot(wait.into()), TimerSetTimeFlags::empty())?)
    }

    fn watch_clock(&self) -> io::Result<()> {
        let at = Duration::from_secs(clock::now() + FAR_SECONDS);
        let flags =
            TimerSetTimeFlags::TFD_TIMER_ABSTIME | TimerSetTimeFlags::TFD_TIMER_CANCEL_ON_SET;
        Ok(self.clock.set(Expiration::OneShot(at.into()), flags)?)
    }

    /// From and to, if the clock was set by a second or more since the last call.
    fn take_clock(&mut self) -> io::Result<Option<(Time, Time)>> {
        let mut expirations = [0; 8];
        match read(&self.clock, &mut expirations) {
            Err(Errno::AGAIN) => return Ok(None),
            // ECANCELED is the news: the clock jumped (timerfd_create(2)).
            Ok(_) | Err(Errno::CANCELED) => self.watch_clock()?,
            Err(error) => return Err(error.into()),
        }
        let moved = offset() - std::mem::replace(&mut self.offset, offset());
        let now = clock::now();
        let before = Time::try_from((i128::from(now) - moved).max(0)).unwrap_or(0);
        Ok((moved != 0).then_some((before, now)))
    }
}

/// What is listened to beside the clocks.
#[derive(Debug)]
pub(crate) struct Ears<'a> {
    /// The kernel.
    pub(crate) news: &'a mut News,
    /// The user, and whoever supervises.
    pub(crate) signals: &'a Signals,
    /// Other commands.
    pub(crate) listener: &'a mut Listener,
    /// The agent's own threads.
    pub(crate) reports: &'a [BorrowedFd<'a>],
}

/// What `poll` found.
#[derive(Default)]
struct Ready {
    due: bool,
    reports: bool,
}

fn left(until: Duration) -> Duration {
    until.saturating_sub(clock::since_boot())
}

/// Whole seconds between the clocks; they run side by side unless one is set.
fn offset() -> i128 {
    i128::from(clock::now()) - i128::from(clock::since_boot().as_secs())
}
