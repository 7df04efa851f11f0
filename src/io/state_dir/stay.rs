//! What the process that stays keeps: the lock, the doors, and an eye on the directory of both.

use std::io;
use std::os::fd::{AsFd, BorrowedFd, OwnedFd};
use std::time::Duration;

use rustix::event::epoll;
use rustix::fs::inotify;

use super::caller::Poke;
use super::entrance::Entrance;
use super::poke::{Door, For};
use super::{Claim, Lock, PRIVATE, StateDir, await_input};
use crate::LOG;
use crate::error::Error;
use crate::io::clock;

/// How long a process is waited for that took the lock of a directory made anew.
const PATIENCE: Duration = Duration::from_mins(1);
/// Those who call get a tenth of the time at most: after each turn nobody is heard for so many
/// times as long,
const REST: u32 = 10;
/// for this long at least, which spares a wake-up for each piece of a request,
const REST_MIN: Duration = Duration::from_millis(5);
/// and at most, as a turn may have waited for something. Where nobody can be let in for want of
/// descriptors, it is tried again after this.
const REST_MAX: Duration = Duration::from_secs(1);

/// What came of looking after the directory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// It is where it was, or cannot be made.
    Still,
    /// It was made again: the state is to be written again.
    Anew,
    /// Another process has the lock of the new one, and may be about to end.
    Waits,
}

/// The lock and the doors of the process that stays.
///
/// Its descriptor is readable when somebody asks or the directory may be gone. Then
/// [`read`](Self::read), and if that says so [`keep`](Self::keep), [`take`](Self::take) and,
/// after a pass, an answer to each.
#[derive(Debug)]
pub struct Listener {
    store: StateDir,
    lock: Option<Lock>,
    entrances: Vec<Entrance>,
    watch: Option<OwnedFd>,
    pokes: Vec<Poke>,
    /// Everything that is waited for; it is polled itself and never waited on.
    all: OwnedFd,
    /// The directory is not where it was, as far as is known.
    is_lost: bool,
    /// That it cannot be made again was said.
    is_told: bool,
    /// Until when nobody is heard, in time since boot.
    rest_until: Option<Duration>,
    /// Since when another process is waited for, in time since boot.
    waits_since: Option<Duration>,
}

impl Listener {
    /// Opens the doors with the lock in hand; `None` if there can be no lock for want of room.
    ///
    /// # Errors
    /// What the system says; that nobody can ask is no error but a warning.
    pub fn open(store: &StateDir, lock: Option<Lock>) -> io::Result<Self> {
        let mut listener = Self {
            store: store.clone(),
            lock: None,
            entrances: Vec::new(),
            watch: None,
            pokes: Vec::new(),
            all: epoll::create(epoll::CreateFlags::CLOEXEC)?,
            is_lost: false,
            is_told: false,
            rest_until: None,
            waits_since: None,
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
        let now = clock::since_boot();
        if self.rest_until.is_none_or(|until| until <= now) {
            self.rest_until = None;
            self.hear(now);
        }
        self.entrances.iter_mut().for_each(|entrance| entrance.tidy(&self.all, now));
        self.is_lost || !self.pokes.is_empty()
    }

    /// Has nobody heard for a while after a turn that took so long.
    pub fn rest(&mut self, spent: Duration) {
        let rest = (spent * REST).clamp(REST_MIN, REST_MAX);
        self.rest_until = self.rest_until.max(Some(clock::since_boot() + rest));
    }

    /// Whether a turn is over and nobody is heard: its descriptor is not to be polled.
    #[must_use]
    pub fn rests(&self) -> bool {
        self.rest_until.is_some()
    }

    /// When to [`read`](Self::read) in any case, in time since boot.
    #[must_use]
    pub fn due_at(&self) -> Option<Duration> {
        let entrances = self.entrances.iter().filter_map(Entrance::due_at);
        self.rest_until.or_else(|| entrances.min())
    }

    /// The requests that came, to be answered after a pass that begins later.
    #[must_use]
    pub fn take(&mut self) -> Vec<Poke> {
        std::mem::take(&mut self.pokes)
    }

    /// Makes directory, lock and doors again if they are gone. It waits for nobody.
    ///
    /// # Errors
    /// [`Error::Resident`] if another one stays there by now.
    pub fn keep(&mut self) -> Result<Kept, Error> {
        self.is_lost = false;
        if self.is_in_place() {
            (self.is_told, self.waits_since) = (false, None);
            return Ok(Kept::Still);
        }
        let now = clock::since_boot();
        let path = self.store.path().display();
        match self.store.meet() {
            Ok(Some(Claim::Granted(lock))) => {
                log::warn!(target: LOG, "{path} was removed or replaced: it is made again");
                self.settle(lock);
                Ok(Kept::Anew)
            }
            Ok(None) if now < *self.waits_since.get_or_insert(now) + PATIENCE => {
                self.is_lost = true;
                Ok(Kept::Waits)
            }
            Ok(Some(Claim::Taken(_)) | None) => {
                Err(Error::Resident { state_dir: path.to_string() })
            }
            Err(error) => {
                if !std::mem::replace(&mut self.is_told, true) {
                    log::warn!(target: LOG, "{error}: going on without remembering");
                }
                Ok(Kept::Still)
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

    /// Moves in where the lock is. The old doors go first, as they remove what has their names.
    fn settle(&mut self, lock: Lock) {
        self.entrances.clear();
        (self.watch, self.waits_since) = (None, None);
        (self.lock, self.is_told) = (Some(lock), false);
        // A kernel that watches nothing costs the time until the next look.
        self.watch = watch(&self.store).ok();
        if let Some(watch) = &self.watch {
            await_input(&self.all, watch.as_fd());
        }
        for whose in For::ALL {
            match self.door(whose) {
                Ok(door) => self.entrances.extend(door.map(Entrance::new)),
                Err(error) => {
                    log::warn!(target: LOG, "{error}: update and resume will not reach it");
                }
            }
        }
    }

    fn door(&self, whose: For) -> Result<Option<Door>, Error> {
        let private =
            self.store.open(false).and_then(|home| self.store.private_of(&home, false))?;
        Door::open(private, &self.store.path().join(PRIVATE), whose)
            .map_err(|error| self.store.failed("make", "private/poke", error.into()))
    }

    fn hear(&mut self, now: Duration) {
        let mut is_news = false;
        for entrance in &mut self.entrances {
            match entrance.hear((&self.all, now), &mut self.pokes) {
                Ok(heard) => is_news |= heard,
                Err(_) => self.rest_until = Some(now + REST_MAX),
            }
        }
        if is_news {
            self.rest(clock::since_boot().saturating_sub(now));
        }
    }
}

impl AsFd for Listener {
    fn as_fd(&self) -> BorrowedFd<'_> {
        self.all.as_fd()
    }
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
