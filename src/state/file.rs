//! What survives a restart, to and from JSON.
//!
//! `STATE_DIR/state.json` is also the status contract for `LuCI` and scripts: world-readable, no
//! secrets. A file that is torn, foreign, newer or absurdly dated is never trusted. Its layout is
//! that of version 0.1.0, which passes over fields that it does not know.

use serde::{Deserialize, Serialize};

use super::flat::{Flat, RECORD_JSON_MAX};
use super::record::Record;
use crate::address::Family;
use crate::config::MAX_HOSTS;
use crate::text::{TEXT_MAX, is_printable};
use crate::{RELEASED, Time};

/// Each host has at most one record of each family.
pub const MAX_RECORDS: usize = 2 * MAX_HOSTS;
/// The file: all records and the frame around them. A longer file is not ours.
pub const FILE_MAX: usize = MAX_RECORDS * RECORD_JSON_MAX + FRAME_JSON_MAX;
/// What stands around the records.
const FRAME_JSON_MAX: usize = 256;
/// The layout that this program reads and writes.
const VERSION: u32 = 1;
/// A file this much later than now was written by a clock that ran away. Less is normal: a
/// router without a battery boots with the clock of its last configuration change.
const AHEAD_MAX: Time = 10 * 365 * 86_400;

/// The content of the state file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    agent: AgentVersion,
    /// When the file was written, on the wall clock.
    pub written_at: Time,
    /// One for each host and family, in the order of the configuration; at most [`MAX_RECORDS`].
    ///
    /// On the heap one by one: 64 in place would cost 80 KiB of stack where one is the rule.
    pub records: Vec<Record>,
}

type AgentVersion = heapless::String<32>;

/// The file as it stands.
#[derive(Serialize, Deserialize)]
struct File {
    version: u32,
    agent: AgentVersion,
    written_at: Time,
    records: Vec<Flat>,
}

/// Why a state file is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// Torn, or not ours.
    Foreign,
    /// From a version of the program with another layout.
    OtherVersion,
    /// Dated more than ten years ahead.
    FutureDated,
}

impl Default for State {
    fn default() -> Self {
        let agent = heapless::String::try_from(env!("CARGO_PKG_VERSION")).unwrap_or_default();
        Self { agent, written_at: 0, records: Vec::new() }
    }
}

impl State {
    /// Reads the file's content; times that lie ahead of `now` then count as now.
    ///
    /// # Errors
    /// [`Unusable`] if the content cannot be trusted.
    pub fn from_json(content: &[u8], now: Time) -> Result<Self, Unusable> {
        let File { version, agent, written_at, records } = parsed(content)?;
        if version != VERSION {
            return Err(Unusable::OtherVersion);
        }
        if !agent.chars().all(is_printable) || !records.iter().all(Flat::is_ours) {
            return Err(Unusable::Foreign);
        }
        if written_at > now.max(RELEASED).saturating_add(AHEAD_MAX) {
            return Err(Unusable::FutureDated);
        }
        let records = records.into_iter().map(|flat| flat.record(now)).collect();
        Ok(Self { agent, written_at, records })
    }

    /// The file's content, ending in a newline.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let Self { agent, written_at, records } = self;
        let records = records.iter().map(Flat::of).collect();
        let file =
            File { version: VERSION, agent: agent.clone(), written_at: *written_at, records };
        let mut content = vec![0; FRAME_JSON_MAX + self.records.len() * RECORD_JSON_MAX];
        // The buffer is as large as the types allow, so this cannot be cut short.
        let length = serde_json_core::to_slice(&file, &mut content).unwrap_or(0);
        content.truncate(length);
        content.push(b'\n');
        content
    }

    /// The record of a section and family.
    #[must_use]
    pub fn record(&self, section: &str, family: Family) -> Option<&Record> {
        let is_it = |record: &&Record| {
            record.identity.section == section && record.identity.family == family
        };
        self.records.iter().find(is_it)
    }
}

fn parsed(content: &[u8]) -> Result<File, Unusable> {
    if content.len() > FILE_MAX {
        return Err(Unusable::Foreign);
    }
    let mut unescaped = [0; TEXT_MAX];
    let (file, used) = serde_json_core::from_slice_escaped::<File>(content, &mut unescaped)
        .map_err(|_| Unusable::Foreign)?;
    let rest = content.get(used..).unwrap_or_default();
    if !rest.iter().all(u8::is_ascii_whitespace) || file.records.len() > MAX_RECORDS {
        return Err(Unusable::Foreign);
    }
    Ok(file)
}

impl Unusable {
    /// What is wrong with the file, for a person.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::Foreign => "is torn or was not written by dynhost",
            Self::OtherVersion => "was written by another version of dynhost",
            Self::FutureDated => "is dated more than ten years ahead",
        }
    }
}
