//! What every command works with: the configuration, the log's level, the state directory.

use std::cell::RefCell;
use std::io::{self, ErrorKind};
use std::path::PathBuf;

use log::Level;

use super::notes;
use crate::LOG;
use crate::cli::Invocation;
use crate::config::{self, Config, Fault, Severity};
use crate::error::Error;
use crate::io::keeper::Keeper;
use crate::io::state_dir::StateDir;
use crate::io::{files, owners};

/// What was said of the configuration in the log: a file that is read again is not news.
pub(super) type Said = RefCell<Vec<String>>;

/// The configuration for a command that works with it; its faults are in the log.
pub(super) fn configuration(invocation: &Invocation) -> Result<Config, Error> {
    said(invocation, &Said::default())
}

/// The same for one that will read it again.
pub(super) fn said(invocation: &Invocation, said: &Said) -> Result<Config, Error> {
    let read = read_config(invocation)?;
    logged(invocation, read, said)
}

/// The configuration that takes the place of another one: a file that is empty or cut does not.
pub(super) fn reload(invocation: &Invocation, said: &Said) -> Result<Config, Error> {
    let read = read_config(invocation)?;
    check_whole(&read)?;
    logged(invocation, read, said)
}

/// A file with a fault says better what is wrong with it.
pub(super) fn check_whole(read: &Read) -> Result<(), Error> {
    if !read.is_usable() {
        return Ok(());
    }
    config::check_whole(&read.text).map_err(|text| {
        let cause = io::Error::new(ErrorKind::InvalidData, text);
        Error::File { verb: "use", path: read.path.clone(), cause }
    })
}

/// A line for each fault that leaves nothing of the file to be used.
pub(super) fn faults_of_file(config: &Config) -> String {
    let faults = config.faults.iter().filter(|fault| fault.severity == Severity::File);
    faults.map(|fault| format!("{fault}\n")).collect()
}

fn logged(invocation: &Invocation, read: Read, said: &Said) -> Result<Config, Error> {
    let Read { path, mut config, secrets, .. } = read;
    init_log(invocation, Some(&config));
    config.faults.extend(owners::warnings(&path, &config, &secrets, None));
    let (fatal, local): (Vec<&Fault>, Vec<&Fault>) =
        config.faults.iter().partition(|fault| fault.severity == Severity::File);
    if !fatal.is_empty() {
        return Err(Error::Config(fatal.into_iter().cloned().collect()));
    }
    let of_faults = local.into_iter().map(|fault| match fault.severity {
        Severity::File | Severity::Host => (Level::Error, fault.to_string()),
        Severity::Warning => (Level::Warn, fault.to_string()),
    });
    let of_binding = notes::of_binding(&config).into_iter().map(|note| (Level::Warn, note));
    let mut lines = Vec::new();
    for (level, line) in of_faults.chain(of_binding) {
        if !said.borrow().contains(&line) {
            log::log!(target: LOG, level, "{line}");
        }
        lines.push(line);
    }
    said.replace(lines);
    debug!("read {path} with {} host(s)", config.hosts.len());
    Ok(config)
}

/// A configuration as it was read.
pub(super) struct Read {
    pub(super) path: String,
    pub(super) text: Vec<u8>,
    pub(super) config: Config,
    /// The files that passwords were read from, or should have been.
    pub(super) secrets: Vec<String>,
}

impl Read {
    /// Whether anything of the file can be used.
    pub(super) fn is_usable(&self) -> bool {
        !self.config.faults.iter().any(|fault| fault.severity == Severity::File)
    }
}

pub(super) fn read_config(invocation: &Invocation) -> Result<Read, Error> {
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

/// The configuration with every fault there is: its own, and those of the files that it names.
pub(super) fn inspect(invocation: &Invocation) -> Result<Read, Error> {
    let mut read = read_config(invocation)?;
    let Read { path, config, secrets, .. } = &mut read;
    let state_dir = PathBuf::from(state_dir_path(invocation, Some(config)));
    let keeper = Keeper::find(path, &state_dir);
    let mut found = owners::warnings(path, config, secrets, keeper);
    let refused = owners::locked_out(path, &state_dir).or_else(|| {
        let store = StateDir::new(&state_dir).kept_by(keeper.map(|keeper| keeper.user));
        let path = state_dir.display().to_string();
        Some(Fault::warning(&path, 0, format!("cannot be used as state_dir: {}", store.refusal()?)))
    });
    found.extend(refused);
    found.extend(owners::authority_warnings(config));
    config.faults.extend(found);
    Ok(read)
}

pub(super) fn init_log(invocation: &Invocation, config: Option<&Config>) {
    let configured = config.and_then(|config| config.agent.log_level);
    let level = invocation.log_level.or(configured).unwrap_or(log::LevelFilter::Info);
    log::set_max_level(level);
}

pub(super) fn state_dir(invocation: &Invocation, config: &Config) -> StateDir {
    let path = PathBuf::from(state_dir_path(invocation, Some(config)));
    let keeper = Keeper::find(&config_path(invocation), &path);
    StateDir::new(path).kept_by(keeper.map(|keeper| keeper.user))
}

pub(super) fn config_path(invocation: &Invocation) -> String {
    invocation.config.clone().unwrap_or_else(|| files::config_path().into())
}

pub(super) fn state_dir_path(invocation: &Invocation, config: Option<&Config>) -> String {
    let configured = config.and_then(|config| config.agent.state_dir.clone());
    invocation.state_dir.clone().or(configured).unwrap_or_else(files::state_dir_path)
}
