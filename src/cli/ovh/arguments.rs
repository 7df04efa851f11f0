//! The arguments behind `dynhost ovh`, as they came -> [`Ovh`].

use std::net::IpAddr;
use std::time::Duration;

use lexopt::prelude::{Long, Short, Value};

use super::super::{Command, Invocation, level, not_utf8, text, usage};
use super::{Login, Ovh, Record, Setup, Task, is_zone};
use crate::address::Family;
use crate::error::Error;

/// How long `setup` waits for the DNS if nothing is said.
pub(super) const SETUP_WAIT: Duration = Duration::from_mins(10);
/// How long `authorize` waits for its link to be opened.
const AUTHORIZE_WAIT: Duration = Duration::from_mins(15);

/// Reads what follows `ovh`; `before` has the options that stood in front of it.
pub(in super::super) fn parse(
    mut parser: lexopt::Parser,
    mut invocation: Invocation,
) -> Result<Invocation, Error> {
    let mut raw = Raw::default();
    while let Some(argument) = parser.next().map_err(usage)? {
        match argument {
            Long("config") => invocation.config = Some(text(&mut parser)?),
            Long("state-dir") => invocation.state_dir = Some(text(&mut parser)?),
            Long("log-level") => {
                invocation.log_level = Some(level(&text(&mut parser)?)?);
            }
            Long("help") | Short('h') => {
                invocation.command = Command::OvhHelp;
                return Ok(invocation);
            }
            Long(name) => {
                let name = known(name)?;
                let value = if FLAGS.contains(&name) { String::new() } else { text(&mut parser)? };
                raw.options.push((name, value));
            }
            Short(_) => return Err(usage(argument.unexpected())),
            Value(word) => raw.words.push(word.into_string().map_err(not_utf8)?),
        }
    }
    invocation.command = Command::Ovh(raw.checked()?);
    Ok(invocation)
}

const FLAGS: [&str; 3] = ["new-password", "replace", "dry-run"];
const VALUES: [&str; 8] =
    ["zone", "subdomain", "family", "suffix", "host", "wait", "file", "password-file"];

fn known(name: &str) -> Result<&'static str, Error> {
    let mut all = FLAGS.into_iter().chain(VALUES);
    all.find(|known| *known == name)
        .ok_or_else(|| Error::Usage(format!("invalid option '--{name}'")))
}

/// The arguments as they came.
#[derive(Default)]
struct Raw {
    options: Vec<(&'static str, String)>,
    words: Vec<String>,
}

impl Raw {
    fn checked(mut self) -> Result<Ovh, Error> {
        let words = std::mem::take(&mut self.words);
        let words: Vec<&str> = words.iter().map(String::as_str).collect();
        let zone = self.take("zone").map(|zone| zone.trim_end_matches('.').to_ascii_lowercase());
        if zone.as_deref().is_some_and(|zone| !is_zone(zone)) {
            return Err(Error::Usage("--zone takes a domain name such as example.com".into()));
        }
        let task = self.task(&words)?;
        match self.options.first() {
            None => Ok(Ovh { zone, task }),
            Some((name, _)) => {
                let command = words.get(..2).unwrap_or(&words).join(" ");
                Err(Error::Usage(format!("'ovh {command}' takes no --{name}, or takes it once")))
            }
        }
    }

    fn task(&mut self, words: &[&str]) -> Result<Task, Error> {
        match words {
            ["setup"] => self.setup().map(Task::Setup),
            ["authorize"] => Ok(Task::Authorize {
                replace: self.has("replace"),
                file: self.take("file"),
                wait: self.wait(AUTHORIZE_WAIT)?,
            }),
            ["zone", "list"] => Ok(Task::Zones),
            ["login", rest @ ..] => self.login(rest).map(Task::Login),
            ["record", rest @ ..] => self.record(rest).map(Task::Record),
            _ => Err(unknown()),
        }
    }

    fn setup(&mut self) -> Result<Setup, Error> {
        Ok(Setup {
            sub_domain: self.take("subdomain"),
            families: self.families()?,
            suffix: self.take("suffix"),
            host: self.take("host"),
            new_password: self.has("new-password"),
            replace: self.has("replace"),
            dry_run: self.has("dry-run"),
            wait: self.wait(SETUP_WAIT)?,
        })
    }

    fn login(&mut self, words: &[&str]) -> Result<Login, Error> {
        match words {
            ["list"] => Ok(Login::List),
            ["add"] => Ok(Login::Add {
                sub_domain: self.sub_domain()?,
                suffix: self.take("suffix"),
                password_file: self.take("password-file"),
            }),
            ["passwd", login] => Ok(Login::Passwd {
                login: (*login).into(),
                password_file: self.take("password-file"),
            }),
            ["remove", login] => Ok(Login::Remove((*login).into())),
            ["passwd" | "remove"] => Err(Error::Usage(format!("'{}' needs a login", words[0]))),
            _ => Err(unknown()),
        }
    }

    fn record(&mut self, words: &[&str]) -> Result<Record, Error> {
        match words {
            ["list"] => Ok(Record::List(self.take("subdomain"))),
            ["add", address] => Ok(Record::Add(self.sub_domain()?, ip(address)?)),
            ["set", address] => Ok(Record::Set(self.sub_domain()?, ip(address)?)),
            ["add" | "set"] => Err(Error::Usage(format!("'{}' needs an address", words[0]))),
            ["remove"] => Ok(Record::Remove(self.sub_domain()?, self.families()?)),
            _ => Err(unknown()),
        }
    }

    fn take(&mut self, name: &str) -> Option<String> {
        let position = self.options.iter().position(|(given, _)| *given == name)?;
        Some(self.options.remove(position).1)
    }

    fn has(&mut self, name: &str) -> bool {
        self.take(name).is_some()
    }

    fn sub_domain(&mut self) -> Result<String, Error> {
        self.take("subdomain").ok_or_else(|| Error::Usage("--subdomain is missing".into()))
    }

    fn families(&mut self) -> Result<Vec<Family>, Error> {
        let Some(list) = self.take("family") else { return Ok(Vec::new()) };
        let mut families = Vec::new();
        for word in list.split(',') {
            let family =
                [Family::Ipv4, Family::Ipv6].into_iter().find(|one| one.to_string() == word);
            let wrong = || Error::Usage(format!("--family takes ipv4, ipv6 or both, not '{list}'"));
            let family = family.ok_or_else(wrong)?;
            if !families.contains(&family) {
                families.push(family);
            }
        }
        Ok(families)
    }

    fn wait(&mut self, default: Duration) -> Result<Duration, Error> {
        let Some(text) = self.take("wait") else { return Ok(default) };
        let seconds: Option<u32> = text.parse().ok();
        seconds
            .map(|seconds| Duration::from_secs(seconds.into()))
            .ok_or_else(|| Error::Usage(format!("--wait takes seconds, not '{text}'")))
    }
}

fn unknown() -> Error {
    Error::Usage(
        "'ovh' takes setup, authorize, zone list, login list|add|passwd|remove or record \
         list|add|set|remove; see dynhost ovh --help"
            .into(),
    )
}

fn ip(text: &str) -> Result<IpAddr, Error> {
    text.parse().map_err(|_| Error::Usage(format!("'{text}' is no address")))
}
