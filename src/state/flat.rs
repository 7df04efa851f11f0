//! A record as it stands in the file: flat, with the fields that it has had from version 0.1.0 on.

use std::net::IpAddr;

use serde::{Deserialize, Serialize};

use super::record::{Fingerprint, Identity, Record};
use crate::Time;
use crate::address::{DeviceName, Family};
use crate::config::{DnsName, SectionName};
use crate::judge::verification::Verified;
use crate::judge::{Attempt, Code, Facts, Phase, Published, Shown, SourceName};
use crate::text::{TEXT_MAX, Text, is_printable, name};

/// A record in JSON: names, numbers, and two texts whose quotes and backslashes may double.
pub(super) const RECORD_JSON_MAX: usize = 1280 + 4 * TEXT_MAX;

/// A record in the file. The order of the fields is the file's.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(super) struct Flat {
    host: SectionName,
    hostname: DnsName,
    family: Family,
    state: Phase,
    source: Option<SourceName>,
    device: Option<DeviceName>,
    address: Option<IpAddr>,
    reason: Text,
    published: Option<FlatPublished>,
    in_doubt: bool,
    last: Option<FlatAttempt>,
    failing_since: Option<Time>,
    failures: u16,
    retry_after: Option<u32>,
    next_at: Option<Time>,
    bucket_full_at: Option<Time>,
    fingerprint: Fingerprint,
    /// Version 0.1.0 has no such field, and passes over it.
    #[serde(default)]
    dns: Option<FlatVerified>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct FlatVerified {
    address: IpAddr,
    at: Time,
    agrees: bool,
    #[serde(default)]
    repaired_at: Option<Time>,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct FlatPublished {
    address: IpAddr,
    at: Time,
}

#[derive(Clone, Debug, Serialize, Deserialize)]
struct FlatAttempt {
    at: Time,
    address: IpAddr,
    code: Token,
    text: Text,
    /// Version 0.1.0 has no such field, and waits for half an hour after any `busy`.
    #[serde(default)]
    hiccup: bool,
}

/// A code without what stands beside it.
type Token = heapless::String<16>;

impl Flat {
    pub(super) fn of(record: &Record) -> Self {
        let Record { identity, past, shown, dns } = record.clone();
        let facts = Facts::of(&past, (shown.phase, shown.reason.clone()));
        Self {
            host: identity.section,
            hostname: identity.hostname,
            family: identity.family,
            state: shown.phase,
            source: shown.source,
            device: shown.device,
            address: shown.address,
            reason: shown.reason,
            published: facts.published.map(FlatPublished::of),
            in_doubt: facts.in_doubt,
            last: facts.last.map(FlatAttempt::of),
            failing_since: facts.failing_since,
            failures: facts.failures,
            retry_after: facts.retry_after,
            next_at: shown.next_at,
            bucket_full_at: facts.bucket_full_at,
            fingerprint: identity.fingerprint,
            dns: dns.map(FlatVerified::of),
        }
    }

    pub(super) fn record(self, now: Time) -> Record {
        let facts = Facts {
            published: self
                .published
                .map(|FlatPublished { address, at }| Published { address, at }),
            in_doubt: self.in_doubt,
            last: self.last.and_then(FlatAttempt::attempt),
            failing_since: self.failing_since,
            failures: self.failures,
            retry_after: self.retry_after,
            bucket_full_at: self.bucket_full_at,
            told: (self.state, self.reason.clone()),
        };
        let identity = Identity {
            section: self.host,
            hostname: self.hostname,
            family: self.family,
            fingerprint: self.fingerprint,
        };
        let shown = Shown {
            phase: self.state,
            reason: self.reason,
            address: self.address,
            device: self.device.as_ref().map(name),
            source: self.source,
            next_at: self.next_at,
        };
        let dns = self.dns.map(|dns| dns.verified(now));
        Record { identity, past: facts.past(now), shown, dns }
    }

    /// Whether code and strings are such as this program writes. An unknown code may be a hold.
    /// Other strings may do to a terminal whatever they want, and escaped they need more room than
    /// [`RECORD_JSON_MAX`], so that what was read could not be written again; a device's name is
    /// cleaned instead, as it is only shown.
    pub(super) fn is_ours(&self) -> bool {
        let source = self.source.as_deref().unwrap_or_default();
        let names: [&str; 4] = [&self.host, &self.hostname, &self.fingerprint, source];
        let said = self.last.as_ref().map_or("", |last| last.text.as_str());
        let texts: [&str; 2] = [&self.reason, said];
        let is_foreign = |c: char| !is_printable(c) || matches!(c, '"' | '\\');
        let is_known = self.last.as_ref().is_none_or(|last| last.code().is_some());
        is_known
            && !names.iter().any(|name| name.contains(is_foreign))
            && texts.iter().all(|text| text.chars().all(is_printable))
    }
}

impl FlatVerified {
    fn of(Verified { address, at, agrees, repaired_at }: Verified) -> Self {
        Self { address, at, agrees, repaired_at }
    }

    /// A time that lies ahead counts as now, as those of the past do.
    fn verified(self, now: Time) -> Verified {
        let Self { address, at, agrees, repaired_at } = self;
        let repaired_at = repaired_at.map(|at| at.min(now));
        Verified { address, at: at.min(now), agrees, repaired_at }
    }
}

impl FlatPublished {
    fn of(Published { address, at }: Published) -> Self {
        Self { address, at }
    }
}

impl FlatAttempt {
    fn of(Attempt { at, address, code, text }: Attempt) -> Self {
        // A token that does not fit would make the file foreign; a test has them all.
        let token = code.token().try_into().unwrap_or_default();
        Self { at, address, code: token, text, hiccup: code.is_hiccup() }
    }

    fn code(&self) -> Option<Code> {
        Code::from_token(&self.code, self.hiccup)
    }

    fn attempt(self) -> Option<Attempt> {
        let code = self.code()?;
        let Self { at, address, text, .. } = self;
        Some(Attempt { at, address, code, text })
    }
}
