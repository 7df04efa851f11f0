//! The state in its file, and in the lines behind it.

use std::io::{self, ErrorKind};

use super::dir::Dir;
use super::trust::Trust;
use super::{StateDir, present};
use crate::error::Error;
use crate::state::journal::{self, Base, JOURNAL_MAX};
use crate::state::{FILE_MAX, Record, State};
use crate::{LOG, Time};

pub(super) const STATE: &str = "state.json";
const JOURNAL: &str = "state.journal";

impl StateDir {
    /// Reads the state. A file that cannot be used is set aside, and the state is empty.
    ///
    /// # Errors
    /// [`Error::File`] if there is a file that may not be read, or a directory that others could
    /// have written: to send everything again because the past is hidden would be abuse.
    pub fn load(&self, now: Time) -> Result<State, Error> {
        let Some(dir) = present(self.open(false))? else { return Ok(State::default()) };
        let content = match dir.read(STATE, FILE_MAX) {
            Ok(content) => content,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(State::default()),
            Err(error) if error.kind() == ErrorKind::FileTooLarge => Vec::new(),
            Err(cause) => return Err(self.failed("read", STATE, cause)),
        };
        let state = State::from_json(&content, now);
        let follow = |state| followed(state, &dir, &content, now);
        Ok(state.map_or_else(
            |unusable| {
                log::warn!(
                    target: LOG,
                    "{} {}: it is set aside as state.json.bad, the next update may be a repetition",
                    self.path.join(STATE).display(),
                    unusable.sentence()
                );
                if !self.is_dry {
                    // Where it cannot be moved it is overwritten by the next save all the same.
                    let _ = dir.rename(STATE, &dir, "state.json.bad");
                }
                State::default()
            },
            follow,
        ))
    }

    /// Reads the state for showing it; nothing is moved or made, and it may be another user's.
    ///
    /// # Errors
    /// [`Error::File`] if it cannot be read, or was not written by this program.
    pub fn peek(&self, now: Time) -> Result<State, Error> {
        let opened = Dir::open(&self.path, false, Trust::Anybody);
        match opened.and_then(|dir| dir.read(STATE, FILE_MAX).map(|content| (dir, content))) {
            Ok((dir, content)) => {
                let state = State::from_json(&content, now).map_err(|unusable| {
                    let cause = io::Error::new(ErrorKind::InvalidData, unusable.sentence());
                    self.failed("use", STATE, cause)
                })?;
                Ok(followed(state, &dir, &content, now))
            }
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(State::default()),
            Err(cause) => Err(self.failed("read", STATE, cause)),
        }
    }

    /// Writes the state so that a power cut leaves the old file or the new one, whole; what lines
    /// may [follow](Self::append) belong to is returned.
    ///
    /// # Errors
    /// [`Error::File`]; the old file is untouched then.
    pub fn save(&self, state: &State) -> Result<Base, Error> {
        let (dir, content) = (self.open(false)?, state.to_json());
        let written = dir.replace(STATE, &content, 0o644);
        written.map_err(|cause| self.failed("write", STATE, cause))?;
        // Its lines belong to the file before, and count for nothing already.
        dir.remove(JOURNAL);
        Ok(journal::base(&content))
    }

    /// Writes these records behind the file that was [saved](Self::save) last.
    ///
    /// # Errors
    /// [`Error::File`]; what is behind it then is not to be added to.
    pub fn append(&self, base: &Base, records: &[&Record]) -> Result<(), Error> {
        let lines: Vec<u8> =
            records.iter().flat_map(|record| journal::line(base, record)).collect();
        let written = self.open(false)?.append(JOURNAL, &lines, 0o644);
        written.map_err(|cause| self.failed("write", JOURNAL, cause))
    }
}

/// The state with what was written behind its file; if that cannot be read, an update is in doubt.
fn followed(mut state: State, dir: &Dir, content: &[u8], now: Time) -> State {
    if let Ok(lines) = dir.read(JOURNAL, JOURNAL_MAX) {
        state.replay(&journal::base(content), &lines, now);
    }
    state
}
