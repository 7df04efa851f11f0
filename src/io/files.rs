//! The program's own files: configuration, state, lock and key.

use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Read as _, Write as _};
use std::os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};
use std::thread;
use std::time::Duration;

use rustix::fs::{FlockOperation, flock};
use rustix::rand::{GetRandomFlags, getrandom};

use super::clock;
use crate::Time;
use crate::error::Error;
use crate::fingerprint::KEY_LENGTH;
use crate::state::{FILE_MAX, State};
use crate::uci::MAX_TEXT as CONFIG_MAX;

/// Where the configuration is looked for: as libuci does on OpenWrt, then as elsewhere.
const CONFIGS: [&str; 3] = ["/var/run/uci/dynhost", "/etc/config/dynhost", "/etc/dynhost.conf"];
/// RAM on every system this runs on, so that no flash wears out.
const STATE_DIR: &str = "/var/run/dynhost";
/// A password file holds one line.
const SECRET_MAX: usize = 1024;
/// The kernel has no lock with a time limit, so it is asked this often.
const LOCK_INTERVAL: Duration = Duration::from_millis(100);

/// The configuration file to read if none was named.
#[must_use]
pub fn config_path() -> &'static str {
    let found = CONFIGS.into_iter().find(|path| Path::new(path).exists());
    found.unwrap_or(CONFIGS[CONFIGS.len() - 1])
}

/// The state directory to use if none was named; systemd names one in `$STATE_DIRECTORY`.
#[must_use]
pub fn state_dir_path() -> String {
    std::env::var("STATE_DIRECTORY").unwrap_or_else(|_| STATE_DIR.into())
}

/// The content of the configuration file.
///
/// # Errors
/// [`Error::File`] if it cannot be read or is too long to be one.
pub fn read_config(path: &str) -> Result<Vec<u8>, Error> {
    let failed = |cause| Error::File { verb: "read", path: path.into(), cause };
    read_at_most(Path::new(path), CONFIG_MAX).map_err(failed)
}

/// Whether anybody but owner and group may read the file.
#[must_use]
pub fn is_readable_by_others(path: &str) -> bool {
    fs::metadata(path).is_ok_and(|file| file.permissions().mode() & 0o004 != 0)
}

/// The content of a `password_file`.
///
/// # Errors
/// A sentence that says why it cannot be read.
pub fn read_secret(path: &str) -> Result<String, String> {
    let content = read_at_most(Path::new(path), SECRET_MAX)
        .map_err(|error| format!("cannot read {path}: {error}"))?;
    String::from_utf8(content).map_err(|_| format!("{path} is not UTF-8"))
}

fn read_at_most(path: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let mut content = Vec::new();
    let limit_and_one = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    File::open(path)?.take(limit_and_one).read_to_end(&mut content)?;
    if content.len() > limit {
        let what = format!("it has more than {limit} bytes");
        return Err(io::Error::new(ErrorKind::FileTooLarge, what));
    }
    Ok(content)
}

/// The directory that holds state, lock and key.
#[derive(Debug)]
pub struct StateDir {
    path: PathBuf,
}

/// Held as long as this process may write the state.
#[derive(Debug)]
pub struct Lock {
    _file: File,
}

impl StateDir {
    /// The state directory at `path`; nothing is read or made yet.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
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
                "{} {}: it is set aside as state.json.bad, the next update may be a repetition",
                file.display(),
                unusable.sentence()
            );
            // Where it cannot be moved it is overwritten by the next save all the same.
            let _ = fs::rename(file, aside);
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
        let temporary = self.file("state.json.tmp");
        self.replace(&temporary, &state.to_json()).map_err(|cause| {
            // Half a file helps nobody, least of all on a full disk.
            let _ = fs::remove_file(&temporary);
            self.failed("write", "state.json", cause)
        })
    }

    fn replace(&self, temporary: &Path, content: &[u8]) -> io::Result<()> {
        let mut options = OpenOptions::new();
        let options = options.write(true).create(true).truncate(true).mode(0o644);
        let mut file = options.open(temporary)?;
        file.write_all(content)?;
        file.sync_all()?;
        fs::rename(temporary, self.file("state.json"))?;
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
            Ok(()) => Ok(Some(Lock { _file: file })),
            Err(rustix::io::Errno::AGAIN) => Ok(None),
            Err(error) => Err(failed(error.into())),
        }
    }

    /// As [`lock`](Self::lock), but waits up to `seconds` for the process that holds it.
    ///
    /// # Errors
    /// [`Error::File`] if the directory or the lock cannot be made.
    pub fn wait_for_lock(&self, seconds: u64) -> Result<Option<Lock>, Error> {
        let deadline = clock::since_boot() + Duration::from_secs(seconds);
        loop {
            match self.lock()? {
                Some(lock) => return Ok(Some(lock)),
                None if clock::since_boot() >= deadline => return Ok(None),
                None => thread::sleep(LOCK_INTERVAL),
            }
        }
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
            Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::FileTooLarge) => {
            }
            Err(cause) => return Err(self.failed("read", "key", cause)),
        }
        let mut key = [0; KEY_LENGTH];
        getrandom(&mut key, GetRandomFlags::empty())
            .map_err(|error| self.failed("make", "key", error.into()))?;
        if let Err(error) = self.write_key(&key) {
            log::warn!(
                "{}: the next update may be a repetition",
                self.failed("write", "key", error)
            );
        }
        Ok(key)
    }

    fn write_key(&self, key: &[u8]) -> io::Result<()> {
        let mut options = OpenOptions::new();
        let options = options.write(true).create(true).truncate(true).mode(0o600);
        let mut file = options.open(self.file("key"))?;
        file.write_all(key)?;
        file.sync_all()
    }

    fn file(&self, name: &str) -> PathBuf {
        self.path.join(name)
    }

    fn failed(&self, verb: &'static str, name: &str, cause: io::Error) -> Error {
        Error::File { verb, path: self.file(name).display().to_string(), cause }
    }
}
