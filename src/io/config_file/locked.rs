//! Files with a lock: who writes, and who waits for it.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _};
use std::path::Path;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use rustix::io::Errno;

use super::super::clock;
use super::super::files::open_regular;
use super::{PRIVATE, refusal};

/// A lock is waited for so often
const LOCK_TRIES: u32 = 10;
/// for so long: `uci commit` holds it for a moment.
const LOCK_INTERVAL: Duration = Duration::from_millis(50);
const BUSY: &str = "another program is writing it, try again";

/// An empty file that nobody else could open, with its lock: one that an interrupted run has left
/// goes first, and one that another run writes just now is waited for.
pub(super) fn create(path: &Path) -> io::Result<File> {
    let mut new = OpenOptions::new();
    new.write(true).create_new(true).mode(PRIVATE);
    for _ in 0..LOCK_TRIES {
        match new.open(path) {
            Err(error) if error.kind() == ErrorKind::AlreadyExists => remove_left(path)?,
            Ok(file) if take_lock(&file)? && is_at(&file, path) => return Ok(file),
            Ok(_) => {}
            Err(error) => return Err(error),
        }
        clock::sleep(LOCK_INTERVAL);
    }
    Err(refusal(BUSY))
}

/// Removes what an interrupted run has left, and no file that another run writes.
fn remove_left(path: &Path) -> io::Result<()> {
    let removed = match path.to_str().map(open_regular) {
        Some(Ok(file)) => {
            let own = rustix::process::geteuid().as_raw();
            let is_own = file.metadata()?.uid() == own;
            // Whoever removes it has its lock, so that it is this one that is removed, and none
            // that came in its place. A stranger's, put into a folder with the sticky bit, is not
            // waited for.
            let is_locked = flock(&file, FlockOperation::NonBlockingLockExclusive).is_ok();
            if is_own && !(is_locked && is_at(&file, path)) {
                return Ok(());
            }
            fs::remove_file(path)
        }
        // Just renamed by who wrote it.
        Some(Err(error)) if error.kind() == ErrorKind::NotFound => return Ok(()),
        Some(Err(_)) | None => fs::remove_file(path),
    };
    match removed {
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        removed => removed,
    }
}

/// Whether nobody has put another file there since it was opened.
fn is_at(file: &File, path: &Path) -> bool {
    let identity = |found: io::Result<fs::Metadata>| found.map(|it| (it.dev(), it.ino())).ok();
    identity(file.metadata()) == identity(fs::symlink_metadata(path))
}

/// Takes the lock of a file, unless somebody keeps it for longer than a moment; whether it did.
pub(super) fn take_lock(file: &File) -> io::Result<bool> {
    for _ in 0..LOCK_TRIES {
        match flock(file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => return Ok(true),
            Err(Errno::AGAIN) => clock::sleep(LOCK_INTERVAL),
            Err(error) => return Err(error.into()),
        }
    }
    Ok(false)
}
