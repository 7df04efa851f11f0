//! Runs the programs that want to be told of a transition.

use std::path::Path;
use std::time::Duration;

use super::program;
use crate::LOG;
use crate::state::Record;
use crate::transition::{Transition, variables};

/// A program that takes longer is killed: the next update must not wait for it.
const TIME_LIMIT: Duration = Duration::from_secs(10);
/// On OpenWrt, runs all of `/etc/hotplug.d/dynhost`.
const HOTPLUG_CALL: &str = "/sbin/hotplug-call";

/// Tells `on_change`, and on OpenWrt the scripts in `/etc/hotplug.d/dynhost`.
pub fn tell(transition: Transition, record: &Record, on_change: Option<&str>) {
    let variables = variables(transition, record);
    let mut env: Vec<(&str, &str)> =
        variables.iter().map(|(name, value)| (*name, value.as_str())).collect();
    if let Some(program) = on_change {
        run(&[program.into()], &env);
    }
    if Path::new(HOTPLUG_CALL).exists() {
        // What scripts of that system look at first.
        env.push(("ACTION", transition.token()));
        run(&[HOTPLUG_CALL.into(), "dynhost".into()], &env);
    }
}

fn run(argv: &[String], env: &[(&str, &str)]) {
    if let Err(error) = program::run(argv, env, TIME_LIMIT) {
        log::warn!(target: LOG, "on_change {}: {error}", argv.join(" "));
    }
}
