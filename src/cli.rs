//! argv -> [`Invocation`]. Nothing is read or sent here; a wrong command line costs nothing.

#[cfg(feature = "ovh")]
pub mod ovh;
mod table;

use std::ffi::OsString;

use lexopt::prelude::{Long, Short, Value};
use log::LevelFilter;

use crate::error::Error;

pub use table::{COMMANDS, COMMON, Flag, LEVELS, Verb, help, log_level};

#[cfg(not(feature = "ovh"))]
const NO_OVH: &str = "this build has no 'ovh': install the one with everything";

/// A command line that was understood.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Invocation {
    /// `--config`.
    pub config: Option<String>,
    /// `--state-dir`.
    pub state_dir: Option<String>,
    /// `--log-level`; wins over the configuration.
    pub log_level: Option<LevelFilter>,
    /// What to do.
    pub command: Command,
}

/// What to do.
#[derive(Debug, Default, PartialEq, Eq)]
pub enum Command {
    /// One pass.
    Update(UpdateOptions),
    /// Stay and react.
    Run {
        /// End once nothing is left to do.
        until_settled: bool,
    },
    /// Show the state.
    Status {
        /// Only these hosts; all if empty.
        hosts: Vec<String>,
        /// How to show it.
        format: Format,
    },
    /// Check the configuration.
    Check {
        /// Only as a whole: what takes one host out does not count.
        syntax: bool,
    },
    /// Look at everything between the device and the names.
    #[cfg(feature = "doctor")]
    Doctor {
        /// Only these hosts; all if empty.
        hosts: Vec<String>,
        /// As one JSON document.
        json: bool,
    },
    /// Release holds of these hosts, at least one.
    Resume(Vec<String>),
    /// Ask OVHcloud's API.
    #[cfg(feature = "ovh")]
    Ovh(ovh::Ovh),
    /// Print the help of `ovh`.
    #[cfg(feature = "ovh")]
    OvhHelp,
    /// Print the version.
    Version,
    /// Print the help.
    #[default]
    Help,
}

/// What `update` covers and how far it goes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct UpdateOptions {
    /// Only these hosts; all if empty.
    pub hosts: Vec<String>,
    /// Only hosts on this logical interface.
    pub interface: Option<String>,
    /// Send even if the address is published.
    pub force: bool,
    /// Hosts for which alone the same holds; only a poked runner is asked so.
    pub forced: Vec<String>,
    /// Send nothing, write nothing.
    pub dry_run: bool,
}

/// How `status` shows the state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// For a person.
    #[default]
    Table,
    /// As in the state file.
    Json,
    /// Prometheus' text exposition format.
    Prometheus,
}

/// Reads the arguments behind the program's name.
///
/// # Errors
/// [`Error::Usage`] names the first argument that has no meaning.
pub fn parse(arguments: impl IntoIterator<Item = OsString>) -> Result<Invocation, Error> {
    let mut parser = lexopt::Parser::from_args(arguments);
    let mut raw = Raw::default();
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Long("version") | Short('V') => return Ok(Command::Version.alone()),
            Long("help") | Short('h') => return Ok(Command::Help.alone()),
            Value(word) if raw.words.is_empty() && word == "ovh" => {
                #[cfg(feature = "ovh")]
                return raw.ovh(parser);
                #[cfg(not(feature = "ovh"))]
                return Err(Error::Usage(NO_OVH.into()));
            }
            Value(word) => raw.words.push(word.into_string().map_err(not_utf8)?),
            Long(name) => match known(name) {
                Some(flag) => raw.take(flag, &mut parser)?,
                None => return Err(usage(argument.unexpected())),
            },
            Short(_) => return Err(usage(argument.unexpected())),
        }
    }
    raw.checked()
}

fn known(name: &str) -> Option<&'static Flag> {
    let own = COMMANDS.iter().flat_map(|verb| verb.flags);
    COMMON.iter().chain(own).find(|flag| flag.name == name)
}

/// The arguments as they came, in any order.
#[derive(Default)]
struct Raw {
    config: Option<String>,
    state_dir: Option<String>,
    log_level: Option<LevelFilter>,
    interface: Option<String>,
    flags: Vec<&'static str>,
    words: Vec<String>,
}

impl Raw {
    fn take(&mut self, flag: &'static Flag, parser: &mut lexopt::Parser) -> Result<(), Error> {
        let value = if flag.value.is_empty() { None } else { Some(text(parser)?) };
        match flag.name {
            "config" => self.config = value,
            "state-dir" => self.state_dir = value,
            "log-level" => self.log_level = value.as_deref().map(level).transpose()?,
            "interface" => self.interface = value,
            name => self.flags.push(name),
        }
        Ok(())
    }

    #[cfg(feature = "ovh")]
    fn ovh(self, parser: lexopt::Parser) -> Result<Invocation, Error> {
        let Self { config, state_dir, log_level, .. } = self;
        ovh::parse(parser, Invocation { config, state_dir, log_level, command: Command::Help })
    }

    fn checked(mut self) -> Result<Invocation, Error> {
        let Some(command) = (!self.words.is_empty()).then(|| self.words.remove(0)) else {
            return Err(Error::Usage("no command given".into()));
        };
        let verb = COMMANDS.iter().find(|verb| verb.name == command);
        let allowed = verb.map_or(&[][..], |verb| verb.flags);
        let given = self.flags.iter().chain(self.interface.iter().map(|_| &"interface"));
        if let Some(flag) =
            given.into_iter().find(|name| !allowed.iter().any(|flag| flag.name == **name))
        {
            return Err(Error::Usage(format!("'{command}' takes no --{flag}")));
        }
        let command = self.command(&command)?;
        let Self { config, state_dir, log_level, .. } = self;
        Ok(Invocation { config, state_dir, log_level, command })
    }

    fn command(&mut self, name: &str) -> Result<Command, Error> {
        let hosts = std::mem::take(&mut self.words);
        let has = |flag| self.flags.contains(&flag);
        match (name, hosts.as_slice()) {
            ("update", _) => Ok(Command::Update(UpdateOptions {
                hosts,
                interface: self.interface.take(),
                force: has("force"),
                forced: Vec::new(),
                dry_run: has("dry-run"),
            })),
            ("status", _) => Ok(Command::Status { hosts, format: self.format()? }),
            #[cfg(feature = "doctor")]
            ("doctor", _) => Ok(Command::Doctor { hosts, json: has("json") }),
            #[cfg(not(feature = "doctor"))]
            ("doctor", _) => {
                Err(Error::Usage("this build has no 'doctor': install the one with it".into()))
            }
            ("resume", []) => Err(Error::Usage("'resume' needs the name of a host".into())),
            ("resume", _) => Ok(Command::Resume(hosts)),
            ("check", []) => Ok(Command::Check { syntax: has("syntax") }),
            ("run", []) => Ok(Command::Run { until_settled: has("until-settled") }),
            ("check" | "run", [extra, ..]) => {
                Err(Error::Usage(format!("'{name}' takes no argument such as '{extra}'")))
            }
            _ => Err(Error::Usage(format!("unknown command '{name}'"))),
        }
    }

    fn format(&self) -> Result<Format, Error> {
        match (self.flags.contains(&"json"), self.flags.contains(&"prometheus")) {
            (false, false) => Ok(Format::Table),
            (true, false) => Ok(Format::Json),
            (false, true) => Ok(Format::Prometheus),
            (true, true) => Err(Error::Usage("--json and --prometheus exclude each other".into())),
        }
    }
}

impl Command {
    fn alone(self) -> Invocation {
        Invocation { command: self, ..Invocation::default() }
    }
}

fn level(word: &str) -> Result<LevelFilter, Error> {
    log_level(word).ok_or_else(|| {
        Error::Usage(format!("--log-level takes error, warn, info or debug, not '{word}'"))
    })
}

fn text(parser: &mut lexopt::Parser) -> Result<String, Error> {
    parser.value().map_err(usage)?.into_string().map_err(not_utf8)
}

fn usage(error: lexopt::Error) -> Error {
    Error::Usage(error.to_string())
}

fn not_utf8(word: OsString) -> Error {
    Error::Usage(format!("'{}' is not UTF-8", word.to_string_lossy()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(line: &str) -> Result<Invocation, String> {
        parse(line.split_ascii_whitespace().map(OsString::from)).map_err(|e| e.to_string())
    }

    #[test]
    fn every_command_of_the_contract_is_read() {
        let update = |hosts: &[&str], interface: Option<&str>, force, dry_run| {
            let hosts = hosts.iter().copied().map(String::from).collect();
            let interface = interface.map(String::from);
            Command::Update(UpdateOptions { hosts, interface, force, dry_run, forced: Vec::new() })
        };
        let status = |hosts: &[&str], format| Command::Status {
            hosts: hosts.iter().copied().map(String::from).collect(),
            format,
        };
        let rows = [
            ("update", update(&[], None, false, false)),
            ("update home cabin", update(&["home", "cabin"], None, false, false)),
            ("update --interface wan_6 --force", update(&[], Some("wan_6"), true, false)),
            ("update --interface=wan --dry-run home", update(&["home"], Some("wan"), false, true)),
            ("status", status(&[], Format::Table)),
            ("status --json home", status(&["home"], Format::Json)),
            ("status --prometheus", status(&[], Format::Prometheus)),
            ("check", Command::Check { syntax: false }),
            ("check --syntax", Command::Check { syntax: true }),
            ("run", Command::Run { until_settled: false }),
            ("run --until-settled", Command::Run { until_settled: true }),
            ("resume home", Command::Resume(vec!["home".into()])),
            ("--version", Command::Version),
            ("update --help", Command::Help),
        ];
        for (line, command) in rows {
            assert_eq!(read(line).map(|read| read.command), Ok(command), "{line}");
        }
    }

    #[test]
    fn common_options_may_stand_on_either_side() {
        let expected = Invocation {
            config: Some("a".into()),
            state_dir: Some("b".into()),
            log_level: Some(LevelFilter::Debug),
            command: Command::Check { syntax: false },
        };
        let line = "--config a --state-dir b check --log-level debug";
        assert_eq!(read(line), Ok(expected));
    }

    #[cfg(not(feature = "ovh"))]
    #[test]
    fn a_build_without_ovh_says_so() {
        assert_eq!(read("ovh setup"), Err(format!("{NO_OVH}; see dynhost --help")));
    }

    #[test]
    fn what_has_no_meaning_is_named() {
        let rows = [
            ("", "no command given"),
            ("updat", "unknown command 'updat'"),
            ("--frobnicate", "invalid option '--frobnicate'"),
            ("update -x", "invalid option '-x'"),
            ("check now", "'check' takes no argument such as 'now'"),
            ("resume", "'resume' needs the name of a host"),
            ("check --force", "'check' takes no --force"),
            ("status --interface wan", "'status' takes no --interface"),
            ("status --json --prometheus", "--json and --prometheus exclude each other"),
            ("--log-level loud check", "--log-level takes error, warn, info or debug, not 'loud'"),
            ("check --config", "missing argument for option '--config'"),
        ];
        for (line, sentence) in rows {
            assert_eq!(read(line), Err(format!("{sentence}; see dynhost --help")), "{line}");
        }
    }
}
