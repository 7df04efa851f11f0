//! What happens to a home in a year: drawn beforehand, whatever the agent does.

use std::net::{IpAddr, Ipv4Addr};

use dynhost::{RELEASED, Time};

use super::dice::Dice;
use super::provider::Mood;

const MINUTE: u64 = 60;
pub const HOUR: u64 = 3600;
pub const DAY: u64 = 86_400;
const YEAR: u64 = 365 * DAY;
/// At the end of a year everything is mended and this much time left to get right.
const PEACE: u64 = 3 * DAY;

/// How this home runs the agent.
#[derive(Clone, Copy, Debug)]
pub struct Habits {
    /// A process that stays; otherwise passes that hotplug and a timetable start.
    pub resident: bool,
    /// Seconds between the passes of the timetable.
    pub timetable: u64,
    /// The state outlives the power.
    pub state_on_flash: bool,
    pub tls: bool,
    pub refresh_days: u16,
    pub fingerprint: u32,
    pub start: Time,
}

#[derive(Clone, Copy, Debug)]
pub enum Event {
    Line(Option<IpAddr>),
    Provider(Mood),
    /// The provider knows the login and password that the agent has, or does not.
    Login(bool),
    /// The user changes the account in the configuration, to one that is right.
    Mend,
    Resume,
    Enable(bool),
    Force,
    /// A pass for no reason.
    Poke,
    Restart {
        torn_state: bool,
    },
    /// The next update ends in the death of the agent.
    Doom(Death),
    Reboot {
        seconds: u64,
        clock: BootClock,
    },
    ClockSet,
    /// The clock is set while the next update is on its way.
    ClockSetInUpdate,
    ClockMoved {
        seconds: i64,
    },
}

#[derive(Clone, Copy, Debug)]
pub enum Death {
    /// Before the state file knows of the update.
    Unnoted,
    /// Before the request is sent.
    Unsent,
    /// Before the reply is noted.
    Unheard,
}

#[derive(Clone, Copy, Debug)]
pub enum BootClock {
    Kept,
    Epoch,
    /// As on OpenWrt: the time of the newest file.
    DaysAgo(u64),
}

impl Habits {
    pub fn of(dice: &mut Dice, resident: bool) -> Self {
        Self {
            resident,
            timetable: dice.pick(&[2 * HOUR, 6 * HOUR, 12 * HOUR]),
            state_on_flash: dice.one_in(2),
            tls: !dice.one_in(6),
            refresh_days: dice.pick(&[0, 0, 0, 7, 30]),
            fingerprint: u32::try_from(dice.between(0, u64::from(u32::MAX))).expect("32 bits"),
            start: RELEASED + dice.between(0, 3 * YEAR),
        }
    }

    pub fn end(&self) -> Time {
        self.start + YEAR
    }
}

/// The year's events, in order.
pub fn draw(dice: &mut Dice, habits: &Habits) -> Vec<(Time, Event)> {
    let mut plan = Plan { dice, from: habits.start, until: habits.end() - PEACE, events: vec![] };
    plan.line();
    plan.flapping();
    plan.provider();
    plan.account();
    plan.clock();
    plan.clock_and_line();
    plan.deaths();
    plan.user();
    let peace = plan.until;
    let mut events = plan.events;
    events.retain(|(at, _)| *at < peace);
    events.sort_by_key(|(at, _)| *at);
    let last = Event::Line(Some(address(plan.dice)));
    let well = Event::Provider(Mood::Well);
    for event in [well, Event::Login(true), Event::ClockSet, Event::Enable(true), last] {
        events.push((peace, event));
    }
    events.push((peace + MINUTE, Event::Resume));
    events
}

fn address(dice: &mut Dice) -> IpAddr {
    let last = u8::try_from(dice.between(1, 200)).expect("a byte");
    IpAddr::V4(Ipv4Addr::new(81, 2, 69, last))
}

struct Plan<'d> {
    dice: &'d mut Dice,
    from: Time,
    until: Time,
    events: Vec<(Time, Event)>,
}

impl Plan<'_> {
    fn add(&mut self, at: Time, event: Event) {
        self.events.push((at, event));
    }

    /// Up to `most` instants of the year.
    fn instants(&mut self, most: u64) -> Vec<Time> {
        let count = self.dice.between(0, most);
        (0..count).map(|_| self.dice.between(self.from, self.until)).collect()
    }

    /// The provider renumbers the line each day, each week or hardly ever; lines fail.
    fn line(&mut self) {
        let every = self.dice.pick(&[DAY, DAY, 7 * DAY, 40 * DAY]);
        let mut at = self.from + self.dice.between(0, 60);
        while at < self.until {
            let address = address(self.dice);
            self.add(at, Event::Line(Some(address)));
            at += self.dice.between(every * 3 / 4, every * 5 / 4);
            self.add(at, Event::Line(None));
            if self.dice.one_in(8) {
                self.add(at + 5, Event::Line(Some(address)));
            }
            at += self.dice.between(10, 90);
        }
        for at in self.instants(12) {
            self.add(at, Event::Line(None));
            let back = at + self.dice.span(10, 2 * DAY);
            let address = address(self.dice);
            self.add(back, Event::Line(Some(address)));
        }
    }

    /// A bad cable: the line comes back again and again, at times with an address it had before.
    fn flapping(&mut self) {
        for mut at in self.instants(4) {
            let homes = [address(self.dice), address(self.dice), address(self.dice)];
            for _ in 0..self.dice.between(3, 40) {
                let address = self.dice.pick(&homes);
                self.add(at, Event::Line(Some(address)));
                at += self.dice.span(1, 400);
            }
        }
    }

    fn provider(&mut self) {
        for at in self.instants(40) {
            let mood = Mood::draw(self.dice);
            self.add(at, Event::Provider(mood));
            let over = at + self.dice.span(30, 36 * HOUR);
            self.add(over, Event::Provider(Mood::Well));
            if let Mood::Rejecting { may_probe: false, .. } = mood {
                let resumed = over + self.dice.span(MINUTE, 4 * DAY);
                self.add(resumed, Event::Resume);
            }
        }
    }

    /// A wrong password, until somebody mends it: here, there, or after a reminder.
    fn account(&mut self) {
        for at in self.instants(5) {
            self.add(at, Event::Login(false));
            let mended = at + self.dice.span(HOUR, 9 * DAY);
            match self.dice.between(0, 2) {
                0 => self.add(mended, Event::Mend),
                1 => self.add(mended, Event::Login(true)),
                _ => {
                    self.add(mended, Event::Login(true));
                    self.add(mended + MINUTE, Event::Resume);
                }
            }
        }
    }

    fn clock(&mut self) {
        for at in self.instants(20) {
            let far = i64::try_from(self.dice.span(1, 14 * YEAR)).expect("years");
            let seconds = if self.dice.one_in(2) { far } else { -far };
            self.add(at, Event::ClockMoved { seconds });
            let set = at + self.dice.span(5, DAY);
            self.add(set, Event::ClockSet);
        }
        for at in self.instants(16) {
            let seconds = self.dice.span(20, DAY);
            let days = self.dice.span(1, 400);
            let clock =
                self.dice.pick(&[BootClock::Kept, BootClock::Epoch, BootClock::DaysAgo(days)]);
            self.add(at, Event::Reboot { seconds, clock });
            let set = at + seconds + self.dice.span(5, 2 * HOUR);
            self.add(set, Event::ClockSet);
        }
    }

    /// The usual order after a power cut: the line comes up, and the update and the first answer
    /// of a time server are on their way at once.
    fn clock_and_line(&mut self) {
        for at in self.instants(6) {
            let far = i64::try_from(self.dice.span(MINUTE, 30 * DAY)).expect("days");
            let seconds = if self.dice.one_in(4) { far } else { -far };
            let address = address(self.dice);
            self.add(at, Event::ClockMoved { seconds });
            self.add(at + 10, Event::ClockSetInUpdate);
            self.add(at + 20, Event::Line(Some(address)));
            self.add(at + HOUR, Event::ClockSet);
        }
    }

    fn deaths(&mut self) {
        for at in self.instants(24) {
            let death = [Death::Unnoted, Death::Unsent, Death::Unheard];
            let death = self.dice.pick(&death);
            self.add(at, Event::Doom(death));
        }
        for at in self.instants(24) {
            let torn_state = self.dice.one_in(8);
            self.add(at, Event::Restart { torn_state });
        }
    }

    fn user(&mut self) {
        for at in self.instants(10) {
            self.add(at, Event::Force);
        }
        for at in self.instants(40) {
            self.add(at, Event::Poke);
        }
        for at in self.instants(2) {
            self.add(at, Event::Enable(false));
            let again = at + self.dice.span(MINUTE, 5 * DAY);
            self.add(again, Event::Enable(true));
        }
    }
}
