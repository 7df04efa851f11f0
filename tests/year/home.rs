//! A home that lives through a year: the agent's two functions driven as `pass` drives them,
//! with a disk, a clock and a provider that are values.

use std::net::IpAddr;

use dynhost::Time;
use dynhost::address::{Family, Found, NoAddress};
use dynhost::agent::{self, Decision, Outcome, Rules, Wait, Why};
use dynhost::failure::Failure;
use dynhost::state::{Phase, Record};
use dynhost::text::text;

use super::dice::Dice;
use super::disk::Disk;
use super::journal::{Entry, Heard, Journal, Release, Sent, Shown};
use super::plan::{BootClock, DAY, Death, Event, HOUR, Habits, draw};
use super::provider::{Answer, Mood, Provider, failed};

/// The judgement under test; the years are also lived with wrong ones.
#[derive(Clone, Copy)]
pub struct Brain {
    pub decide: fn(Time, Rules, &Record, &Result<Found, NoAddress>) -> Decision,
    pub record: fn(Time, &Record, IpAddr, &Outcome) -> Record,
    pub clock_was_set: fn(&Record, Time, Time) -> Record,
}

impl Brain {
    pub const OURS: Self =
        Self { decide: agent::decide, record: agent::record, clock_was_set: agent::clock_was_set };
}

/// More passes at one instant than any sequence of events explains.
const PASSES_AT_ONCE: u32 = 50;
/// A file that nothing happened to is read for real as often as this.
const READ_ONE_IN: u64 = 16;
/// A year with more updates than this has shown what it had to show.
const SENT_MAX: usize = 20_000;

pub struct Home {
    brain: Brain,
    habits: Habits,
    dice: Dice,
    now: Time,
    /// What the device's clock is ahead of the true time.
    clock_ahead: i64,
    line: Option<IpAddr>,
    enabled: bool,
    provider: Provider,
    fingerprint: u32,
    disk: Disk,
    /// The record of a running resident agent.
    memory: Option<Record>,
    doom: Option<Death>,
    next_pass: Time,
    passes_now: u32,
    sent: usize,
    journal: Journal,
}

/// Lives the year of `seed`.
pub fn live(seed: u64, resident: bool, brain: Brain) -> Journal {
    let mut dice = Dice::new(seed);
    let habits = Habits::of(&mut dice, resident);
    let plan = draw(&mut dice, &habits);
    let mut home = Home::new(habits, dice, brain);
    for (at, event) in plan {
        if !home.pass_until(at) {
            return home.journal;
        }
        home.now = home.now.max(at);
        home.passes_now = 0;
        home.happen(event);
    }
    home.pass_until(home.habits.end());
    home.journal
}

impl Home {
    fn new(habits: Habits, dice: Dice, brain: Brain) -> Self {
        let journal = Journal {
            tls: habits.tls,
            refresh_days: habits.refresh_days.into(),
            idle_seconds: if habits.resident { 0 } else { habits.timetable },
            entries: Vec::new(),
            end: habits.end(),
        };
        Self {
            brain,
            habits,
            dice,
            now: habits.start,
            clock_ahead: 0,
            line: None,
            enabled: true,
            provider: Provider { mood: Mood::Well, knows_login: true, record: None },
            fingerprint: habits.fingerprint,
            disk: Disk::default(),
            memory: None,
            doom: None,
            next_pass: habits.start,
            passes_now: 0,
            sent: 0,
            journal,
        }
    }

    /// Every look that is due before `until`; false if the year is over before its time.
    fn pass_until(&mut self, until: Time) -> bool {
        while self.next_pass < until {
            if self.next_pass > self.now {
                self.now = self.next_pass;
                self.passes_now = 0;
            }
            self.passes_now += 1;
            if self.passes_now > PASSES_AT_ONCE || self.sent > SENT_MAX {
                self.note(Entry::Spins);
                return false;
            }
            self.pass(false);
        }
        true
    }

    fn happen(&mut self, event: Event) {
        match event {
            Event::Line(address) => {
                self.line = address;
                self.note(Entry::Line(address));
                self.pass(false);
            }
            Event::Provider(mood) => {
                self.provider.mood = mood;
                self.weather();
            }
            Event::Login(known) => {
                self.provider.knows_login = known;
                self.weather();
            }
            Event::Mend => self.mend(),
            Event::Resume => self.resume(),
            Event::Enable(enabled) => {
                self.enabled = enabled;
                self.note(Entry::Enabled(enabled));
                self.pass(false);
            }
            Event::Force => self.pass(true),
            Event::Poke => self.pass(false),
            Event::Restart { torn_state } => self.restart(torn_state),
            Event::Doom(death) => self.doom = Some(death),
            Event::Reboot { seconds, clock } => self.reboot(seconds, clock),
            Event::ClockSet => self.move_clock(0),
            Event::ClockMoved { seconds } => self.move_clock(self.clock_ahead + seconds),
        }
    }

    fn mend(&mut self) {
        self.fingerprint ^= 0x8000_0001;
        self.provider.knows_login = true;
        self.note(Entry::Released(Release::Mended));
        self.weather();
        self.memory = None;
        self.pass(false);
    }

    fn resume(&mut self) {
        let released = agent::resumed(&self.load());
        self.save(&released);
        self.note(Entry::Released(Release::Resumed));
        self.pass(false);
    }

    fn restart(&mut self, torn_state: bool) {
        if torn_state {
            self.disk.tear();
        }
        self.memory = None;
        if self.habits.resident {
            self.pass(false);
        }
    }

    fn reboot(&mut self, seconds: u64, clock: BootClock) {
        self.memory = None;
        if !self.habits.state_on_flash {
            self.disk = Disk::default();
        }
        self.note(Entry::Off);
        self.now += seconds;
        let now = i64::try_from(self.now).expect("a time");
        let ahead = match clock {
            BootClock::Kept => self.clock_ahead,
            BootClock::Epoch => 30 - now,
            BootClock::DaysAgo(days) => -i64::try_from(days * DAY).expect("days"),
        };
        self.clock_moved(ahead, false);
        self.pass(false);
    }

    fn move_clock(&mut self, ahead: i64) {
        let before = self.wall();
        // A clock that is corrected by nothing is no event.
        if ahead == self.clock_ahead {
            return;
        }
        let running = self.memory.take();
        self.clock_moved(ahead, running.is_some());
        if let Some(record) = running {
            self.memory = Some((self.brain.clock_was_set)(&record, before, self.wall()));
            self.pass(false);
        } else if self.dice.one_in(2) {
            self.pass(false);
        }
    }

    fn clock_moved(&mut self, ahead: i64, told: bool) {
        let forward = u64::try_from(ahead - self.clock_ahead).unwrap_or(0);
        self.clock_ahead = ahead;
        self.note(Entry::Clock { ahead: forward, told });
        self.weather();
    }

    fn weather(&mut self) {
        let clock_right = self.clock_ahead == 0;
        let fair = self.provider.is_well() && clock_right;
        self.note(Entry::Weather { fair, clock_right });
    }

    fn wall(&self) -> Time {
        self.now.saturating_add_signed(self.clock_ahead)
    }

    fn note(&mut self, entry: Entry) {
        self.journal.entries.push((self.now, entry));
    }

    /// What a running agent knows, or what a fresh one reads.
    fn load(&mut self) -> Record {
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
            Some(past) => Record { bucket_full_at: past.bucket_full_at, ..fresh },
            None => {
                self.note(Entry::Released(Release::Lost));
                fresh
            }
        }
    }

    /// Writes the record if it changed.
    fn save(&mut self, record: &Record) {
        self.disk.write(self.wall(), record);
        if self.habits.resident {
            self.memory = Some(record.clone());
        }
    }

    /// One pass, as `Visit::judge` and `Visit::update` make it.
    fn pass(&mut self, force: bool) {
        let record = self.load();
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
        if let Some(Death::BeforeTheNote) = death {
            return None;
        }
        let (began, wall) = (self.now, self.wall());
        let interrupted = Outcome::Failed(Failure::Interrupted);
        let ahead = (self.brain.record)(wall, record, address, &interrupted);
        let reason = text(format_args!("an update to {address} is on its way"));
        self.save(&Record { state: Phase::Pending, address: Some(address), reason, ..ahead });
        let mut answer = match death {
            Some(Death::BeforeTheRequest) => failed(Failure::Interrupted, 0, Heard::Died),
            Some(Death::BeforeTheReply | Death::BeforeTheNote) | None => self.ask(address),
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
        Some((self.brain.record)(self.wall(), record, address, &answer.outcome))
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
        let shown = Shown {
            wall: self.wall(),
            phase: record.state,
            has_reason: !record.reason.is_empty(),
            certain: published.filter(|_| !record.in_doubt),
            next_at: record.next_at,
        };
        self.note(Entry::Shown(shown));
    }
}
