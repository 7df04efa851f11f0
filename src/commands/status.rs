//! `dynhost status`: the state as it is, for a person or a program.

use std::io::ErrorKind;

use super::configuration::{faults_of_file, init_log, read_config, state_dir_path};
use super::notes::notes;
use super::print;
use crate::cli::{Format, Invocation};
use crate::error::{EXIT_CONFIG, EXIT_OK, Error};
use crate::io::clock;
use crate::io::state_dir::StateDir;
use crate::state::{Record, State};
use crate::view;

pub(super) fn status(
    invocation: &Invocation,
    hosts: &[String],
    format: Format,
) -> Result<u8, Error> {
    let now = clock::now();
    // The state is for everybody, the configuration for root alone: without it, the state is
    // shown as it is.
    let config = match read_config(invocation) {
        Ok(read) => Some(read.config),
        Err(Error::File { cause, .. }) if cause.kind() == ErrorKind::PermissionDenied => None,
        Err(error) => return Err(error),
    };
    init_log(invocation, config.as_ref());
    let store = StateDir::new(state_dir_path(invocation, config.as_ref()));
    let mut state = store.peek(now)?;
    let faults = config.as_ref().map_or_else(String::new, faults_of_file);
    // A file that cannot be used has no hosts; an agent that runs goes on with those it had.
    if let Some(config) = config.as_ref().filter(|_| faults.is_empty()) {
        state.show_configured(config);
        check_hosts(&state, hosts)?;
    }
    state.records.retain(|record| hosts.is_empty() || is_named(record, hosts));
    match format {
        Format::Table => {
            let is_needed = faults.is_empty() || !state.records.is_empty();
            let table = if is_needed { view::table(&state.records, now) } else { String::new() };
            let notes = config.map_or_else(String::new, |config| notes(&config, hosts));
            print(&(table + &faults + &notes))?;
        }
        Format::Json => _ = print(&String::from_utf8_lossy(&state.to_json()))?,
        Format::Prometheus => _ = print(&view::prometheus(&state.records))?,
    }
    Ok(if faults.is_empty() { EXIT_OK } else { EXIT_CONFIG })
}

fn check_hosts(state: &State, hosts: &[String]) -> Result<(), Error> {
    let is_known = |host: &&String| {
        state.records.iter().any(|record| record.identity.section == host.as_str())
    };
    match hosts.iter().find(|host| !is_known(host)) {
        None => Ok(()),
        Some(unknown) => Err(Error::Usage(format!("nothing is known of a host '{unknown}'"))),
    }
}

fn is_named(record: &Record, hosts: &[String]) -> bool {
    hosts.iter().any(|host| record.identity.section == host.as_str())
}
