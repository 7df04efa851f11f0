//! [`decide`] and [`record`]: the whole judgement, as two pure functions over a [`Record`].
//!
//! ```text
//!            found, now                        outcome, now
//! Record --> decide --> Update(address) --> send --> record --> Record
//!               \-----> Wait(until, why) --> waiting ----------> Record (as it is shown)
//! ```
//!
//! A record carries its own past (`published`, `last`, `failures`), from which every deadline is
//! derived; nothing else is remembered, so a restart at any instant loses nothing.

use std::net::IpAddr;

use crate::address::{Found, NoAddress};
use crate::failure::Failure;
use crate::reply::{Meaning, Reply, Word};
use crate::state::{Code, Last, Phase, Published, Record};
use crate::text::{Text, name, text};
use crate::{RELEASED, Time, backoff};

/// What the user and the provider want of one record.
#[derive(Clone, Copy, Debug, Default)]
pub struct Rules {
    /// `option enabled`.
    pub enabled: bool,
    /// Send although the address is published or a ladder says wait; never past a hold.
    pub force: bool,
    /// Repeat an unchanged address after that many days; 0 means never.
    pub refresh_days: u16,
    /// The provider is reached over TLS, so certificates must be dated.
    pub needs_clock: bool,
}

/// What to do about a record now.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// Send this address.
    Update(IpAddr),
    /// Send nothing.
    Wait(Wait),
}

/// Why nothing is sent, and for how long.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wait {
    /// When to judge again; `None` if only an event or the user changes anything.
    pub until: Option<Time>,
    /// The reason.
    pub why: Why,
}

/// Why nothing is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Why {
    /// Switched off by the user.
    Disabled,
    /// There is nothing to publish.
    NoAddress(NoAddress),
    /// The provider rejected the last update.
    Held,
    /// The provider has this address.
    Current,
    /// The last update failed.
    Backoff,
    /// The address changes too often.
    Flapping,
    /// Certificates cannot be checked before the clock is set.
    Clock,
}

/// What came of one update.
#[allow(clippy::large_enum_variant, reason = "there is one at a time")]
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The provider spoke.
    Replied(Reply),
    /// It could not be asked, or its answer did not arrive.
    Failed(Failure),
}

/// Whether to send an update for `record` now, and if not, until when and why.
#[must_use]
pub fn decide(
    now: Time,
    rules: Rules,
    record: &Record,
    found: &Result<Found, NoAddress>,
) -> Decision {
    let wait = |until, why| Decision::Wait(Wait { until, why });
    if !rules.enabled {
        return wait(None, Why::Disabled);
    }
    let address = match found {
        Ok(found) => found.address,
        Err(reason) => return wait(None, Why::NoAddress(reason.clone())),
    };
    if let Some(Probe { at }) = held(record, address)
        && at.is_none_or(|at| now < at)
    {
        return wait(at, Why::Held);
    }
    if is_published(record, address) && !rules.force {
        let refresh_at = refresh_at(rules, record);
        if refresh_at.is_none_or(|at| now < at) {
            return wait(refresh_at, Why::Current);
        }
    }
    if rules.needs_clock && now < RELEASED {
        return wait(Some(now.saturating_add(backoff::CLOCK_SECONDS)), Why::Clock);
    }
    if let Some(retry) = retry(record, address)
        && now < retry.at
        && !(rules.force && retry.may_be_forced)
    {
        return wait(Some(retry.at), retry.why);
    }
    let allowed_at = backoff::bucket_allows_at(record.bucket_full_at);
    if now < allowed_at {
        return wait(Some(allowed_at), Why::Flapping);
    }
    Decision::Update(address)
}

/// The record after an update that sent `sent`.
///
/// Called once before sending, with [`Failure::Interrupted`], so that the file knows of the update
/// if the program dies in the middle of it, and once with what really came of it.
#[must_use]
pub fn record(now: Time, record: &Record, sent: IpAddr, outcome: &Outcome) -> Record {
    let mut next = record.clone();
    let last = Last { at: now, address: sent, code: outcome.code(), text: outcome.text() };
    next.failures = if repeats(record, &last) { record.failures.saturating_add(1) } else { 1 };
    next.retry_after = None;
    next.failing_since = record.failing_since.or(Some(now));
    let arrived = match outcome {
        Outcome::Failed(failure) => failure.may_have_arrived(),
        Outcome::Replied(reply) => {
            next.retry_after = reply.retry_after;
            true
        }
    };
    if arrived {
        next.bucket_full_at = Some(backoff::bucket_after_update(now, record.bucket_full_at));
        next.in_doubt = true;
    }
    if kind(last.code) == Kind::Stored {
        next.published = Some(Published { address: sent, at: now });
        next.in_doubt = false;
        next.failures = 0;
        next.failing_since = None;
    }
    next.last = Some(last);
    next
}

/// The record as it is shown while it waits.
#[must_use]
pub fn waiting(record: &Record, found: &Result<Found, NoAddress>, wait: &Wait) -> Record {
    let mut next = record.clone();
    let found = found.as_ref().ok();
    next.address = found.map(|found| found.address);
    next.device = found.and_then(|found| found.device.as_ref()).map(name);
    next.source = found.and_then(|found| found.source.try_into().ok());
    next.state = wait.why.phase();
    next.reason = reason(record, &wait.why);
    next.next_at = wait.until;
    next
}

/// The record after `dynhost resume`: a rejection is forgotten, the flap limit is not. Nor is the
/// wait that an unavailable provider asked for, as that is no hold.
#[must_use]
pub fn resumed(record: &Record) -> Record {
    let is_rejection = |last: &Last| matches!(kind(last.code), Kind::Rejected { .. });
    if !record.last.as_ref().is_some_and(is_rejection) {
        return record.clone();
    }
    let state = Phase::Pending;
    Record { last: None, failures: 0, retry_after: None, next_at: None, state, ..record.clone() }
}

/// The record after the wall clock was set from `before` to `after`.
///
/// Waits run on in boot time: what lay a minute ahead still does. A record that waited for just
/// this is due at once. What the pass before noted may be of the new clock already: never ahead.
#[must_use]
pub fn clock_was_set(record: &Record, before: Time, after: Time) -> Record {
    let moved = |at: Time| at.saturating_add(after).saturating_sub(before);
    let past = |at: Time| moved(at).min(after);
    let mut next = record.clone();
    next.bucket_full_at =
        record.bucket_full_at.map(|at| moved(at).min(backoff::bucket_latest(after)));
    next.next_at = record.next_at.map(moved);
    next.failing_since = record.failing_since.map(past);
    if let Some(last) = &mut next.last {
        last.at = past(last.at);
    }
    if let Some(published) = &mut next.published {
        published.at = past(published.at);
    }
    // A certificate that seemed expired may be one that a clock far ahead looked at.
    if matches!(
        record.last,
        Some(Last { code: Code::Failure(Failure::Clock | Failure::Expired), .. })
    ) {
        next.last = None;
    }
    next
}

/// When a held record may be tried although nothing was mended.
struct Probe {
    at: Option<Time>,
}

fn held(record: &Record, address: IpAddr) -> Option<Probe> {
    let last = record.last.as_ref()?;
    let Kind::Rejected { probe } = kind(last.code) else { return None };
    let seconds = if last.address == address {
        backoff::PROBE_SECONDS
    } else {
        backoff::PROBE_NEW_ADDRESS_SECONDS
    };
    Some(Probe { at: probe.then(|| last.at.saturating_add(seconds)) })
}

fn is_published(record: &Record, address: IpAddr) -> bool {
    let published = record.published.as_ref();
    !record.in_doubt && published.is_some_and(|published| published.address == address)
}

fn refresh_at(rules: Rules, record: &Record) -> Option<Time> {
    let published = record.published.as_ref()?;
    let seconds = Time::from(rules.refresh_days) * 86_400;
    (seconds > 0).then(|| published.at.saturating_add(seconds))
}

/// When an update that failed is due again.
struct Retry {
    at: Time,
    why: Why,
    /// The user may shorten a wait of ours, but not one that the provider asked for.
    may_be_forced: bool,
}

fn retry(record: &Record, address: IpAddr) -> Option<Retry> {
    let last = record.last.as_ref()?;
    let device = device_number(record);
    let (seconds, why, may_be_forced) = match kind(last.code) {
        Kind::Stored | Kind::Rejected { .. } => return None,
        // A new address has not failed yet.
        Kind::Failure if last.address != address => return None,
        Kind::Failure => (backoff::after_failures(record.failures, device), Why::Backoff, true),
        Kind::Clock => (backoff::CLOCK_SECONDS, Why::Clock, true),
        Kind::Unknown => (backoff::after_unknown(record.failures, device), Why::Backoff, true),
        Kind::Unavailable => (backoff::after_unavailable(record.retry_after), Why::Backoff, false),
    };
    Some(Retry { at: last.at.saturating_add(seconds), why, may_be_forced })
}

/// Whether `last` is one more of what `record` already counts.
fn repeats(record: &Record, last: &Last) -> bool {
    let Some(before) = &record.last else { return false };
    let kind = kind(last.code);
    let new_address = kind == Kind::Failure && before.address != last.address;
    !new_address && self::kind(before.code) == kind
}

/// What follows from a code.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Stored,
    Rejected { probe: bool },
    Unavailable,
    Unknown,
    Failure,
    Clock,
}

fn kind(code: Code) -> Kind {
    match code {
        Code::Failure(Failure::Clock) => Kind::Clock,
        Code::Failure(_) => Kind::Failure,
        Code::Word(word) => match word.meaning() {
            Meaning::Stored => Kind::Stored,
            Meaning::Rejected { probe } => Kind::Rejected { probe },
            Meaning::Unavailable | Meaning::Hiccup => Kind::Unavailable,
            Meaning::Unknown => Kind::Unknown,
        },
    }
}

/// A number that differs between devices and stays the same on each: the keyed fingerprint.
fn device_number(record: &Record) -> u32 {
    u32::from_str_radix(&record.fingerprint, 16).unwrap_or(0)
}

fn reason(record: &Record, why: &Why) -> Text {
    match why {
        Why::Current => Text::new(),
        Why::Disabled => text(format_args!("switched off by option enabled")),
        Why::NoAddress(reason) => text(format_args!("{reason}")),
        Why::Flapping => text(format_args!(
            "the address changes too often: the next update waits so that the provider does not take it for abuse"
        )),
        Why::Clock => text(format_args!("{}", Failure::Clock.sentence())),
        Why::Held | Why::Backoff => match &record.last {
            Some(Last { code: Code::Word(word), text: said, .. }) => explained(*word, said),
            Some(last) => last.text.clone(),
            None => Text::new(),
        },
    }
}

fn explained(word: Word, said: &Text) -> Text {
    match word.remedy() {
        "" => said.clone(),
        remedy => text(format_args!("{}: {said}; {remedy}", word.token())),
    }
}

impl Why {
    fn phase(&self) -> Phase {
        match self {
            Self::Disabled => Phase::Disabled,
            Self::NoAddress(_) => Phase::NoAddress,
            Self::Held => Phase::Held,
            Self::Current => Phase::Current,
            Self::Backoff => Phase::Backoff,
            Self::Flapping | Self::Clock => Phase::Pending,
        }
    }
}

impl Outcome {
    fn code(&self) -> Code {
        match self {
            Self::Replied(Reply { word: Word::Hiccup, .. }) => Code::Word(Word::Busy),
            Self::Replied(reply) => Code::Word(reply.word),
            Self::Failed(failure) => Code::Failure(*failure),
        }
    }

    fn text(&self) -> Text {
        match self {
            Self::Replied(reply) => reply.text.clone(),
            Self::Failed(failure) => text(format_args!("{failure}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::address::Family;
    use crate::reply;

    const NOW: Time = RELEASED + 1_000_000;
    const MINUTE: Time = 60;
    const HOUR: Time = 3600;
    const DAY: Time = 86_400;
    const RULES: Rules = Rules { enabled: true, force: false, refresh_days: 0, needs_clock: true };
    const FORCED: Rules = Rules { force: true, ..RULES };

    fn ip(text: &str) -> IpAddr {
        text.parse().expect("an address")
    }

    fn one() -> IpAddr {
        ip("81.2.69.10")
    }

    fn two() -> IpAddr {
        ip("81.2.69.20")
    }

    #[allow(clippy::unnecessary_wraps, reason = "what decide takes")]
    fn at(address: IpAddr) -> Result<Found, NoAddress> {
        Ok(Found { address, device: None, source: "interface" })
    }

    fn down() -> Result<Found, NoAddress> {
        Err(NoAddress::DeviceDown("wan".try_into().expect("short")))
    }

    fn fresh() -> Record {
        let name = "home".try_into().expect("short");
        let hostname = "home.example.com".try_into().expect("short");
        let mut record = Record::new(name, hostname, Family::Ipv4);
        // The jitter of this fingerprint is none.
        record.fingerprint = "00000014".try_into().expect("short");
        record
    }

    /// What the provider says to an update of `sent`, in a word or a status.
    fn says(word: &str, sent: IpAddr) -> Outcome {
        let reply = match word.parse::<u16>() {
            Ok(status) if status != 911 => reply::read(status, None, b"", sent),
            _ => reply::read(200, None, word.as_bytes(), sent),
        };
        Outcome::Replied(reply)
    }

    fn fails(failure: Failure) -> Outcome {
        Outcome::Failed(failure)
    }

    /// The record after `outcome` came `count` times at [`NOW`].
    fn after(outcome: &Outcome, count: u16) -> Record {
        (0..count).fold(fresh(), |before, _| record(NOW, &before, one(), outcome))
    }

    fn waits(now: Time, rules: Rules, record: &Record, address: IpAddr) -> (Option<Time>, Why) {
        match decide(now, rules, record, &at(address)) {
            Decision::Wait(wait) => (wait.until, wait.why),
            Decision::Update(address) => panic!("sends {address}"),
        }
    }

    fn sends(now: Time, rules: Rules, record: &Record, address: IpAddr) -> bool {
        match decide(now, rules, record, &at(address)) {
            Decision::Update(sent) => sent == address,
            Decision::Wait(_) => false,
        }
    }

    /// `record` waits to the last second before `until` and sends then.
    #[track_caller]
    fn sends_from(until: Time, rules: Rules, record: &Record, address: IpAddr) {
        assert_eq!(waits(until - 1, rules, record, address).0, Some(until));
        assert!(sends(until, rules, record, address), "sends nothing at {until}");
    }

    #[test]
    fn a_new_address_is_sent_and_an_acknowledged_one_never_again() {
        assert!(sends(NOW, RULES, &fresh(), one()));
        for word in ["good", "nochg", "good 81.2.69.10"] {
            let current = after(&says(word, one()), 1);
            assert_eq!(waits(NOW, RULES, &current, one()), (None, Why::Current));
            assert_eq!(waits(NOW + 4000 * DAY, RULES, &current, one()), (None, Why::Current));
            assert!(sends(NOW + 1, RULES, &current, two()), "a change is sent at once");
            assert!(sends(NOW + 1, FORCED, &current, one()), "unless it is forced");
        }
    }

    #[test]
    fn nothing_is_sent_while_switched_off_or_without_an_address() {
        let off = Rules { enabled: false, ..FORCED };
        assert_eq!(waits(NOW, off, &fresh(), one()), (None, Why::Disabled));
        let why = Why::NoAddress(NoAddress::DeviceDown("wan".try_into().expect("short")));
        let wait = Decision::Wait(Wait { until: None, why });
        assert_eq!(decide(NOW, FORCED, &fresh(), &down()), wait);
    }

    #[test]
    fn a_rejection_is_held_and_probed_once_a_day_or_an_hour_after_a_change() {
        let words = "badauth nohost !yours !active notfqdn numhost !donator 401 403";
        for word in words.split(' ') {
            let held = after(&says(word, one()), 1);
            assert_eq!(waits(NOW, FORCED, &held, one()), (Some(NOW + DAY), Why::Held), "{word}");
            sends_from(NOW + DAY, RULES, &held, one());
            sends_from(NOW + HOUR, RULES, &held, two());
        }
    }

    #[test]
    fn a_rejection_that_forbids_probes_is_held_for_ever() {
        for word in ["abuse", "badagent", "badsys", "badparam", "badop", "numip"] {
            let held = after(&says(word, one()), 1);
            for (later, address) in [(0, one()), (DAY, one()), (4000 * DAY, two())] {
                let (until, why) = waits(NOW + later, FORCED, &held, address);
                assert_eq!((until, why), (None, Why::Held), "{word} after {later}");
            }
        }
    }

    #[test]
    fn a_rejected_probe_is_held_for_another_day() {
        let held =
            record(NOW + DAY, &after(&says("badauth", one()), 1), one(), &says("401", one()));
        sends_from(NOW + 2 * DAY, RULES, &held, one());
    }

    #[test]
    fn a_rejection_of_the_published_address_makes_it_doubtful() {
        let current = after(&says("good", one()), 1);
        let held = record(NOW + DAY, &current, one(), &says("nohost", one()));
        assert_eq!(held.published, current.published, "still the last that was acknowledged");
        assert!(sends(NOW + DAY, RULES, &resumed(&held), one()), "but sent again once released");
    }

    #[test]
    fn resume_releases_any_hold_and_keeps_the_flap_limit() {
        for word in ["badauth", "abuse"] {
            let held = after(&says(word, one()), 1);
            let released = resumed(&held);
            assert!(sends(NOW, RULES, &released, one()));
            assert_eq!(released.bucket_full_at, held.bucket_full_at);
        }
    }

    #[test]
    fn resume_shortens_no_wait_but_a_hold() {
        for outcome in [says("911", one()), says("<html>", one()), fails(Failure::Resolve)] {
            let waiting = after(&outcome, 3);
            assert_eq!(resumed(&waiting), waiting);
        }
        let current = after(&says("good", one()), 1);
        assert_eq!(resumed(&current), current);
    }

    #[test]
    fn a_released_record_is_shown_as_due() {
        let reply = reply::read(401, Some(60), b"", one());
        let held = record(NOW, &fresh(), one(), &Outcome::Replied(reply));
        let found = at(one());
        let Decision::Wait(wait) = decide(NOW, RULES, &held, &found) else { panic!("sends") };
        let shown = waiting(&held, &found, &wait);
        assert_eq!((shown.state, shown.failures), (Phase::Held, 1));
        let due = Record {
            state: Phase::Pending,
            last: None,
            failures: 0,
            retry_after: None,
            next_at: None,
            ..shown.clone()
        };
        assert_ne!(due, shown);
        assert_eq!(resumed(&shown), due);
    }

    #[test]
    fn failures_climb_the_ladder_and_a_new_address_restarts_it() {
        let ladder = [2, 5, 10, 20, 40, 80, 160, 300, 600, 900, 900];
        for (count, wait) in (1..).zip(ladder) {
            let failed = after(&fails(Failure::Resolve), count);
            sends_from(NOW + wait, RULES, &failed, one());
            assert!(sends(NOW, RULES, &failed, two()), "a new address goes at once");
            assert!(sends(NOW, FORCED, &failed, one()), "and so does a forced one");
            let changed = record(NOW, &failed, two(), &fails(Failure::Refused));
            assert_eq!(changed.failures, 1);
        }
    }

    #[test]
    fn different_failures_are_one_ladder_and_a_success_ends_it() {
        let failed = after(&fails(Failure::Resolve), 3);
        let failed = record(NOW, &failed, one(), &fails(Failure::Untrusted));
        assert_eq!(failed.failures, 4);
        let stored = record(NOW, &failed, one(), &says("good", one()));
        assert_eq!(stored.failures, 0);
        assert_eq!(record(NOW, &stored, two(), &fails(Failure::Resolve)).failures, 1);
    }

    #[test]
    fn an_unavailable_provider_has_thirty_minutes_even_if_forced_or_changed() {
        for word in ["911", "dnserr", "429", "503"] {
            for count in [1, 5] {
                let waiting = after(&says(word, one()), count);
                assert_eq!(waits(NOW, FORCED, &waiting, two()).1, Why::Backoff);
                sends_from(NOW + 30 * MINUTE, RULES, &waiting, one());
            }
        }
    }

    #[test]
    fn retry_after_is_honoured_if_it_is_longer_and_forgotten_after_that() {
        let reply = reply::read(503, Some(7200), b"", one());
        let waiting = record(NOW, &fresh(), one(), &Outcome::Replied(reply));
        sends_from(NOW + 2 * HOUR, FORCED, &waiting, one());
        let again = record(NOW, &waiting, one(), &says("503", one()));
        sends_from(NOW + HOUR / 2, RULES, &again, one());
    }

    #[test]
    fn answers_not_understood_wait_ten_minutes_to_six_hours() {
        for (count, minutes) in [(1, 10), (2, 20), (3, 40), (6, 320), (7, 360), (40, 360)] {
            // Between two of them there is time enough for the flap limit.
            let mut waiting = after(&says("<html>good", one()), count);
            waiting.bucket_full_at = None;
            sends_from(NOW + minutes * MINUTE, RULES, &waiting, two());
            assert!(sends(NOW, FORCED, &waiting, one()));
        }
    }

    #[test]
    fn a_wrong_echo_is_not_published() {
        let outcome = says("good 127.0.0.1", one());
        assert_eq!(after(&outcome, 1).published, None);
        let current = record(NOW, &after(&says("good", one()), 1), two(), &outcome);
        sends_from(NOW + 10 * MINUTE, RULES, &current, one());
    }

    #[test]
    fn an_update_of_unknown_fate_makes_the_published_address_doubtful() {
        let current = after(&says("good", one()), 1);
        for failure in Failure::ALL {
            let next = record(NOW + DAY, &current, two(), &fails(*failure));
            let back = waits_or_sends(&next, one());
            let expected = if failure.may_have_arrived() { "sends" } else { "current" };
            assert_eq!(back, expected, "{}", failure.token());
        }
    }

    /// What happens when the address is back at `address` a day and a half after [`NOW`].
    fn waits_or_sends(record: &Record, address: IpAddr) -> &'static str {
        match decide(NOW + DAY + DAY / 2, RULES, record, &at(address)) {
            Decision::Update(_) => "sends",
            Decision::Wait(Wait { why: Why::Current, .. }) => "current",
            Decision::Wait(_) => "waits",
        }
    }

    #[test]
    fn six_updates_may_follow_each_other_and_then_one_in_five_minutes() {
        let mut line = fresh();
        for count in 0..6 {
            let address = ip(&format!("81.2.69.{count}"));
            assert!(sends(NOW, RULES, &line, address), "update {count}");
            line = record(NOW, &line, address, &says("good", address));
        }
        assert_eq!(waits(NOW, FORCED, &line, one()), (Some(NOW + 5 * MINUTE), Why::Flapping));
        sends_from(NOW + 5 * MINUTE, RULES, &line, two());
    }

    #[test]
    fn an_update_that_cannot_have_arrived_does_not_count_as_a_flap() {
        assert_eq!(after(&fails(Failure::Unreachable), 20).bucket_full_at, None);
        assert!(after(&fails(Failure::ReplyTimeout), 1).bucket_full_at.is_some());
    }

    #[test]
    fn nothing_is_sent_over_tls_before_the_clock_is_set() {
        for now in [0, 1000, RELEASED - 1] {
            assert_eq!(waits(now, FORCED, &fresh(), one()), (Some(now + MINUTE), Why::Clock));
            let plain = Rules { needs_clock: false, ..RULES };
            assert!(sends(now, plain, &fresh(), one()), "plain HTTP needs no clock");
        }
        assert!(sends(RELEASED, RULES, &fresh(), one()));
    }

    #[test]
    fn a_certificate_not_yet_valid_waits_for_the_clock_and_goes_when_it_is_set() {
        let waiting = after(&fails(Failure::Clock), 9);
        assert_eq!(waits(NOW, RULES, &waiting, two()), (Some(NOW + MINUTE), Why::Clock));
        sends_from(NOW + MINUTE, RULES, &waiting, one());
        for failure in [Failure::Clock, Failure::Expired] {
            let set = clock_was_set(&after(&fails(failure), 9), NOW, NOW + 20);
            assert!(sends(NOW + 20, RULES, &set, one()), "{}", failure.token());
        }
    }

    #[test]
    fn other_waits_run_on_when_the_clock_is_set() {
        let outcomes = [fails(Failure::Resolve), says("911", one()), says("badauth", one())];
        for outcome in outcomes {
            let waiting = after(&outcome, 3);
            let (until, why) = waits(NOW + 1, RULES, &waiting, one());
            for after in [1_000_000, NOW + 400 * DAY] {
                let set = clock_was_set(&waiting, NOW + 1, after);
                let left = until.map(|until| until - (NOW + 1) + after);
                let plain = Rules { needs_clock: false, ..RULES };
                assert_eq!(waits(after, plain, &set, one()), (left, why.clone()));
            }
        }
    }

    #[test]
    fn a_clock_set_in_the_middle_of_an_update_makes_no_wait_longer() {
        let before = NOW - 30 * DAY;
        for (outcome, wait) in [(fails(Failure::Resolve), 2), (says("911", one()), 30 * MINUTE)] {
            // The outcome is noted at NOW, and the agent has yet to hear that this is the time.
            let set = clock_was_set(&after(&outcome, 1), before, NOW);
            assert_eq!(set.failing_since, Some(NOW));
            sends_from(NOW + wait, RULES, &set, one());
        }
        let stored = after(&says("good", one()), 6);
        let set = clock_was_set(&stored, before, NOW);
        assert_eq!(set, stored, "not even the flap limit bites for longer than it can");
        sends_from(NOW + 5 * MINUTE, RULES, &set, two());
    }

    #[test]
    fn a_refresh_is_sent_when_it_was_asked_for_and_is_due() {
        let weekly = Rules { refresh_days: 7, ..RULES };
        let current = after(&says("good", one()), 1);
        assert_eq!(waits(NOW, weekly, &current, one()), (Some(NOW + 7 * DAY), Why::Current));
        sends_from(NOW + 7 * DAY, weekly, &current, one());
        let failed = record(NOW + 7 * DAY, &current, one(), &fails(Failure::Resolve));
        sends_from(NOW + 7 * DAY + 2, weekly, &failed, one());
    }

    #[test]
    fn what_is_shown_while_waiting_says_what_and_why() {
        let rows: [(Record, Result<Found, NoAddress>, &str, &str); 6] = [
            (after(&says("good", one()), 1), at(one()), "current", ""),
            (after(&says("401", one()), 1), at(one()), "held", "badauth: login or password"),
            (after(&says("503", one()), 1), at(one()), "backoff", "the provider is busy"),
            (after(&fails(Failure::Resolve), 1), at(one()), "backoff", "the provider's name does"),
            (after(&fails(Failure::Clock), 1), at(one()), "pending", "the certificate is not"),
            (fresh(), down(), "no-address", "device wan is down"),
        ];
        for (record, found, phase, reason) in rows {
            let Decision::Wait(wait) = decide(NOW, RULES, &record, &found) else {
                panic!("{phase}: sends")
            };
            let shown = waiting(&record, &found, &wait);
            assert_eq!(shown.state.token(), phase);
            assert!(shown.reason.starts_with(reason), "{phase}: {}", shown.reason);
            assert_eq!(shown.address, found.ok().map(|found| found.address));
            assert_eq!(shown.next_at, wait.until);
        }
    }
}
