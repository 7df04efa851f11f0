//! `dynhost update`: one pass, by this process or by the one that stays.

use super::access::{Access, claim_or};
use super::configuration::{configuration, state_dir};
use super::print;
use crate::cli::{Invocation, UpdateOptions};
use crate::config::{Config, Severity};
use crate::error::{EXIT_CONFIG, Error};
use crate::io::state_dir::StateDir;
use crate::pass::{Engine, poke};
use crate::poke::Answer;
use crate::view::line::exit_code;

pub(super) fn update(invocation: &Invocation, options: &UpdateOptions) -> Result<u8, Error> {
    let config = configuration(invocation)?;
    let store = state_dir(invocation, &config);
    // A host beyond the limit has a fault, but no line.
    let has_fault = options.hosts.is_empty()
        && config.faults.iter().any(|fault| fault.severity == Severity::Host);
    let Answer { lines, exit } = if options.dry_run {
        pass_alone(config, store.dry(), options)?
    } else {
        match claim_or(&store, None, |runner| poke::update(&config, runner, options))? {
            Access::Mine(_lock) => pass_alone(config, store, options)?,
            Access::Answered(answer) => answer,
        }
    };
    print(&lines)?;
    Ok(if has_fault { EXIT_CONFIG } else { exit })
}

/// Updates these hosts by a configuration that was just changed, also if another one runs.
#[cfg(feature = "ovh")]
pub(super) fn reread_and_update(
    invocation: &Invocation,
    hosts: &[String],
    force: bool,
) -> Result<Answer, Error> {
    let config = configuration(invocation)?;
    let store = state_dir(invocation, &config);
    let options = UpdateOptions { hosts: hosts.to_vec(), force, ..UpdateOptions::default() };
    match claim_or(&store, None, |runner| poke::reread(&config, runner, &options))? {
        Access::Mine(_lock) => pass_alone(config, store, &options),
        Access::Answered(answer) => Ok(answer),
    }
}

fn pass_alone(config: Config, store: StateDir, options: &UpdateOptions) -> Result<Answer, Error> {
    let lines = Engine::new(config, store)?.pass(options)?;
    let exit = exit_code(&lines);
    Ok(Answer { lines: lines.iter().map(|line| format!("{line}\n")).collect(), exit })
}
