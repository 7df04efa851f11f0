//! What the resident agent sleeps on: one `poll` and no tick.

use std::io;
use std::time::Duration;

use nix::sys::timerfd::{ClockId, Expiration, TimerFd, TimerFlags, TimerSetTimeFlags};
use rustix::io::{Errno, read};

use super::clock;
use super::netlink::Watch;
use super::poll::{input, is_ready, poll};
use super::signals::{Asked, Signals};
use crate::Time;

/// Events of one reconnect come in a bunch; the last of them is waited for this long,
const QUIET: Duration = Duration::from_millis(200);
/// but no longer than this altogether.
const COALESCE_MAX: Duration = Duration::from_secs(1);
/// The timer that tells of a set clock must run to something; it is renewed when it fires.
const FAR_SECONDS: Time = 366 * 86_400;

/// Why the agent woke up; several things may have come together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Woken {
    /// Addresses, links or default routes changed.
    pub news: bool,
    /// The wall clock was set: from, to.
    pub clock_set: Option<(Time, Time)>,
    /// What signals asked for.
    pub asked: Asked,
}

/// The file descriptors that are slept on.
#[derive(Debug)]
pub struct Waker {
    watch: Watch,
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
            watch: Watch::open()?,
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
    pub fn sleep(&mut self, wait: Option<Duration>, signals: &Signals) -> io::Result<Woken> {
        self.arm(wait)?;
        let mut woken = Woken::default();
        let mut limit = None;
        let mut quiet_until = None;
        loop {
            let ready = self.poll(signals, quiet_until.map(|until: Duration| left(until)))?;
            woken.clock_set = woken.clock_set.or(self.take_clock()?);
            woken.asked = signals.take();
            let now = clock::since_boot();
            if self.watch.drain()? {
                woken.news = true;
                let limit = *limit.get_or_insert(now + COALESCE_MAX);
                quiet_until = Some((now + QUIET).min(limit));
            }
            if ready.due && quiet_until.is_some() {
                // What is due comes with the news; a timer that stays ready would end each wait.
                self.arm(None)?;
            }
            let settled = match quiet_until {
                Some(until) => now >= until,
                None => woken != Woken::default() || ready.due,
            };
            if settled || woken.asked != Asked::default() {
                return Ok(woken);
            }
        }
    }

    /// Whether no news are waiting to be dealt with, without sleeping.
    ///
    /// # Errors
    /// What the system says.
    pub fn is_quiet(&self, signals: &Signals) -> io::Result<bool> {
        let ready = self.poll(signals, Some(Duration::ZERO))?;
        Ok(!ready.news)
    }

    fn poll(&self, signals: &Signals, wait: Option<Duration>) -> io::Result<Ready> {
        let mut fds =
            [input(&self.watch), input(signals), input(&self.clock), input(&self.deadline)];
        match poll(&mut fds, wait) {
            Ok(_) => {
                let [ref news @ .., ref deadline] = fds;
                Ok(Ready { news: news.iter().any(is_ready), due: is_ready(deadline) })
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                Ok(Ready { news: false, due: false })
            }
            Err(error) => Err(error),
        }
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

/// What `poll` found.
struct Ready {
    /// Anything but the deadline, which stays ready until it is set anew.
    news: bool,
    due: bool,
}

fn left(until: Duration) -> Duration {
    until.saturating_sub(clock::since_boot())
}

/// Whole seconds between the clocks; they run side by side unless one is set.
fn offset() -> i128 {
    i128::from(clock::now()) - i128::from(clock::since_boot().as_secs())
}
