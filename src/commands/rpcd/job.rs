//! What takes longer than a call may: begun by one call, looked at by others.

use std::time::Duration;

use super::super::configuration::{read_config, state_dir_path};
use crate::cli::Invocation;
use crate::error::{EXIT_USAGE, Error};
use crate::io::job::{self, Job};
use crate::io::program::{self, ProgramError};
use crate::io::state_dir::StateDir;
use crate::rpcd::{self, Object, Refused, Said};

/// As what the keeper is started: one of a folder `rpcd`.
const NAME: &str = "rpcd/dynhost";
/// How long `doctor` may take.
const DOCTOR: Duration = Duration::from_mins(3);

/// What `doctor` has found so far; it is begun first, if that is wanted.
pub(super) fn doctor(start: bool, host: Option<String>) -> Result<String, Refused> {
    let job = open("doctor");
    if start {
        let task = host.clone().unwrap_or_default();
        let words = ["doctor", "--json"].map(str::to_owned).into_iter().chain(host);
        begin(&job, &task, (&words.collect::<Vec<_>>(), DOCTOR))?;
    }
    look(&job, rpcd::doctor).map(Object::finish)
}

/// The place of one kind of work, in the state directory.
pub(super) fn open(name: &'static str) -> Job {
    // Whatever is wrong with the configuration, that is what is to be told.
    let config = read_config(&Invocation::default()).map(|read| read.config).ok();
    let store = StateDir::new(state_dir_path(&Invocation::default(), config.as_ref()));
    Job::new(store, name)
}

/// Whether it began; if not, another one is at work.
pub(super) fn begin(
    job: &Job,
    task: &str,
    (words, limit): (&[String], Duration),
) -> Result<bool, Refused> {
    let program = program::own().map_err(failed)?;
    let seconds = limit.as_secs().to_string();
    let argv = [NAME, "keep", &seconds].map(str::to_owned);
    let argv: Vec<String> = argv.into_iter().chain(words.iter().cloned()).collect();
    Ok(job.start(task, (&program, &argv))?)
}

/// How far it has come, in the words of that answer.
pub(super) fn look(job: &Job, answer: fn(&Said<'_>) -> Object) -> Result<Object, Refused> {
    let seen = job.look()?;
    let said = Said { is_running: seen.is_running, output: &seen.output, errors: &seen.errors };
    Ok(answer(&said))
}

fn failed(error: ProgramError) -> Refused {
    Refused::new("system", format!("dynhost cannot be started: {error}"))
}

/// The keeper: one process for as long as the work takes, whoever asks or does not ask.
pub(super) fn keep(seconds: &str, words: &[&str]) -> Result<u8, Error> {
    let Ok(seconds) = seconds.parse() else { return Ok(EXIT_USAGE) };
    let owned: Vec<String> = words.iter().map(|&word| word.to_owned()).collect();
    let ended = job::keep(&owned, Duration::from_secs(seconds));
    let code = ended.map_err(|error| Error::System(std::io::Error::other(error)))?;
    if words.starts_with(&["ovh", "setup"]) {
        // The service does not know the new section yet. While the lock is held, it is not over.
        super::reload();
    }
    Ok(u8::try_from(code).unwrap_or(u8::MAX))
}
