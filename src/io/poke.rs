//! Asks the process that holds the state to look, and waits until it has.

use std::thread;
use std::time::Duration;

use super::clock;
use super::state_dir::{Holder, Request, StateDir};
use crate::error::Error;
use crate::state::{Record, State};

/// The runner may be in the middle of calls to providers that hang.
const PATIENCE: Duration = Duration::from_mins(1);
/// How often it is looked whether the runner has looked.
const INTERVAL: Duration = Duration::from_millis(50);

/// Pokes `runner`, and waits for a look that began after that and for what it sends; the state
/// then, or `None` if the runner ended before.
///
/// # Errors
/// [`Error::Busy`] if it did not come to it in time, [`Error::System`] if it may not be poked,
/// [`Error::File`] if request or state cannot be written or read.
pub fn ask(store: &StateDir, runner: &Holder, request: &Request) -> Result<Option<State>, Error> {
    if *request != Request::default() {
        store.ask(request)?;
    }
    let asked = clock::since_boot();
    runner.poke().map_err(Error::System)?;
    while clock::since_boot() < asked + PATIENCE {
        if store.looked_at().is_some_and(|began| began >= asked) {
            let state = store.peek(clock::now())?;
            // It may be at somebody else's request already.
            if !state.records.iter().any(Record::is_on_its_way) {
                return Ok(Some(state));
            }
        }
        if store.runner().is_none() {
            // Nobody is to find it later.
            let _ = store.take_request();
            return Ok(None);
        }
        thread::sleep(INTERVAL);
    }
    Err(Error::Busy { state_dir: store.path().display().to_string() })
}
