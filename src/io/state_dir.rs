//! The directory that holds state, lock and key.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, FileExt as _, OpenOptionsExt as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use ring::rand::{SecureRandom as _, SystemRandom};
use rustix::fs::{FlockOperation, fcntl_lock, flock};
use rustix::process::{Flock, FlockType, Pid, Signal, fcntl_getlk, kill_process};

use super::clock;
use super::files::read_at_most;
use crate::error::Error;
use crate::fingerprint::KEY_LENGTH;
use crate::state::{FILE_MAX, State};
use crate::{LOG, Time};

/// A request names each host once.
const REQUEST_MAX: usize = 4096;
/// Digits of the nanoseconds since boot that the lock file holds; enough for 300 years.
const LOOKED: usize = 19;
/// The kernel has no lock with a time limit, so it is asked this often.
const LOCK_INTERVAL: Duration = Duration::from_millis(100);

/// The directory that holds state, lock and key.
#[derive(Debug)]
pub struct StateDir {
    path: PathBuf,
    is_dry: bool,
}

/// Held as long as this process may write the state.
#[derive(Debug)]
pub struct Lock(File);

impl Lock {
    /// Marks this process as one that stays, so that `update` pokes it instead of waiting.
    ///
    /// A second lock and not a number in a file: the kernel takes it away with the process, and
    /// names the holder as the asking process knows it, also across a jail's process numbers.
    ///
    /// # Errors
    /// What the system says.
    pub fn stay(&self) -> io::Result<()> {
        // What an earlier boot left there says nothing about this one.
        self.looked(Duration::ZERO);
        Ok(fcntl_lock(&self.0, FlockOperation::NonBlockingLockExclusive)?)
    }

    /// Tells those who poked before `began`, time since boot, that the look they asked for is
    /// done: in the lock file, as a state that did not change is not written.
    pub fn looked(&self, began: Duration) {
        // Who waits for it gives up after a minute.
        let _ = self.0.write_all_at(format!("{:0LOOKED$}", began.as_nanos()).as_bytes(), 0);
    }
}

/// The process that holds the lock to stay.
#[derive(Debug)]
pub struct Holder(Pid);

impl Holder {
    /// Has it look again now.
    ///
    /// # Errors
    /// What the system says.
    pub fn poke(&self) -> io::Result<()> {
        Ok(kill_process(self.0, Signal::USR1)?)
    }
}

/// What `update --force` and `resume` ask of the process that holds the lock.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Request {
    /// Hosts to send even if their address is published.
    pub force: Vec<String>,
    /// Hosts whose hold is released.
    pub resume: Vec<String>,
}

impl StateDir {
    /// The state directory at `path`; nothing is read or made yet.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into(), is_dry: false }
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

    /// Reads the state. A file that cannot be used is set aside, and the state is empty.
    ///
    /// # Errors
    /// [`Error::File`] if there is a file that may not be read: to send everything again because
    /// the past is hidden would be abuse.
    pub fn load(&self, now: Time) -> Result<State, Error> {
        let content = match read_at_most(&self.file("state.json"), FILE_MAX) {
            Ok(content) => content,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(State::default()),
            Err(error) if error.kind() == ErrorKind::FileTooLarge => Vec::new(),
            Err(cause) => return Err(self.failed("read", "state.json", cause)),
        };
        Ok(State::from_json(&content, now).unwrap_or_else(|unusable| {
            let (file, aside) = (self.file("state.json"), self.file("state.json.bad"));
            log::warn!(
                target: LOG,
                "{} {}: it is set aside as state.json.bad, the next update may be a repetition",
                file.display(),
                unusable.sentence()
            );
            if !self.is_dry {
                // Where it cannot be moved it is overwritten by the next save all the same.
                let _ = fs::rename(file, aside);
            }
            State::default()
        }))
    }

    /// Reads the state for showing it; nothing is moved or made.
    ///
    /// # Errors
    /// [`Error::File`] if it cannot be read, or was not written by this program.
    pub fn peek(&self, now: Time) -> Result<State, Error> {
        match read_at_most(&self.file("state.json"), FILE_MAX) {
            Ok(content) => State::from_json(&content, now).map_err(|unusable| {
                let cause = io::Error::new(ErrorKind::InvalidData, unusable.sentence());
                self.failed("use", "state.json", cause)
            }),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(State::default()),
            Err(cause) => Err(self.failed("read", "state.json", cause)),
        }
    }

    /// Writes the state so that a power cut leaves the old file or the new one, whole.
    ///
    /// # Errors
    /// [`Error::File`]; the old file is untouched then.
    pub fn save(&self, state: &State) -> Result<(), Error> {
        self.replace("state.json", &state.to_json(), 0o644)
            .map_err(|cause| self.failed("write", "state.json", cause))
    }

    fn replace(&self, name: &str, content: &[u8], mode: u32) -> io::Result<()> {
        let temporary = self.file(&format!("{name}.tmp"));
        let written = write_synced(&temporary, content, mode)
            .and_then(|()| fs::rename(&temporary, self.file(name)));
        if written.is_err() {
            // Half a file helps nobody, least of all on a full disk.
            let _ = fs::remove_file(&temporary);
        }
        written?;
        // Without this the rename itself may be lost (ext4 with fsync but no directory sync).
        File::open(&self.path)?.sync_all()
    }

    /// Makes the directory and takes the lock in it; `None` if another process holds it.
    ///
    /// # Errors
    /// [`Error::File`] if the directory or the lock cannot be made.
    pub fn lock(&self) -> Result<Option<Lock>, Error> {
        let failed = |cause| self.failed("make", "lock", cause);
        let mut directory = fs::DirBuilder::new();
        directory.recursive(true).mode(0o755).create(&self.path).map_err(failed)?;
        let mut options = OpenOptions::new();
        let options = options.write(true).create(true).truncate(false).mode(0o644);
        let file = options.open(self.file("lock")).map_err(failed)?;
        match flock(&file, FlockOperation::NonBlockingLockExclusive) {
            Ok(()) => Ok(Some(Lock(file))),
            Err(rustix::io::Errno::AGAIN) => Ok(None),
            Err(error) => Err(failed(error.into())),
        }
    }

    /// As [`lock`](Self::lock), but waits up to `seconds` for the process that holds it, or
    /// until `give_up`.
    ///
    /// # Errors
    /// [`Error::File`] if the directory or the lock cannot be made.
    pub fn wait_for_lock(
        &self,
        seconds: u64,
        give_up: &dyn Fn() -> bool,
    ) -> Result<Option<Lock>, Error> {
        let deadline = clock::since_boot() + Duration::from_secs(seconds);
        loop {
            match self.lock()? {
                Some(lock) => return Ok(Some(lock)),
                None if clock::since_boot() >= deadline || give_up() => return Ok(None),
                None => thread::sleep(LOCK_INTERVAL),
            }
        }
    }

    /// The process that holds the lock to stay.
    #[must_use]
    pub fn runner(&self) -> Option<Holder> {
        let file = OpenOptions::new().write(true).open(self.file("lock")).ok()?;
        fcntl_getlk(file, &Flock::from(FlockType::WriteLock)).ok()??.pid.map(Holder)
    }

    /// When, in time since boot, the last look began that the runner was poked for and has done.
    #[must_use]
    pub fn looked_at(&self) -> Option<Duration> {
        let content = read_at_most(&self.file("lock"), LOOKED).ok()?;
        Some(Duration::from_nanos(std::str::from_utf8(&content).ok()?.parse().ok()?))
    }

    /// Leaves a request for the runner, which reads it when it is poked.
    ///
    /// # Errors
    /// [`Error::File`] if it cannot be written.
    pub fn ask(&self, request: &Request) -> Result<(), Error> {
        let lines = |verb: &str, hosts: &[String]| -> String {
            hosts.iter().map(|host| format!("{verb} {host}\n")).collect()
        };
        let content = lines("force", &request.force) + &lines("resume", &request.resume);
        // At its end, as another process may have left one that is not taken yet.
        let mut options = OpenOptions::new();
        options.append(true).create(true).mode(0o600);
        let appended = options
            .open(self.file("request"))
            .and_then(|mut file| file.write_all(content.as_bytes()));
        appended.map_err(|cause| self.failed("write", "request", cause))
    }

    /// Takes the request that was left, if there is one.
    #[must_use]
    pub fn take_request(&self) -> Request {
        let mut request = Request::default();
        // Under another name nobody adds to it between the reading and the removing.
        let (left, taken) = (self.file("request"), self.file("request.taken"));
        let _ = fs::rename(left, &taken);
        let Ok(content) = read_at_most(&taken, REQUEST_MAX) else { return request };
        // If it cannot be removed it would be carried out at every poke.
        if fs::remove_file(taken).is_err() {
            return request;
        }
        for line in String::from_utf8_lossy(&content).lines() {
            match line.split_once(' ') {
                Some(("force", host)) => request.force.push(host.into()),
                Some(("resume", host)) => request.resume.push(host.into()),
                Some(_) | None => {}
            }
        }
        request
    }

    /// The secret that fingerprints are keyed with; made where there is none.
    ///
    /// # Errors
    /// [`Error::File`] if there is one that may not be read.
    pub fn key(&self) -> Result<[u8; KEY_LENGTH], Error> {
        match read_at_most(&self.file("key"), KEY_LENGTH) {
            Ok(content) => {
                if let Ok(key) = content.try_into() {
                    return Ok(key);
                }
            }
            Err(error) => match error.kind() {
                ErrorKind::NotFound | ErrorKind::FileTooLarge => {}
                _ => return Err(self.failed("read", "key", error)),
            },
        }
        let mut key = [0; KEY_LENGTH];
        // Not rustix's: its getrandom asks dlsym, which a static program of MIPS cannot call.
        let filled = SystemRandom::new().fill(&mut key);
        filled.map_err(|_| self.failed("make", "key", io::Error::other("no random numbers")))?;
        if self.is_dry {
            return Ok(key);
        }
        if let Err(error) = write_synced(&self.file("key"), &key, 0o600) {
            log::warn!(
                target: LOG,
                "{}: the next update may be a repetition",
                self.failed("write", "key", error)
            );
        }
        Ok(key)
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    fn failed(&self, verb: &'static str, name: &str, cause: io::Error) -> Error {
        Error::File { verb, path: self.file(name).display().to_string(), cause }
    }
}

fn write_synced(path: &Path, content: &[u8], mode: u32) -> io::Result<()> {
    let mut options = OpenOptions::new();
    let mut file = options.write(true).create(true).truncate(true).mode(mode).open(path)?;
    file.write_all(content)?;
    file.sync_all()
}
