//! Who writes the state: this process, or the one that stays.

use std::io::{self, ErrorKind};
use std::time::Duration;

use crate::LOG;
use crate::error::Error;
use crate::io::signals::Signals;
use crate::io::state_dir::{Claim, Lock, Runner, StateDir};

/// How long another dynhost is waited for.
const BUSY: Duration = Duration::from_mins(1);
/// How often one that stays is asked and ends before it answers.
const ASKED_MAX: usize = 3;

/// Who deals with a command that may write the state.
pub(super) enum Access<T> {
    /// This process may; `None` if there can be no lock because there is no room for one.
    Mine(Option<Lock>),
    /// One that stays did it.
    Answered(T),
}

/// Takes the lock, or asks the process that holds it to stay; one that does not is waited for,
/// unless one of `signals` ends this process.
pub(super) fn claim_or<T>(
    store: &StateDir,
    signals: Option<&Signals>,
    ask: impl Fn(Runner) -> Result<Option<T>, Error>,
) -> Result<Access<T>, Error> {
    for _ in 0..ASKED_MAX {
        match store.claim(BUSY, signals) {
            Ok(Some(Claim::Granted(lock))) => return Ok(Access::Mine(Some(lock))),
            Ok(Some(Claim::Taken(runner))) => {
                // If it ended before it looked, this may be the one to do it now.
                if let Some(answer) = ask(runner)? {
                    return Ok(Access::Answered(answer));
                }
            }
            Ok(None) => return Err(busy(store)),
            Err(Error::File { cause, path, .. })
                if matches!(
                    cause.kind(),
                    ErrorKind::StorageFull | ErrorKind::ReadOnlyFilesystem
                ) =>
            {
                log::warn!(target: LOG, "cannot make {path}: {cause}; going on without remembering");
                return Ok(Access::Mine(None));
            }
            Err(error) => return Err(error),
        }
    }
    let text = "the dynhost that runs does not answer, is it of another version? restart it";
    let path = store.path().display().to_string();
    Err(Error::File { verb: "use", path, cause: io::Error::other(text) })
}

fn busy(store: &StateDir) -> Error {
    Error::Busy { state_dir: store.path().display().to_string() }
}
