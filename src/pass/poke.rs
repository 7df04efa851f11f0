//! `update` and `resume` while `run` holds the state: ask it, and tell what it did.

use super::{Line, check_names, is_selected};
use crate::address::Family;
use crate::cli::UpdateOptions;
use crate::config::{Config, HostEntry};
use crate::error::Error;
use crate::io::clock;
use crate::io::poke::ask;
use crate::io::state_dir::{Holder, Request, StateDir};
use crate::state::State;

/// Has the runner make a pass, and tells of it as if this process had made it; `None` if the
/// runner ended before.
///
/// # Errors
/// [`Error::Busy`] if the runner did not come to it in time, [`Error::Usage`] if a host is named
/// that is not configured.
pub fn update(
    config: &Config,
    store: &StateDir,
    runner: &Holder,
    options: &UpdateOptions,
) -> Result<Option<Vec<Line>>, Error> {
    check_names(config, &options.hosts)?;
    let selected: Vec<_> =
        config.hosts.iter().filter(|entry| is_selected(entry, options)).collect();
    let force = if options.force { &selected[..] } else { &[] };
    let force = force.iter().map(|entry| entry.name().to_owned()).collect();
    let before = store.peek(clock::now())?;
    let asked = ask(store, runner, &Request { force, resume: Vec::new() })?;
    let Some(after) = asked else { return Ok(None) };
    let mut lines = Vec::new();
    for entry in selected {
        match entry {
            HostEntry::Faulty { name, fault } => lines.push(Line::faulty(name, fault)),
            HostEntry::Usable(host) => {
                let line = |family: &Family| {
                    let find = |state: &State| state.record(&host.name, *family).cloned();
                    match (find(&before), find(&after)) {
                        (before, Some(after)) => Line::between(before.as_ref(), &after),
                        (_, None) => Line::unknown(&host.name, *family),
                    }
                };
                lines.extend(host.families.iter().map(line));
            }
        }
    }
    Ok(Some(lines))
}

/// Has the runner release the holds of these hosts; false if it ended before.
///
/// # Errors
/// [`Error::Busy`] if the runner did not come to it in time, [`Error::Usage`] if a host is named
/// that is not configured.
pub fn resume(
    config: &Config,
    store: &StateDir,
    runner: &Holder,
    hosts: &[String],
) -> Result<bool, Error> {
    check_names(config, hosts)?;
    let request = Request { force: Vec::new(), resume: hosts.to_vec() };
    Ok(ask(store, runner, &request)?.is_some())
}
