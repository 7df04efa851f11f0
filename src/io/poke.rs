//! Asks the process that holds the state to look, and waits until it has.

use std::thread;
use std::time::{Duration, SystemTime};

use super::clock;
use super::state_dir::{Holder, Request, StateDir};
use crate::Time;
use crate::error::Error;

/// The runner may be in the middle of calls to providers that hang.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often it is looked whether the runner has looked.
const INTERVAL: Duration = Duration::from_millis(50);

/// Pokes `runner`; the value is the time from which on what it did was asked for here.
///
/// # Errors
/// [`Error::Busy`] if it did not come to it in time, [`Error::System`] if it may not be poked.
pub fn ask(store: &StateDir, runner: &Holder, request: &Request) -> Result<Time, Error> {
    if *request != Request::default() {
        store.ask(request)?;
    }
    let (since, before) = (clock::now(), store.looked_at());
    runner.poke().map_err(Error::System)?;
    if !looked_again(store, before) {
        return Err(Error::Busy { state_dir: store.path().display().to_string() });
    }
    Ok(since)
}

fn looked_again(store: &StateDir, before: Option<SystemTime>) -> bool {
    let deadline = clock::since_boot() + PATIENCE;
    while clock::since_boot() < deadline {
        if store.looked_at() != before {
            return true;
        }
        thread::sleep(INTERVAL);
    }
    false
}
