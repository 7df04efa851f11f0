//! `update` and `resume` while `run` holds the state: ask it, and tell what it did.

use super::{Line, check_names, is_selected};
use crate::cli::UpdateOptions;
use crate::config::{Config, HostEntry};
use crate::error::Error;
use crate::io::clock;
use crate::io::poke::ask;
use crate::io::state_dir::{Holder, Request, StateDir};

/// Has the runner make a pass, and tells of it as if this process had made it.
///
/// # Errors
/// [`Error::Busy`] if the runner did not come to it in time, [`Error::Usage`] if a host is named
/// that is not configured.
pub fn update(
    config: &Config,
    store: &StateDir,
    runner: &Holder,
    options: &UpdateOptions,
) -> Result<Vec<Line>, Error> {
    check_names(config, &options.hosts)?;
    let selected: Vec<_> =
        config.hosts.iter().filter(|entry| is_selected(entry, options)).collect();
    let force = if options.force { &selected[..] } else { &[] };
    let force = force.iter().map(|entry| entry.name().to_owned()).collect();
    let since = ask(store, runner, &Request { force, resume: Vec::new() })?;
    let state = store.peek(clock::now())?;
    let mut lines = Vec::new();
    for entry in selected {
        match entry {
            HostEntry::Faulty { name, fault } => lines.push(Line::faulty(name, fault)),
            HostEntry::Usable(host) => {
                let records =
                    host.families.iter().filter_map(|family| state.record(&host.name, *family));
                lines.extend(records.map(|record| Line::since(record, since)));
            }
        }
    }
    Ok(lines)
}

/// Has the runner release the holds of these hosts.
///
/// # Errors
/// [`Error::Busy`] if the runner did not come to it in time, [`Error::Usage`] if a host is named
/// that is not configured.
pub fn resume(
    config: &Config,
    store: &StateDir,
    runner: &Holder,
    hosts: &[String],
) -> Result<(), Error> {
    check_names(config, hosts)?;
    ask(store, runner, &Request { force: Vec::new(), resume: hosts.to_vec() })?;
    Ok(())
}
