//! What must hold in every year: written from the rules of the protocol, with none of the agent's
//! own helpers, so that both would have to be wrong in the same way.

use std::net::IpAddr;

use dynhost::Time;
use dynhost::judge::Phase;

use super::journal::{Entry, Heard, Journal, Release, Sent, Shown};
use super::tally::Tally;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// 2026-11-23, the first day of this program.
const FIRST_DAY: Time = 1_795_392_000;

/// Seconds after the nth try in a row that did not come through; then always the last.
const FAILURES: [u64; 10] = [2, 5, 10, 20, 40, 80, 160, 300, 600, 900];
/// Minutes after the nth answer in a row of a front end; then always the last.
const HICCUPS: [u64; 5] = [1, 2, 5, 10, 30];
/// Six updates at once, and one more for every five minutes.
const FLAP_BURST: u64 = 6;
const FLAP_SECONDS: u64 = 5 * MINUTE;
/// No wait may be longer: a day for a rejection, a day and a fifth for a `Retry-After`, and some
/// steps of a ladder.
const LONGEST_WAIT: u64 = DAY + DAY / 5 + HOUR;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rule {
    /// A rejection is held: a day, an hour for a new address, for ever where probes are forbidden.
    Hold,
    /// No retry within 30 minutes of trouble at the provider, or within what it asked for.
    Patience,
    /// A front end that answers 5xx: minutes less a fifth, or within limits what it asks for, for
    /// an address that is not new.
    Hiccups,
    /// Answers that are not understood: 10 minutes, doubling to 6 hours, less a fifth.
    LongLadder,
    /// Tries that failed: the short ladder, less a fifth, for an address that is not new.
    Ladder,
    /// Six updates, and one for every five minutes.
    Flap,
    /// Nothing is sent that the provider has acknowledged.
    Needless,
    /// What is sent is the line's address, and nothing while switched off.
    Blind,
    /// Nothing is sent over TLS by a clock that cannot be right.
    Clock,
    /// What is said to be published is what the provider has.
    Claim,
    /// A wait has an end that lies ahead, and a reason.
    Shown,
    /// The last address is published in the end.
    Late,
    /// Updates are no more than changes and permitted retries.
    Count,
}

#[derive(Clone, Debug, PartialEq)]
pub struct Violation {
    pub rule: Rule,
    pub at: Time,
    pub what: String,
}

/// An instant, and how far unnoticed corrections have moved the clock since the year began: a
/// pass that is started anew knows no other time than the clock's.
#[derive(Clone, Copy)]
struct Instant {
    at: Time,
    moved: u64,
}

/// The outcome that the next update has to respect.
#[derive(Clone, Copy)]
struct Last {
    heard: Heard,
    address: IpAddr,
    ended: Instant,
    /// How often in a row.
    count: usize,
    /// What a wrong clock made of a certificate asks for no wait once that clock has moved.
    is_void: bool,
}

pub struct Inspector<'j> {
    journal: &'j Journal,
    violations: Vec<Violation>,
    now: Instant,
    line: Option<IpAddr>,
    enabled: bool,
    fair: bool,
    provider_has: Option<IpAddr>,
    acknowledged: Option<(IpAddr, Instant)>,
    in_doubt: bool,
    last: Option<Last>,
    /// What the flap limit has left, in seconds of waiting.
    flap_left: u64,
    flap_seen: Instant,
    quiet_since: Time,
    tally: Tally,
}

/// Every violation in a year, in order.
pub fn inspect(journal: &Journal) -> Vec<Violation> {
    let start = journal.entries.first().map_or(0, |(at, _)| *at);
    let now = Instant { at: start, moved: 0 };
    let mut inspector = Inspector {
        journal,
        violations: Vec::new(),
        now,
        line: None,
        enabled: true,
        fair: true,
        provider_has: None,
        acknowledged: None,
        in_doubt: false,
        last: None,
        flap_left: FLAP_BURST * FLAP_SECONDS,
        flap_seen: now,
        quiet_since: start,
        tally: Tally::since(start),
    };
    for (at, entry) in &journal.entries {
        inspector.now.at = *at;
        inspector.see(entry);
    }
    inspector.now.at = journal.end;
    inspector.late();
    inspector.count();
    inspector.violations
}

impl Inspector<'_> {
    fn see(&mut self, entry: &Entry) {
        match entry {
            Entry::Line(address) => {
                self.disturbed();
                self.line = *address;
                self.tally.causes += u64::from(address.is_some());
            }
            Entry::Weather { fair, clock_right } => {
                self.disturbed();
                self.tally.weather(self.now.at, self.fair);
                self.tally.troubles += 1;
                self.tally.clock_wrong = !clock_right;
                self.fair = *fair;
            }
            Entry::Clock { ahead, told } => self.clock(*ahead, *told),
            Entry::Off => self.disturbed(),
            Entry::Released(release) => self.released(*release),
            Entry::Enabled(enabled) => {
                self.disturbed();
                self.enabled = *enabled;
            }
            Entry::Sent(sent) => {
                self.may_send(sent);
                self.sent(sent);
            }
            Entry::Shown(shown) => self.shown(shown),
            Entry::Spins => self.broken(Rule::Count, "there is no end of looks and updates"),
        }
    }

    fn clock(&mut self, ahead: u64, told: bool) {
        self.disturbed();
        self.tally.causes += 1;
        if !told {
            self.now.moved = self.now.moved.saturating_add(ahead);
        }
        if let Some(last) = &mut self.last {
            last.is_void |= matches!(last.heard, Heard::TooEarly | Heard::Expired);
        }
    }

    fn released(&mut self, release: Release) {
        self.disturbed();
        self.tally.causes += 1;
        if release == Release::Resumed {
            self.last = self.last.filter(|last| !matches!(last.heard, Heard::Rejected { .. }));
            return;
        }
        (self.last, self.acknowledged, self.in_doubt) = (None, None, false);
        if release == Release::Lost {
            self.flap_left = FLAP_BURST * FLAP_SECONDS;
        }
    }

    fn may_send(&mut self, sent: &Sent) {
        if self.line != Some(sent.address) || !self.enabled {
            self.broken(Rule::Blind, &format!("{} while {:?}", sent.address, self.line));
        }
        if self.journal.tls && sent.wall < FIRST_DAY {
            self.broken(Rule::Clock, &format!("by a clock at {}", sent.wall));
        }
        if let Some(last) = self.last.filter(|last| !last.is_void) {
            self.may_follow(last, sent);
        }
        if let Some((address, acknowledged)) = self.acknowledged {
            let days = self.since(acknowledged) / DAY;
            let refresh = self.journal.refresh_days > 0 && days >= self.journal.refresh_days;
            if address == sent.address && !self.in_doubt && !sent.forced && !refresh {
                self.broken(Rule::Needless, &format!("{address} is acknowledged"));
            }
            self.tally.causes += u64::from(refresh);
        }
        let left = self.flap_left + self.since(self.flap_seen);
        self.flap_left = left.min(FLAP_BURST * FLAP_SECONDS);
        self.flap_seen = self.now;
        if self.flap_left < FLAP_SECONDS {
            self.broken(
                Rule::Flap,
                &format!("{} seconds too early", FLAP_SECONDS - self.flap_left),
            );
        }
        self.tally.causes += u64::from(sent.forced);
    }

    /// What the outcome before this update asks of it.
    fn may_follow(&mut self, last: Last, sent: &Sent) {
        let same = last.address == sent.address;
        let (rule, wait) = match last.heard {
            Heard::Stored => return,
            Heard::Rejected { may_probe: false } => (Rule::Hold, u64::MAX),
            Heard::Rejected { may_probe: true } => (Rule::Hold, if same { DAY } else { HOUR }),
            Heard::Unavailable { retry_after } => {
                let asked = retry_after.map_or(0, u64::from).min(DAY);
                (Rule::Patience, asked.max(30 * MINUTE))
            }
            Heard::Hiccup { .. } if sent.forced || !same => return,
            Heard::Hiccup { retry_after: Some(asked) } => {
                (Rule::Hiccups, u64::from(asked).clamp(5, 6 * HOUR))
            }
            Heard::Hiccup { retry_after: None } => {
                (Rule::Hiccups, HICCUPS[(last.count - 1).min(4)] * MINUTE * 4 / 5)
            }
            Heard::NotUnderstood | Heard::TooEarly if sent.forced => return,
            Heard::NotUnderstood => {
                let doublings = u32::try_from(last.count - 1).unwrap_or(u32::MAX).min(9);
                let wait = (10 * MINUTE * 2_u64.pow(doublings)).min(6 * HOUR);
                (Rule::LongLadder, wait * 4 / 5)
            }
            Heard::Failed { .. } | Heard::Expired | Heard::Died => {
                if sent.forced || !same {
                    return;
                }
                (Rule::Ladder, FAILURES[(last.count - 1).min(9)] * 4 / 5)
            }
            Heard::TooEarly => (Rule::Ladder, MINUTE),
        };
        let passed = self.since(last.ended);
        if passed < wait {
            let what = format!("{passed} s after {:?} no. {}, not {wait}", last.heard, last.count);
            self.broken(rule, &what);
        }
    }

    fn sent(&mut self, sent: &Sent) {
        let heard = sent.heard;
        let row = self.last.filter(|last| !last.is_void && in_one_row(last, sent));
        let changed = self.last.is_some_and(|last| last.address != sent.address);
        match self.last.map(|last| last.heard) {
            None | Some(Heard::Stored) => self.tally.fresh += 1,
            Some(_) if changed => self.tally.fresh += 1,
            // The provider's side named the time, and the flap limit holds.
            Some(Heard::Hiccup { retry_after: Some(_) }) => {}
            Some(_) => self.tally.retries += 1,
        }
        self.provider_has = sent.provider_has;
        if heard.counts() {
            self.flap_left = self.flap_left.saturating_sub(FLAP_SECONDS);
            self.in_doubt = true;
        }
        let ended = Instant { at: sent.ended, ..self.now };
        if heard == Heard::Stored {
            self.in_doubt = false;
            self.acknowledged = Some((sent.address, ended));
        }
        if heard == Heard::Died {
            self.disturbed();
            self.tally.causes += 1;
        }
        let count = row.map_or(1, |last| last.count + 1);
        self.last = Some(Last { heard, address: sent.address, ended, count, is_void: false });
    }

    fn shown(&mut self, shown: &Shown) {
        if shown.certain.is_some() && shown.certain != self.provider_has {
            let what = format!("{:?}, but the provider has {:?}", shown.certain, self.provider_has);
            self.broken(Rule::Claim, &what);
        }
        let rejected = self.last.is_some_and(|last| matches!(last.heard, Heard::Rejected { .. }));
        let fits = match shown.phase {
            Phase::Current => self.line.is_some() && self.provider_has == self.line,
            Phase::Held => rejected,
            Phase::Backoff => self.last.is_some() && !rejected,
            Phase::Pending => self.line.is_some(),
            Phase::NoAddress => self.line.is_none(),
            Phase::Disabled => !self.enabled,
        };
        let is_current = shown.phase == Phase::Current;
        let ends = match shown.phase {
            Phase::Backoff | Phase::Pending => shown.next_at.is_some_and(|at| at > shown.wall),
            _ => shown.next_at.is_none_or(|at| at > shown.wall),
        };
        if !fits || is_current == shown.has_reason || !ends {
            self.broken(Rule::Shown, &format!("{shown:?}"));
        }
    }

    /// The line and the provider are well, and no user is needed.
    fn quiet(&self) -> bool {
        let for_ever = |last: Last| last.heard == Heard::Rejected { may_probe: false };
        self.fair && self.enabled && self.line.is_some() && !self.last.is_some_and(for_ever)
    }

    fn late(&mut self) {
        let limit = LONGEST_WAIT + self.journal.idle_seconds;
        let passed = self.now.at - self.quiet_since;
        if self.quiet() && passed > limit && self.provider_has != self.line {
            let what = format!("{:?} for {passed} s, not {:?}", self.provider_has, self.line);
            self.broken(Rule::Late, &what);
        }
    }

    fn disturbed(&mut self) {
        self.late();
        self.quiet_since = self.now.at;
    }

    fn count(&mut self) {
        self.tally.weather(self.now.at, self.fair);
        if self.tally.is_too_high() {
            self.broken(Rule::Count, &format!("{:?}", self.tally));
        }
    }

    fn since(&self, then: Instant) -> u64 {
        self.now.at.saturating_sub(then.at).saturating_add(self.now.moved - then.moved)
    }

    fn broken(&mut self, rule: Rule, what: &str) {
        self.violations.push(Violation { rule, at: self.now.at, what: what.into() });
    }
}

/// Whether this outcome is one more of its kind; a new address has not failed yet.
fn in_one_row(last: &Last, sent: &Sent) -> bool {
    use Heard::{Died, Expired, Failed, Hiccup, NotUnderstood};
    match (last.heard, sent.heard) {
        (NotUnderstood, NotUnderstood) | (Hiccup { .. }, Hiccup { .. }) => true,
        (Failed { .. } | Expired | Died, Failed { .. } | Expired | Died) => {
            last.address == sent.address
        }
        _ => false,
    }
}
