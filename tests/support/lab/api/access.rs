//! Who may call what: key, time, signature, rights; or a token and its policy.

use std::collections::VecDeque;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use ring::digest;

use super::super::reply::Reply;
use super::Call;
use super::keys::{ConsumerKey, KeyState};
use super::options::{ApiOptions, ZoneOptions};
use super::replies::{behind, door, invalid_signature};

/// Seconds that a time stamp may be off.
const MAX_SKEW: i64 = 30;
const MINUTE: Duration = Duration::from_mins(1);

/// The customer's account.
#[derive(Debug)]
pub struct Account {
    pub(super) options: ApiOptions,
    pub(super) keys: Vec<ConsumerKey>,
    /// Tokens and when they were handed out.
    pub(super) tokens: Vec<(String, Instant)>,
    calls: VecDeque<Instant>,
    /// Seconds that the provider's clock is ahead of this machine's.
    clock_ahead: i64,
    number: u64,
}

impl Account {
    /// As it is at the start.
    pub fn new(options: ApiOptions) -> Self {
        let key = (!options.consumer_key.is_empty()).then(|| ConsumerKey {
            key: options.consumer_key.clone(),
            state: KeyState::Validated,
            rights: options.rights.clone(),
        });
        Self {
            keys: key.into_iter().collect(),
            options,
            tokens: Vec::new(),
            calls: VecDeque::new(),
            clock_ahead: 0,
            number: 0,
        }
    }

    /// The zones of the account.
    pub fn zones(&self) -> &[ZoneOptions] {
        &self.options.zones
    }

    /// Every consumer key, the first ones first.
    pub fn keys(&self) -> &[ConsumerKey] {
        &self.keys
    }

    /// What its user does on the page behind `validationUrl`; `last` means the newest key.
    pub fn set_key(&mut self, key: &str, state: KeyState) -> Result<(), String> {
        let last = self.keys.len().saturating_sub(1);
        let position = self.keys.iter().position(|known| known.key == key);
        let position = position.unwrap_or(if key == "last" { last } else { usize::MAX });
        let known = self.keys.get_mut(position).ok_or("there is no such consumer key")?;
        known.state = state;
        Ok(())
    }

    /// From now on the first consumer key and the service account may do this and no more.
    pub fn set_rights(&mut self, rights: &[(&str, &str)]) {
        let rights = rights.iter().map(|(method, path)| ((*method).into(), (*path).into()));
        self.options.rights = rights.collect();
        if let Some(key) = self.keys.first_mut() {
            key.rights.clone_from(&self.options.rights);
        }
    }

    /// From now on the provider's clock is so many seconds ahead of this machine's.
    pub fn set_clock_ahead(&mut self, seconds: i64) {
        self.clock_ahead = seconds;
    }

    /// Seconds since 1970 by the provider's clock.
    pub fn time(&self) -> i64 {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        i64::try_from(now.as_secs()).unwrap_or(i64::MAX).saturating_add(self.clock_ahead)
    }

    pub(super) fn next_number(&mut self) -> u64 {
        self.number += 1;
        self.number
    }

    /// Whether a call may be made.
    pub(super) fn check(&mut self, call: &Call<'_>) -> Result<(), Reply> {
        if let Some(authorization) = call.request.header("Authorization") {
            return self.check_token(call, authorization);
        }
        self.check_application(call)?;
        let header = |name| call.request.header(name);
        let key = header("X-Ovh-Consumer").ok_or_else(login_first)?;
        let known = self
            .keys
            .iter()
            .find(|known| known.key == key)
            .ok_or_else(|| door(403, "NOT_CREDENTIAL", "This credential does not exist"))?;
        if known.state != KeyState::Validated {
            return Err(door(403, "INVALID_CREDENTIAL", "This credential is not valid"));
        }
        let stamp = header("X-Ovh-Timestamp").unwrap_or_default();
        let off = stamp.parse().map_or(i64::MAX, |stamp| self.time().saturating_sub(stamp));
        if off.saturating_abs() > MAX_SKEW {
            return Err(door(400, "QUERY_TIME_OUT", "Query out of time"));
        }
        let expected = self.signature(call, key, stamp);
        if header("X-Ovh-Signature") != Some(expected.as_str()) {
            return Err(invalid_signature());
        }
        let is_always_allowed = call.path == "/auth/currentCredential";
        if is_always_allowed || may(&known.rights, call) {
            return Ok(());
        }
        Err(door(403, "NOT_GRANTED_CALL", "This call has not been granted"))
    }

    /// Whether the application is known and has calls left in this minute.
    pub(super) fn check_application(&mut self, call: &Call<'_>) -> Result<(), Reply> {
        let key = call.request.header("X-Ovh-Application").ok_or_else(login_first)?;
        if key != self.options.application_key {
            return Err(door(403, "INVALID_KEY", "This application key is invalid"));
        }
        self.count()
    }

    fn check_token(&mut self, call: &Call<'_>, authorization: &str) -> Result<(), Reply> {
        let token = authorization.strip_prefix("Bearer ").unwrap_or_default();
        let is_fresh = |(known, at): &(String, Instant)| {
            known == token && at.elapsed() < Duration::from_hours(1)
        };
        if !self.tokens.iter().any(is_fresh) {
            return Err(behind(401, "Client::Unauthorized", "Invalid access token"));
        }
        self.count()?;
        if may(&self.options.rights, call) {
            return Ok(());
        }
        Err(behind(403, "Client::Forbidden", "User not granted for this request"))
    }

    fn count(&mut self) -> Result<(), Reply> {
        while self.calls.front().is_some_and(|at| at.elapsed() > MINUTE) {
            self.calls.pop_front();
        }
        if self.calls.len() >= self.options.calls_a_minute {
            return Err(behind(429, "Client::TooManyRequests", "Too many requests"));
        }
        self.calls.push_back(Instant::now());
        Ok(())
    }

    fn signature(&self, call: &Call<'_>, key: &str, stamp: &str) -> String {
        let request = call.request;
        let host = request.header("Host").unwrap_or_default();
        let body = String::from_utf8_lossy(&request.body);
        let text = [
            &self.options.application_secret,
            key,
            &request.method,
            &format!("https://{host}{}", request.target),
            &body,
            stamp,
        ];
        let digest = digest::digest(&digest::SHA1_FOR_LEGACY_USE_ONLY, text.join("+").as_bytes());
        let digits: String = digest.as_ref().iter().map(|byte| format!("{byte:02x}")).collect();
        format!("$1${digits}")
    }
}

fn login_first() -> Reply {
    behind(401, "Client::Unauthorized", "You must login first")
}

fn may(rights: &[(String, String)], call: &Call<'_>) -> bool {
    rights.iter().any(|(method, path)| *method == call.request.method && fits(path, call.path))
}

/// Whether a path fits a pattern in which `*` stands for any text, slashes included.
pub(super) fn fits(pattern: &str, path: &str) -> bool {
    match pattern.split_once('*') {
        None => pattern == path,
        Some((start, rest)) => path.strip_prefix(start).is_some_and(|tail| {
            (0..=tail.len()).filter_map(|at| tail.get(at..)).any(|tail| fits(rest, tail))
        }),
    }
}
