//! What the process that stays keeps: the lock, the door, and an eye on the directory of both.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::event::epoll;
use rustix::fs::inotify;

use super::poke::{Caller, Door, Heard, Poke};
use super::{Claim, Lock, PRIVATE, StateDir};
use crate::LOG;
use crate::error::Error;

/// Most who have connected and not said yet what they want; the oldest makes room.
const CALLERS_MAX: usize = 8;
/// Most who are heard in one go.
const POKES_MAX: usize = 64;
/// How long a process is waited for that took the lock of a directory made anew.
const PATIENCE: Duration = Duration::from_mins(1);

/// The lock and the door of the process that stays.
///
/// Its descriptor is readable when somebody asks or the directory may be gone. Then
/// [`read`](Self::read), and if that says so [`keep`](Self::keep), [`take`](Self::take) and,
/// after a pass, an answer to each.
#[derive(Debug)]
pub struct Listener {
    store: StateDir,
    lock: Option<Lock>,
    door: Option<Door>,
    watch: Option<OwnedFd>,
    callers: Vec<Caller>,
    pokes: Vec<Poke>,
    /// Everything that is waited for; it is polled itself and never waited on.
    all: OwnedFd,
    /// The directory is not where it was, as far as is known.
    is_lost: bool,
    /// That it cannot be made again was said.
    is_told: bool,
}

impl Listener {
    /// Opens the door with the lock in hand; `None` if there can be no lock for want of room.
    ///
    /// # Errors
    /// What the system says; that nobody can ask is no error but a warning.
    pub fn open(store: &StateDir, lock: Option<Lock>) -> io::Result<Self> {
        let mut listener = Self {
            store: store.clone(),
            lock: None,
            door: None,
            watch: None,
            callers: Vec::new(),
            pokes: Vec::new(),
            all: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            is_lost: false,
            is_told: false,
        };
        if let Some(lock) = lock {
            listener.settle(lock);
        }
        Ok(listener)
    }

    /// Reads what came, without waiting; whether there is anything to do.
    pub fn read(&mut self) -> bool {
        if let Some(watch) = &self.watch {
            let mut events = [0; 4096];
            while matches!(rustix::io::read(watch, &mut events), Ok(1..)) {
                self.is_lost = true;
            }
        }
        if self.is_lost && self.is_in_place() {
            self.is_lost = false;
        }
        self.hear();
        self.is_lost || !self.pokes.is_empty()
    }

    /// The requests that came, to be answered after a pass that begins later.
    #[must_use]
    pub fn take(&mut self) -> Vec<Poke> {
        std::mem::take(&mut self.pokes)
    }

    /// Makes directory, lock and door again if they are gone; whether it did, and the state is to
    /// be written again. It waits only for a process that got there first.
    ///
    /// # Errors
    /// [`Error::Resident`] if another one stays there by now.
    pub fn keep(&mut self) -> Result<bool, Error> {
        self.is_lost = false;
        if self.is_in_place() {
            return Ok(false);
        }
        match self.store.claim(PATIENCE) {
            Ok(Some(Claim::Granted(lock))) => {
                let path = self.store.path().display();
                log::warn!(target: LOG, "{path} was removed or replaced: it is made again");
                self.settle(lock);
                Ok(true)
            }
            Ok(Some(Claim::Taken(_)) | None) => {
                Err(Error::Resident { state_dir: self.store.path().display().to_string() })
            }
            Err(error) => {
                if !std::mem::replace(&mut self.is_told, true) {
                    log::warn!(target: LOG, "{error}: going on without remembering");
                }
                Ok(false)
            }
        }
    }

    /// Whether the lock is the one that others meet. Without room there never was one.
    fn is_in_place(&self) -> bool {
        let Some(lock) = &self.lock else { return true };
        let home = self.store.open(false);
        let private = home.ok().and_then(|home| home.private(PRIVATE, false).ok());
        private.is_some_and(|private| lock.is_in(&private))
    }

    /// Moves in where the lock is. The old door goes first, as it removes what has its name.
    fn settle(&mut self, lock: Lock) {
        (self.door, self.watch) = (None, None);
        (self.lock, self.is_told) = (Some(lock), false);
        // A kernel that watches nothing costs the time until the next look.
        self.watch = watch(&self.store).ok();
        let home = self.store.open(false).and_then(|home| self.store.private_of(&home, false));
        let door = home.and_then(|private| {
            Door::open(private, &self.store.path().join(PRIVATE))
                .map_err(|error| self.store.failed("make", "private/poke", error.into()))
        });
        match door {
            Ok(door) => self.door = Some(door),
            Err(error) => log::warn!(target: LOG, "{error}: update and resume will not reach it"),
        }
        let fds = [self.watch.as_ref().map(AsFd::as_fd), self.door.as_ref().map(AsFd::as_fd)];
        fds.into_iter().flatten().for_each(|fd| await_input(&self.all, fd));
    }

    fn hear(&mut self) {
        for _ in 0..POKES_MAX {
            let Some(stream) = self.door.as_ref().and_then(Door::accept) else { break };
            if self.callers.len() >= CALLERS_MAX {
                self.callers.remove(0);
            }
            await_input(&self.all, stream.as_fd());
            self.callers.push(Caller::new(stream));
            // Most have said everything when they are met.
            self.listen();
        }
        self.listen();
    }

    fn listen(&mut self) {
        for caller in std::mem::take(&mut self.callers) {
            match caller.hear() {
                Heard::Part(caller) => self.callers.push(caller),
                Heard::All(poke) if self.pokes.len() < POKES_MAX => {
                    // Who hangs up from here on would be news again and again.
                    let _ = epoll::delete(&self.all, poke.stream());
                    self.pokes.push(poke);
                }
                Heard::All(_) | Heard::Nothing => {}
            }
        }
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.all.as_fd()
    }
}

/// A descriptor that is not waited for is looked at when something else wakes the agent.
fn await_input(all: &OwnedFd, fd: BorrowedFd<'_>) {
    let _ = epoll::add(all, fd, epoll::EventData::new_u64(0), epoll::EventFlags::IN);
}

/// Tells of the directory's end, by what is in it: while it is open its own removal is no news.
/// A directory above that is moved away is found at the next look.
fn watch(store: &StateDir) -> Result<OwnedFd, rustix::io::Errno> {
    use inotify::{CreateFlags, WatchFlags};
    let watch = inotify::init(CreateFlags::CLOEXEC | CreateFlags::NONBLOCK)?;
    let moved = WatchFlags::MOVE_SELF | WatchFlags::DELETE_SELF | WatchFlags::ONLYDIR;
    let emptied = moved | WatchFlags::DELETE | WatchFlags::MOVED_FROM;
    inotify::add_watch(&watch, store.path(), moved)?;
    inotify::add_watch(&watch, &*store.path().join(PRIVATE), emptied)?;
    Ok(watch)
}
