//! A day of each trouble, and the lines that it leaves in the log of an agent that stays.
//!
//! Only what the judgement says is counted here; what the edge has to say (a state directory that
//! is full, a log that nobody takes) is tried with the program itself, in tests/resident.

use std::net::IpAddr;

use dynhost::Time;
use dynhost::provider::failure::Failure;

use super::home::live_planned;
use super::journal::{Entry, Journal};
use super::plan::{DAY, Event, HOUR, Habits};
use super::provider::Mood;

/// All is well for an hour, then there is trouble for a day.
const START: Time = dynhost::RELEASED + 100 * DAY;
const TROUBLE: Time = START + HOUR;
const END: Time = TROUBLE + DAY;
/// Something looks at the line again: a lease that is renewed, a link that has nothing to do
/// with it.
const LOOKS_EVERY: Time = 20;

/// A trouble, what it is made of, and the lines that a day and an hour of it may have.
struct Trouble {
    name: &'static str,
    events: Vec<(Time, Event)>,
    a_day: usize,
    an_hour: usize,
}

fn trouble(name: &'static str, a_day: usize, an_hour: usize, events: Vec<Event>) -> Trouble {
    let events = events.into_iter().map(|event| (TROUBLE, event)).collect();
    Trouble { name, events, a_day, an_hour }
}

/// An address, and then the next one, so that something is due.
fn line(last: u8) -> Event {
    Event::Line(Some(IpAddr::from([81, 2, 69, last])))
}

fn provider(mood: Mood) -> Vec<Event> {
    vec![Event::Provider(mood), line(20)]
}

/// The same again and again, so many seconds apart, with one of `events` after the other.
fn again(
    name: &'static str,
    (a_day, an_hour): (usize, usize),
    every: Time,
    events: &[Event],
) -> Trouble {
    let times = (TROUBLE..END).step_by(usize::try_from(every).expect("seconds"));
    let events = times.zip(events.iter().copied().cycle()).collect();
    Trouble { name, events, a_day, an_hour }
}

fn troubles() -> Vec<Trouble> {
    let busy = Mood::Troubled { status: 503, body: "<html>", retry_after: None };
    let unavailable = Mood::Troubled { status: 200, body: "911", retry_after: None };
    let puzzling = Mood::Puzzling { status: 200, body: "<html>good</html>" };
    let rejecting = Mood::Rejecting { status: 200, body: "nohost", may_probe: true };
    let blocked = Mood::Rejecting { status: 200, body: "abuse", may_probe: false };
    let years = -3 * 365 * i64::try_from(DAY).expect("a day");
    vec![
        trouble("nothing", 0, 0, vec![]),
        trouble("provider away", 3, 3, provider(Mood::Away(Failure::Refused))),
        // Each request counts against the flap limit, and then the reason is that one for a while.
        trouble("provider does not answer", 8, 8, provider(Mood::Deaf(Failure::ReplyTimeout))),
        trouble("resolver dead", 3, 3, provider(Mood::Away(Failure::Resolve))),
        trouble("provider busy", 3, 3, provider(busy)),
        trouble("provider unavailable", 3, 3, provider(unavailable)),
        trouble("provider puzzling", 3, 3, provider(puzzling)),
        trouble("held", 3, 3, provider(rejecting)),
        trouble("held for good", 3, 3, provider(blocked)),
        trouble("no address", 1, 1, vec![Event::Line(None)]),
        trouble("clock unset", 4, 4, vec![Event::ClockMoved { seconds: years }, line(20)]),
        // Six lines at once, one in five minutes, and one that says so.
        // What is published is told each time, which the flap limit holds.
        again("flapping between three", (590, 36), 60, &[line(20), line(21), line(22)]),
        again("line up and down", (300, 20), 60, &[Event::Line(None), line(10)]),
        again("line up and down each second", (300, 20), 1, &[Event::Line(None), line(10)]),
        again("flapping each second", (590, 36), 1, &[line(10), line(20)]),
        again(
            "flapping each ten seconds, and a provider away",
            (300, 20),
            10,
            &[line(10), Event::Provider(Mood::Away(Failure::Refused)), line(20)],
        ),
    ]
}

/// The events, and looks for no reason in between.
fn with_looks(mut events: Vec<(Time, Event)>) -> Vec<(Time, Event)> {
    events.push((START, line(10)));
    let looks = (START + 1..END).step_by(usize::try_from(LOOKS_EVERY).expect("seconds"));
    events.extend(looks.map(|at| (at, Event::Poke)));
    events.sort_by_key(|(at, _)| *at);
    events
}

fn habits() -> Habits {
    Habits {
        resident: true,
        timetable: DAY,
        state_on_flash: false,
        tls: true,
        refresh_days: 0,
        fingerprint: 1,
        start: START,
    }
}

/// Lines of the day in trouble, and of its worst hour.
fn lines(journal: &Journal) -> (usize, usize) {
    let told = journal.entries.iter().filter_map(|(at, entry)| match entry {
        Entry::Shown(shown) if *at >= TROUBLE => Some(((*at - TROUBLE) / HOUR, shown.lines)),
        _ => None,
    });
    let mut hours = [0; 25];
    for (hour, lines) in told {
        hours[usize::try_from(hour).expect("within a day").min(24)] += lines;
    }
    (hours.iter().sum(), hours.into_iter().max().unwrap_or(0))
}

#[test]
fn a_day_of_any_trouble_leaves_a_line_a_change_and_no_more() {
    let mut too_many = Vec::new();
    for Trouble { name, events, a_day, an_hour } in troubles() {
        let journal = live_planned(with_looks(events), END, habits());
        assert!(!journal.entries.iter().any(|(_, entry)| *entry == Entry::Spins), "{name}");
        let (day, worst) = lines(&journal);
        println!("{name}: {day} lines in 24 h, {worst} in the worst hour");
        // A trouble that leaves no line at all is none.
        if day > a_day || worst > an_hour || (a_day > 0 && day == 0) {
            too_many.push(format!("{name}: {day} in a day ({a_day}), {worst} an hour ({an_hour})"));
        }
    }
    assert!(too_many.is_empty(), "{}", too_many.join("\n"));
}
