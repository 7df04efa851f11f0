//! The directory of the state: what everybody may read, and in `private/` what decides.
//!
//! ```text
//! state.json           0644, the status contract
//! state.journal        0644, records behind it while updates are under way
//! private/             0700: nobody else opens, locks or replaces what is in it
//!     lock             0600: who may write the state
//!     key              0600: what fingerprints are keyed with
//!     poke             a socket, while `run` stays: how it is asked to look
//!     doctor.*         0600: what a `doctor` that rpcd started has said; so setup.*
//! ```
//!
//! Where the directory has the setgid bit, its group enters `private/` (0750) and may ask (0660),
//! and no more than that.

mod dir;
mod key;
mod lock;
mod file;
mod path;
mod poke;
mod stay;

use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use super::clock;
use crate::error::Error;

use dir::{Dir, Trust};
pub use lock::Lock;
pub use poke::{Poke, Runner};
pub use stay::Listener;

const PRIVATE: &str = "private";
/// What version 0.1.0 left beside the state; its key is moved.
const LEFTOVERS: [&str; 3] = ["lock", "request", "request.taken"];
/// The kernel has no lock with a time limit, so it is asked this often.
const LOCK_INTERVAL: Duration = Duration::from_millis(100);

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
    /// for, up to `limit`. `None` if it did not end.
    ///
    /// # Errors
    /// [`Error::File`] if the directory or the lock cannot be made, or is not ours alone.
    pub fn claim(&self, limit: Duration) -> Result<Option<Claim>, Error> {
        if let Some(keeper) = self.keeper {
            return self.kept_runner(keeper).map(|runner| Some(Claim::Taken(runner)));
        }
        let deadline = clock::since_boot() + limit;
        loop {
            if let Some(lock) = self.lock()? {
                return Ok(Some(Claim::Granted(lock)));
            }
            if let Some(runner) = self.runner() {
                return Ok(Some(Claim::Taken(runner)));
            }
            if clock::since_boot() >= deadline {
                return Ok(None);
            }
            thread::sleep(LOCK_INTERVAL);
        }
    }

    /// The process that stays in the state of another user.
    fn kept_runner(&self, keeper: u32) -> Result<Runner, Error> {
        let home = self.open(false)?;
        let private = present(self.private_of(&home, false))?;
        let path = self.path.join(PRIVATE);
        let runner =
            private.and_then(|private| Runner::connect(&private, &path, self.path.clone()));
        runner.ok_or_else(|| {
            let text = format!(
                "user {keeper} keeps the state in it, and no dynhost runs there: start the \
                 service, or run this as that user"
            );
            let path = self.path.display().to_string();
            Error::File { verb: "use", path, cause: io::Error::other(text) }
        })
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

    /// The process that stays, if there is one.
    #[must_use]
    pub fn runner(&self) -> Option<Runner> {
        let private = self.open(false).ok()?.private(PRIVATE, false).ok()?;
        Runner::connect(&private, &self.path.join(PRIVATE), self.path.clone())
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
