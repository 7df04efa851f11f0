//! The secret that fingerprints are keyed with.

use std::io::{self, ErrorKind};

use ring::rand::{SecureRandom as _, SystemRandom};

use super::dir::Dir;
use super::{StateDir, present};
use crate::LOG;
use crate::error::Error;
use crate::fingerprint::KEY_LENGTH;

pub(super) const KEY: &str = "key";

impl StateDir {
    /// The secret that fingerprints are keyed with; made where there is none.
    ///
    /// # Errors
    /// [`Error::File`] if there is one that may not be read.
    pub fn key(&self) -> Result<[u8; KEY_LENGTH], Error> {
        if let Some(key) = self.kept_key()? {
            return Ok(key);
        }
        let mut key = [0; KEY_LENGTH];
        // Not rustix's: its getrandom asks dlsym, which a static program of MIPS cannot call.
        let filled = SystemRandom::new().fill(&mut key);
        filled.map_err(|_| self.failed("make", KEY, io::Error::other("no random numbers")))?;
        if !self.is_dry {
            self.keep_key(&key);
        }
        Ok(key)
    }

    /// Writes the key to a directory that has none; that it cannot be is no reason to stop.
    pub fn keep_key(&self, key: &[u8; KEY_LENGTH]) {
        let private = self.open(false).and_then(|home| self.private_of(&home, true));
        let written = private.and_then(|private| {
            let written = private.replace(KEY, key, 0o600);
            written.map_err(|error| self.failed("write", "private/key", error))
        });
        if let Err(error) = written {
            log::warn!(target: LOG, "{error}: the next update may be a repetition");
        }
    }

    /// The key in `private/`, or the one of version 0.1.0, which is moved there.
    fn kept_key(&self) -> Result<Option<[u8; KEY_LENGTH]>, Error> {
        let Some(home) = present(self.open(false))? else { return Ok(None) };
        let private = present(self.private_of(&home, false))?;
        let kept = private.as_ref().map(|private| self.read_key(private, "private/key"));
        if let Some(key) = kept.transpose()?.flatten() {
            return Ok(Some(key));
        }
        let old = self.read_key(&home, KEY)?;
        if let (Some(_), Some(private), false) = (old, &private, self.is_dry) {
            // Where it cannot be moved it is found again the next time.
            let _ = home.rename(KEY, private, KEY);
        }
        Ok(old)
    }

    /// A key that is whole.
    fn read_key(&self, dir: &Dir, name: &str) -> Result<Option<[u8; KEY_LENGTH]>, Error> {
        match dir.read(KEY, KEY_LENGTH) {
            Ok(content) => Ok(content.try_into().ok()),
            Err(error) => match error.kind() {
                ErrorKind::NotFound | ErrorKind::FileTooLarge => Ok(None),
                _ => Err(self.failed("read", name, error)),
            },
        }
    }
}
