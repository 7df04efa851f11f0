//! `dynhost run`: stays, and keeps the names current.

use super::access::{Access, claim_or};
use super::configuration::{self, Said, reload, state_dir};
use crate::cli::Invocation;
use crate::error::{EXIT_OK, Error};
use crate::io::signals::Signals;
use crate::io::state_dir::{Listener, Runner};
use crate::pass::Engine;
use crate::run;

pub(super) fn run(invocation: &Invocation, until_settled: bool) -> Result<u8, Error> {
    // First of all: until the handlers are there, SIGUSR1 kills.
    let signals = Signals::install().map_err(Error::System)?;
    let said = Said::default();
    let config = configuration::said(invocation, &said)?;
    let store = state_dir(invocation, &config);
    let resident = || Error::Resident { state_dir: store.path().display().to_string() };
    let refuse = |_: Runner| Err::<Option<()>, _>(resident());
    let lock = match claim_or(&store, Some(&signals), refuse) {
        Ok(Access::Mine(lock)) => lock,
        Ok(Access::Answered(())) => return Err(resident()),
        // SIGTERM has ended the wait for another one.
        Err(Error::Busy { .. }) if signals.end() => return Ok(EXIT_OK),
        Err(error) => return Err(error),
    };
    let listener = Listener::open(&store, lock).map_err(Error::System)?;
    let engine = Engine::new(config, store)?;
    let reload = || reload(invocation, &said);
    run::Resident { engine, listener, signals, until_settled, reload: &reload }.run()?;
    Ok(EXIT_OK)
}
