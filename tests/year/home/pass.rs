//! One pass of the agent, as `Visit::judge` and `Visit::update` make it.

use std::net::IpAddr;

use dynhost::Time;
use dynhost::address::{Family, Found, NoAddress};
use dynhost::agent::{self, Decision, Outcome, Rules, Wait, Why};
use dynhost::failure::Failure;
use dynhost::state::{Phase, Record};
use dynhost::text::text;

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
        let mut fresh = Record::new(
            "home".try_into().expect("short"),
            "home.example.com".try_into().expect("short"),
            Family::Ipv4,
        );
        fresh.fingerprint = fingerprint.as_str().try_into().expect("eight digits");
        let wall = self.wall();
        match self.disk.read(wall, self.dice.one_in(READ_ONE_IN)) {
            Some(past) if past.fingerprint == fresh.fingerprint => past,
            Some(past) => {
                fresh.bucket_full_at = past.bucket_full_at;
                fresh.state = past.state;
                fresh.published = past.published;
                fresh.in_doubt = true;
                fresh
            }
            None => {
                self.note(Entry::Released(Release::Lost));
                fresh
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
        };
        let found = self.found();
        let next = match (self.brain.decide)(self.wall(), rules, &record, &found) {
            Decision::Wait(wait) => Some(agent::waiting(&record, &found, &wait)),
            Decision::Update(address) => self
                .update(&record, address, force)
                .map(|next| self.settled(&next, Rules { force: false, ..rules }, &found)),
        };
        match next {
            Some(next) => {
                self.save(&next);
                self.show(&next);
                self.schedule(next.next_at);
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

    fn settled(&self, record: &Record, rules: Rules, found: &Result<Found, NoAddress>) -> Record {
        let wait = match (self.brain.decide)(self.wall(), rules, record, found) {
            Decision::Wait(wait) => wait,
            Decision::Update(_) => Wait { until: Some(self.wall()), why: Why::Backoff },
        };
        agent::waiting(record, found, &wait)
    }

    /// The record after an update, or nothing if the agent died of it.
    fn update(&mut self, record: &Record, address: IpAddr, forced: bool) -> Option<Record> {
        let death = self.doom.take();
        if let Some(Death::Unnoted) = death {
            return None;
        }
        let (began, wall) = (self.now, self.wall());
        let interrupted = Outcome::Failed(Failure::Interrupted);
        let ahead = (self.brain.record)(wall, record, address, &interrupted);
        let reason = text(format_args!("an update to {address} is on its way"));
        self.save(&Record { state: Phase::Pending, address: Some(address), reason, ..ahead });
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
        Some((self.brain.record)(self.wall(), record, address, &answer.outcome))
    }

    /// The clock was set in the middle of the pass, and only after it a resident agent hears of it.
    fn hear_of_the_clock(&mut self, clock_ahead: i64) {
        let before = self.now.saturating_add_signed(clock_ahead);
        if let Some(record) = self.memory.take() {
            self.memory = Some((self.brain.clock_was_set)(&record, before, self.wall()));
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

    fn show(&mut self, record: &Record) {
        let published = record.published.as_ref().map(|published| published.address);
        let told = (record.state, record.reason.to_string(), published);
        let is_told = self.told.as_ref() != Some(&told);
        self.told = Some(told);
        let shown = Shown {
            is_told,
            wall: self.wall(),
            phase: record.state,
            has_reason: !record.reason.is_empty(),
            certain: published.filter(|_| !record.in_doubt),
            next_at: record.next_at,
        };
        self.note(Entry::Shown(shown));
    }
}
