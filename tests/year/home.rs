//! A home that lives through a year: the judgement driven as `pass` drives it,
//! with a disk, a clock and a provider that are values.

mod pass;

use std::net::IpAddr;

use dynhost::Time;
use dynhost::address::{Found, NoAddress};
use dynhost::judge::{self, ClockSet, Outcome, Past, Rules, Step};
use dynhost::state::Record;

use super::dice::Dice;
use super::disk::Disk;
use super::journal::{Entry, Journal, Release};
use super::plan::{BootClock, DAY, Death, Event, Habits, draw};
use super::provider::{Mood, Provider};

/// The judgement under test; the years are also lived with wrong ones.
#[derive(Clone, Copy)]
pub struct Brain {
    pub judge: fn(Time, Rules, &Past, &Result<Found, NoAddress>) -> Step,
    pub learn: fn(Time, &Past, IpAddr, &Outcome) -> Past,
    pub clock_was_set: fn(&Record, ClockSet) -> Record,
}

impl Brain {
    pub const OURS: Self =
        Self { judge: judge::judge, learn: judge::learn, clock_was_set: Record::clock_was_set };
}

/// More passes at one instant than any sequence of events explains.
const PASSES_AT_ONCE: u32 = 50;
/// A year with more updates than this has shown what it had to show.
const SENT_MAX: usize = 5000;

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
    clock_set_in_update: bool,
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
    live_through(plan, habits.end(), Home::new(habits, dice, brain))
}

/// Lives through these events, of a resident agent, until `end`.
pub fn live_planned(plan: Vec<(Time, Event)>, end: Time, habits: Habits) -> Journal {
    live_through(plan, end, Home::new(habits, Dice::new(0), Brain::OURS))
}

fn live_through(plan: Vec<(Time, Event)>, end: Time, mut home: Home) -> Journal {
    for (at, event) in plan {
        if !home.pass_until(at) {
            return home.journal;
        }
        home.now = home.now.max(at);
        home.passes_now = 0;
        home.happen(event);
    }
    home.pass_until(end);
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
            clock_set_in_update: false,
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
            Event::ClockSetInUpdate => self.clock_set_in_update = true,
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
        let record = self.load();
        self.save(&record.resumed().unwrap_or(record));
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
            self.memory =
                Some((self.brain.clock_was_set)(&record, ClockSet { before, after: self.wall() }));
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
}
