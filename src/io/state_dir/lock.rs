//! The lock that says who may write the state.

use std::fs::File;
use std::io;

use rustix::fs::{FlockOperation, flock};

use super::dir::Dir;

const NAME: &str = "lock";
/// How often a lock is taken anew that somebody removed before it was taken.
const TRIES: usize = 8;

/// Held as long as this process may write the state.
#[derive(Debug)]
pub struct Lock(File);

impl Lock {
    /// Takes the lock in a directory that others cannot enter; `None` if another process has it.
    pub(super) fn take(dir: &Dir) -> io::Result<Option<Self>> {
        for _ in 0..TRIES {
            let lock = Self(dir.open_or_make(NAME, 0o600)?);
            match flock(&lock.0, FlockOperation::NonBlockingLockExclusive) {
                // Whoever comes later must meet this one and no other of that name.
                Ok(()) if lock.is_in(dir) => return Ok(Some(lock)),
                Ok(()) => {}
                Err(rustix::io::Errno::AGAIN) => return Ok(None),
                Err(error) => return Err(error.into()),
            }
        }
        Ok(None)
    }

    /// Whether it is the one that others meet there.
    pub(super) fn is_in(&self, dir: &Dir) -> bool {
        self.0.metadata().is_ok_and(|own| dir.has(NAME, &own))
    }
}
