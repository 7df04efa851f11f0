//! Work that goes on after its caller has gone: one of a kind at a time, and what it has said.
//!
//! ```text
//! caller, gone within seconds -> keeper: kills it at its limit, notes how it ended -> the program
//! ```
//!
//! Standard output of keeper and program is a file that is locked as long as one of them lives, so
//! nothing has to be tidied up after either. Both files are the state directory's own (`private/`).

use std::fs::File;
use std::io::{self, Read as _, Write as _};
use std::os::fd::AsFd as _;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock, ftruncate};
use rustix::io::{Errno, fcntl_dupfd_cloexec};

use super::clock;
use super::process::limit_files;
use super::program::{self, ProgramError};
use super::state_dir::StateDir;
use crate::error::{EXIT_SYSTEM, Error};

/// Bytes that a program may say; more is cut off.
pub const MAX_SAID: u64 = 256 * 1024;
/// Bytes of the longest file that a program may write, its output among them.
const MAX_FILE: u64 = 1024 * 1024;
/// Somebody may be looking just now, who holds the lock for a moment.
const TRIES: usize = 5;
const PAUSE: Duration = Duration::from_millis(20);

/// The place of one kind of work.
///
/// Each look opens the files anew: a lock is of who opened the file, and starter, keeper and
/// program are one in that.
#[derive(Debug)]
pub struct Job {
    store: StateDir,
    name: &'static str,
}

/// How far it has come.
#[derive(Debug)]
pub struct Seen {
    /// It may say more.
    pub is_running: bool,
    /// Its standard output.
    pub output: Vec<u8>,
    /// What was noted at its start, its standard error, and `exit CODE` once it has ended.
    pub errors: Vec<u8>,
}

impl Job {
    /// The place of that name.
    #[must_use]
    pub fn new(store: StateDir, name: &'static str) -> Self {
        Self { store, name }
    }

    /// Has a keeper begin, with a note in front of the errors; false if one is at work.
    ///
    /// # Errors
    /// [`Error::File`] if its files cannot be made, or what the system says.
    pub fn start(&self, note: &str, keeper: (&str, &[String])) -> Result<bool, Error> {
        begin(&self.files()?, note, keeper).map_err(Error::System)
    }

    /// What there is to see.
    ///
    /// # Errors
    /// As above.
    pub fn look(&self) -> Result<Seen, Error> {
        let (output, errors) = self.files()?;
        seen(output, errors).map_err(Error::System)
    }

    /// Output and errors, made where there are none.
    fn files(&self) -> Result<(File, File), Error> {
        let file = |end| self.store.private_file(&format!("{}.{end}", self.name));
        Ok((file("output")?, file("errors")?))
    }
}

fn begin(
    (output, errors): &(File, File),
    note: &str,
    keeper: (&str, &[String]),
) -> io::Result<bool> {
    let mut tries = 0;
    while !takes_lock(output, FlockOperation::NonBlockingLockExclusive)? {
        tries += 1;
        if tries >= TRIES {
            return Ok(false);
        }
        clock::sleep(PAUSE);
    }
    for file in [output, errors] {
        ftruncate(file, 0)?;
    }
    (&*errors).write_all(format!("{note}\n").as_bytes())?;
    let null = File::open("/dev/null")?;
    // The keeper's own standard error is a pipe (`super::log`), so the file is its input.
    let files = [errors.as_fd(), output.as_fd(), null.as_fd()];
    program::spawn_with(keeper, &[], files).map(|_| true)
}

fn seen(output: File, errors: File) -> io::Result<Seen> {
    // In this order: what has ended has said all.
    let is_running = !takes_lock(&output, FlockOperation::NonBlockingLockShared)?;
    Ok(Seen { is_running, output: content(output)?, errors: content(errors)? })
}

/// Whether the lock could be taken; it is held as long as the file is open.
fn takes_lock(file: &File, how: FlockOperation) -> io::Result<bool> {
    match flock(file, how) {
        Ok(()) => Ok(true),
        Err(Errno::AGAIN) => Ok(false),
        Err(error) => Err(error.into()),
    }
}

fn content(file: File) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    file.take(MAX_SAID).read_to_end(&mut content)?;
    Ok(content)
}

/// The keeper's work: runs this program with these words, kills it at the limit, notes its end.
///
/// # Errors
/// [`ProgramError`] if it cannot be started.
pub fn keep(words: &[String], limit: Duration) -> Result<i32, ProgramError> {
    limit_files(MAX_FILE);
    let errors = fcntl_dupfd_cloexec(io::stdin(), 3).map_err(io::Error::from)?;
    let output = fcntl_dupfd_cloexec(io::stdout(), 3).map_err(io::Error::from)?;
    let argv: Vec<String> = [program::own()?].into_iter().chain(words.iter().cloned()).collect();
    let ended = program::run_into(&argv, [output.as_fd(), errors.as_fd()], limit);
    let code = ended.as_ref().copied().unwrap_or(EXIT_SYSTEM.into());
    File::from(errors).write_all(format!("exit {code}\n").as_bytes())?;
    ended
}
