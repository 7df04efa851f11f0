//! The wizard of OVHcloud: keys go into a file of the router, all else is `dynhost ovh`'s work.

use std::time::Duration;

use super::job;
use crate::io::config_file::ConfigFile;
use crate::io::ovh_conf;
use crate::ovh::credentials::{self, Credentials, FILES, Lack};
use crate::rpcd::{self, Keys, Refused, Step, Work};

/// How long a step may take, above what it waits for by itself.
const LIMIT: Duration = Duration::from_mins(15);
/// Where keys are kept: of root, and for nobody else to read.
const FILE: &str = FILES[0];

/// Does a step, or has it begun, and says how far it has come.
pub(super) fn act(step: Step) -> Result<String, Refused> {
    let job = job::open("setup");
    let has_begun = match step {
        Step::Look => true,
        Step::Keys(keys) => store(&keys).map(|()| true)?,
        Step::Work(Work { task, words }) => job::begin(&job, task, (&words, LIMIT))?,
    };
    let answer = job::look(&job, rpcd::texts)?;
    let answer = answer.flag("begun", has_begun);
    Ok(answer.raw("credentials", &rpcd::credentials(&read()?)).finish())
}

/// What is in force, by the files: the environment of rpcd has none.
fn read() -> Result<Result<Credentials, Lack>, Refused> {
    let files = ovh_conf::files()?;
    let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    Ok(credentials::read(&|_| None, &files))
}

fn store(keys: &Keys) -> Result<(), Refused> {
    let current = match read()? {
        Ok(Credentials { endpoint, .. }) => endpoint.name,
        Err(Lack::Missing(endpoint)) => endpoint,
        Err(_) => String::from("ovh-eu"),
    };
    let file = ConfigFile::open(FILE)?;
    let text = keys.put(file.text(), &current)?;
    Ok(file.replace(text.as_bytes())?)
}
