//! The language of the timetables.
//!
//! ```text
//! let mut home = Timetable::new();
//! home.at(0).sends(A).fails(Resolve);
//! home.at(1).nothing();
//! home.at(2).sends(A).hears("good");
//! ```

use std::net::IpAddr;

use crate::address::{Found, NoAddress};
use crate::judge::*;
use crate::provider::failure::Failure;
use crate::provider::reply;
use crate::{RELEASED, Time};

/// Second 0 of a timetable.
pub(super) const START: Time = RELEASED + 1_000_000;

/// One record, its line, and the user.
#[derive(Clone)]
pub(super) struct Timetable {
    pub(super) past: Past,
    pub(super) rules: Rules,
    found: Result<Found, NoAddress>,
    now: Time,
}

/// A second of a timetable.
pub(super) struct At<'t> {
    table: &'t mut Timetable,
    force: bool,
}

/// An update that is under way.
pub(super) struct Sending<'t> {
    table: &'t mut Timetable,
    rules: Rules,
    address: IpAddr,
}

/// What a judgement said.
pub(super) type Verdict = (Option<Time>, Why);

#[allow(clippy::unnecessary_wraps, reason = "what judge takes")]
fn found(address: IpAddr) -> Result<Found, NoAddress> {
    Ok(Found { address, device: None, source: "interface" })
}

/// Updates of six lines that are over at once.
pub(super) fn at_once(word: &str) -> Vec<Timetable> {
    let after = |count: usize| {
        let mut home = Timetable::new();
        for _ in 0..count {
            home.past.bucket = super::super::backoff::Bucket::default();
            home.repeat(0, word);
        }
        home
    };
    (1..=12).map(after).collect()
}

impl Timetable {
    pub(super) fn new() -> Self {
        let rules =
            Rules { enabled: true, needs_clock: true, jitter: Jitter::NONE, ..Rules::default() };
        Self { past: Past::default(), rules, found: found(super::A), now: START }
    }

    pub(super) fn at(&mut self, second: Time) -> At<'_> {
        self.now = START + second;
        At { table: self, force: false }
    }

    /// The wall clock is set, and shows a second of this timetable, or of 1970.
    pub(super) fn clock_is_set(&mut self, after: Time) {
        self.past = self.past.clock_was_set(ClockSet { before: self.now, after });
        self.now = after;
    }

    /// The process ends, and another reads what it left.
    pub(super) fn restarts(&mut self) {
        let step = self.judge(false);
        self.past = Facts::of(&step.past, (step.shown.phase, step.shown.reason)).past(self.now);
    }

    /// The user says `dynhost resume` and there is a hold, which ends.
    #[track_caller]
    pub(super) fn resume(&mut self) {
        self.past = self.past.resumed().expect("a hold");
    }

    /// An update to A that is answered so, whatever waits there are.
    pub(super) fn repeat(&mut self, second: Time, word: &str) {
        let now = START + second;
        self.past = begin(now, &self.past, super::A);
        self.past = learn(now, &self.past, super::A, &says(word, super::A));
        self.now = now;
        self.past = self.judge(false).past;
    }

    fn judge(&self, force: bool) -> Step {
        judge(self.now, Rules { force, ..self.rules }, &self.past, &self.found)
    }
}

impl<'t> At<'t> {
    /// The line has this address from now on.
    pub(super) fn on(self, address: IpAddr) -> Self {
        self.table.found = found(address);
        self
    }

    /// The line is down.
    pub(super) fn down(self) -> Self {
        self.without(NoAddress::DeviceDown("wan".try_into().expect("short")))
    }

    /// There is no address, for this reason.
    pub(super) fn without(self, reason: NoAddress) -> Self {
        self.table.found = Err(reason);
        self
    }

    /// The user says `--force`.
    pub(super) fn forced(self) -> Self {
        Self { force: true, ..self }
    }

    /// The whole judgement, by which nothing is told.
    pub(super) fn judged(self) -> Step {
        self.table.judge(self.force)
    }

    /// What happened since the last judgement.
    pub(super) fn tells(self) -> Vec<Event> {
        let step = self.table.judge(self.force);
        self.table.past = step.past;
        step.events
    }

    /// Nothing is sent: until when, in seconds of the timetable, and why.
    #[track_caller]
    pub(super) fn waits(self) -> Verdict {
        let step = self.table.judge(self.force);
        self.table.past = step.past;
        match step.action {
            Action::Wait(Wait { until, why }) => {
                assert!(until.is_none_or(|until| until > self.table.now), "waits until now");
                (until.map(|until| until.saturating_sub(START)), why)
            }
            Action::Send(address) => panic!("sends {address}"),
        }
    }

    /// Nothing is sent.
    #[track_caller]
    pub(super) fn nothing(self) {
        let _ = self.waits();
    }

    /// The line has this address, and an update to it begins.
    #[track_caller]
    pub(super) fn sends(self, address: IpAddr) -> Sending<'t> {
        let Self { table, force } = self.on(address);
        let rules = Rules { force, ..table.rules };
        let step = table.judge(force);
        assert_eq!(step.action, Action::Send(address), "{:?}", step.shown);
        table.past = begin(table.now, &step.past, address);
        Sending { table, rules, address }
    }

    /// Whether an update to this address would be sent; none is.
    pub(super) fn would_send(self, address: IpAddr) -> bool {
        self.on(address).judged().action == Action::Send(address)
    }

    /// Nothing is sent up to the second before `second`, and then an update.
    #[track_caller]
    pub(super) fn sends_only_from(self, second: Time, address: IpAddr) {
        let Self { table, force } = self.on(address);
        assert!(matches!(table.judge(force).action, Action::Wait(_)), "sends at once");
        for (at, sends) in [(second - 1, false), (second, true)] {
            table.now = START + at;
            let action = table.judge(force).action;
            assert_eq!(action == Action::Send(address), sends, "at {at}: {action:?}");
        }
    }
}

impl Sending<'_> {
    /// The provider answers a word with status 200, or a status without a word.
    pub(super) fn hears(self, word: &str) -> Vec<Event> {
        let outcome = says(word, self.address);
        self.learns(&outcome)
    }

    /// The provider answers a status and how long to wait.
    pub(super) fn hears_wait(self, status: u16, seconds: u32) -> Vec<Event> {
        let body: &[u8] = if status == 200 { b"911" } else { b"" };
        let outcome = Outcome::Replied(reply::read(status, Some(seconds), body, self.address));
        self.learns(&outcome)
    }

    /// There is no answer.
    pub(super) fn fails(self, failure: Failure) -> Vec<Event> {
        self.learns(&Outcome::Failed(failure))
    }

    /// The answer comes after so many seconds.
    pub(super) fn after(self, seconds: Time) -> Self {
        self.table.now += seconds;
        self
    }

    /// Meanwhile the line has another address.
    pub(super) fn while_on(self, address: IpAddr) -> Self {
        self.table.found = found(address);
        self
    }

    /// The process dies, and another reads what it left.
    pub(super) fn dies(self) {
        self.table.restarts();
    }

    fn learns(self, outcome: &Outcome) -> Vec<Event> {
        let Self { table, rules, address } = self;
        table.past = learn(table.now, &table.past, address, outcome);
        let step = judge(table.now, rules, &table.past, &table.found);
        table.past = step.past;
        step.events
    }
}

pub(super) fn says(word: &str, sent: IpAddr) -> Outcome {
    let reply = match word.parse::<u16>() {
        Ok(status) if status != 911 => reply::read(status, None, b"", sent),
        _ => reply::read(200, None, word.as_bytes(), sent),
    };
    Outcome::Replied(reply)
}
