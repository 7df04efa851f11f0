//! What each command does, from the command line to what is printed.

mod notes;
#[cfg(feature = "ovh")]
mod ovh;
#[cfg(feature = "rpcd")]
pub mod rpcd;

use std::cell::RefCell;
use std::ffi::OsString;
use std::io::{self, ErrorKind, Write as _};
use std::path::PathBuf;
use std::time::Duration;

use crate::LOG;
use crate::cli::{self, Command, Format, Invocation, UpdateOptions};
use crate::config::{self, Config, Fault, Severity};
use crate::error::{EXIT_CONFIG, EXIT_OK, Error};
use crate::io::keeper::Keeper;
use crate::io::signals::Signals;
use crate::io::state_dir::{Hold, Listener, Lock, Runner, StateDir};
use crate::io::{clock, files, owners, process};
use crate::pass::{self, Agent, poke};
use crate::poke::Answer;
use crate::run;
use crate::state::{Record, State};
use crate::status;
use crate::text::shaped;

use notes::notes;

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
        Command::Help => print(&cli::help()),
        Command::Version => print(concat!("dynhost ", env!("CARGO_PKG_VERSION"), "\n")),
        Command::Check { syntax: false } => check(&invocation),
        Command::Check { syntax: true } => check_syntax(&invocation),
        Command::Status { hosts, format } => show(&invocation, hosts, *format),
        Command::Update(options) => update(&invocation, options),
        Command::Resume(hosts) => resume(&invocation, hosts),
        Command::Run { until_settled } => stay(&invocation, *until_settled),
        #[cfg(feature = "ovh")]
        Command::Ovh(task) => ovh::run(&invocation, task),
        #[cfg(feature = "ovh")]
        Command::OvhHelp => print(cli::ovh::HELP),
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

/// Updates these hosts by a configuration that was just changed, also if another one runs.
#[cfg(feature = "ovh")]
fn reread_and_update(
    invocation: &Invocation,
    hosts: &[String],
    force: bool,
) -> Result<Answer, Error> {
    let config = configuration(invocation)?;
    let store = state_dir(invocation, &config);
    let options = UpdateOptions { hosts: hosts.to_vec(), force, ..UpdateOptions::default() };
    match hold_or(&store, |runner| poke::reread(&config, runner, &options))? {
        Held::Mine(_lock) => pass_alone(config, store, &options),
        Held::Answered(answer) => Ok(answer),
    }
}

fn pass_alone(config: Config, store: StateDir, options: &UpdateOptions) -> Result<Answer, Error> {
    let lines = Agent::new(config, store)?.pass(options)?;
    let exit = pass::exit_code(&lines);
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
    let state_dir = PathBuf::from(state_dir_path(invocation, Some(&config)));
    let keeper = Keeper::find(&path, &state_dir);
    config.faults.extend(owners::warnings(&path, &config, &secrets, keeper));
    config.faults.extend(owners::locked_out(&path, &state_dir));
    config.faults.extend(owners::authority_warnings(&config));
    let faults: String = config.faults.iter().map(|fault| format!("{fault}\n")).collect();
    print(&faults)?;
    if !config.faults.is_empty() {
        return Ok(EXIT_CONFIG);
    }
    let count = config.hosts.len();
    print(&format!("{path}: no fault in {count} host(s)\n{}", notes(&config, &[])))
}

/// Whether the file can be used as a whole, as a reload asks: what takes one host out is no matter.
fn check_syntax(invocation: &Invocation) -> Result<u8, Error> {
    let read = read_config(invocation)?;
    let faults = faults_of_file(&read.config);
    print(&faults)?;
    check_whole(&read)?;
    Ok(if faults.is_empty() { EXIT_OK } else { EXIT_CONFIG })
}

/// A line for each fault that leaves nothing of the file to be used.
fn faults_of_file(config: &Config) -> String {
    let faults = config.faults.iter().filter(|fault| fault.severity == Severity::File);
    faults.map(|fault| format!("{fault}\n")).collect()
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
    let faults = config.as_ref().map_or_else(String::new, faults_of_file);
    // A file that cannot be used has no hosts; an agent that runs goes on with those it had.
    if let Some(config) = config.as_ref().filter(|_| faults.is_empty()) {
        pass::list_configured(&mut state, config);
        check_hosts(&state, hosts)?;
    }
    state.records.retain(|record| hosts.is_empty() || is_named(record, hosts));
    match format {
        Format::Table => {
            let is_needed = faults.is_empty() || !state.records.is_empty();
            let table = if is_needed { status::table(&state, now) } else { String::new() };
            let notes = config.map_or_else(String::new, |config| notes(&config, hosts));
            print(&(table + &faults + &notes))?;
        }
        Format::Json => _ = print(&String::from_utf8_lossy(&state.to_json()))?,
        Format::Prometheus => _ = print(&status::prometheus(&state))?,
    }
    Ok(if faults.is_empty() { EXIT_OK } else { EXIT_CONFIG })
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
    let read = read_config(invocation)?;
    logged(invocation, read)
}

/// The configuration that takes the place of another one: a file that is empty or cut does not.
fn reload(invocation: &Invocation) -> Result<Config, Error> {
    let read = read_config(invocation)?;
    check_whole(&read)?;
    logged(invocation, read)
}

/// A file with a fault says better what is wrong with it.
fn check_whole(read: &Read) -> Result<(), Error> {
    if read.config.faults.iter().any(|fault| fault.severity == Severity::File) {
        return Ok(());
    }
    config::check_whole(&read.text).map_err(|text| {
        let cause = io::Error::new(ErrorKind::InvalidData, text);
        Error::File { verb: "use", path: read.path.clone(), cause }
    })
}

fn logged(invocation: &Invocation, read: Read) -> Result<Config, Error> {
    let Read { path, mut config, secrets, .. } = read;
    init_log(invocation, Some(&config));
    config.faults.extend(owners::warnings(&path, &config, &secrets, None));
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
    for note in notes::of_binding(&config) {
        log::warn!(target: LOG, "{note}");
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
    let path = config_path(invocation);
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
    let path = PathBuf::from(state_dir_path(invocation, Some(config)));
    let keeper = Keeper::find(&config_path(invocation), &path);
    StateDir::new(path).kept_by(keeper.map(|keeper| keeper.user))
}

fn config_path(invocation: &Invocation) -> String {
    invocation.config.clone().unwrap_or_else(|| files::config_path().into())
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
