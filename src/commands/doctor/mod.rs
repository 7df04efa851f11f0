//! `dynhost doctor`: everything between this device and a name that points at it, one by one.
//!
//! It sends no update and no password. What several hosts have in common is asked once.

mod device;
mod hosts;
mod provider;
mod records;
mod way;
mod zone;

use std::io::ErrorKind;

use super::configuration::{Read, init_log, inspect, state_dir_path};
use super::print;
use crate::cli::Invocation;
use crate::config::{Config, Host, HostEntry};
use crate::doctor::{Finding, Report, Style, Topic, Trouble};
use crate::error::Error;
use crate::io::state_dir::StateDir;
use crate::io::{clock, process};
use crate::pass::check_names;
use crate::state::State;

pub(super) fn doctor(
    invocation: &Invocation,
    names: &[String],
    is_json: bool,
) -> Result<u8, Error> {
    init_log(invocation, None);
    // Findings are what is said; a log between them would tear the document apart.
    log::set_max_level(log::LevelFilter::Off);
    let read = inspect(invocation);
    // A file with a fault may have lost the hosts that are meant.
    if let Some(read) = read.as_ref().ok().filter(|read| read.is_usable()) {
        check_names(&read.config, names)?;
    }
    let mut said = Said(Report::new(style(is_json)));
    print(said.0.begin())?;
    let config = device::configuration(&mut said, read)?;
    device::clock(&mut said)?;
    let store = StateDir::new(state_dir_path(invocation, config.as_ref()));
    let state = store.peek(clock::now());
    if let Some(config) = &config {
        let none = State::default();
        let known = state.as_ref().unwrap_or(&none);
        hosts::look_at(&mut said, &selected(config, names), known)?;
    }
    device::state(&mut said, state, config.as_ref(), names)?;
    let end = said.0.end();
    print(&end)?;
    Ok(said.0.exit())
}

fn style(is_json: bool) -> Style {
    match is_json {
        true => Style::Json,
        false if process::may_colour() => Style::Coloured,
        false => Style::Plain,
    }
}

/// What was said so far, each finding as soon as it is known.
struct Said(Report);

impl Said {
    fn tell(&mut self, finding: &Finding) -> Result<(), Error> {
        let line = self.0.line(finding);
        super::write_out(&line).map(drop)
    }

    fn ok(&mut self, topic: Topic, text: String) -> Result<(), Error> {
        self.tell(&Finding::ok(topic, text))
    }

    fn trouble(&mut self, trouble: Trouble, text: String) -> Result<(), Error> {
        self.tell(&Finding::trouble(trouble, text))
    }
}

/// The hosts that are looked at: those that are named, or all that are switched on.
fn selected<'c>(config: &'c Config, names: &[String]) -> Vec<&'c Host> {
    let usable = config.hosts.iter().filter_map(HostEntry::usable);
    let is_meant = |host: &&Host| {
        if names.is_empty() {
            host.enabled
        } else {
            names.iter().any(|name| host.name == name.as_str())
        }
    };
    usable.filter(is_meant).collect()
}
