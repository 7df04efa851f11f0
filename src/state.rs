//! What survives a restart, to and from JSON.
//!
//! `STATE_DIR/state.json` is also the status contract for `LuCI` and scripts: world-readable, no
//! secrets. A file that is torn, foreign, newer or absurdly dated is never trusted.

pub mod file;
mod flat;
pub mod record;
#[cfg(test)]
#[path = "state/tests.rs"]
mod file_tests;

use std::net::IpAddr;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::address::{DeviceName, Family};
use crate::config::{HostName, Hostname, MAX_HOSTS};
use crate::failure::Failure;
use crate::reply::Word;
use crate::text::{self, TEXT_MAX, Text, is_printable};
use crate::{RELEASED, Time, backoff};

/// Each host has at most one record of each family.
pub const MAX_RECORDS: usize = 2 * MAX_HOSTS;
/// Most records that are kept of hosts that the configuration has no more: all of a full one.
pub const MAX_REMOVED: usize = MAX_RECORDS;
/// How long they are kept, in seconds: a month.
pub const REMOVED_SECONDS: Time = 30 * 86_400;
/// A record in JSON: names, numbers, and two texts whose quotes and backslashes may double.
const RECORD_JSON_MAX: usize = 1024 + 4 * TEXT_MAX;
/// The same with the time it was removed at.
const REMOVED_JSON_MAX: usize = RECORD_JSON_MAX + 64;
/// The file: all records and the frame around them. A longer file is not ours.
pub const FILE_MAX: usize = MAX_RECORDS * RECORD_JSON_MAX + MAX_REMOVED * REMOVED_JSON_MAX + 256;
/// The layout that this program reads and writes.
const VERSION: u32 = 1;
/// A file this much later than now was written by a clock that ran away. Less is normal: a
/// router without a battery boots with the clock of its last configuration change.
const AHEAD_MAX: Time = 10 * 365 * 86_400;

/// The content of the state file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct State {
    version: u32,
    agent: heapless::String<32>,
    /// When the file was written, on the wall clock.
    pub written_at: Time,
    /// One for each host and family, in the order of the configuration; at most [`MAX_RECORDS`].
    ///
    /// On the heap one by one: 64 in place would cost 80 KiB of stack where one is the rule.
    pub records: Vec<Record>,
    /// What is known of hosts that the configuration has no more; at most [`MAX_REMOVED`], the
    /// latest first. One that comes back unchanged goes on where it was, with its hold.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub removed: Vec<Removed>,
}

/// The past of a host and family that the configuration has no more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Removed {
    /// When it was found missing.
    pub at: Time,
    /// What was known then.
    pub record: Record,
}

/// What is known about one host and family.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Record {
    /// The host's section name.
    pub host: HostName,
    /// The name that is kept current.
    pub hostname: Hostname,
    /// Which of its two records.
    pub family: Family,
    /// What it was doing when last looked at.
    pub state: Phase,
    /// The source that gave [`address`](Self::address).
    pub source: Option<heapless::String<16>>,
    /// The device that carries [`address`](Self::address).
    pub device: Option<DeviceName>,
    /// The WAN address when last looked at.
    pub address: Option<IpAddr>,
    /// Why the name is not current; empty if it is.
    pub reason: Text,
    /// The address that the provider last acknowledged.
    pub published: Option<Published>,
    /// Set while an update was sent whose fate is unknown, so `published` may be out of date.
    pub in_doubt: bool,
    /// The last update and what came of it.
    pub last: Option<Last>,
    /// When the first of the updates failed that have not succeeded since.
    pub failing_since: Option<Time>,
    /// Updates in a row that came to the same kind of nothing.
    pub failures: u16,
    /// `Retry-After` of the last reply, in seconds.
    pub retry_after: Option<u32>,
    /// When the next look is due; `None` if only an event or the user changes anything.
    pub next_at: Option<Time>,
    /// When the flap limit allows a full burst again.
    pub bucket_full_at: Option<Time>,
    /// Keyed hash over hostname, login, password and URL: a change ends a hold.
    pub fingerprint: Fingerprint,
}

/// Eight hexadecimal digits.
pub type Fingerprint = heapless::String<8>;

/// An address that the provider acknowledged.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Published {
    /// The address.
    pub address: IpAddr,
    /// When the acknowledgement came.
    pub at: Time,
}

/// The last update and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Last {
    /// When it ended.
    pub at: Time,
    /// What was sent.
    pub address: IpAddr,
    /// What came of it.
    pub code: Code,
    /// The same for a person.
    pub text: Text,
}

/// What came of an update: the provider's word, or why there was none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Code {
    /// The provider spoke.
    Word(Word),
    /// It could not be asked.
    Failure(Failure),
}

/// `state` of a record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Phase {
    /// The published address is the WAN address.
    Current,
    /// An update is due but waits: for the flap limit, for the clock, or for its turn.
    Pending,
    /// The last update failed and will be repeated.
    Backoff,
    /// The provider rejected the update: the user must act.
    Held,
    /// There is no address that may be published.
    NoAddress,
    /// Switched off, or taken out by a fault in the configuration.
    Disabled,
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
        Self { version: VERSION, agent, written_at: 0, records: Vec::new(), removed: Vec::new() }
    }
}

impl State {
    /// Reads the file's content; times that lie ahead of `now` then count as now.
    ///
    /// # Errors
    /// [`Unusable`] if the content cannot be trusted.
    pub fn from_json(content: &[u8], now: Time) -> Result<Self, Unusable> {
        if content.len() > FILE_MAX {
            return Err(Unusable::Foreign);
        }
        let mut unescaped = [0; TEXT_MAX];
        let (mut state, used) =
            serde_json_core::from_slice_escaped::<Self>(content, &mut unescaped)
                .map_err(|_| Unusable::Foreign)?;
        let rest = content.get(used..).unwrap_or_default();
        let fits = state.records.len() <= MAX_RECORDS && state.removed.len() <= MAX_REMOVED;
        if !rest.iter().all(u8::is_ascii_whitespace) || !fits {
            return Err(Unusable::Foreign);
        }
        if state.version != VERSION {
            return Err(Unusable::OtherVersion);
        }
        let removed = state.removed.iter().map(|removed| &removed.record);
        if !state.agent.chars().all(is_printable)
            || !state.records.iter().chain(removed).all(Record::is_ours)
        {
            return Err(Unusable::Foreign);
        }
        if state.written_at > now.max(RELEASED).saturating_add(AHEAD_MAX) {
            return Err(Unusable::FutureDated);
        }
        // When it was removed stays: a clock that is not set yet must not make it old.
        let removed = state.removed.iter_mut().map(|removed| &mut removed.record);
        for record in state.records.iter_mut().chain(removed) {
            record.count_future_as(now);
            record.device = record.device.as_ref().map(text::name);
        }
        Ok(state)
    }

    /// The file's content, ending in a newline.
    #[must_use]
    pub fn to_json(&self) -> Vec<u8> {
        let (records, removed) = (self.records.len(), self.removed.len());
        let mut content = vec![0; 256 + records * RECORD_JSON_MAX + removed * REMOVED_JSON_MAX];
        // The buffer is as large as the types allow, so this cannot be cut short.
        let length = serde_json_core::to_slice(self, &mut content).unwrap_or(0);
        content.truncate(length);
        content.push(b'\n');
        content
    }

    /// The record of a host and family.
    #[must_use]
    pub fn record(&self, host: &str, family: Family) -> Option<&Record> {
        self.records.iter().find(|record| record.host == host && record.family == family)
    }
}

impl Record {
    /// A record of which nothing is known yet.
    #[must_use]
    pub fn new(host: HostName, hostname: Hostname, family: Family) -> Self {
        Self {
            host,
            hostname,
            family,
            state: Phase::Pending,
            source: None,
            device: None,
            address: None,
            reason: Text::new(),
            published: None,
            in_doubt: false,
            last: None,
            failing_since: None,
            failures: 0,
            retry_after: None,
            next_at: None,
            bucket_full_at: None,
            fingerprint: Fingerprint::new(),
        }
    }

    /// Whether the strings are such as this program writes. Others may do to a terminal whatever
    /// they want, and escaped they need more room than [`RECORD_JSON_MAX`], so that what was read
    /// could not be written again; a device's name is cleaned instead, as it is only shown.
    fn is_ours(&self) -> bool {
        let names: [&str; 4] = [
            &self.host,
            &self.hostname,
            &self.fingerprint,
            self.source.as_deref().unwrap_or_default(),
        ];
        let texts: [&str; 2] =
            [&self.reason, self.last.as_ref().map_or("", |last| last.text.as_str())];
        let is_foreign = |c: char| !is_printable(c) || matches!(c, '"' | '\\');
        !names.iter().any(|name| name.contains(is_foreign))
            && texts.iter().all(|text| text.chars().all(is_printable))
    }

    /// Times ahead of `now` were written by a clock that was set back since: they count as now.
    fn count_future_as(&mut self, now: Time) {
        if let Some(published) = &mut self.published {
            published.at = published.at.min(now);
        }
        if let Some(last) = &mut self.last {
            last.at = last.at.min(now);
        }
        self.failing_since = self.failing_since.map(|at| at.min(now));
        self.bucket_full_at = self.bucket_full_at.map(|at| at.min(backoff::bucket_latest(now)));
    }
}

impl Code {
    /// The code as it stands in the state file.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Word(word) => word.token(),
            Self::Failure(failure) => failure.token(),
        }
    }

    fn from_token(token: &str) -> Option<Self> {
        let words = Word::ALL.iter().copied().map(Self::Word);
        let failures = Failure::ALL.iter().copied().map(Self::Failure);
        words.chain(failures).find(|code| code.token() == token)
    }
}

impl Serialize for Code {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.token())
    }
}

impl<'de> Deserialize<'de> for Code {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let token = heapless::String::<16>::deserialize(deserializer)?;
        Self::from_token(&token).ok_or_else(|| serde::de::Error::custom("unknown code"))
    }
}

impl Phase {
    /// The phase as it stands in the state file.
    #[must_use]
    pub fn token(self) -> &'static str {
        match self {
            Self::Current => "current",
            Self::Pending => "pending",
            Self::Backoff => "backoff",
            Self::Held => "held",
            Self::NoAddress => "no-address",
            Self::Disabled => "disabled",
        }
    }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::text::text;

    const NOW: Time = RELEASED + 1000;

    fn full_record() -> Record {
        let mut record = Record::new(
            "home".try_into().unwrap(),
            "home.example.com".try_into().unwrap(),
            Family::Ipv4,
        );
        record.source = Some("interface".try_into().unwrap());
        record.device = Some("pppoe-wan".try_into().unwrap());
        record.address = Some("81.2.69.10".parse().unwrap());
        record.reason = text(format_args!("a \"quoted\" \\ reason, é"));
        record.published = Some(Published { address: "2a01:cb00::1".parse().unwrap(), at: NOW });
        record.last = Some(Last {
            at: NOW,
            address: "81.2.69.10".parse().unwrap(),
            code: Code::Word(Word::NotYours),
            text: text(format_args!("{}", "\"".repeat(TEXT_MAX))),
        });
        record.failures = 3;
        record.next_at = Some(NOW + 10);
        record.bucket_full_at = Some(NOW + 300);
        record.fingerprint = "9f86d081".try_into().unwrap();
        record
    }

    fn state_of(records: &[Record]) -> State {
        State { written_at: NOW, records: records.to_vec(), ..State::default() }
    }

    #[test]
    fn what_is_written_is_read_back() {
        for count in [0, 1, MAX_RECORDS] {
            let mut state = state_of(&vec![full_record(); count]);
            assert_eq!(State::from_json(&state.to_json(), NOW).as_ref(), Ok(&state), "{count}");
            state.removed = vec![Removed { at: NOW, record: full_record() }; count];
            assert_eq!(State::from_json(&state.to_json(), NOW), Ok(state), "{count} removed");
        }
    }

    #[test]
    fn the_largest_record_fits() {
        let mut record = full_record();
        record.host = "h".repeat(32).as_str().try_into().unwrap();
        record.hostname = "n".repeat(253).as_str().try_into().unwrap();
        record.reason = text(format_args!("{}", "\\".repeat(TEXT_MAX)));
        let longest = "2a01:cb00:1111:2222:3333:4444:5555:6666".parse().unwrap();
        record.address = Some(longest);
        record.published = Some(Published { address: longest, at: Time::MAX });
        record.next_at = Some(Time::MAX);
        let mut state = state_of(&vec![record.clone(); MAX_RECORDS]);
        state.removed = vec![Removed { at: Time::MAX, record }; MAX_REMOVED];
        let json = state.to_json();
        assert!(json.len() > 1000 && json.len() <= FILE_MAX);
        assert!(State::from_json(&json, Time::MAX - AHEAD_MAX).is_ok());
    }

    #[test]
    fn the_file_has_the_documented_fields() {
        let json = String::from_utf8(state_of(&[full_record()]).to_json()).unwrap();
        for part in [
            r#"{"version":1,"agent":""#,
            r#""written_at":1795393000,"records":[{"host":"home","hostname":"home.example.com","#,
            r#""family":"ipv4","state":"pending","source":"interface","device":"pppoe-wan","#,
            r#""address":"81.2.69.10","reason":"a \"quoted\" \\ reason, é","#,
            r#""published":{"address":"2a01:cb00::1","at":1795393000}"#,
            r#""last":{"at":1795393000,"address":"81.2.69.10","code":"!yours","text":""#,
            r#""failures":3"#,
            r#""next_at":1795393010"#,
            r#""fingerprint":"9f86d081"}]}"#,
        ] {
            assert!(json.contains(part), "{part} is not in {json}");
        }
        let blank = Record::new(HostName::new(), Hostname::new(), Family::Ipv6);
        let json = String::from_utf8(state_of(&[blank]).to_json()).unwrap();
        assert!(json.contains(r#""device":null,"address":null"#), "{json}");
    }

    #[test]
    fn every_torn_file_is_refused() {
        let json = state_of(&[full_record()]).to_json();
        for length in 0..json.len() - 2 {
            assert_eq!(State::from_json(&json[..length], NOW), Err(Unusable::Foreign), "{length}");
        }
    }

    #[test]
    fn a_file_that_is_not_ours_is_refused_with_its_reason() {
        let json = String::from_utf8(state_of(&[full_record()]).to_json()).unwrap();
        let rows = [
            (json.replace(r#""version":1"#, r#""version":2"#), Unusable::OtherVersion),
            (json.replace("1795393000,\"rec", "9795393000,\"rec"), Unusable::FutureDated),
            (json.replace("!yours", "!theirs"), Unusable::Foreign),
            (json.replace("pending", "asleep"), Unusable::Foreign),
            (json.replace("81.2.69.10", "81.2.69.1000"), Unusable::Foreign),
            (format!("{json}{json}"), Unusable::Foreign),
            (String::from("<html>good</html>"), Unusable::Foreign),
            ("x".repeat(FILE_MAX + 1), Unusable::Foreign),
        ];
        for (content, reason) in rows {
            assert_eq!(State::from_json(content.as_bytes(), NOW), Err(reason), "{content:.80}");
        }
    }

    #[test]
    fn a_file_whose_strings_could_not_be_written_again_is_refused() {
        let controls = "\u{1}".repeat(TEXT_MAX);
        let mut reason = full_record();
        reason.reason = controls.as_str().try_into().unwrap();
        let mut said = full_record();
        said.last.as_mut().unwrap().text = controls.as_str().try_into().unwrap();
        let mut quotes = full_record();
        quotes.hostname = "\"".repeat(TEXT_MAX).as_str().try_into().unwrap();
        let mut agent = state_of(&[]);
        agent.agent = "\u{1}".repeat(32).as_str().try_into().unwrap();
        let mut hidden = full_record();
        hidden.reason = "the address is\u{202e}".try_into().unwrap();
        let states = [
            state_of(&[reason]),
            state_of(&[said]),
            state_of(&[quotes]),
            state_of(&[hidden]),
            agent,
        ];
        for state in states {
            let json = serde_json::to_vec(&state).unwrap();
            assert_eq!(State::from_json(&json, NOW), Err(Unusable::Foreign));
        }
        let mut odd = full_record();
        odd.device = Some("\u{1}".repeat(15).as_str().try_into().unwrap());
        let json = state_of(&vec![odd; MAX_RECORDS]).to_json();
        let state = State::from_json(&json, NOW).expect("a device may be called anything");
        assert_eq!(state.records[0].device.as_deref(), Some("?".repeat(15).as_str()));
    }

    #[test]
    fn each_limit_is_passed_by_one_only() {
        let full = |count| state_of(&vec![full_record(); count]);
        assert_eq!(MAX_RECORDS, 64);
        assert!(State::from_json(&full(64).to_json(), NOW).is_ok());
        assert_eq!(State::from_json(&full(65).to_json(), NOW), Err(Unusable::Foreign));

        let mut removed = full(1);
        removed.removed = vec![Removed { at: NOW, record: full_record() }; MAX_REMOVED + 1];
        assert_eq!(State::from_json(&removed.to_json(), NOW), Err(Unusable::Foreign));

        assert_eq!(FILE_MAX, 258_304, "64 records of 1984 bytes, 64 of 2048, and 256");
        let mut padded = full(1).to_json();
        padded.resize(FILE_MAX, b' ');
        assert!(State::from_json(&padded, NOW).is_ok());
        padded.push(b' ');
        assert_eq!(State::from_json(&padded, NOW), Err(Unusable::Foreign));

        let mut dated = full(1);
        dated.written_at = NOW + 315_360_000;
        assert!(State::from_json(&dated.to_json(), NOW).is_ok(), "ten years ahead");
        dated.written_at += 1;
        assert_eq!(State::from_json(&dated.to_json(), NOW), Err(Unusable::FutureDated));
    }

    #[test]
    fn a_record_is_found_by_host_and_family() {
        let mut ipv6 = full_record();
        ipv6.family = Family::Ipv6;
        let mut other = full_record();
        other.host = "other".try_into().unwrap();
        let state = state_of(&[other.clone(), ipv6.clone(), full_record()]);
        assert_eq!(state.record("home", Family::Ipv4), Some(&full_record()));
        assert_eq!(state.record("home", Family::Ipv6), Some(&ipv6));
        assert_eq!(state.record("other", Family::Ipv4), Some(&other));
        assert_eq!(state.record("other", Family::Ipv6), None);
    }

    #[test]
    fn every_reason_against_a_file_is_a_sentence_of_its_own() {
        let rows = [
            (Unusable::Foreign, "torn"),
            (Unusable::OtherVersion, "another version"),
            (Unusable::FutureDated, "ten years ahead"),
        ];
        for (reason, part) in rows {
            assert!(reason.sentence().contains(part), "{}", reason.sentence());
        }
    }

    #[test]
    fn a_field_of_a_later_minor_version_is_passed_over() {
        let json = String::from_utf8(state_of(&[full_record()]).to_json()).unwrap();
        let more = json.replace(r#""failures":3"#, r#""mood":{"a":[1,"x"]},"failures":3"#);
        assert_eq!(State::from_json(more.as_bytes(), NOW), Ok(state_of(&[full_record()])));
    }

    #[test]
    fn times_ahead_of_a_clock_that_lost_its_battery_count_as_now() {
        let state = State::from_json(&state_of(&[full_record()]).to_json(), 5000).unwrap();
        let record = &state.records[0];
        assert_eq!(record.published.as_ref().map(|published| published.at), Some(5000));
        assert_eq!(record.last.as_ref().map(|last| last.at), Some(5000));
        assert_eq!(record.bucket_full_at, Some(backoff::bucket_latest(5000)));
    }

    #[test]
    fn every_code_is_read_back_from_its_token() {
        let words = Word::ALL.iter().copied().filter(|word| *word != Word::Hiccup).map(Code::Word);
        for code in words.chain(Failure::ALL.iter().copied().map(Code::Failure)) {
            assert_eq!(Code::from_token(code.token()), Some(code));
        }
    }
}
