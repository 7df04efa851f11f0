//! `dynhost ovh`: what the customer area does, by OVHcloud's API.

mod authorize;
mod caller;
mod login;
mod place;
mod record;
mod rehearsal;
mod setup;
mod wait;

use super::configuration::init_log;
use super::print;
use crate::cli::Invocation;
use crate::cli::ovh::{Ovh, Task, is_zone};
use crate::config::Secret;
use crate::error::{EXIT_HELD, Error};
use crate::io::config_file::ConfigFile;
use crate::io::{ovh_conf, random, terminal};
use crate::ovh::api::Api;
use crate::ovh::credentials::{self, Access, Credentials};
use crate::ovh::error::Trouble;
use crate::ovh::names;

use caller::Caller;

/// Random bytes are asked for so often until they make a password; once is the rule.
const PASSWORD_TRIES: usize = 16;

pub(super) fn run(invocation: &Invocation, ovh: &Ovh) -> Result<u8, Error> {
    init_log(invocation, None);
    let zone = ovh.zone.as_deref();
    match &ovh.task {
        Task::Authorize { replace, file, wait } => authorize::run(
            zone,
            &authorize::Wish { replace: *replace, file: file.as_deref(), wait: *wait },
        ),
        Task::Setup(wish) => {
            let mut caller = Caller::open(credentials()?)?;
            let zone = zone_of(&mut caller, zone)?;
            setup::run(invocation, &mut caller, &zone, wish)
        }
        Task::Zones => {
            let zones = Api::new(&mut Caller::open(credentials()?)?).zones()?;
            print(&zones.iter().map(|zone| format!("{zone}\n")).collect::<String>())
        }
        Task::Login(task) => {
            let mut caller = Caller::open(credentials()?)?;
            let zone = zone_of(&mut caller, zone)?;
            login::run(&mut Api::new(&mut caller), &zone, task)
        }
        Task::Record(task) => {
            let mut caller = Caller::open(credentials()?)?;
            let zone = zone_of(&mut caller, zone)?;
            record::run(&mut Api::new(&mut caller), &zone, task)
        }
    }
}

impl From<Trouble> for Error {
    fn from(trouble: Trouble) -> Self {
        Self::Refused { text: trouble.to_string(), exit: trouble.exit_code() }
    }
}

/// The user must act.
fn refused(text: impl Into<String>) -> Error {
    Error::Refused { text: text.into(), exit: EXIT_HELD }
}

fn usage(text: impl Into<String>) -> Error {
    Error::Usage(text.into())
}

/// The credentials of the environment and the files; the consumer key may be missing still.
fn any_credentials() -> Result<Credentials, Error> {
    let files = ovh_conf::files()?;
    let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    credentials::read(&ovh_conf::variable, &files).map_err(|lack| refused(lack.to_string()))
}

/// Credentials that calls can be signed with.
fn credentials() -> Result<Credentials, Error> {
    let credentials = any_credentials()?;
    if let Access::Keys { consumer_key: None, .. } = credentials.access {
        return Err(refused(
            "no consumer key for the API of OVHcloud: run dynhost ovh authorize, or put \
             client_id and client_secret of a service account into ovh.conf in the place of \
             application_key and application_secret",
        ));
    }
    Ok(credentials)
}

/// The zone that was named, or that is chosen on the terminal.
fn zone_of(caller: &mut Caller, zone: Option<&str>) -> Result<String, Error> {
    if let Some(zone) = zone {
        return Ok(zone.into());
    }
    if !terminal::can_ask() {
        return Err(usage("--zone is missing"));
    }
    let zones = Api::new(caller).zones()?;
    match zones.as_slice() {
        [] => Err(refused("the account has no zone: use the account that has one")),
        [only] => ask(&format!("zone [{only}]: "), only),
        [first, ..] => ask(&format!("zone ({}) [{first}]: ", zones.join(", ")), first),
    }
    .and_then(|zone| checked_zone(&zone))
}

fn checked_zone(zone: &str) -> Result<String, Error> {
    let zone = zone.trim().trim_end_matches('.').to_ascii_lowercase();
    if is_zone(&zone) {
        Ok(zone)
    } else {
        Err(usage("a zone is a domain name such as example.com"))
    }
}

/// What is typed, or the default if that is nothing.
fn ask(question: &str, default: &str) -> Result<String, Error> {
    let answer = terminal::line(question).map_err(no_answer)?;
    let answer = answer.trim();
    Ok(if answer.is_empty() { default.to_owned() } else { answer.to_owned() })
}

fn no_answer(cause: std::io::Error) -> Error {
    Error::File { verb: "read", path: "standard input".into(), cause }
}

/// A sub-domain as it was written, for a record.
fn sub_domain(text: &str, zone: &str) -> Result<String, Error> {
    names::sub_domain(text, zone).map_err(usage)
}

/// A sub-domain for a person, and as the customer area shows it.
fn shown(sub_domain: &str) -> &str {
    if sub_domain.is_empty() { "@" } else { sub_domain }
}

fn new_password() -> Result<Secret, Error> {
    for _ in 0..PASSWORD_TRIES {
        if let Some(password) = names::password(&random::bytes().map_err(Error::System)?) {
            return Ok(password);
        }
    }
    Err(Error::System(std::io::Error::other("its random bytes are none")))
}

/// The password of that file, which is made if it is not there, or of standard input.
fn password(file: Option<&str>) -> Result<Secret, Error> {
    let Some(path) = file else { return typed_password() };
    let file = ConfigFile::open(path)?;
    if file.text().is_empty() {
        let password = new_password()?;
        file.replace(format!("{}\n", password.reveal()).as_bytes())?;
        return Ok(password);
    }
    let text = String::from_utf8_lossy(file.text()).into_owned();
    checked_password(text.lines().next().unwrap_or_default())
}

fn typed_password() -> Result<Secret, Error> {
    let password = terminal::secret("new password: ").map_err(no_answer)?;
    if terminal::can_ask() {
        let again = terminal::secret("the same again: ").map_err(no_answer)?;
        if password != again {
            return Err(usage("the two passwords differ, nothing was changed"));
        }
    }
    checked_password(&password)
}

fn checked_password(password: &str) -> Result<Secret, Error> {
    names::check_password(password).map_err(usage)?;
    Ok(Secret::new(password.into()))
}
