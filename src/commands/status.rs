//! `dynhost status`: the state as it is, for a person or a program.

use std::io::ErrorKind;

use super::configuration::{init_log, read_config, state_dir_path};
use super::notes::notes;
use super::print;
use crate::cli::{Format, Invocation};
use crate::error::Error;
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
    if let Some(config) = &config {
        state.show_configured(config);
    }
    check_hosts(&state, hosts)?;
    state.records.retain(|record| hosts.is_empty() || is_named(record, hosts));
    match format {
        Format::Table => {
            let notes = config.map_or_else(Vec::new, |config| notes(&config, hosts));
            print(&(view::table(&state.records, now) + &notes.join("")))
        }
        Format::Json => print(&String::from_utf8_lossy(&state.to_json())),
        Format::Prometheus => print(&view::prometheus(&state.records)),
    }
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
