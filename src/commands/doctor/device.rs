//! What concerns the device as a whole: configuration, clock, state.

use super::{ErrorKind, Read, Said};
use crate::config::{Config, HostEntry, Severity};
use crate::doctor::{Finding, Topic, Trouble, date};
use crate::error::Error;
use crate::io::clock;
use crate::judge::Phase;
use crate::state::{Record, State};
use crate::view::next;
use crate::{RELEASED, Time};

/// The configuration, if it can be used.
pub(super) fn configuration(
    said: &mut Said,
    read: Result<Read, Error>,
) -> Result<Option<Config>, Error> {
    let read = match read {
        Ok(read) => read,
        Err(Error::File { cause, path, .. }) if cause.kind() == ErrorKind::PermissionDenied => {
            said.trouble(Trouble::Foreign, format!("{path} may not be read: {cause}"))?;
            return Ok(None);
        }
        Err(error) => {
            said.trouble(Trouble::Unread, error.to_string())?;
            return Ok(None);
        }
    };
    for fault in &read.config.faults {
        let is_fault = fault.severity != Severity::Warning;
        let trouble = if is_fault { Trouble::Faulty } else { Trouble::Odd };
        said.trouble(trouble, fault.to_string())?;
    }
    if !read.is_usable() {
        return Ok(None);
    }
    let Read { path, config, .. } = read;
    let enabled = config.hosts.iter().filter_map(HostEntry::usable).filter(|host| host.enabled);
    match enabled.count() {
        0 => said.trouble(Trouble::Idle, format!("{path} has no host that is enabled"))?,
        count => said.ok(Topic::Configuration, format!("{path}: {count} host(s) enabled"))?,
    }
    Ok(Some(config))
}

/// The wall clock.
pub(super) fn clock(said: &mut Said) -> Result<(), Error> {
    let now = clock::now();
    let text = format!("the clock says {}", date(now));
    if now < RELEASED {
        said.trouble(Trouble::ClockUnset, text)
    } else {
        said.ok(Topic::Clock, text)
    }
}

/// What the agent knows of the hosts, or of those that are named.
pub(super) fn state(
    said: &mut Said,
    state: Result<State, Error>,
    config: Option<&Config>,
    names: &[String],
) -> Result<(), Error> {
    let mut state = match state {
        Ok(state) => state,
        Err(error) => return said.trouble(Trouble::UnreadState, error.to_string()),
    };
    if let Some(config) = config {
        state.show_configured(config);
    }
    let is_meant = |record: &&Record| {
        names.is_empty() || names.iter().any(|name| record.identity.section == name.as_str())
    };
    for record in state.records.iter().filter(is_meant) {
        if record.shown.phase != Phase::Disabled {
            said.tell(&of_record(record, clock::now()))?;
        }
    }
    Ok(())
}

fn of_record(record: &Record, now: Time) -> Finding {
    let (shown, family) = (&record.shown, record.identity.family);
    let next = next(shown, now);
    let published = record.past.published();
    let at = published.map(|published| format!("{} was stored", published.address));
    let at = at.unwrap_or_else(|| "nothing was sent yet".into());
    let (trouble, why) = match shown.phase {
        Phase::Held => (Some(Trouble::Held), &*shown.reason),
        Phase::Current => (None, "current"),
        _ if published.is_none() && shown.reason.is_empty() => (Some(Trouble::Unsent), ""),
        _ => (Some(Trouble::Waiting), &*shown.reason),
    };
    let separator = if why.is_empty() { "" } else { ": " };
    let text = format!("{family} {at}{separator}{why}; next: {next}");
    let finding = match trouble {
        Some(trouble) => Finding::trouble(trouble, text),
        None => Finding::ok(Topic::State, text),
    };
    finding.of(&record.identity.section)
}
