//! What rpcd calls: a call comes in on standard input, an answer goes out, within seconds.
//!
//! rpcd kills what takes longer than 30 s and the browser gives up after 20. So a pass is made by
//! a process of its own, which goes on if it takes longer than the caller waits.

mod job;
#[cfg(feature = "ovh")]
mod setup;

use std::ffi::OsString;
use std::time::Duration;

use super::configuration::{Read, inspect, read_config, state_dir_path};
use super::print;
use crate::cli::Invocation;
use crate::error::{EXIT_OK, EXIT_USAGE, Error};
use crate::io::config_file::ConfigFile;
use crate::io::program::{self, Ended};
use crate::io::state_dir::StateDir;
use crate::io::{clock, files, input, process};
use crate::rpcd::{self, Call, Object, Refused};
use crate::uci;

/// Words behind the program's name; more have no meaning.
const MAX_WORDS: usize = 24;
/// How long the arguments may take to arrive.
const INPUT: Duration = Duration::from_secs(5);
/// How long a release, and then a pass, is waited for.
const RELEASE: Duration = Duration::from_secs(4);
const PASS: Duration = Duration::from_secs(11);
/// How long the service may take to begin with another configuration.
const RELOAD: Duration = Duration::from_secs(6);
/// The service, where there is one.
const SERVICE: &str = "/etc/init.d/dynhost";

/// Runs what rpcd asks by the words behind the program's name; the value is the exit code.
///
/// # Errors
/// [`Error::Usage`] if rpcd does not ask like this.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Result<u8, Error> {
    process::protect_secrets();
    process::outlive_file_limits();
    log::set_max_level(log::LevelFilter::Off);
    let words: Vec<OsString> = arguments.into_iter().take(MAX_WORDS).collect();
    match words.iter().map(|word| word.to_str().unwrap_or_default()).collect::<Vec<_>>()[..] {
        ["list"] => print(&(rpcd::list() + "\n")),
        ["call", method] => print(&(answer(method) + "\n")),
        // Not rpcd's, but our own to ourselves.
        ["keep", seconds, ref words @ ..] if !words.is_empty() => job::keep(seconds, words),
        _ => {
            let usage = "called by this name, the program takes: list, or call METHOD";
            print(&(Refused::new("usage", usage).to_json() + "\n"))?;
            Ok(EXIT_USAGE)
        }
    }
}

/// The answer; rpcd knows no other place for an error.
fn answer(method: &str) -> String {
    let input = input::read(rpcd::INPUT_MAX, INPUT)
        .map_err(|error| Refused::new("invalid", format!("the arguments cannot be read: {error}")));
    let call = input.and_then(|input| rpcd::call(method, &input));
    call.and_then(act).unwrap_or_else(|refused| refused.to_json())
}

fn act(call: Call) -> Result<String, Refused> {
    match call {
        Call::Status => status(),
        Call::Config => config(),
        Call::Check => check(),
        Call::Update { host, force } => update(host, force),
        Call::Resume { host } => resume(host),
        Call::Set(change) => {
            edit(|text, secret| rpcd::set(text, &change, secret)).map(Object::finish)
        }
        Call::Pause { host, paused } => pause(host, paused),
        Call::Remove { host } => edit(|text, _| rpcd::remove(text, &host)).map(Object::finish),
        Call::Doctor { start, host } => job::doctor(start, host),
        #[cfg(feature = "ovh")]
        Call::Setup(step) => setup::act(step),
    }
}

/// The records as in the state file, and the time: the browser's clock is another one.
fn status() -> Result<String, Refused> {
    let now = clock::now();
    let config = read_config(&Invocation::default())?.config;
    let store = StateDir::new(state_dir_path(&Invocation::default(), Some(&config)));
    let mut state = store.peek(now)?;
    state.show_configured(&config);
    let state = String::from_utf8_lossy(&state.to_json()).trim_end().to_owned();
    Ok(Object::default().number("now", now).raw("state", &state).finish())
}

fn config() -> Result<String, Refused> {
    let path = files::config_path();
    let text = files::read_config(path)?;
    Ok(rpcd::config(path, &uci::parse(&text)))
}

fn check() -> Result<String, Refused> {
    let Read { path, text, config, .. } = inspect(&Invocation::default())?;
    Ok(rpcd::faults(&path, &uci::parse(&text), &config.faults))
}

fn update(host: Option<String>, force: bool) -> Result<String, Refused> {
    pass_over(host, force, Object::default()).map(Object::finish)
}

/// The answer, with what a pass came to, or that it is still under way.
fn pass_over(host: Option<String>, force: bool, answer: Object) -> Result<Object, Refused> {
    let mut words = vec!["update".to_owned()];
    words.extend(force.then(|| "--force".to_owned()));
    words.extend(host);
    Ok(match start(&words, PASS)? {
        None => answer.flag("running", true),
        Some(Ended { output, code }) => answer
            .flag("running", false)
            .number("exit", code.unsigned_abs().into())
            .raw("lines", &rpcd::lines(&String::from_utf8_lossy(&output))),
    })
}

/// With every host switched off no service runs that would say so in the state.
fn pause(host: String, paused: bool) -> Result<String, Refused> {
    let answer = edit(|text, secret| rpcd::pause(text, (&host, paused), secret))?;
    pass_over(Some(host), false, answer).map(Object::finish)
}

/// A hold that is released is tried at once, as nothing else may run that would.
fn resume(host: String) -> Result<String, Refused> {
    let words = ["resume".to_owned(), host.clone()];
    match start(&words, RELEASE)? {
        Some(Ended { code, .. }) if code == i32::from(EXIT_OK) => update(Some(host), false),
        Some(Ended { code, .. }) => {
            let text = format!("dynhost resume ended with exit code {code}, try it on the router");
            Err(Refused::new("failed", text))
        }
        None => Ok(Object::default().flag("running", true).finish()),
    }
}

fn start(words: &[String], limit: Duration) -> Result<Option<Ended>, Refused> {
    let failed = |error| Refused::new("system", format!("dynhost cannot be started: {error}"));
    let program = program::own().map_err(failed)?;
    let argv: Vec<String> = [program].into_iter().chain(words.iter().cloned()).collect();
    program::start(&argv, limit).map_err(failed)
}

/// Reads a `password_file`.
type ReadSecret<'r> = &'r dyn Fn(&str) -> Result<String, String>;

/// Changes the configuration, and has the service begin with it.
fn edit(
    change: impl FnOnce(&[u8], ReadSecret<'_>) -> Result<Option<Vec<u8>>, Refused>,
) -> Result<Object, Refused> {
    let file = ConfigFile::open(files::config_path())?;
    let new = change(file.text(), &files::read_secret)?;
    let is_changed = new.is_some();
    if let Some(text) = new {
        file.replace(&text)?;
    }
    let answer = Object::default().flag("changed", is_changed);
    let is_applied = !is_changed || reload();
    Ok(answer.flag("applied", is_applied))
}

/// Whether the service has the new configuration; where there is none, the next pass reads it.
fn reload() -> bool {
    if !files::exists(SERVICE) {
        return true;
    }
    let argv = [SERVICE, "reload"].map(str::to_owned);
    program::run(&argv, &[], RELOAD).is_ok()
}
