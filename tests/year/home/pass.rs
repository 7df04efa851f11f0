//! One pass of the agent, as `Visit` makes it.

use std::net::IpAddr;

use dynhost::Time;
use dynhost::address::{Family, Found, NoAddress};
use dynhost::judge::{self, Action, ClockSet, Event, Rules};
use dynhost::provider::failure::Failure;
use dynhost::state::{Identity, Record};
use dynhost::view::log;

use super::Home;
use crate::year::journal::{Entry, Heard, Release, Sent, Shown};
use crate::year::plan::{DAY, Death, HOUR};
use crate::year::provider::{Answer, Mood, failed};

/// A file that nothing happened to is read for real as often as this.
const READ_ONE_IN: u64 = 16;

impl Home {
    /// What a running agent knows, or what a fresh one reads.
    pub(super) fn load(&mut self) -> Record {
        if let Some(record) = &self.memory {
            return record.clone();
        }
        let fingerprint = format!("{:08x}", self.fingerprint);
        let identity = Identity {
            section: "home".try_into().expect("short"),
            hostname: "home.example.com".try_into().expect("short"),
            family: Family::Ipv4,
            fingerprint: fingerprint.as_str().try_into().expect("eight digits"),
        };
        let wall = self.wall();
        match self.disk.read(wall, self.dice.one_in(READ_ONE_IN)) {
            Some(past) => past.adopted_by(identity),
            None => {
                self.note(Entry::Released(Release::Lost));
                Record::new(identity)
            }
        }
    }

    /// Writes the record if it changed.
    pub(super) fn save(&mut self, record: &Record) {
        self.disk.write(self.wall(), record);
        if self.habits.resident {
            self.memory = Some(record.clone());
        }
    }

    pub(super) fn pass(&mut self, force: bool) {
        let (record, clock_ahead) = (self.load(), self.clock_ahead);
        let rules = Rules {
            enabled: self.enabled,
            force,
            refresh_days: self.habits.refresh_days,
            needs_clock: self.habits.tls,
            jitter: record.identity.jitter(),
        };
        let found = self.found();
        let step = (self.brain.judge)(self.wall(), rules, &record.past, &found);
        let next = match step.action {
            Action::Wait(_) => Some((record.after(&step), step.events)),
            Action::Send(address) => {
                let before = Record { past: step.past, ..record };
                self.update((before, step.events), address, rules)
            }
        };
        match next {
            Some((next, events)) => {
                self.save(&next);
                self.show(&next, &events);
                self.schedule(next.shown.next_at);
                if self.clock_ahead != clock_ahead {
                    self.hear_of_the_clock(clock_ahead);
                }
            }
            None => {
                self.memory = None;
                self.next_pass =
                    self.now + if self.habits.resident { 5 } else { self.habits.timetable };
            }
        }
    }

    fn found(&self) -> Result<Found, NoAddress> {
        match self.line {
            Some(address) => Ok(Found { address, device: None, source: "interface" }),
            None => Err(NoAddress::DeviceDown("wan".try_into().expect("short"))),
        }
    }

    fn schedule(&mut self, next_at: Option<Time>) {
        self.next_pass = if self.habits.resident {
            let wait = next_at.map(|at| at.saturating_sub(self.wall()));
            wait.map_or(Time::MAX, |wait| self.now.saturating_add(wait))
        } else {
            self.now + self.habits.timetable
        };
    }

    /// The record after an update and what happened to it, or nothing if the agent died of it.
    fn update(
        &mut self,
        (record, mut events): (Record, Vec<Event>),
        address: IpAddr,
        rules: Rules,
    ) -> Option<(Record, Vec<Event>)> {
        let death = self.doom.take();
        if let Some(Death::Unnoted) = death {
            return None;
        }
        let (began, wall, found) = (self.now, self.wall(), self.found());
        let under_way = judge::begin(wall, &record.past, address);
        let step = judge::judge(wall, rules, &under_way, &found);
        events.extend(step.events.iter().copied());
        let record = record.after(&step);
        self.save(&record);
        let mut answer = match death {
            Some(Death::Unsent) => failed(Failure::Interrupted, 0, Heard::Died),
            Some(Death::Unheard | Death::Unnoted) | None => self.ask(address),
        };
        if death.is_some() {
            (answer.heard, answer.seconds) = (Heard::Died, 0);
        }
        self.now += answer.seconds;
        self.sent += 1;
        let (ended, heard) = (self.now, answer.heard);
        let provider_has = self.provider.record;
        let forced = rules.force;
        let sent = Sent { address, forced, wall, ended, heard, provider_has };
        self.journal.entries.push((began, Entry::Sent(sent)));
        if death.is_some() {
            return None;
        }
        if std::mem::take(&mut self.clock_set_in_update) && self.clock_ahead != 0 {
            // Back is one way too many: what was noted of this update is moved with the rest.
            let told = self.habits.resident && self.clock_ahead < 0;
            let back = u64::try_from(self.clock_ahead).unwrap_or(0);
            self.clock_moved(0, told);
            self.note(Entry::Clock { ahead: back, told });
        }
        let learnt = (self.brain.learn)(self.wall(), &record.past, address, &answer.outcome);
        let rules = Rules { force: false, ..rules };
        let step = (self.brain.judge)(self.wall(), rules, &learnt, &found);
        events.extend(step.events.iter().copied());
        Some((record.after(&step), events))
    }

    /// The clock was set in the middle of the pass, and only after it a resident agent hears of it.
    fn hear_of_the_clock(&mut self, clock_ahead: i64) {
        let before = self.now.saturating_add_signed(clock_ahead);
        if let Some(record) = self.memory.take() {
            self.memory =
                Some((self.brain.clock_was_set)(&record, ClockSet { before, after: self.wall() }));
            self.pass(false);
        }
    }

    /// Certificates are renewed every sixty days and valid for ninety.
    fn ask(&mut self, address: IpAddr) -> Answer {
        let not_before = self.now / (60 * DAY) * (60 * DAY);
        let reached = !matches!(self.provider.mood, Mood::Away(_));
        if reached && self.habits.tls && self.wall() < not_before - HOUR {
            return failed(Failure::Clock, 1, Heard::TooEarly);
        }
        if reached && self.habits.tls && self.wall() > not_before + 90 * DAY {
            return failed(Failure::Expired, 1, Heard::Expired);
        }
        self.provider.ask(address)
    }

    fn show(&mut self, record: &Record, events: &[Event]) {
        let wall = self.wall();
        let published = record.past.published().map(|published| published.address);
        let lines = events.iter().filter_map(|event| log::line(*event, record, wall));
        let shown = Shown {
            lines: lines.count(),
            wall,
            phase: record.shown.phase,
            has_reason: !record.shown.reason.is_empty(),
            certain: published.filter(|_| !record.past.is_in_doubt()),
            next_at: record.shown.next_at,
        };
        self.note(Entry::Shown(shown));
    }
}
