//! What each command does, from the command line to what is printed.

use std::cell::RefCell;
use std::ffi::OsString;
use std::io::{self, ErrorKind, Write as _};
use std::time::Duration;

use crate::LOG;
use crate::cli::{self, Command, Format, Invocation, UpdateOptions};
use crate::config::{self, Config, Fault, Host, HostEntry, Severity};
use crate::error::{EXIT_CONFIG, EXIT_OK, Error};
use crate::io::dns::Names;
use crate::io::signals::Signals;
use crate::io::sources::Sources;
use crate::io::state_dir::{Hold, Listener, Lock, Runner, StateDir};
use crate::io::{clock, files, owners, process};
use crate::pass::{Agent, poke};
use crate::poke::Answer;
use crate::run;
use crate::state::{Record, State};
use crate::text::shaped;
use crate::view::{self, line::exit_code};

/// How long another dynhost is waited for.
const BUSY: Duration = Duration::from_mins(1);
/// How often one that stays is asked and ends before it answers.
const ASKED_MAX: usize = 3;

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
    let Answer { lines, exit } = if options.dry_run {
        pass_alone(config, store.dry(), options)?
    } else {
        match hold_or(&store, |runner| poke::update(&config, runner, options))? {
            Held::Mine(_lock) => pass_alone(config, store, options)?,
            Held::Answered(answer) => answer,
        }
    };
    print(&lines)?;
    Ok(if has_fault { EXIT_CONFIG } else { exit })
}

fn pass_alone(config: Config, store: StateDir, options: &UpdateOptions) -> Result<Answer, Error> {
    let lines = Agent::new(config, store)?.pass(options)?;
    let exit = exit_code(&lines);
    Ok(Answer { lines: lines.iter().map(|line| format!("{line}\n")).collect(), exit })
}

fn resume(invocation: &Invocation, hosts: &[String]) -> Result<u8, Error> {
    let config = configuration(invocation)?;
    let store = state_dir(invocation, &config);
    match hold_or(&store, |runner| poke::resume(&config, runner, hosts))? {
        Held::Mine(_lock) => Agent::new(config, store)?.resume(hosts)?,
        Held::Answered(exit) => return Ok(exit),
    }
    Ok(EXIT_OK)
}

fn stay(invocation: &Invocation, until_settled: bool) -> Result<u8, Error> {
    // First of all: until the handlers are there, SIGUSR1 kills.
    let signals = Signals::install().map_err(Error::System)?;
    let config = configuration(invocation)?;
    let store = state_dir(invocation, &config);
    let resident = || Error::Resident { state_dir: store.path().display().to_string() };
    let lock = match hold_or(&store, |_: Runner| Err::<Option<()>, _>(resident()))? {
        Held::Mine(lock) => lock,
        Held::Answered(()) => return Err(resident()),
    };
    let listener = Listener::open(&store, lock).map_err(Error::System)?;
    let agent = Agent::new(config, store)?;
    let reload = || reload(invocation);
    run::Runner { agent, listener, signals, until_settled, reload: &reload }.run()?;
    Ok(EXIT_OK)
}

fn check(invocation: &Invocation) -> Result<u8, Error> {
    let Read { path, mut config, secrets, .. } = read_config(invocation)?;
    init_log(invocation, None);
    config.faults.extend(owners::warnings(&path, &config, &secrets));
    config.faults.extend(owners::authority_warnings(&config));
    let faults: String = config.faults.iter().map(|fault| format!("{fault}\n")).collect();
    print(&faults)?;
    if !config.faults.is_empty() {
        return Ok(EXIT_CONFIG);
    }
    let count = config.hosts.len();
    print(&format!("{path}: no fault in {count} host(s)\n{}", notes(&config, &[]).join("")))
}

/// A line for each of these hosts, or of all, that `bind` does not cover in full.
fn notes(config: &Config, hosts: &[String]) -> Vec<String> {
    let is_named =
        |host: &&Host| hosts.is_empty() || hosts.iter().any(|name| host.name == name.as_str());
    let bound = config.hosts.iter().filter_map(HostEntry::usable).filter(is_named);
    let mut bound = bound.filter(|host| host.enabled && host.bind).peekable();
    // Without the kernel's tables the pass itself says what is wrong.
    let Some(Ok(mut sources)) = bound.peek().map(|_| Sources::open()) else {
        return Vec::new();
    };
    let note = |host: &Host| {
        let names = Names { device: None, servers: sources.dns(host)? };
        let server = names.asks_locally()?;
        Some(format!(
            "{}: look-ups choose their own way in spite of bind, as the DNS server {server} in \
             /etc/resolv.conf is this machine: name those of the line there\n",
            host.name
        ))
    };
    bound.filter_map(note).collect()
}

fn show(invocation: &Invocation, hosts: &[String], format: Format) -> Result<u8, Error> {
    let now = clock::now();
    // The state is for everybody, the configuration for root alone: without it, the state is
    // shown as it is.
    let config = match read_config(invocation) {
        Ok(read) => Some(read.config),
        Err(Error::File { cause, .. }) if cause.kind() == ErrorKind::PermissionDenied => None,
        Err(error) => return Err(error),
    };
    init_log(invocation, config.as_ref());
    let store = StateDir::new(state_dir_path(invocation, config.as_ref()));
    let mut state = store.peek(now)?;
    if let Some(config) = &config {
        state.show_configured(config);
    }
    check_hosts(&state, hosts)?;
    state.records.retain(|record| hosts.is_empty() || is_named(record, hosts));
    match format {
        Format::Table => {
            let notes = config.map_or_else(Vec::new, |config| notes(&config, hosts));
            print(&(view::table(&state.records, now) + &notes.join("")))
        }
        Format::Json => print(&String::from_utf8_lossy(&state.to_json())),
        Format::Prometheus => print(&view::prometheus(&state.records)),
    }
}

fn check_hosts(state: &State, hosts: &[String]) -> Result<(), Error> {
    let is_known = |host: &&String| {
        state.records.iter().any(|record| record.identity.section == host.as_str())
    };
    match hosts.iter().find(|host| !is_known(host)) {
        None => Ok(()),
        Some(unknown) => Err(Error::Usage(format!("nothing is known of a host '{unknown}'"))),
    }
}

fn is_named(record: &Record, hosts: &[String]) -> bool {
    hosts.iter().any(|host| record.identity.section == host.as_str())
}

/// The configuration for a command that works with it; its faults are in the log.
fn configuration(invocation: &Invocation) -> Result<Config, Error> {
    let read = read_config(invocation)?;
    logged(invocation, read)
}

/// The configuration that takes the place of another one: a file that is empty or cut does not.
fn reload(invocation: &Invocation) -> Result<Config, Error> {
    let read = read_config(invocation)?;
    config::check_whole(&read.text).map_err(|text| {
        let cause = io::Error::new(ErrorKind::InvalidData, text);
        Error::File { verb: "use", path: read.path.clone(), cause }
    })?;
    logged(invocation, read)
}

fn logged(invocation: &Invocation, read: Read) -> Result<Config, Error> {
    let Read { path, mut config, secrets, .. } = read;
    init_log(invocation, Some(&config));
    config.faults.extend(owners::warnings(&path, &config, &secrets));
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
    for note in notes(&config, &[]) {
        log::warn!(target: LOG, "{}", note.trim_end());
    }
    debug!("read {path} with {} host(s)", config.hosts.len());
    Ok(config)
}

/// A configuration as it was read.
struct Read {
    path: String,
    text: Vec<u8>,
    config: Config,
    /// The files that passwords were read from, or should have been.
    secrets: Vec<String>,
}

fn read_config(invocation: &Invocation) -> Result<Read, Error> {
    let path = invocation.config.clone().unwrap_or_else(|| files::config_path().into());
    let text = files::read_config(&path)?;
    let secrets = RefCell::new(Vec::new());
    let read_secret = |file: &str| {
        secrets.borrow_mut().push(file.to_owned());
        files::read_secret(file)
    };
    let config = config::read(&path, &text, &read_secret);
    Ok(Read { path, text, config, secrets: secrets.into_inner() })
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

/// What came of the wish to write the state.
enum Held<T> {
    /// This process may; `None` if there can be no lock because there is no room for one.
    Mine(Option<Lock>),
    /// One that stays did it.
    Answered(T),
}

/// Takes the lock, or asks the process that holds it to stay; one that does not is waited for.
fn hold_or<T>(
    store: &StateDir,
    ask: impl Fn(Runner) -> Result<Option<T>, Error>,
) -> Result<Held<T>, Error> {
    for _ in 0..ASKED_MAX {
        match store.hold(BUSY) {
            Ok(Some(Hold::Mine(lock))) => return Ok(Held::Mine(Some(lock))),
            Ok(Some(Hold::Runner(runner))) => {
                // If it ended before it looked, this may be the one to do it now.
                if let Some(answer) = ask(runner)? {
                    return Ok(Held::Answered(answer));
                }
            }
            Ok(None) => return Err(busy(store)),
            Err(Error::File { cause, path, .. })
                if matches!(
                    cause.kind(),
                    ErrorKind::StorageFull | ErrorKind::ReadOnlyFilesystem
                ) =>
            {
                log::warn!(target: LOG, "cannot make {path}: {cause}; going on without remembering");
                return Ok(Held::Mine(None));
            }
            Err(error) => return Err(error),
        }
    }
    let text = "the dynhost that runs does not answer, is it of another version? restart it";
    let path = store.path().display().to_string();
    Err(Error::File { verb: "use", path, cause: io::Error::other(text) })
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
