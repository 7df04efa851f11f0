//! The state file of a simulated year, written and read as `Ledger` does.

use dynhost::Time;
use dynhost::judge::Facts;
use dynhost::state::{Record, State};

#[derive(Default)]
pub struct Disk {
    state: State,
    is_torn: bool,
    /// What the agent that read or wrote the file last takes its content for.
    saved: Option<Record>,
    /// The highest clock that the file was written or read by.
    latest: Time,
}

impl Disk {
    /// Writes the file if the record is another one than the agent has read or written.
    pub fn write(&mut self, wall: Time, record: &Record) {
        if self.saved.as_ref() == Some(record) {
            return;
        }
        self.state.written_at = wall;
        self.state.records = vec![as_read(record, wall)];
        self.saved = Some(record.clone());
        self.is_torn = false;
        self.latest = self.latest.max(wall);
    }

    /// The record in the file. While the clock runs on, reading changes nothing, so that takes
    /// place only if `for_real`: a year of it is a quarter of a second.
    pub fn read(&mut self, wall: Time, for_real: bool) -> Option<Record> {
        let runs_on = wall >= self.latest && !self.is_torn;
        if !runs_on || for_real {
            let mut json = self.state.to_json();
            json.truncate(if self.is_torn { json.len() / 2 } else { json.len() });
            let read = State::from_json(&json, wall).ok().unwrap_or_default();
            assert!(!runs_on || read == self.state, "{read:?} is not {:?}", self.state);
            self.saved = read.records.into_iter().next();
        } else {
            self.saved = self.state.records.first().cloned();
        }
        self.latest = self.latest.max(wall);
        self.saved.clone()
    }

    pub fn tear(&mut self) {
        self.is_torn = true;
    }
}

/// The record as another process finds it: what is under way is interrupted.
fn as_read(record: &Record, wall: Time) -> Record {
    let told = (record.shown.phase, record.shown.reason.clone());
    Record { past: Facts::of(&record.past, told).past(wall), ..record.clone() }
}
