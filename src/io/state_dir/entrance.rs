//! A door with the seats behind it: how many are heard at once, and for how long.
//!
//! Whoever may ask may also do nothing else. So each door has its number of seats, for those who
//! have not said yet what they want and for those who wait for an answer; who finds none waits in
//! the kernel's queue, and where that is full, in front of it.

use std::os::fd::{AsFd as _, OwnedFd};
use std::time::Duration;

use rustix::event::epoll;
use rustix::io::Errno;

use super::await_input;
use super::caller::{Caller, Heard, Poke, Seats};
use super::poke::Door;

/// Two doors have 64 of them: far more than the commands that a reconnect starts, far less than the
/// 1024 descriptors that a process has, which the calls need.
const SEATS: usize = 32;
/// Who says nothing makes room for the next one after this, more than a busy machine takes between
/// connecting and writing,
const GRACE: Duration = Duration::from_millis(200);
/// and has no seat longer than this in any case.
const SILENCE_MAX: Duration = Duration::from_secs(5);

/// A door and who is behind it.
#[derive(Debug)]
pub(super) struct Entrance {
    door: Door,
    seats: Seats,
    /// Those who have not said everything yet, the oldest first.
    callers: Vec<Caller>,
    /// Whoever knocks is news.
    is_open: bool,
}

impl Entrance {
    pub(super) fn new(door: Door) -> Self {
        Self { door, seats: Seats::default(), callers: Vec::new(), is_open: false }
    }

    /// Hears who is there; whether anything was heard at all.
    ///
    /// # Errors
    /// Nobody can be let in now.
    pub(super) fn hear(
        &mut self,
        (all, now): (&OwnedFd, Duration),
        pokes: &mut Vec<Poke>,
    ) -> Result<bool, Errno> {
        let mut is_news = self.listen(all, pokes);
        // As many as there are seats, even if they leave at once: the rest is for the next time.
        for _ in 0..SEATS {
            if !self.makes_room(now) {
                break;
            }
            let Some(stream) = self.door.accept()? else { break };
            await_input(all, stream.as_fd());
            self.callers.push(Caller::new(stream, &self.seats, now));
            is_news = true;
            // Most have said everything when they are met.
            self.listen(all, pokes);
        }
        Ok(is_news)
    }

    /// Hangs up on who said nothing for too long, and has knocks be news if there is a seat.
    pub(super) fn tidy(&mut self, all: &OwnedFd, now: Duration) {
        self.callers.retain(|caller| now < caller.since + SILENCE_MAX);
        let has_room = self.seats.taken() < SEATS
            || self.callers.first().is_some_and(|oldest| now >= oldest.since + GRACE);
        if has_room != self.is_open {
            self.is_open = has_room;
            if has_room {
                await_input(all, self.door.as_fd());
            } else {
                let _ = epoll::delete(all, &self.door);
            }
        }
    }

    /// When [`tidy`](Self::tidy) has something to do, in time since boot.
    pub(super) fn due_at(&self) -> Option<Duration> {
        let patience = if self.is_open { SILENCE_MAX } else { GRACE };
        self.callers.first().map(|oldest| oldest.since + patience)
    }

    /// Whether there is a seat for one more; the oldest who is silent gives up its own.
    fn makes_room(&mut self, now: Duration) -> bool {
        let is_full = self.seats.taken() >= SEATS;
        if is_full && self.callers.first().is_some_and(|oldest| now >= oldest.since + GRACE) {
            self.callers.remove(0);
            return true;
        }
        !is_full
    }

    /// Whether anybody has said anything, or has gone.
    fn listen(&mut self, all: &OwnedFd, pokes: &mut Vec<Poke>) -> bool {
        let mut is_news = false;
        for caller in std::mem::take(&mut self.callers) {
            let before = caller.said();
            match caller.hear(self.door.whose()) {
                Heard::Part(caller) => {
                    is_news |= caller.said() > before;
                    self.callers.push(caller);
                }
                Heard::All(poke) => {
                    is_news = true;
                    // Who hangs up from here on would be news again and again.
                    let _ = epoll::delete(all, poke.stream());
                    pokes.push(poke);
                }
                Heard::Nothing => is_news = true,
            }
        }
        is_news
    }
}
