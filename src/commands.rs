//! What each command does, from the command line to what is printed.

use std::ffi::OsString;
use std::io::{ErrorKind, Write as _};

use crate::LOG;
use crate::cli::{self, Command, Format, Invocation, UpdateOptions};
use crate::config::{self, Config, Fault, Severity};
use crate::error::{EXIT_CONFIG, EXIT_OK, Error};
use crate::io::signals::Signals;
use crate::io::state_dir::{Holder, Lock, StateDir};
use crate::io::{clock, files, process};
use crate::pass::{self, Agent, poke};
use crate::run::Runner;
use crate::state::{Record, State};
use crate::status;
use crate::text::shaped;

/// How long another dynhost is waited for, in seconds.
const BUSY_SECONDS: u64 = 60;

/// Runs the command line behind the program's name; the value is the exit code.
///
/// # Errors
/// What ends the process before its work is done.
pub fn run(arguments: impl IntoIterator<Item = OsString>) -> Result<u8, Error> {
    process::protect_secrets();
    process::outlive_file_limits();
    let invocation = cli::parse(arguments)?;
    match &invocation.command {
        Command::Help => print(cli::HELP),
        Command::Version => print(concat!("dynhost ", env!("CARGO_PKG_VERSION"), "\n")),
        Command::Check => check(&invocation),
        Command::Status { hosts, format } => show(&invocation, hosts, *format),
        Command::Update(options) => update(&invocation, options),
        Command::Resume(hosts) => resume(&invocation, hosts),
        Command::Run { until_settled } => stay(&invocation, *until_settled),
    }
}

fn update(invocation: &Invocation, options: &UpdateOptions) -> Result<u8, Error> {
    let config = configuration(invocation)?;
    let store = state_dir(invocation, &config);
    // A host beyond the limit has a fault, but no line.
    let has_fault = options.hosts.is_empty()
        && config.faults.iter().any(|fault| fault.severity == Severity::Host);
    let lines = if options.dry_run {
        Agent::new(config, store.dry())?.pass(options)?
    } else {
        match hold(&store)? {
            Hold::Mine(_lock) => Agent::new(config, store)?.pass(options)?,
            Hold::Runner(holder) => match poke::update(&config, &store, &holder, options)? {
                Some(lines) => lines,
                // It ended before it looked, so now this is the one to do it.
                None => return update(invocation, options),
            },
        }
    };
    let output: String = lines.iter().map(|line| format!("{line}\n")).collect();
    print(&output)?;
    Ok(if has_fault { EXIT_CONFIG } else { pass::exit_code(&lines) })
}

fn resume(invocation: &Invocation, hosts: &[String]) -> Result<u8, Error> {
    let config = configuration(invocation)?;
    let store = state_dir(invocation, &config);
    match hold(&store)? {
        Hold::Mine(_lock) => Agent::new(config, store)?.resume(hosts)?,
        Hold::Runner(holder) => {
            if !poke::resume(&config, &store, &holder, hosts)? {
                return resume(invocation, hosts);
            }
        }
    }
    Ok(EXIT_OK)
}

fn stay(invocation: &Invocation, until_settled: bool) -> Result<u8, Error> {
    // First of all: until the handlers are there, a poke kills.
    let signals = Signals::install().map_err(Error::System)?;
    let config = configuration(invocation)?;
    let store = state_dir(invocation, &config);
    let lock = match hold(&store)? {
        Hold::Mine(lock) => lock,
        Hold::Runner(_) => {
            let state_dir = store.path().display().to_string();
            return Err(Error::Resident { state_dir });
        }
    };
    if let Some(lock) = &lock {
        lock.stay().map_err(Error::System)?;
    }
    let agent = Agent::new(config, store)?;
    let reload = || configuration(invocation);
    Runner { agent, lock, signals, until_settled, reload: &reload }.run()?;
    Ok(EXIT_OK)
}

fn check(invocation: &Invocation) -> Result<u8, Error> {
    let (path, config) = read_config(invocation)?;
    init_log(invocation, None);
    let faults: String = config.faults.iter().map(|fault| format!("{fault}\n")).collect();
    print(&faults)?;
    if !config.faults.is_empty() {
        return Ok(EXIT_CONFIG);
    }
    print(&format!("{path}: no fault in {} host(s)\n", config.hosts.len()))
}

fn show(invocation: &Invocation, hosts: &[String], format: Format) -> Result<u8, Error> {
    let now = clock::now();
    // The state is for everybody, the configuration for root alone: without it, the state is
    // shown as it is.
    let config = match read_config(invocation) {
        Ok((_, config)) => Some(config),
        Err(Error::File { cause, .. }) if cause.kind() == ErrorKind::PermissionDenied => None,
        Err(error) => return Err(error),
    };
    init_log(invocation, config.as_ref());
    let store = StateDir::new(state_dir_path(invocation, config.as_ref()));
    let mut state = store.peek(now)?;
    if let Some(config) = config {
        pass::list_configured(&mut state, &config);
    }
    check_hosts(&state, hosts)?;
    state.records.retain(|record| hosts.is_empty() || is_named(record, hosts));
    match format {
        Format::Table => print(&status::table(&state, now)),
        Format::Json => print(&String::from_utf8_lossy(&state.to_json())),
        Format::Prometheus => print(&status::prometheus(&state)),
    }
}

fn check_hosts(state: &State, hosts: &[String]) -> Result<(), Error> {
    let is_known = |host: &&String| state.records.iter().any(|record| record.host == host.as_str());
    match hosts.iter().find(|host| !is_known(host)) {
        None => Ok(()),
        Some(unknown) => Err(Error::Usage(format!("nothing is known of a host '{unknown}'"))),
    }
}

fn is_named(record: &Record, hosts: &[String]) -> bool {
    hosts.iter().any(|host| record.host == host.as_str())
}

/// The configuration for a command that works with it; its faults are in the log.
fn configuration(invocation: &Invocation) -> Result<Config, Error> {
    let (path, config) = read_config(invocation)?;
    init_log(invocation, Some(&config));
    let (fatal, local): (Vec<&Fault>, Vec<&Fault>) =
        config.faults.iter().partition(|fault| fault.severity == Severity::File);
    if !fatal.is_empty() {
        return Err(Error::Config(fatal.into_iter().cloned().collect()));
    }
    for fault in local {
        match fault.severity {
            Severity::File | Severity::Host => log::error!(target: LOG, "{fault}"),
            Severity::Warning => log::warn!(target: LOG, "{fault}"),
        }
    }
    debug!("read {path} with {} host(s)", config.hosts.len());
    Ok(config)
}

fn read_config(invocation: &Invocation) -> Result<(String, Config), Error> {
    let path = invocation.config.clone().unwrap_or_else(|| files::config_path().into());
    let text = files::read_config(&path)?;
    let mut config = config::read(&path, &text, &files::read_secret);
    if files::is_readable_by_others(&path) {
        let text = "others may read this file and the passwords in it: chmod 600 it".into();
        config.faults.push(Fault {
            file: path.clone(),
            line: 0,
            text,
            severity: Severity::Warning,
        });
    }
    Ok((path, config))
}

fn init_log(invocation: &Invocation, config: Option<&Config>) {
    let configured = config.and_then(|config| config.agent.log_level);
    let level = invocation.log_level.or(configured).unwrap_or(log::LevelFilter::Info);
    log::set_max_level(level);
}

fn state_dir(invocation: &Invocation, config: &Config) -> StateDir {
    StateDir::new(state_dir_path(invocation, Some(config)))
}

fn state_dir_path(invocation: &Invocation, config: Option<&Config>) -> String {
    let configured = config.and_then(|config| config.agent.state_dir.clone());
    invocation.state_dir.clone().or(configured).unwrap_or_else(files::state_dir_path)
}

/// Who may write the state.
enum Hold {
    /// This process; `None` if there can be no lock because there is no room for one.
    Mine(Option<Lock>),
    /// One that stays, and takes requests.
    Runner(Holder),
}

/// Takes the lock, and waits for another process only if that will come to an end.
fn hold(store: &StateDir) -> Result<Hold, Error> {
    match store.wait_for_lock(BUSY_SECONDS, &|| store.runner().is_some()) {
        Ok(Some(lock)) => Ok(Hold::Mine(Some(lock))),
        Ok(None) => store.runner().map(Hold::Runner).ok_or_else(|| busy(store)),
        Err(Error::File { cause, path, .. })
            if matches!(cause.kind(), ErrorKind::StorageFull | ErrorKind::ReadOnlyFilesystem) =>
        {
            log::warn!(target: LOG, "cannot make {path}: {cause}; going on without remembering");
            Ok(Hold::Mine(None))
        }
        Err(error) => Err(error),
    }
}

fn busy(store: &StateDir) -> Error {
    Error::Busy { state_dir: store.path().display().to_string() }
}

/// Writes to standard output. A reader that has gone away is no fault of this program.
fn print(output: &str) -> Result<u8, Error> {
    let output = shaped(output, &['\n', '\t']);
    let mut stdout = std::io::stdout().lock();
    match stdout.write_all(output.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => Ok(EXIT_OK),
        Err(error) if error.kind() == ErrorKind::BrokenPipe => Ok(EXIT_OK),
        Err(cause) => Err(Error::File { verb: "write", path: "standard output".into(), cause }),
    }
}
