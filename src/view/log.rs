//! An event as a line of the log.

use log::Level;

use super::{IpChange, next};
use crate::Time;
use crate::judge::{Code, Event, Phase, Repeat, Why};
use crate::state::{Identity, Record};

/// What is said in the place of the lines to come.
const HUSHED: &str = "this changes again and again: from now on a line every 5 minutes at most, see \
                      dynhost status for how it is";

/// The line for something that happened to `record`, which is shown as it is after that; `None`
/// if it was said before, or is said by another event.
#[must_use]
pub fn line(event: Event, record: &Record, now: Time) -> Option<(Level, String)> {
    let (level, what) = match event {
        Event::Published { from, to } => (Level::Info, IpChange { from, to: Some(to) }.to_string()),
        Event::Confirmed(Repeat::New) => (Level::Info, current(record)),
        Event::Rejected(_, Repeat::New) => (Level::Error, rejected(record, now)),
        Event::Failed(code, Repeat::New) => (Level::Warn, failed(code, record, now)),
        Event::Waits(why) => waits(why, record, now)?,
        Event::Hushed => (Level::Warn, HUSHED.into()),
        // The programs are told of these; the log has what led to them.
        Event::Released
        | Event::FailingForAnHour
        | Event::Confirmed(Repeat::Again)
        | Event::Rejected(_, Repeat::Again)
        | Event::Failed(_, Repeat::Again) => return None,
    };
    let Identity { section, family, .. } = &record.identity;
    Some((level, format!("{section}: {family} {what}")))
}

fn waits(why: Why, record: &Record, now: Time) -> Option<(Level, String)> {
    Some(match why {
        Why::UnderWay => return None,
        Why::Current => (Level::Info, current(record)),
        Why::Held => (Level::Error, rejected(record, now)),
        Why::Disabled => (Level::Info, record.shown.reason.to_string()),
        Why::Backoff | Why::Flapping | Why::Clock | Why::NoAddress => {
            (Level::Warn, format!("{}; next: {}", record.shown.reason, next(&record.shown, now)))
        }
    })
}

fn current(record: &Record) -> String {
    match record.past.published() {
        Some(published) => format!("address {} is published and current", published.address),
        None => "nothing is published".into(),
    }
}

fn rejected(record: &Record, now: Time) -> String {
    format!("update rejected, {}; next: {}", explained(record), next(&record.shown, now))
}

/// What failed is said even if the record shows something else: a forced update that failed leaves
/// it current.
fn failed(code: Code, record: &Record, now: Time) -> String {
    let explained = explained(record);
    let shown = &record.shown;
    match shown.phase {
        Phase::Backoff | Phase::Pending => format!("{explained}; next: {}", next(shown, now)),
        Phase::Current | Phase::Held | Phase::NoAddress | Phase::Disabled => {
            format!("update failed ({}), {explained}", code.token())
        }
    }
}

fn explained(record: &Record) -> String {
    record.past.last().map(|last| last.explained().to_string()).unwrap_or_default()
}
