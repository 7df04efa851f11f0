//! `config agent`: what concerns the whole program.

use log::LevelFilter;

use super::faults::Faults;
use super::table::{Described, Spec, fill, put, some};
use super::value::{absolute_path, boolean};
use super::{AgentOptions, Severity};
use crate::uci::Section;

/// The first section; a faulty option is reported and keeps its default, so that names stay
/// current.
pub(super) fn read(sections: &[Section<'_>], faults: &mut Faults<'_>) -> AgentOptions {
    let mut options = AgentOptions::default();
    let mut agents = sections.iter().filter(|section| section.kind == AgentOptions::SECTION);
    if let Some(section) = agents.next() {
        fill(section, &mut options, faults);
        for second in agents {
            let text = format!("a second agent section, only that on line {} counts", section.line);
            faults.push(Severity::Warning, second.line, text);
        }
    }
    options
}

impl Described for AgentOptions {
    const SECTION: &'static str = "agent";
    const SEVERITY: Severity = Severity::Warning;
    const OPTIONS: &'static [Spec<Self>] = &[
        Spec::one(
            "log_level",
            "info",
            "least severity that is logged: error, warn, info or debug",
            |agent, value| some(&mut agent.log_level, log_level(value)),
        ),
        Spec::one(
            "state_dir",
            "$STATE_DIRECTORY, else /var/run/dynhost",
            "directory of the state file",
            |agent, value| some(&mut agent.state_dir, absolute_path(value)),
        ),
        Spec::one(
            "resident",
            "0",
            "stay running on OpenWrt instead of being started when a line comes up",
            |agent, value| put(&mut agent.resident, boolean(value)),
        ),
        Spec::hidden(
            "on_change",
            "",
            "program that is run when the state of any host changes",
            |agent, value| some(&mut agent.on_change, absolute_path(value)),
        ),
    ];
}

fn log_level(value: &str) -> Result<LevelFilter, String> {
    match value {
        "error" => Ok(LevelFilter::Error),
        "warn" => Ok(LevelFilter::Warn),
        "info" => Ok(LevelFilter::Info),
        "debug" => Ok(LevelFilter::Debug),
        _ => Err("allowed are error, warn, info and debug".into()),
    }
}
