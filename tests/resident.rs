//! Does the agent that stays do the right thing at the right time, and nothing in between?
//!
//! Each test has a network of its own, a real provider at the other end, and the real kernel in
//! between. What comes of setting the machine's clock is tried in the emulated router: here it
//! would be everybody's clock.

mod bind;
mod clock;
mod descriptors;
mod dual_stack;
mod force;
mod full;
mod hooks;
mod inherited;
mod interface;
mod kill;
mod kill_storm;
mod log;
mod notify;
mod outage;
mod quiet;
mod reload;
mod requests;
mod settled;
mod storm;
mod terminate;
mod verify;
mod wake;

use crate::support::agent::Running;
use crate::support::background::wait_for_published;
use crate::support::lab::options::{Identifier, LabOptions};
use crate::support::stage::{Stage, WAN};

/// A stage whose agent has published the address of the line and sleeps.
fn published() -> (Stage, Running) {
    published_with(LabOptions::default())
}

fn published_with(options: LabOptions) -> (Stage, Running) {
    let stage = Stage::with(options);
    let runner = stage.agent.spawn(&["run"]);
    wait_for_published(&stage.agent, "home", WAN);
    (stage, runner)
}

/// A lab that knows `home` and these as well, each with a login of its own.
pub fn lab_with(names: &[&str]) -> LabOptions {
    let mut options = LabOptions::default();
    for name in names {
        let login = format!("example.com-{name}");
        options.identifiers.push(Identifier::new(&login, "secret", name));
        options.records.push((format!("{name}.example.com"), [81, 2, 69, 1].into()));
    }
    options
}
