//! `update` and `resume` while `run` holds the state: ask it, and tell what it did.

use super::answer::{printed, selected};
use super::selection::check_names;
use crate::LOG;
use crate::address::Family;
use crate::cli::UpdateOptions;
use crate::config::{Config, HostEntry};
use crate::error::{EXIT_OK, EXIT_SYSTEM, Error};
use crate::io::state_dir::Runner;
use crate::poke::{Answer, Request};
use crate::view::line::{Line, exit_code};

/// Has the runner make a pass; what to print and exit with is as if this process had made it.
/// `None` if the runner ended before.
///
/// # Errors
/// [`Error::Busy`] if the runner did not come to it in time, [`Error::Usage`] if a host is named
/// that is not configured, [`Error::Netlink`] if the runner could not make a pass.
pub(crate) fn update(
    config: &Config,
    runner: Runner,
    options: &UpdateOptions,
) -> Result<Option<Answer>, Error> {
    check_names(config, &options.hosts)?;
    ask(config, runner, &request(options))
}

/// The same, and the runner reads its configuration again before.
///
/// # Errors
/// As above.
#[cfg(feature = "ovh")]
pub(crate) fn reread(
    config: &Config,
    runner: Runner,
    options: &UpdateOptions,
) -> Result<Option<Answer>, Error> {
    ask(config, runner, &Request { reread: true, ..request(options) })
}

/// What is asked for by the command line.
fn request(options: &UpdateOptions) -> Request {
    let UpdateOptions { hosts, interface, force, .. } = options;
    let (hosts, interface) = (each_once(hosts), interface.clone());
    Request { hosts, interface, force: *force, ..Request::default() }
}

fn ask(config: &Config, runner: Runner, request: &Request) -> Result<Option<Answer>, Error> {
    let Some(answer) = runner.ask(request)? else { return Ok(None) };
    if answer.exit == EXIT_SYSTEM {
        let text = "the dynhost that runs could not make a pass, its log says why";
        return Err(Error::Netlink(std::io::Error::other(text)));
    }
    Ok(Some(completed(config, request, answer)))
}

/// Has the runner release the holds of these hosts; the exit code, or `None` if it ended before.
///
/// # Errors
/// [`Error::Busy`] if the runner did not come to it in time, [`Error::Usage`] if a host is named
/// that is not configured.
pub(crate) fn resume(
    config: &Config,
    runner: Runner,
    hosts: &[String],
) -> Result<Option<u8>, Error> {
    check_names(config, hosts)?;
    let request = Request { resume: each_once(hosts), ..Request::default() };
    let Some(answer) = runner.ask(&request)? else { return Ok(None) };
    let unknown = unknown(config, &request, &answer.lines);
    for line in &unknown {
        log::error!(target: LOG, "{line}");
    }
    Ok(Some(if unknown.is_empty() { EXIT_OK } else { exit_code(&unknown) }))
}

/// The answer with a line for each host that only this process has read.
fn completed(config: &Config, request: &Request, answer: Answer) -> Answer {
    let unknown = unknown(config, request, &answer.lines);
    let exit = answer.exit.max(exit_code(&unknown));
    Answer { lines: answer.lines + &printed(&unknown), exit }
}

/// A line for each record that is configured and selected, and not answered for.
fn unknown(config: &Config, request: &Request, lines: &str) -> Vec<Line> {
    let is_answered = |name: &str| lines.lines().any(|line| line.split('\t').next() == Some(name));
    let missing = |name: &String| !is_answered(name);
    let mut unknown = Vec::new();
    for name in selected(config, request).into_iter().filter(missing) {
        match config.hosts.iter().find(|entry| entry.name() == name) {
            Some(HostEntry::Faulty { name, fault }) => unknown.push(Line::faulty(name, fault)),
            Some(HostEntry::Usable(host)) => {
                let line = |family: &Family| Line::unknown(&host.name, *family);
                unknown.extend(host.families.iter().map(line));
            }
            None => {}
        }
    }
    unknown
}

/// A request has no room for names that are given again and again.
fn each_once(hosts: &[String]) -> Vec<String> {
    let mut once: Vec<String> = Vec::new();
    for host in hosts {
        if !once.contains(host) {
            once.push(host.clone());
        }
    }
    once
}
