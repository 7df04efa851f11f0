//! The directory of the state: what everybody may read, and in `private/` what decides.
//!
//! ```text
//! state.json           0644, the status contract
//! state.journal        0644, records behind it while updates are under way
//! private/             0700: nobody else opens, locks or replaces what is in it
//!     lock             0600: who may write the state
//!     key              0600: what fingerprints are keyed with
//!     poke             0600: a socket, while `run` stays: how it is asked to look
//!     poke.group       0660: the same for its group, where that may ask
//!     doctor.*         0600: what a `doctor` that rpcd started has said; so setup.*
//! ```
//!
//! Where the directory has the setgid bit, its group enters `private/` (0750) and may ask, and no
//! more than that.

mod caller;
mod dir;
mod entrance;
mod key;
mod lock;
mod file;
mod path;
mod poke;
mod stay;
mod trust;
mod way;

use std::io::{self, ErrorKind};
use std::os::fd::{BorrowedFd, OwnedFd};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rustix::event::epoll;

use super::clock;
use super::signals::Signals;
use crate::error::Error;

pub use caller::Poke;
use dir::Dir;
pub use lock::Lock;
use poke::Met;
pub use poke::Runner;
pub use stay::{Kept, Listener};
use trust::Trust;

const PRIVATE: &str = "private";
/// What version 0.1.0 left beside the state; its key is moved.
const LEFTOVERS: [&str; 3] = ["lock", "request", "request.taken"];
/// The kernel has no lock with a time limit, so it is asked this often.
pub const LOCK_INTERVAL: Duration = Duration::from_millis(100);

/// The state directory, by its path; each call opens what then is there.
#[derive(Clone, Debug)]
pub struct StateDir {
    path: PathBuf,
    is_dry: bool,
    keeper: Option<u32>,
}

/// What comes of the wish to write the state.
#[derive(Debug)]
pub enum Claim {
    /// This process.
    Granted(Lock),
    /// One that stays, and takes requests.
    Taken(Runner),
}

impl StateDir {
    /// The state directory at `path`; nothing is read or made yet.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), is_dry: false, keeper: None }
    }

    /// The same where another user keeps the state: that one is asked, and nothing is written.
    #[must_use]
    pub fn kept_by(self, keeper: Option<u32>) -> Self {
        Self { keeper, ..self }
    }

    /// The same for a dry run: what would be made or moved is not.
    #[must_use]
    pub fn dry(self) -> Self {
        Self { is_dry: true, ..self }
    }

    /// Where it is.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Makes the directory and takes the lock in it; `None` if another process holds it.
    ///
    /// # Errors
    /// [`Error::File`] if the directory or the lock cannot be made, or is not ours alone.
    pub fn lock(&self) -> Result<Option<Lock>, Error> {
        let failed = |cause| self.failed("make", "private/lock", cause);
        let home = self.open(true)?;
        let private = home.private(PRIVATE, true).map_err(failed)?;
        let lock = Lock::take(&private).map_err(failed)?;
        if lock.is_some() {
            for name in LEFTOVERS {
                home.remove(name);
            }
            home.remove_half(file::STATE);
            private.remove_half(key::KEY);
        }
        Ok(lock)
    }

    /// Takes the lock, or finds the process that holds it to stay; one that does not is waited
    /// for, up to `limit` or until one of `signals` ends this process. `None` if it did not end.
    ///
    /// # Errors
    /// [`Error::File`] if the directory or the lock cannot be made, or is not ours alone.
    pub fn claim(
        &self,
        limit: Duration,
        signals: Option<&Signals>,
    ) -> Result<Option<Claim>, Error> {
        let deadline = clock::since_boot() + limit;
        loop {
            let met = self.meet()?;
            let is_over = clock::since_boot() >= deadline || signals.is_some_and(Signals::end);
            if met.is_some() || is_over {
                return Ok(met);
            }
            thread::sleep(LOCK_INTERVAL);
        }
    }

    /// Takes the lock, or finds the process that holds it to stay, without waiting; `None` if
    /// there is one that does not, or so many ask it that nobody more fits.
    fn meet(&self) -> Result<Option<Claim>, Error> {
        if let Some(keeper) = self.keeper {
            return Ok(self.kept_runner(keeper)?.map(Claim::Taken));
        }
        if let Some(lock) = self.lock()? {
            return Ok(Some(Claim::Granted(lock)));
        }
        let private = self.open(false).ok().and_then(|home| home.private(PRIVATE, false).ok());
        match private.map(|private| self.runner(&private)) {
            Some(Met::Runner(runner)) => Ok(Some(Claim::Taken(runner))),
            _ => Ok(None),
        }
    }

    /// The process that stays in the state of another user; `None` if too many ask it.
    fn kept_runner(&self, keeper: u32) -> Result<Option<Runner>, Error> {
        let home = self.open(false)?;
        let private = present(self.private_of(&home, false))?;
        match private.map_or(Met::Nobody, |private| self.runner(&private)) {
            Met::Runner(runner) => Ok(Some(runner)),
            Met::Crowd => Ok(None),
            Met::Nobody => {
                let text = format!(
                    "user {keeper} keeps the state in it, and no dynhost runs there: start the \
                     service, or run this as that user"
                );
                let path = self.path.display().to_string();
                Err(Error::File { verb: "use", path, cause: io::Error::other(text) })
            }
        }
    }

    /// A file in `private/` that nobody else opens; made where there is none.
    ///
    /// # Errors
    /// [`Error::File`] if it cannot be made, or the directory is not ours alone.
    #[cfg(feature = "rpcd")]
    pub(super) fn private_file(&self, name: &str) -> Result<std::fs::File, Error> {
        let private = self.open(true)?.private(PRIVATE, true);
        let file = private.and_then(|private| private.open_or_make(name, 0o600));
        file.map_err(|cause| self.failed("make", &format!("{PRIVATE}/{name}"), cause))
    }

    fn runner(&self, private: &Dir) -> Met {
        Runner::connect(private, &self.path.join(PRIVATE), &self.path)
    }

    /// Why this directory would be refused; nothing is made, and one that is not there yet is none.
    #[must_use]
    pub fn refusal(&self) -> Option<String> {
        match present(self.open(false)) {
            Err(Error::File { cause, .. }) => Some(cause.to_string()),
            Err(_) | Ok(_) => None,
        }
    }

    fn open(&self, make: bool) -> Result<Dir, Error> {
        let trust = self.keeper.map_or(Trust::Ours, Trust::Keeper);
        Dir::open(&self.path, make, trust).map_err(|cause| Error::File {
            verb: "use",
            path: self.path.display().to_string(),
            cause,
        })
    }

    fn private_of(&self, home: &Dir, make: bool) -> Result<Dir, Error> {
        home.private(PRIVATE, make).map_err(|cause| self.failed("use", PRIVATE, cause))
    }

    fn failed(&self, verb: &'static str, name: &str, cause: io::Error) -> Error {
        Error::File { verb, path: self.path.join(name).display().to_string(), cause }
    }
}

/// What was opened, `None` if it is not there.
fn present<T>(opened: Result<T, Error>) -> Result<Option<T>, Error> {
    match opened {
        Ok(opened) => Ok(Some(opened)),
        Err(Error::File { cause, .. }) if cause.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(error),
    }
}

/// A descriptor that is not waited for is looked at when something else wakes the agent.
fn await_input(all: &OwnedFd, fd: BorrowedFd<'_>) {
    let _ = epoll::add(all, fd, epoll::EventData::new_u64(0), epoll::EventFlags::IN);
}
