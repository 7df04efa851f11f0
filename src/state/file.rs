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
use crate::json::is_too_deep;
use crate::text::{TEXT_MAX, is_printable};
use crate::{RELEASED, Time};

/// Each host has at most one record of each family.
pub const MAX_RECORDS: usize = 2 * MAX_HOSTS;
/// Most records that are kept of hosts that the configuration has no more: all of a full one.
pub const MAX_REMOVED: usize = MAX_RECORDS;
/// The same with the time it was removed at.
const REMOVED_JSON_MAX: usize = RECORD_JSON_MAX + 64;
/// The file: all records and the frame around them. A longer file is not ours.
pub const FILE_MAX: usize =
    MAX_RECORDS * RECORD_JSON_MAX + MAX_REMOVED * REMOVED_JSON_MAX + FRAME_JSON_MAX;
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
    /// What is known of hosts that the configuration has no more; at most [`MAX_REMOVED`], the
    /// latest first. One that comes back unchanged goes on where it was, with its hold.
    pub removed: Vec<Removed>,
}

/// The past of a host and family that the configuration has no more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// When it was found missing. A clock that is not set yet must not make it old, so a time
    /// ahead stays what it is.
    pub at: Time,
    /// What was known then.
    pub record: Record,
}

type AgentVersion = heapless::String<32>;

/// The file as it stands.
#[derive(Serialize, Deserialize)]
struct File {
    version: u32,
    agent: AgentVersion,
    written_at: Time,
    records: Vec<Flat>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    removed: Vec<FlatRemoved>,
}

#[derive(Serialize, Deserialize)]
struct FlatRemoved {
    at: Time,
    record: Flat,
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
        Self { agent, written_at: 0, records: Vec::new(), removed: Vec::new() }
    }
}

impl State {
    /// Reads the file's content; times that lie ahead of `now` then count as now.
    ///
    /// # Errors
    /// [`Unusable`] if the content cannot be trusted.
    pub fn from_json(content: &[u8], now: Time) -> Result<Self, Unusable> {
        let File { version, agent, written_at, records, removed } = parsed(content)?;
        if version != VERSION {
            return Err(Unusable::OtherVersion);
        }
        let mut flat = records.iter().chain(removed.iter().map(|removed| &removed.record));
        if !agent.chars().all(is_printable) || !flat.all(Flat::is_ours) {
            return Err(Unusable::Foreign);
        }
        if written_at > now.max(RELEASED).saturating_add(AHEAD_MAX) {
            return Err(Unusable::FutureDated);
        }
        let records = records.into_iter().map(|flat| flat.record(now)).collect();
        let back =
            |FlatRemoved { at, record }: FlatRemoved| Removed { at, record: record.record(now) };
        Ok(Self { agent, written_at, records, removed: removed.into_iter().map(back).collect() })
    }

    /// The file's content, ending in a newline.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let Self { agent, written_at, records, removed } = self;
        let put_by =
            |Removed { at, record }: &Removed| FlatRemoved { at: *at, record: Flat::of(record) };
        let file = File {
            version: VERSION,
            agent: agent.clone(),
            written_at: *written_at,
            records: records.iter().map(Flat::of).collect(),
            removed: removed.iter().map(put_by).collect(),
        };
        let room = records.len() * RECORD_JSON_MAX + removed.len() * REMOVED_JSON_MAX;
        let mut content = vec![0; FRAME_JSON_MAX + room];
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
    if content.len() > FILE_MAX || is_too_deep(content) {
        return Err(Unusable::Foreign);
    }
    let mut unescaped = [0; TEXT_MAX];
    let (file, used) = serde_json_core::from_slice_escaped::<File>(content, &mut unescaped)
        .map_err(|_| Unusable::Foreign)?;
    let rest = content.get(used..).unwrap_or_default();
    let fits = file.records.len() <= MAX_RECORDS && file.removed.len() <= MAX_REMOVED;
    if !rest.iter().all(u8::is_ascii_whitespace) || !fits {
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
